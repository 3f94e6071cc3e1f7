"""Words with the pronunciations that the letter network learns."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor

from wfst_bias.core.types import IntArray
from wfst_bias.g2p.graphones import graphone_lexicon
from wfst_bias.g2p.letters import REACH, SLOTS, coded, trigrams_of
from wfst_bias.lang.default_lexicons import cmudict_lexicon, hama_pronunciations
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES

Codes = Tuple[int, ...]
"""Phones as outputs of the network, from 1."""
Targets = Tuple[Tuple[Codes, ...], Tuple[Codes, ...]]
"""The pronunciations by hama and those of CMUdict; both are the same where only one of them is known."""

_CODES = {phone: code for code, phone in enumerate(PHONES, 1)}


def lexicon_targets(words: Iterable[str]) -> Dict[str, Targets]:
    """Return the targets of words of CMUdict; words whose pronunciations have more phones than outputs are left out."""
    cmudict, hama = cmudict_lexicon().entries, hama_pronunciations().entries
    targets = {}
    for word in words:
        known = _codes(word, cmudict.get(word, ()))
        # where hama's differs from CMUdict's, it is listed
        by_hama = _codes(word, hama.get(word, ())) or known
        if by_hama:
            targets[word] = (by_hama, known or by_hama)
    return targets


def teacher_targets(pairs: Iterable[Tuple[str, Pronunciation]]) -> Dict[str, Targets]:
    """Return the targets of words that only hama reads."""
    found = {word: _codes(word, [pronunciation]) for word, pronunciation in pairs}
    return {word: (codes, codes) for word, codes in found.items() if codes}


def _codes(word: str, pronunciations: Iterable[Pronunciation]) -> Tuple[Codes, ...]:
    some = (tuple(map(_CODES.__getitem__, pronunciation)) for pronunciation in pronunciations)
    return tuple(codes for codes in some if _needed(codes) <= SLOTS * len(word))


def _needed(codes: Codes) -> int:
    """Return how many outputs a pronunciation takes: equal phones in a row have a blank between them."""
    return len(codes) + sum(a == b for a, b in zip(codes, codes[1:]))


def known_words() -> List[str]:
    """Return the words of CMUdict that are letters with apostrophes between them only."""
    return list(graphone_lexicon().entries)


@dataclass(frozen=True)
class Batch:
    """Words of one length.

    Args:
      letters: codes with edges, int64 ``(N, L + 2 * REACH)``.
      targets: phones of all words in a row, and their number of each word ``(N,)``.
    """

    letters: Tensor
    targets: Tensor
    sizes: Tensor


class Examples:
    """The training words.

    Args:
      targets: of each word.
      hama_share: probability that hama's pronunciation is the target of a word, not CMUdict's.
      seed: of the order of the words and of the choice of targets.
    """

    def __init__(self, targets: Dict[str, Targets], hama_share: float, seed: int = 0):
        self._hama_share = hama_share
        self._generator = np.random.default_rng(seed)
        by_length: Dict[int, List[str]] = defaultdict(list)
        for word in targets:
            by_length[len(word)].append(word)
        self._letters = {length: coded(words, REACH) for length, words in by_length.items()}
        self._targets = {length: [targets[word] for word in words] for length, words in by_length.items()}

    def __len__(self) -> int:
        return sum(map(len, self._letters.values()))

    def frequent_trigrams(self, fewest: int) -> IntArray:
        """Return the codes of the trigrams of letters that occur at least ``fewest`` times."""
        counts: Counter[int] = Counter()
        for letters in self._letters.values():
            counts.update(trigrams_of(letters[:, 1:-1]).flatten().tolist())
        return np.array(sorted(code for code, count in counts.items() if count >= fewest), np.int64)

    def batches(self, num_letters: int) -> Iterator[Batch]:
        """Yield all words once, in a random order, so many at once that they have ``num_letters``."""
        parts: List[Tuple[int, IntArray]] = []
        for length, letters in self._letters.items():
            order = self._generator.permutation(len(letters))
            size = max(1, round(num_letters / length))
            parts += [(length, order[first : first + size]) for first in range(0, len(order), size)]
        for part in self._generator.permutation(len(parts)).tolist():
            yield self._batch(*parts[part])

    def _batch(self, length: int, rows: IntArray) -> Batch:
        chosen = [self._chosen(self._targets[length][row]) for row in rows.tolist()]
        phones = torch.tensor([code for codes in chosen for code in codes])
        return Batch(self._letters[length][torch.from_numpy(rows)], phones, torch.tensor(list(map(len, chosen))))

    def _chosen(self, targets: Targets) -> Sequence[int]:
        some = targets[0] if self._generator.random() < self._hama_share else targets[1]
        return some[int(self._generator.integers(len(some)))]
