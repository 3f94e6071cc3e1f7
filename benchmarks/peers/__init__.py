"""Decoders of CTC emissions that take a list of words, this system and its peers, behind one interface."""
