"""The default language model: an English word bigram from the public counts that come with symspellpy.

The counts are those of common words and word pairs of the web; they know no sentence ends and leave the
rare pairs out, so a fixed share of each history's probability goes to the unigrams.
"""

import gzip
import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import Dict, List, Tuple

import numpy as np

from wfst_bias.files import publish_file

# Chosen by the perplexity of the LJ Speech transcripts (benchmarks/default_lm.py).
_UNSEEN_SHARE = 0.35
_END_SHARE = 0.06  # one word in sixteen ends a sentence

_UNIGRAMS = "frequency_dictionary_en_82_765.txt"
_BIGRAMS = "frequency_bigramdictionary_en_243_342.txt"
# Counted letters and the pieces of split words, which are no words of speech.
_SINGLE_LETTERS = ("a", "i", "o")


def default_lm(unseen_share: float = _UNSEEN_SHARE) -> str:
    """The model as the text of an ARPA file.

    Args:
      unseen_share: probability that a history leaves to words it was not counted with.
    """
    counts = _unigram_counts()
    words = list(counts)
    word_id = {word: i for i, word in enumerate(words)}
    unigram = np.array([counts[word] for word in words], float)
    unigram *= (1.0 - _END_SHARE) / unigram.sum()
    first, second, count = _bigram_counts(word_id)
    of_history = np.bincount(first, weights=count, minlength=len(words))
    bigram = (1.0 - unseen_share) * count / of_history[first]
    # what the unigrams give to words that the history has counts for is not given twice
    counted = np.bincount(first, weights=unigram[second], minlength=len(words))
    backoff = np.where(of_history > 0, unseen_share / (1.0 - counted), 1.0)
    return _arpa(words, unigram, backoff, first, second, bigram)


def write_default_lm(path: Path) -> None:
    """Write the model, gzipped where the name says so."""
    write_arpa(path, default_lm())


def default_lm_key() -> str:
    """What the model is made from, as a checksum: the counts and the shares."""
    counts = [(resources.files("symspellpy") / name).read_bytes() for name in (_UNIGRAMS, _BIGRAMS)]
    return hashlib.sha256(b"".join(counts) + repr((_UNSEEN_SHARE, _END_SHARE)).encode()).hexdigest()


def write_arpa(path: Path, text: str) -> None:
    path = Path(path)
    publish_file(path, gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text)


def _unigram_counts() -> Dict[str, int]:
    counts = {}
    for line in _lines(_UNIGRAMS):
        word, count = line.split()
        if len(word) > 1 or word in _SINGLE_LETTERS:
            counts[word] = int(count)
    return counts


def _bigram_counts(word_id: Dict[str, int]) -> Tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First word, second word and count of each pair of known words, sorted by the first."""
    rows: List[Tuple[int, int, int]] = []
    for line in _lines(_BIGRAMS):
        first, second, count = line.split()
        if first in word_id and second in word_id:
            rows.append((word_id[first], word_id[second], int(count)))
    first, second, count = np.array(sorted(rows)).T
    return first, second, count.astype(float)


def _lines(name: str):
    with (resources.files("symspellpy") / name).open(encoding="utf-8-sig") as stream:
        yield from (line for line in stream if re.match(r"\S+ ", line))


def _arpa(words, unigram, backoff, first, second, bigram) -> str:
    log10 = lambda p: [f"{x:.4f}" for x in np.log10(p).tolist()]
    rows = [f"{p}\t{word}\t{b}" for p, word, b in zip(log10(unigram), words, log10(backoff))]
    pairs = [f"{p}\t{words[a]} {words[b]}" for p, a, b in zip(log10(bigram), first.tolist(), second.tolist())]
    end = f"{np.log10(_END_SHARE):.4f}\t</s>"
    return "\n".join(
        [
            "\\data\\",
            f"ngram 1={len(rows) + 2}",
            f"ngram 2={len(pairs)}",
            "",
            "\\1-grams:",
            "-99\t<s>\t0",
            end,
            *rows,
            "",
            "\\2-grams:",
            *pairs,
            "",
            "\\end\\",
            "",
        ]
    )
