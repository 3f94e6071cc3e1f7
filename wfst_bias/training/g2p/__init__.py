"""Training of the network that reads unknown words."""
