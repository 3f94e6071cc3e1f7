"""The default language model: an English word bigram from the public counts that come with symspellpy.

The counts are those of common words and word pairs of the web; they know no sentence ends and leave the
rare pairs out, so a fixed share of each history's probability goes to the unigrams.
"""

import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.files import write_ngrams
from wfst_bias.lm.ngrams import LOG_ZERO, Ngrams, ngrams_of_rows

# Chosen by the perplexity of the LJ Speech transcripts (benchmarks/default_lm.py).
_UNSEEN_SHARE = 0.35
_END_SHARE = 0.06  # one word in sixteen ends a sentence

_UNIGRAMS = "frequency_dictionary_en_82_765.txt"
_BIGRAMS = "frequency_bigramdictionary_en_243_342.txt"
# Counted letters and the pieces of split words, which are no words of speech.
_SINGLE_LETTERS = ("a", "i", "o")


def default_lm(unseen_share: float = _UNSEEN_SHARE) -> Ngrams:
    """The model, of all words counted and ``</s>``.

    Args:
      unseen_share: probability that a history leaves to words it was not counted with.
    """
    counts = unigram_counts()
    words = (BOS, EOS, *counts)
    counted = np.array(list(counts.values()), float)
    unigram = np.append(_END_SHARE, (1.0 - _END_SHARE) * counted / counted.sum())
    pairs, count = _bigram_counts({word: i for i, word in enumerate(words)})
    first = pairs[:, 0]
    bigram = (1.0 - unseen_share) * count / np.bincount(first, count)[first]
    return ngrams_of_rows(
        words,
        rows=[np.arange(len(words))[:, None], pairs],
        log_probs=[np.append(LOG_ZERO, np.log(unigram)), np.log(bigram)],
    ).normalised()


def write_default_lm(path: Path) -> None:
    """Write the model, gzipped where the name says so."""
    write_ngrams(path, default_lm())


def default_lm_key() -> str:
    """Checksum of the counts and shares that the model is made from."""
    counts = [(resources.files("symspellpy") / name).read_bytes() for name in (_UNIGRAMS, _BIGRAMS)]
    return hashlib.sha256(b"".join(counts) + repr((_UNSEEN_SHARE, _END_SHARE)).encode()).hexdigest()


def unigram_counts() -> Dict[str, int]:
    counts = {}
    for line in _lines(_UNIGRAMS):
        word, count = line.split()
        if len(word) > 1 or word in _SINGLE_LETTERS:
            counts[word] = int(count)
    return counts


def common_words(count: int = 5000) -> List[str]:
    """The words counted most often, which no list needs to name."""
    counts = unigram_counts()
    return sorted(counts, key=counts.__getitem__, reverse=True)[:count]


def _bigram_counts(word_id: Dict[str, int]) -> Tuple[IntArray, FloatArray]:
    """Word ids of each pair of known words, ``(N, 2)``, and its count ``(N,)``."""
    rows: List[Tuple[int, int, int]] = []
    for line in _lines(_BIGRAMS):
        first, second, count = line.split()
        if first in word_id and second in word_id:
            rows.append((word_id[first], word_id[second], int(count)))
    table = np.array(rows)
    return table[:, :2], table[:, 2].astype(float)


def _lines(name: str) -> Iterator[str]:
    with (resources.files("symspellpy") / name).open(encoding="utf-8-sig") as stream:
        yield from (line for line in stream if re.match(r"\S+ ", line))
