"""One list for a whole test set, out of a list for each utterance."""

import random
from pathlib import Path
from typing import List

from wfst_bias.entities.biasing import read_biasing
from wfst_bias.errors import InputError

_SEED = 0


def pool_lists(biasing: Path, num_distractors: int) -> List[str]:
    """All rare words of the utterances, and some of the distractors of their lists.

    Args:
      biasing: ``UTTERANCE<TAB>TEXT<TAB>[its rare words]<TAB>[the list]`` rows, the lists as JSON.
      num_distractors: drawn from the words that are in a list and rare in no utterance.

    Returns:
      the rare words, sorted, then the distractors.
    """
    rare, listed = set(), set()
    for row in read_biasing(biasing).values():
        rare.update(row.rare)
        listed.update(row.phrases)
    others = sorted(listed - rare)
    if len(others) < num_distractors:
        raise InputError(f"has {len(others):,} distractors, {num_distractors:,} were asked for; ask for fewer", biasing)
    random.Random(_SEED).shuffle(others)
    return sorted(rare) + others[:num_distractors]
