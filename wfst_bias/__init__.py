"""Teach a CTC speech recogniser new words without retraining it."""

__version__ = "0.1.0"
