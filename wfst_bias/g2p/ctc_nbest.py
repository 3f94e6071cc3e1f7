"""The n-best label sequences of many short CTC outputs at once, by prefix beam search.

All words advance together, a frame at a time, in arrays of words and beams; there is no loop over words. The
probability of a label sequence is the sum over its paths, as far as their prefixes stayed in the beam: that of a CTC
network, exact when the beam is wide enough. Frames that are certainly blank are left out before the search.
"""

from dataclasses import dataclass
from typing import List, Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.fst.ragged import row_splits

BLANK = 0
_MULTIPLIER = np.uint64(6364136223846793005)  # of hashes of prefixes (Knuth, MMIX)
_ROOT = np.uint64(11400714819323198485)  # hash of the empty prefix
_NO_HASH = np.uint64(np.iinfo(np.uint64).max)


@dataclass(frozen=True)
class Frames:
    """The frames of W words, F in all, without those that are certainly blank.

    Args:
      probs: of the S labels, the first of them blank, float32 ``(F, S)``.
      splits: of the words into frames, int64 ``(W + 1,)``.
      gap: whether blank frames were left out before a frame ``(F,)``.
      log_scale: log-probability of the frames that were left out, float32 ``(W,)``.
    """

    probs: FloatArray
    splits: IntArray
    gap: BoolArray
    log_scale: FloatArray


@dataclass(frozen=True)
class Sequences:
    """The N label sequences of W words.

    Args:
      row_splits: of the words into sequences, int64 ``(W + 1,)``.
      label_splits: of the sequences into labels, int64 ``(N + 1,)``.
      labels: uint8 ``(U,)``.
      scores: log-probabilities, the best first within a word, float32 ``(N,)``.
    """

    row_splits: IntArray
    label_splits: IntArray
    labels: IntArray
    scores: FloatArray


@dataclass(frozen=True)
class BeamConfig:
    """Width of the search.

    Args:
      beam: prefixes of each word.
      labels: likeliest labels of a frame by which prefixes are continued.
      certain: frames whose blank has at least this probability are left out.
    """

    beam: int = 8
    labels: int = 4
    certain: float = 0.998


def without_blanks(probs: FloatArray, certain: float) -> Frames:
    """Leave out the frames of words of one length that are certainly blank.

    Args:
      probs: of the labels, float32 ``(W, T, S)``.
      certain: least probability of the blank of a frame that is left out.
    """
    num_words, num_frames, num_labels = probs.shape
    blank = probs[:, :, BLANK]
    kept = blank < certain
    gap = np.ones_like(kept)
    gap[:, 1:] = ~kept[:, :-1]
    log_scale = np.where(kept, np.float32(0.0), np.log(np.maximum(blank, certain))).sum(axis=1)
    splits = row_splits(kept.sum(axis=1))
    return Frames(probs[kept], splits, gap[kept], log_scale)


def concatenated(parts: List[Frames]) -> Frames:
    """Return the frames of the words of all parts."""
    sizes = np.concatenate([np.diff(part.splits) for part in parts])
    return Frames(
        np.concatenate([part.probs for part in parts]),
        row_splits(sizes),
        np.concatenate([part.gap for part in parts]),
        np.concatenate([part.log_scale for part in parts]),
    )


def nbest(frames: Frames, num: int, config: BeamConfig) -> Sequences:
    """Return the ``num`` likeliest label sequences of each word, fewer where there are no more; they are distinct."""
    sizes = np.diff(frames.splits)
    order = np.argsort(-sizes, kind="stable")  # words that end are behind those that go on
    search = _Search(frames, order, config)
    active = np.searchsorted(-sizes[order], -np.arange(int(sizes.max(initial=0))))
    for step, num_active in enumerate(active.tolist()):
        search.advance(step, num_active)
    return search.best(num)


class _Search:
    """The beams of all words; those of a word are sorted, the best first.

    Args:
      frames: of the words.
      order: of the words, those with most frames first, ``(W,)``.
      config: width.
    """

    def __init__(self, frames: Frames, order: IntArray, config: BeamConfig):
        shape = len(order), config.beam
        self._frames, self._order, self._beam = frames, order, config.beam
        self._firsts = frames.splits[:-1][order]
        num_labels = min(config.labels, frames.probs.shape[1] - 1)
        self._labels, self._label_probs = _likeliest(frames.probs, num_labels)
        self._log_scale = frames.log_scale[order].astype(np.float32)
        self._ends_blank = np.zeros(shape, np.float32)  # probability of the paths of a prefix that end with a blank
        self._ends_blank[:, 0] = 1.0
        self._ends_label = np.zeros(shape, np.float32)
        self._last = np.zeros(shape, np.uint8)
        self._hash = np.full(shape, _ROOT)
        self._hash[:, 1:] = _NO_HASH - np.uint64(1)
        self._parent = np.full(shape, _NO_HASH)
        self._history: List[Tuple[IntArray, IntArray]] = []  # beam before each step, and the new label or BLANK

    def advance(self, step: int, n: int) -> None:
        """Read a frame of each of the first ``n`` words."""
        rows = self._firsts[:n] + step
        last, hash_, parent = self._last[:n], self._hash[:n], self._parent[:n]
        in_gap = self._frames.gap[rows, None]
        ends_blank = self._ends_blank[:n] + np.where(in_gap, self._ends_label[:n], np.float32(0.0))
        ends_label = np.where(in_gap, np.float32(0.0), self._ends_label[:n])
        total = ends_blank + ends_label
        num_labels = self._frames.probs.shape[1]
        last_prob = self._frames.probs.ravel()[rows[:, None] * num_labels + last]
        last_prob[last == BLANK] = 0.0

        labels, label_probs = self._labels[rows], self._label_probs[rows]
        repeated = labels[:, None, :] == last[:, :, None]
        longer = (total[:, :, None] - repeated * ends_label[:, :, None]) * label_probs[:, None, :]
        # a prefix whose parent is in the beam, too, is also reached from there: paths to it are not counted twice
        word, child, its_parent = np.nonzero(parent[:, :, None] == hash_[:, None, :])
        is_repeated = last[word, child] == last[word, its_parent]
        reached = total[word, its_parent] - is_repeated * ends_label[word, its_parent]
        ends_label[word, child] += reached  # of ends_label, only that of a parent is read before this line
        known, place = np.nonzero(labels[word] == last[word, child, None])
        longer[word[known], its_parent[known], place] = 0.0
        stay_blank = total * self._frames.probs[rows, BLANK, None]
        stay_label = ends_label * last_prob

        candidates = np.concatenate([stay_blank + stay_label, longer.reshape(n, -1)], axis=1)
        chosen = _best_places(candidates, self._beam)
        self._keep(n, chosen, np.take_along_axis(candidates, chosen, 1), stay_blank, labels)

    def _keep(self, n: int, chosen: IntArray, total: FloatArray, stay_blank: FloatArray, labels: IntArray) -> None:
        """Make the chosen candidates, ``(n, B)``, the beams of the first ``n`` words."""
        num_labels = labels.shape[1]
        is_longer = chosen >= self._beam
        before, place = np.divmod(chosen - self._beam, num_labels)
        before = np.where(is_longer, before, chosen)
        flat = np.arange(n)[:, None]
        label = np.where(is_longer, labels.ravel()[flat * num_labels + place * is_longer], np.uint8(BLANK))
        flat = flat * self._beam + before
        best = np.maximum(total[:, :1], np.float32(1e-30))
        hash_ = self._hash[:n].ravel()[flat]
        ends_blank = np.where(is_longer, np.float32(0.0), stay_blank.ravel()[flat])
        self._ends_blank[:n] = ends_blank / best
        self._ends_label[:n] = np.maximum(total - ends_blank, 0.0) / best
        is_dead = total <= 0.0  # may be a continuation that the beam has already
        self._parent[:n] = np.where(is_dead, _NO_HASH, np.where(is_longer, hash_, self._parent[:n].ravel()[flat]))
        hash_ = np.where(is_longer, hash_ * _MULTIPLIER + label + np.uint64(1), hash_)
        self._hash[:n] = np.where(is_dead, _NO_HASH - np.uint64(1), hash_)
        self._last[:n] = np.where(is_longer, label, self._last[:n].ravel()[flat])
        self._log_scale[:n] += np.log(best[:, 0])
        self._history.append((before, label))

    def best(self, num: int) -> Sequences:
        """Return the best prefixes of all words, in the order in which the words were given."""
        num = min(num, self._beam)
        num_words = len(self._order)
        total = (self._ends_blank + self._ends_label)[:, :num]
        labels = np.zeros((num_words, num, len(self._history)), np.uint8)
        beam = np.broadcast_to(np.arange(num), (num_words, num)).copy()
        for step in reversed(range(len(self._history))):
            before, label = self._history[step]
            n = len(before)
            labels[:n, :, step] = np.take_along_axis(label, beam[:n], 1)
            beam[:n] = np.take_along_axis(before, beam[:n], 1)
        back = np.argsort(self._order)
        labels, total = labels[back], total[back]
        found = total > 0.0
        with np.errstate(divide="ignore"):
            scores = (np.log(total) + self._log_scale[back, None])[found]
        labels = labels[found]
        return Sequences(
            row_splits(found.sum(axis=1)),
            row_splits((labels != BLANK).sum(axis=1)),
            labels[labels != BLANK],
            scores.astype(np.float32),
        )


def _likeliest(probs: FloatArray, num: int) -> Tuple[IntArray, FloatArray]:
    """Return the likeliest labels of each frame but the blank, and their probabilities, ``(F, num)``."""
    labels = _best_places(probs[:, 1:], num) + 1
    return labels.astype(np.uint8), np.take_along_axis(probs, labels, 1)


def _best_places(values: FloatArray, num: int) -> IntArray:
    """Return the columns of the largest values, none of them negative, of each row, the largest first, ``(R, num)``.

    Values are compared as whole numbers whose lowest bits are the column: rows of them are sorted many times faster
    than by ``argsort``. Values that differ by less than one in 10^5 may change places.
    """
    low_bits = np.int32((1 << int(values.shape[1]).bit_length()) - 1)
    columns = np.arange(values.shape[1], dtype=np.int32)
    keys = (np.ascontiguousarray(values, np.float32).view(np.int32) & ~low_bits) | columns
    keys.sort(axis=1)
    places: IntArray = (keys[:, : -num - 1 : -1] & low_bits).astype(np.int64)
    return places
