"""From the written form of a phrase to its spoken forms; :mod:`wfst_bias.entities.verbalize.phrases` is the face."""
