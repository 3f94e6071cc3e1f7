"""Training of networks: one trainer, and the data, features and targets of a CTC model."""
