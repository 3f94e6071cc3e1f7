"""What trains calibrations and adapters: from speech and texts to networks behind a frozen model."""
