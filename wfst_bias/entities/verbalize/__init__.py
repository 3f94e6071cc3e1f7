"""From the written form of a phrase to the ways it is spoken; :mod:`wfst_bias.entities.verbalize.phrases` is the face."""
