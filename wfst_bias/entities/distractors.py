"""Lists of another size for utterances: their rare words, and distractors out of many words."""

import random
from dataclasses import replace
from pathlib import Path
from typing import AbstractSet, Dict, List, Sequence

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import comparable, comparable_words
from wfst_bias.entities.biasing import BiasingRow, read_biasing
from wfst_bias.lang.model_langs import read_vocabulary


def lists_with_distractors(biasing: Path, words: Path, num_distractors: int, seed: int = 0) -> List[BiasingRow]:
    """The rows of some lists with other distractors, as the public ones were drawn (Le et al. 2021, arXiv 2104.02194).

    Args:
      biasing: utterances and their rare words; what their lists are does not matter.
      words: of which the distractors are drawn, see :func:`wfst_bias.lang.model_langs.read_vocabulary`; those of an
        utterance's own text are not taken for it.
      num_distractors: of each utterance.
      seed: of the random numbers. An utterance draws by its name: its list does not depend on the others, and a smaller one is a
        part of a larger one.

    Returns:
      rows whose lists are sorted.

    Raises:
      InputError: there are fewer words than asked for.
    """
    pool = sorted(read_vocabulary(words))
    by_key: Dict[str, List[str]] = {}
    for word in pool:
        by_key.setdefault(comparable(word), []).append(word)
    rows = []
    for row in read_biasing(biasing).values():
        own_keys = {key for text in (row.text, *row.rare) for key in comparable_words(text)}
        own = {word for key in own_keys for word in by_key.get(key, ())}
        if len(pool) - len(own) < num_distractors:
            raise InputError(
                f"has {len(pool) - len(own):,} words that {row.utterance!r} does not say, and {num_distractors:,} were "
                "asked for; ask for fewer",
                words,
            )
        distractors = _drawn(pool, num_distractors, own, random.Random(f"{seed} {row.utterance}"))
        rows.append(replace(row, phrases=tuple(sorted({*row.rare, *distractors}))))
    return rows


def _drawn(words: Sequence[str], number: int, but: AbstractSet[str], rng: random.Random) -> List[str]:
    """Different words, in the order in which they were drawn."""
    drawn: Dict[str, bool] = {}
    while len(drawn) < number:
        word = rng.choice(words)
        if word not in but:
            drawn[word] = True
    return list(drawn)
