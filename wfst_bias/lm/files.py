"""Backoff models in ARPA files."""

import gzip
from collections import Counter
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import AbstractSet, Callable, Dict, Iterable, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.notes import Notes
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.lm.arpa import NgramLines, arpa_ngrams
from wfst_bias.lm.ngrams import LN10, Ngrams, ngrams_of_rows
from wfst_bias.lm.respelled import Spellings, respelled

LEFT_OUT_WORDS = "words that are not in the lexicon"  # in a note
UNKNOWN_WORDS = ("<unk>", "[unk]", "<unknown>", "<oov>")
"""Symbols of models for all words that they do not know, in small letters."""

_RESPELLED = "words read as those of the lexicon, from which they differ in case or Unicode form"
_SUMMED = "words that are one word of the lexicon with others, with the sum of their probabilities"
_LEFT_OUT = "n-grams left out because of "


@dataclass(frozen=True)
class KnownNgrams:
    """The n-grams of an ARPA file that consist of known words.

    Args:
      model: of these n-grams, in the spelling of the known words.
      skipped: how many n-grams were left out because of each other word, their first one.
      notes: on numbers, lines and words that are not read as they are written.
    """

    model: Ngrams
    skipped: "Counter[str]"
    notes: Tuple[str, ...]


def read_ngrams(path: Path, like: Iterable[str] = (), notes: Optional[Notes] = None) -> Ngrams:
    """Read an ARPA file, packed or not; a backoff weight that is not there is 0.

    Args:
      path: the file.
      like: words whose spelling those of the model take that are the same in another case or form of Unicode.
      notes: where what is not read as it is written is noted.

    Raises:
      InputError: the file is not a whole ARPA model, or the history of an n-gram is not in it.
    """
    words = frozenset(like)
    other = Spellings(words)
    return _read(path, lambda word: word if not words or word in words else other[word] or word, notes).model


def read_known_ngrams(path: Path, known: AbstractSet[str]) -> KnownNgrams:
    """Read the n-grams of an ARPA file that consist of known words.

    A word that differs from a known one in case or form of Unicode only is that word; see :func:`respelled`.

    Args:
      path: the file, packed or not.
      known: the words, ``<s>`` and ``</s>`` among them.

    Raises:
      InputError: the file is not a whole ARPA model, or the history of an n-gram is not in it.
    """
    other = Spellings(known)
    return _read(path, lambda word: word if word in known else other[word])


def _read(path: Path, spelling: Callable[[str], str], notes: Optional[Notes] = None) -> KnownNgrams:
    """Read the n-grams of an ARPA file.

    Args:
      spelling: of a word in the model; an empty one leaves the n-grams of the word out.
    """
    word_id: Dict[str, int] = {}
    spellings: List[str] = []
    sections: List[List[Tuple[IntArray, FloatArray, FloatArray]]] = []
    skipped: "Counter[str]" = Counter()
    notes = notes or Notes()
    for ngrams in arpa_ngrams(path, notes):
        for word in dict.fromkeys(ngrams.words(0)) if ngrams.order == 1 else ():
            if word not in word_id and (spelled := spelling(word)):
                word_id[word] = len(spellings)
                spellings.append(spelled)
        ids, unknown = _word_ids(ngrams, word_id)
        for line, word in unknown.items():
            if word not in skipped and spelling(word):
                raise InputError(f"word {word!r} has no 1-gram; add one", path, line)
            skipped[word] += 1
        kept = (ids >= 0).all(axis=1)
        sections += [[] for _ in range(len(sections), ngrams.order)]
        nats = ngrams.log10_probs()[kept] * LN10, ngrams.log10_backoffs()[kept] * LN10
        sections[ngrams.order - 1].append((ids[kept], *nats))
    rows, log_probs, backoffs = _joined(sections)
    try:
        model = ngrams_of_rows(tuple(word_id), rows, log_probs, backoffs)
    except InputError as error:
        raise InputError(str(error), path) from None
    _note_words(notes, dict(zip(word_id, spellings)), skipped)
    return KnownNgrams(respelled(model, spellings), skipped, notes.texts)


def _note_words(notes: Notes, spelling_of: Dict[str, str], skipped: "Counter[str]") -> None:
    """Note the words that have another spelling, those that are one word, and why n-grams are left out."""
    for word, spelling in spelling_of.items():
        if word != spelling:
            notes.add(_RESPELLED, [f"{word} as {spelling}"])
    num_words = Counter(spelling_of.values())
    for word, spelling in spelling_of.items() if len(num_words) < len(spelling_of) else ():
        if num_words[spelling] > 1:
            notes.add(_SUMMED, [word])
    for word, count in skipped.items():
        notes.add(_LEFT_OUT + _reason(word), [word], count)


def _reason(word: str) -> str:
    if word.lower() in UNKNOWN_WORDS:
        return "the word for all unknown words"
    if word.split() != [word]:
        return "words with a no-break or other space in them"
    if word[0] + word[-1] in ("<>", "[]", "{}") or word[0] in "#$":
        return "symbols, which are no words"
    return LEFT_OUT_WORDS


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
