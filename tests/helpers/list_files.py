"""Lists that were read."""


def weights(read):
    """The phrases of a list that was read, and their weights."""
    return [(entity.written, round(entity.weight, 2)) for entity in read.entities]
