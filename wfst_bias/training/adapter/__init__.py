"""Training of calibrations and adapters: from speech and texts to networks that follow a frozen model."""
