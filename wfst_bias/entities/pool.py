"""One list for a whole test set: the phrases that are spoken in it, and distractors."""

import random
from pathlib import Path
from typing import Iterable, List, Sequence, Set

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import comparable_words
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.phrases import PhraseList


def pool_lists(biasing: Path, num_distractors: int, seed: int = 0) -> List[str]:
    """All rare words of the utterances, and some of the distractors of their lists.

    Args:
      biasing: ``UTTERANCE<TAB>TEXT<TAB>[its rare words]<TAB>[the list]`` rows, the lists as JSON.
      num_distractors: drawn from the words that are in a list and rare in no utterance.
      seed: of the draw; a longer list holds a shorter one of the same seed.

    Returns:
      the rare words, sorted, then the distractors.
    """
    rare: Set[str] = set()
    listed: Set[str] = set()
    for row in read_biasing(biasing).values():
        rare.update(row.rare)
        listed.update(row.phrases)
    spoken = set(map(comparable_words, rare))
    others = sorted(phrase for phrase in listed if comparable_words(phrase) not in spoken)
    if len(others) < num_distractors:
        raise InputError(f"has {len(others):,} distractors, {num_distractors:,} were asked for; ask for fewer", biasing)
    random.Random(seed).shuffle(others)
    return sorted(rare) + others[:num_distractors]


def sample_list(
    phrases: Sequence[Entity], texts: Iterable[str], num_distractors: int, with_spoken: bool = True, seed: int = 0
) -> List[Entity]:
    """Phrases that occur in some texts, and some that do not.

    Args:
      phrases: of a list; of those that are the same words, the first one counts.
      texts: of a test set; of phrases within each other, the longest one counts.
      num_distractors: drawn from the phrases that occur in no text; a longer list holds those of a shorter one.
      with_spoken: whether phrases that occur in a text are there, too.
      seed: of the draw.

    Returns:
      the phrases that occur, then the distractors.
    """
    first = {entity.keys: entity for entity in reversed(phrases) if entity.words}
    listed, lengths = PhraseList(first), sorted({len(words) for words in first})
    references = list(map(comparable_words, texts))
    spoken = sorted({words[i:j] for words in references for i, j in listed.occurrences(words)})
    stretches = {words[i : i + n] for words in references for n in lengths for i in range(len(words) - n + 1)}
    others = sorted(first.keys() - stretches)
    if len(others) < num_distractors:
        raise InputError(
            f"the list has {len(others):,} phrases that nobody says, {num_distractors:,} were asked for; ask for fewer"
        )
    random.Random(seed).shuffle(others)
    return [first[words] for words in (*(spoken if with_spoken else ()), *others[:num_distractors])]
