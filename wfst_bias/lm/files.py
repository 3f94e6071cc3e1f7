"""Backoff models in ARPA files."""

import gzip
from itertools import count, repeat
from pathlib import Path
from typing import Container, Dict, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lm.arpa import NgramLines, arpa_ngrams
from wfst_bias.lm.ngrams import LN10, Ngrams, ngrams_of_rows


def read_ngrams(path: Path) -> Ngrams:
    """Read an ARPA file, gzipped or not; a backoff weight that is not there is 0.

    Raises:
      InputError: the file is not a whole ARPA model, or the history of an n-gram is not in it.
    """
    return read_known_ngrams(path)[0]


def read_known_ngrams(path: Path, known: Optional[Container[str]] = None) -> Tuple[Ngrams, List[str]]:
    """Read the n-grams of an ARPA file that consist of known words.

    Args:
      path: the file, gzipped or not.
      known: the words, ``<s>`` and ``</s>`` among them; by default all.

    Returns:
      the n-grams, and of each n-gram left out its first unknown word.

    Raises:
      InputError: the file is not a whole ARPA model, or the history of an n-gram is not in it.
    """
    word_id: Dict[str, int] = {}
    sections: List[List[Tuple[IntArray, FloatArray, FloatArray]]] = []
    skipped: List[str] = []
    for ngrams in arpa_ngrams(path):
        if ngrams.order == 1:
            spellings = dict.fromkeys(ngrams.words(0))
            new = [word for word in spellings if word not in word_id and (known is None or word in known)]
            word_id.update(zip(new, count(len(word_id))))
        ids, unknown = _word_ids(ngrams, word_id)
        for line, word in unknown.items():
            if known is None or word in known:
                raise InputError(f"word {word!r} has no 1-gram; add one", path, line)
        skipped.extend(unknown.values())
        kept = (ids >= 0).all(axis=1)
        sections += [[] for _ in range(len(sections), ngrams.order)]
        nats = ngrams.log10_probs()[kept] * LN10, ngrams.log10_backoffs()[kept] * LN10
        sections[ngrams.order - 1].append((ids[kept], *nats))
    rows, log_probs, backoffs = _joined(sections)
    try:
        return ngrams_of_rows(tuple(word_id), rows, log_probs, backoffs), skipped
    except InputError as error:
        raise InputError(str(error), path) from None


def _word_ids(ngrams: NgramLines, word_id: Dict[str, int]) -> Tuple[IntArray, Dict[int, str]]:
    """Ids of the words, -1 for unknown ones, int32 ``(N, order)``; the first unknown word of each line that has one."""
    ids = np.empty((len(ngrams.rows), ngrams.order), np.int32)
    for position in range(ngrams.order):
        ids[:, position] = list(map(word_id.get, ngrams.words(position), repeat(-1)))
    lines = np.flatnonzero((ids < 0).any(axis=1))
    positions = np.argmax(ids[lines] < 0, axis=1)
    pairs = zip(lines.tolist(), positions.tolist())
    return ids, {ngrams.first + i: ngrams.rows[i][position + 1] for i, position in pairs}


def _joined(
    sections: List[List[Tuple[IntArray, FloatArray, FloatArray]]],
) -> Tuple[List[IntArray], List[FloatArray], List[FloatArray]]:
    """Rows, log-probabilities and backoff weights of each order; empties the sections as it goes."""
    rows, log_probs, backoffs = [], [], []
    for order, section in enumerate(sections, 1):
        empty = np.zeros((0, order), np.int32), np.zeros(0), np.zeros(0)
        ids, p, b = zip(empty, *section)
        section.clear()
        rows.append(np.concatenate(ids))
        log_probs.append(np.concatenate(p))
        backoffs.append(np.concatenate(b))
    return rows, log_probs, backoffs


def write_ngrams(path: Path, model: Ngrams) -> None:
    """Write the model as ARPA, gzipped where the name says so."""
    path, text = Path(path), model.arpa()
    publish_file(path, gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text)
