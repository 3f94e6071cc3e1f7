"""Readers of entity lists, a family of formats each; :mod:`wfst_bias.entities.lists` chooses among them."""
