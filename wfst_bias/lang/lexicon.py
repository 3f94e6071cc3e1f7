"""A lexicon: words and their pronunciations, as text and as the transducer L."""

from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Callable, Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs

Pronunciation = Tuple[str, ...]


class Lexicon:
    """Pronunciations of each word, all distinct; words and pronunciations keep their order.

    Args:
      entries: pronunciations of each word, each a tuple of unit symbols.
    """

    def __init__(self, entries: Dict[str, Tuple[Pronunciation, ...]]):
        self._given = entries

    @property
    def entries(self) -> Dict[str, Tuple[Pronunciation, ...]]:
        """The pronunciations of all words."""
        return self._given

    @staticmethod
    def of_pairs(pairs: Iterable[Tuple[str, Pronunciation]]) -> "Lexicon":
        grouped: Dict[str, Dict[Pronunciation, None]] = {}
        for word, pronunciation in pairs:
            grouped.setdefault(word, {})[pronunciation] = None
        return Lexicon({word: tuple(known) for word, known in grouped.items()})

    def __contains__(self, word: str) -> bool:
        return word in self.entries

    def __getitem__(self, word: str) -> Tuple[Pronunciation, ...]:
        return self.entries[word]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexicon) and self.entries == other.entries

    def get(self, word: str) -> Tuple[Pronunciation, ...]:
        """The pronunciations of a word; none where it is unknown."""
        return self.entries.get(word, ())

    def row_of(self, word: str) -> int:
        """The number of a word in the lexicon, -1 where it is unknown."""
        return int(self.rows_of([word])[0])

    def rows_of(self, words: Sequence[str]) -> IntArray:
        """The number of each of some words in the lexicon, -1 where it is unknown, int64 ``(M,)``."""
        number = {word: i for i, word in enumerate(self.entries)}
        return np.fromiter((number.get(word, -1) for word in words), np.int64, len(words))

    @property
    def words(self) -> Sequence[str]:
        """All words."""
        return tuple(self.entries)

    @property
    def words_not_ascii(self) -> List[str]:
        """The words with a character that is not ASCII."""
        return [word for word in self.entries if not word.isascii()]

    @property
    def units(self) -> FrozenSet[str]:
        """The units of all pronunciations."""
        return frozenset(unit for _, pronunciation in self.pairs for unit in pronunciation)

    @property
    def mean_length(self) -> float:
        """Mean number of units of a pronunciation."""
        return float(np.mean([len(pronunciation) for _, pronunciation in self.pairs]))

    @cached_property
    def words_of(self) -> Dict[Pronunciation, List[str]]:
        """The words with each pronunciation, in the order of the lexicon."""
        words: Dict[Pronunciation, List[str]] = {}
        for word, pronunciation in self.pairs:
            words.setdefault(pronunciation, []).append(word)
        return words

    def words_with(self, pronunciation: Pronunciation) -> Sequence[str]:
        """The words with a pronunciation, in the order of the lexicon."""
        return self.words_of.get(pronunciation, ())

    @property
    def pairs(self) -> List[Tuple[str, Pronunciation]]:
        return [(word, p) for word, known in self.entries.items() for p in known]

    def merged(self, other: "Lexicon") -> "Lexicon":
        """Return the union of both lexicons; the pronunciations of ``other`` follow ours."""
        return Lexicon.of_pairs(self.pairs + other.pairs)

    def text(self) -> str:
        """Return a Kaldi ``lexicon.txt``: a line ``WORD UNIT UNIT ...`` for each pronunciation."""
        return "".join(f"{word} {' '.join(p)}\n" for word, p in self.pairs)


def read_lexicon_text(path: Path, unit_of: Callable[[str], str]) -> Lexicon:
    """Read what :meth:`Lexicon.text` makes; :mod:`wfst_bias.lang.lexicon_files` reads the lexicons of users.

    Args:
      path: the file, packed or not.
      unit_of: the unit that a symbol names; raises :class:`InputError` for one that names none.
    """
    pairs = []
    for number, line in lines_of(path):
        word, *symbols = line.split(" ")
        if not word or not symbols:
            raise InputError(f"found {line!r}; expected 'WORD UNIT UNIT ...'; make the folder anew", path, number)
        try:
            pairs.append((word, tuple(map(unit_of, symbols))))
        except InputError as error:
            raise InputError(str(error), path, number) from None
    if not pairs:
        raise InputError("holds no pronunciation; make the folder anew", path)
    return Lexicon.of_pairs(pairs)


def disambiguation_ranks(pronunciations: IntArray) -> IntArray:
    """Return the rank of each pronunciation among its homophones: 0 for one that has none, else 1, 2, ...

    Args:
      pronunciations: one row each, padded with -1, int32 ``(P, L)``.

    Returns:
      int64 ``(P,)``.
    """
    _, group, size = np.unique(pronunciations, axis=0, return_inverse=True, return_counts=True)
    group = group.reshape(-1)
    order = np.argsort(group, kind="stable")
    first = np.concatenate([[0], np.cumsum(size)])[:-1]
    rank = np.empty(len(group), np.int64)
    rank[order] = np.arange(len(group)) - first[group[order]] + 1
    return np.where(size[group] > 1, rank, 0)


def padded(rows: List[List[int]]) -> IntArray:
    """Return rows of different length as one int32 matrix, padded with -1."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    matrix = np.full((len(rows), int(lengths.max(initial=0))), -1, np.int32)
    matrix[np.arange(matrix.shape[1]) < lengths[:, None]] = np.fromiter(
        chain.from_iterable(rows), np.int32, lengths.sum()
    )
    return matrix


def lexicon_fst(
    pronunciations: IntArray,
    word_ids: IntArray,
    boundary_id: int,
    is_token: bool,
    backoff_ids: Tuple[int, int],
    first_disambiguation_id: int,
    is_used: Optional[BoolArray] = None,
) -> Wfst:
    """Return L: from units to words, with a boundary between words.

    ::

        B (0, start, final) --first unit : word--> ... --last unit--> (--#k-->) E (1, final)
        E --boundary--> B          B --boundary--> B          B --#0 : #0--> B

    A word is a path from B to E. The boundary from E to B stands *between* words, so that the last word of an
    utterance needs none; the loop on B reads additional boundaries (pauses, leading ones). Backoff arcs of G are
    followed in B only: there is one arc into B for each history, and many into E,
    which keeps the epsilon removal after determinization small.

    A model without a token between words has a boundary that reads nothing, as ``#k`` does, after every
    word: then E is not final and B has no loop. It distinguishes the words of different segmentations.

    Args:
      pronunciations: unit ids, a row each, padded with -1, int32 ``(P, L)``.
      word_ids: the word of each row ``(P,)``.
      boundary_id: input label of the word boundary.
      is_token: whether the boundary is a token of the model.
      backoff_ids: input and output label of the backoff loop (``#0``).
      first_disambiguation_id: input label of ``#1``; ``#2`` and so on follow it.
      is_used: which rows are written, bool ``(P,)``; all without it. The others count as homophones only.
    """
    rows = _disambiguated(pronunciations, first_disambiguation_id)
    if is_used is not None:
        rows, word_ids = rows[is_used], word_ids[is_used]
    length = (rows >= 0).sum(axis=1)
    row, position = np.nonzero(rows >= 0)
    is_first = position == 0
    is_last = position == length[row] - 1
    inner = 1 + np.cumsum(~is_last)  # the state after each arc that does not end a word: 2, 3, ...
    dst = np.where(is_last, 1, inner)
    src = np.where(is_first, 0, np.roll(dst, 1))
    backoff_in, backoff_out = backoff_ids
    between = [(1, 0, boundary_id, 0), (0, 0, backoff_in, backoff_out)] + [(0, 0, boundary_id, 0)] * is_token
    final = np.full(int(inner[-1]) + 1 if len(inner) else 2, NO_SCORE)
    final[: 1 + is_token] = 0.0
    words = src, dst, rows[row, position], np.where(is_first, word_ids[row], 0)
    src, dst, ilabel, olabel = (np.concatenate([a, b]) for a, b in zip(words, zip(*between)))
    return from_arcs(0, src, dst, ilabel, olabel, np.zeros(len(src), np.float32), final)


def _disambiguated(pronunciations: IntArray, first_disambiguation_id: int) -> IntArray:
    """Append a disambiguation symbol to each homophone, int32 ``(P, L + 1)``."""
    rank = disambiguation_ranks(pronunciations)
    rows: IntArray = np.concatenate([pronunciations, np.full((len(rank), 1), -1, np.int32)], axis=1)
    marked = np.flatnonzero(rank)
    rows[marked, (pronunciations[marked] >= 0).sum(axis=1)] = first_disambiguation_id + rank[marked] - 1
    return rows
