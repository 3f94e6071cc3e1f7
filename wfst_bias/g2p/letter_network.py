"""Pronunciations of many unknown words at once, by a small network from letters to phones.

Two outputs for each letter, over the phones and blank, are read as CTC; :mod:`wfst_bias.g2p.ctc_nbest` finds their
n-best phone sequences. The network was trained on CMUdict and on hama's pronunciations, which come first because the
phone network recognizes them; :mod:`wfst_bias.training.g2p` makes the shipped weights again.
"""

import hashlib
import io
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from wfst_bias.core.text import latin, lower
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.fst.ragged import gather_rows, row_splits, splits_of_ids
from wfst_bias.g2p.ctc_nbest import BeamConfig, Frames, Sequences, concatenated, nbest, without_blanks
from wfst_bias.g2p.letters import NUM_LETTERS, REACH, SLOTS, coded, trigrams_of
from wfst_bias.g2p.word_readings import Readings
from wfst_bias.lang.lexicon import Pronunciation

WEIGHTS_FILE = Path(__file__).with_name("letter_network.npz")

_LETTERS_AT_ONCE = 2048  # their activations fit into the second cache of a core
_WORDS_AT_ONCE = 2048  # so do their beams
_SPARE = 2  # beams more than pronunciations that are asked for


@dataclass(frozen=True)
class Weights:
    """The weights of a network of C channels, float32; those of normalizations are multiplied into the layers.

    Args:
      rows: of each trigram of letters among ``trigrams``, 0 for rare ones, int64 ``((NUM_LETTERS + 1) ** 3,)``.
      trigrams: vectors of frequent trigrams with their letters, that of rare ones without, ``(1 + R, C)``.
      letters: vectors of the letters before, at and behind a letter, which rare trigrams have, ``(3, NUM_LETTERS + 1, C)``.
      outer: sums of the vectors of two letters two places away, ``((NUM_LETTERS + 1) ** 2, C)``.
      kernels, biases: of the residual convolutions, ``(C, C, 1, 2 * REACH + 1)`` and ``(C,)``.
      head, head_bias: of the outputs, ``(C, SLOTS * (1 + phones))`` and the last part of it.
    """

    rows: Tensor
    trigrams: Tensor
    letters: Tensor
    outer: Tensor
    kernels: Tuple[Tensor, ...]
    biases: Tuple[Tensor, ...]
    head: Tensor
    head_bias: Tensor


class LetterNetwork:
    """A network from letters to phones; a few dozen microseconds a word.

    Args:
      weights_file: see :mod:`wfst_bias.training.g2p`; it is read at the first word.
    """

    spells = False

    def __init__(self, weights_file: Path = WEIGHTS_FILE):
        self._weights_file = weights_file

    @cached_property
    def version(self) -> str:
        """Hash of the weights, for the keys of caches."""
        return hashlib.sha256(self._content).hexdigest()[:16]

    def read(self, words: Sequence[str], num: int) -> Readings:
        """Return the likeliest pronunciations of each word.

        Args:
          words: each is read in the nearest letters of English, without apostrophes at its edges; one with other
            signs has no pronunciation.
          num: pronunciations of each word, at most.
        """
        words = tuple(words)
        plain = [_plain(word) for word in words]
        lengths = np.array([len(word) for word in plain], np.int64)
        order = np.argsort(lengths, kind="stable")
        order = order[np.searchsorted(lengths[order], 1) :]
        config = BeamConfig(beam=num + _SPARE)
        found = [nbest(frames, num, config) for frames in self._frames([plain[i] for i in order.tolist()], config)]
        return _in_order(words, order, found)

    def pronounce(self, words: Iterable[str]) -> Dict[str, Tuple[Pronunciation, ...]]:
        """See :class:`wfst_bias.lang.pronounce.G2P`; one pronunciation for each word."""
        found = self.read(list(dict.fromkeys(words)), 1)
        return {word: tuple(pronunciation for pronunciation, _ in some) for word, some in found.to_dict().items()}

    def _frames(self, words: List[str], config: BeamConfig) -> Iterator[Frames]:
        """Yield the frames of words, which are sorted by length, many words at once."""
        parts: List[Frames] = []
        num_words = 0
        for some in _batches(words):
            parts.append(without_blanks(self._probs(some), config.certain))
            num_words += len(some)
            if num_words >= _WORDS_AT_ONCE:
                yield concatenated(parts)
                parts, num_words = [], 0
        if parts:
            yield concatenated(parts)

    @torch.inference_mode()
    def _probs(self, words: Sequence[str]) -> FloatArray:
        """Return the probabilities of blank and phones for words of L letters, float32 ``(W, SLOTS * L, 1 + P)``."""
        weights = self._weights
        letters = coded(words, REACH)
        num_letters = letters.shape[1] - 2 * REACH
        rows = weights.rows[trigrams_of(letters[:, 1:-1])]
        hidden = weights.trigrams[rows]
        hidden += weights.outer[letters[:, : -2 * REACH] * (NUM_LETTERS + 1) + letters[:, 2 * REACH :]]
        word, place = torch.nonzero(rows == 0, as_tuple=True)
        if len(word):
            for offset, vectors in enumerate(weights.letters, 1):
                hidden[word, place] += vectors[letters[word, place + offset]]
        # an image of height 1 whose channels come last in memory: convolutions are fastest on these
        image = hidden.relu_()[:, None].permute(0, 3, 1, 2)
        for kernel, bias in zip(weights.kernels, weights.biases):
            image += F.conv2d(image, kernel, bias, padding=(0, REACH)).relu_()
        logits = torch.addmm(weights.head_bias, hidden.view(-1, hidden.shape[2]), weights.head)
        probs: FloatArray = logits.view(len(words), SLOTS * num_letters, -1).softmax(2).numpy()
        return probs

    @cached_property
    def _content(self) -> bytes:
        return self._weights_file.read_bytes()

    @cached_property
    def _weights(self) -> Weights:
        with np.load(io.BytesIO(self._content), allow_pickle=False) as file:
            arrays = {name: torch.from_numpy(file[name]) for name in file.files}
        arrays = {name: some.float() if some.is_floating_point() else some.long() for name, some in arrays.items()}
        size = NUM_LETTERS + 1
        codes, trigrams, letters = arrays["codes"], arrays["trigrams"], arrays["letters"]
        rows = torch.zeros(size**3, dtype=torch.int64)
        rows[codes] = torch.arange(1, len(codes) + 1)
        inner = letters[REACH - 1 : REACH + 2]
        for vectors, step in zip(inner, (size**2, size, 1)):
            trigrams[1:] += vectors[codes.div(step, rounding_mode="floor") % size]
        outer = (letters[0][:, None] + letters[-1]).view(size**2, -1)
        kernels = tuple(one[:, :, None].contiguous(memory_format=torch.channels_last) for one in arrays["kernels"])
        head = arrays["head"][:, :, 0].t().contiguous()
        return Weights(rows, trigrams, inner, outer, kernels, tuple(arrays["biases"]), head, arrays["head_bias"])


@lru_cache(maxsize=None)
def shipped_network() -> LetterNetwork:
    """Return the network that comes with the package; its weights are read once per process."""
    return LetterNetwork()


def _plain(word: str) -> str:
    """Return the letters and inner apostrophes in which a word is read; none where it has other signs."""
    return (word if word.isascii() and word.isalpha() and word.islower() else latin(lower(word))).strip("'")


def _batches(words: List[str]) -> Iterator[List[str]]:
    """Yield words of one length, of words that are sorted by length."""
    first = 0
    lengths = np.array([len(word) for word in words], np.int64)
    for end in [*(np.flatnonzero(np.diff(lengths)) + 1).tolist(), len(words)][: len(words)]:
        size = max(1, _LETTERS_AT_ONCE // max(1, int(lengths[first])))
        for begin in range(first, end, size):
            yield words[begin : min(begin + size, end)]
        first = end


def _in_order(words: Tuple[str, ...], order: IntArray, found: Sequence[Sequences]) -> Readings:
    """Return the pronunciations of words: those of the words ``order`` are found, in this order."""
    empty = np.zeros(0, np.int64)
    sizes = np.concatenate([empty, *(np.diff(part.row_splits) for part in found)])
    lengths = np.concatenate([empty, *(np.diff(part.label_splits) for part in found)])
    labels = np.concatenate([empty.astype(np.uint8), *(part.labels for part in found)])
    scores = np.concatenate([empty.astype(np.float32), *(part.scores for part in found)])

    _, rows = gather_rows(row_splits(sizes), np.argsort(order))
    rows = rows[lengths[rows] > 0]  # no phones are no pronunciation
    owner = np.repeat(order, sizes)[rows]
    units = labels[gather_rows(row_splits(lengths), rows)[1]] - np.uint8(1)
    return Readings(
        words,
        splits_of_ids(owner, len(words)),
        row_splits(lengths[rows]),
        units,
        scores[rows],
    )
