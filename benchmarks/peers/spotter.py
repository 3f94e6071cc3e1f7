"""A greedy decoder whose words give way to words of a list that a CTC word spotter finds.

After Andrusenko et al., *Fast context-biasing for CTC and transducer ASR models with CTC-based word spotter*, Interspeech
2024: tokens are passed through a prefix tree of the list with the CTC topology; a path may begin in every frame. Where
the best paths score more than the words of the greedy transcript in their place, they replace these. The default weights are
those of NeMo. There is no language model.
"""

import math
from dataclasses import dataclass, fields
from typing import List, NamedTuple, Sequence, Tuple

import numpy as np

from peers.interface import Resources, WordList
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.graph.store import read_base
from wfst_bias.lang.units import PHONES, Units

ROOT = 0
_NO_WORD = -1
_OVERLAP = 0.1  # share of a better word's frames that another one may have in common with it
_REPLACED = 0.3  # share of a greedy word's frames from which on it gives way


@dataclass(frozen=True)
class SpotterConfig:
    """Weights and beams, in nats where nothing else is given.

    Args:
      token_bonus: of each frame of a token in the list.
      greedy_bonus: of each token of the greedy transcript.
      beam: paths that are so far below the best one are dropped.
      least_score: of a word that is found.
      most_blank: probability of blank above which no word begins.
      least_token: probability of a word's first token, at least.
    """

    token_bonus: float = 3.0
    greedy_bonus: float = 0.5
    beam: float = 5.0
    least_score: float = -5.0
    most_blank: float = 0.8
    least_token: float = 0.001


@dataclass(frozen=True)
class PrefixTree:
    """The words of a list by their tokens; node 0 is the root, and the children of a node follow each other.

    Args:
      label: token of each node, int ``(N,)``.
      first_child: of each node, and the number of nodes, int ``(N + 1,)``.
      word: that ends in a node, -1 where none does, int ``(N,)``.
    """

    label: IntArray
    first_child: IntArray
    word: IntArray

    @classmethod
    def of(cls, spellings: Sequence[Sequence[int]], words: Sequence[int]) -> "PrefixTree":
        """The tree of token sequences and the number of the word of each; of equal sequences the first one counts."""
        longest = max(map(len, spellings), default=0)
        table = np.full((len(spellings), longest + 1), BLANK_ID, np.int64)
        for row, tokens in zip(table, spellings):
            row[: len(tokens)] = tokens
        node, labels, parents = np.zeros(len(table), np.int64), [np.zeros(1, np.int64)], [np.full(1, -1)]
        count, end = 1, np.zeros(len(table), np.int64)
        width = table.max(initial=0) + 1
        for depth in range(longest):
            rows = np.flatnonzero(table[:, depth] != BLANK_ID)
            keys, inverse = np.unique(node[rows] * width + table[rows, depth], return_inverse=True)
            labels.append(keys % width)
            parents.append(keys // width)
            node[rows] = end[rows] = count + inverse
            count += len(keys)
        word = np.full(count, _NO_WORD)
        word[end[::-1]] = np.asarray(words)[::-1]
        word[ROOT] = _NO_WORD
        parent = np.concatenate(parents)
        first_child = np.searchsorted(parent[1:], np.arange(count + 1)) + 1
        return cls(np.concatenate(labels), first_child, word)

    def children(self, node: IntArray) -> Tuple[IntArray, IntArray]:
        """The children of some nodes, and the place of the parent of each in ``node``."""
        count = self.first_child[node + 1] - self.first_child[node]
        place = np.repeat(np.arange(len(node)), count)
        within = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
        return self.first_child[node][place] + within, place


class Spotted(NamedTuple):
    """A word that was found, or a word of the greedy transcript; its last frame belongs to it."""

    word: int
    score: float
    first: int
    last: int


class _Paths(NamedTuple):
    """Paths through the tree: node, whether blank is read there, score and first frame, ``(P,)`` each."""

    node: IntArray
    is_blank: IntArray
    score: FloatArray
    first: IntArray

    def take(self, index: IntArray) -> "_Paths":
        return _Paths(*(array[index] for array in self))


def spotted(log_probs: FloatArray, tree: PrefixTree, config: SpotterConfig) -> List[Spotted]:
    """The words of a list at all places where a path that is within the beam ends.

    Args:
      log_probs: of an utterance, ``(T, C)``.
    """
    found: List[Spotted] = []
    is_leaf = tree.first_child[1:] == tree.first_child[:-1]
    paths = _Paths(*np.zeros((2, 0), np.int64), np.zeros(0), np.zeros(0, np.int64))
    begins = log_probs[:, BLANK_ID] <= math.log(config.most_blank)
    for frame, scores in enumerate(log_probs):
        if not len(paths.node) and not begins[frame]:
            continue
        paths = _extended(paths, frame, scores, tree, config)
        goes_on = ~is_leaf[paths.node] | (paths.is_blank > 0)
        best = paths.score[goes_on].max(initial=-math.inf)
        paths = paths.take(np.flatnonzero(paths.score >= best - config.beam))
        order = np.lexsort((-paths.score, 2 * paths.node + paths.is_blank))
        paths = paths.take(order)
        state = 2 * paths.node + paths.is_blank
        paths = paths.take(np.flatnonzero(np.diff(state, prepend=-1)))
        word = np.where(paths.is_blank > 0, _NO_WORD, tree.word[paths.node])
        ends = np.flatnonzero((word >= 0) & (paths.score > config.least_score))
        found += [Spotted(int(word[i]), float(paths.score[i]), int(paths.first[i]), frame) for i in ends]
        paths = paths.take(np.flatnonzero(~is_leaf[paths.node]))
    return found


def _extended(paths: _Paths, frame: int, scores: FloatArray, tree: PrefixTree, config: SpotterConfig) -> _Paths:
    """All paths with one more frame, and those that begin in it."""
    repeated = paths.take(np.flatnonzero(paths.is_blank == 0))
    repeated = repeated._replace(score=repeated.score + scores[tree.label[repeated.node]] + config.token_bonus)
    blank = paths._replace(is_blank=np.ones_like(paths.node), score=paths.score + scores[BLANK_ID])
    node, place = tree.children(paths.node)
    entered = paths.take(place)
    # a token after the same token needs a blank between them
    goes = (entered.is_blank > 0) | (tree.label[node] != tree.label[entered.node])
    score = entered.score + scores[tree.label[node]] + config.token_bonus
    entered = _Paths(node, np.zeros_like(node), score, entered.first).take(np.flatnonzero(goes))
    parts = [repeated, blank, entered]
    if scores[BLANK_ID] <= math.log(config.most_blank):
        node, _ = tree.children(np.array([ROOT]))
        score = scores[tree.label[node]]
        node, score = (array[score >= math.log(config.least_token)] for array in (node, score))
        new = np.full(len(node), frame)
        parts.append(_Paths(node, np.zeros_like(node), score + config.token_bonus, new))
    return _Paths(*(np.concatenate(arrays) for arrays in zip(*parts)))


def _shared(one: Spotted, other: Spotted) -> float:
    """The share of the frames of ``other`` that ``one`` has, too."""
    common = min(one.last, other.last) - max(one.first, other.first) + 1
    return max(common, 0) / (other.last - other.first + 1)


def without_overlaps(found: Sequence[Spotted]) -> List[Spotted]:
    """The best words that do not overlap, by their first frames."""
    kept: List[Spotted] = []
    for one in sorted(found, key=lambda one: -one.score):
        if all(_shared(one, better) < _OVERLAP for better in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.first)


def greedy_words(log_probs: FloatArray, units: Units, bonus: float) -> Tuple[List[str], List[Spotted]]:
    """The words of the best token of each frame, and where they are.

    Args:
      log_probs: of an utterance, ``(T, C)``.
      bonus: added to the score of a word for each of its tokens, nats.
    """
    best = log_probs.argmax(axis=1)
    begins = np.diff(best, prepend=BLANK_ID) != 0
    score = log_probs[np.arange(len(best)), best]
    texts, words = [], []
    for first, end in units.word_spans(best, begins):
        frames = np.arange(first, end)[best[first:end] != BLANK_ID]
        tokens = best[frames][begins[frames]]
        texts.append(units.text_of([units.tokens.symbols[token] for token in tokens]))
        words.append(Spotted(_NO_WORD, float(score[frames].sum() + bonus * len(tokens)), first, end - 1))
    return texts, words


def replaced(texts: Sequence[str], words: Sequence[Spotted], found: Sequence[Spotted], names: Sequence[str]) -> str:
    """The greedy transcript, in which words that were found and score more take the place of those that they overlap."""
    places: List[Tuple[int, str]] = [(word.first, text) for word, text in zip(words, texts)]
    gone = set()
    for one in found:
        shares = [_shared(one, word) for word in words]
        under = [i for i, share in enumerate(shares) if share > 0]
        competing = sum((1.0 if n == 0 else shares[i]) * words[i].score for n, i in enumerate(under))
        if not under or one.score < competing:
            continue
        gone.update(i for i in under if shares[i] > _REPLACED)
        places.append((one.first, names[one.word]))
    kept = [place for i, place in enumerate(places) if i not in gone]
    return " ".join(text for _, text in sorted(kept, key=lambda place: place[0]))


class WordSpotter:
    """The peer: settings are the fields of :class:`SpotterConfig`."""

    def __init__(self, resources: Resources):
        self._units = read_base(resources.base).lang.units
        if self._units.kind == PHONES:
            raise InputError("needs tokens that make up texts, and these are phones")
        names = [one.name for one in fields(SpotterConfig)]
        self._config = SpotterConfig(**{k: v for k, v in resources.settings.items() if k in names})

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        used = listed.spelled.used
        self._names = [" ".join(outcome.entity.words) for outcome in used]
        spellings = [
            ([self._units.tokens[unit] for unit in units], number)
            for number, outcome in enumerate(used)
            for units in outcome.pronunciations
        ]
        self._tree = PrefixTree.of([tokens for tokens, _ in spellings], [number for _, number in spellings])

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`."""
        return [self._text(array) for array in arrays]

    def _text(self, log_probs: FloatArray) -> str:
        texts, words = greedy_words(log_probs, self._units, self._config.greedy_bonus)
        found = without_overlaps(spotted(log_probs, self._tree, self._config))
        return replaced(texts, words, found, self._names)
