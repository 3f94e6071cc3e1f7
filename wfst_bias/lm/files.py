"""Backoff models in ARPA files."""

import gzip
from array import array
from pathlib import Path
from typing import Container, Dict, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.lm.arpa import arpa_ngrams
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
    sections: List[Tuple["array[int]", "array[float]", "array[float]"]] = []
    skipped: List[str] = []
    for number, order, fields in arpa_ngrams(path):
        if order == 1 and (known is None or fields[1] in known):
            word_id.setdefault(fields[1], len(word_id))
        while len(sections) < order:
            sections.append((array("q"), array("d"), array("d")))
        ids, log10_probs, log10_backoffs = sections[order - 1]
        try:
            row = [word_id[word] for word in fields[1 : order + 1]]
        except KeyError:
            unknown = next(word for word in fields[1 : order + 1] if word not in word_id)
            if known is None or unknown in known:
                raise InputError(f"word {unknown!r} has no 1-gram; add one", path, number) from None
            skipped.append(unknown)
            continue
        ids.extend(row)
        log10_probs.append(float(fields[0]))
        log10_backoffs.append(float(fields[order + 1]) if len(fields) > order + 1 else 0.0)
    rows = [np.array(ids).reshape(-1, order) for order, (ids, _, _) in enumerate(sections, 1)]
    log_probs, backoffs = ([np.array(section[column]) * LN10 for section in sections] for column in (1, 2))
    try:
        return ngrams_of_rows(tuple(word_id), rows, log_probs, backoffs), skipped
    except InputError as error:
        raise InputError(str(error), path) from None


def write_ngrams(path: Path, model: Ngrams) -> None:
    """Write the model as ARPA, gzipped where the name says so."""
    path, text = Path(path), model.arpa()
    publish_file(path, gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text)
