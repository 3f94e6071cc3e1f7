"""Texts of decode folders, the utterances that failed there, and files of names of utterances."""

import json
from pathlib import Path
from typing import Collection, Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.data.failures import FAILED
from wfst_bias.data.kaldi_tables import key_and_rest

_MOST_NAMED = 20  # utterances in an error


def text_path(decode_dir: Path, stage: str = "") -> Path:
    """Return the file of the texts up to a stage of the second pass; of the last one where it is empty."""
    return Path(decode_dir) / (f"text.{stage}" if stage else "text")


def failed_utterances(decode_dir: Path) -> FrozenSet[str]:
    """Read the names of the utterances that could not be read or decoded; none where there is no ``failed.jsonl``."""
    path = Path(decode_dir) / FAILED
    names = set()
    for number, line in lines_of(path) if path.is_file() else ():
        try:
            names.add(str(json.loads(line)["utterance"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(
                f"found {line[:60]!r}; expected the name of an utterance; decode anew", path, number
            ) from None
    return frozenset(names)


def named(names: Collection[str]) -> str:
    """Return names as a message has them, the first ones of many."""
    shown = ", ".join(repr(name) for name in list(names)[:_MOST_NAMED])
    return f"{shown} and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else shown


class _Positions:
    """Positions of names in a sequence; a table is made when they are first asked for in another order.

    Args:
      names: the sequence.
      absent: those that may be passed over.
    """

    def __init__(self, names: Collection[str], absent: FrozenSet[str]):
        self._names, self._absent = names, absent
        self._coming, self._position = iter(names), -1
        self._table: Optional[Dict[str, int]] = None

    def of(self, name: str) -> Optional[int]:
        """Return the position of a name, None where it is not there."""
        while self._table is None:
            self._position += 1
            if (found := next(self._coming, None)) == name:
                return self._position
            if found not in self._absent:
                self._table = {known: i for i, known in enumerate(self._names)}
        return self._table.get(name)


def decoded_texts(
    texts: Mapping[str, str], decode_dir: Path, stage: str = ""
) -> Iterator[Tuple[str, int, Tuple[str, ...]]]:
    """Read the words of one utterance of a decode folder after the other, as they stand there.

    Where the folder has the order of the references, nothing is kept but a byte for each.

    Returns:
      the name, its position among the references, and the words.

    Raises:
      InputError: utterances are missing on one side, or there twice; those of ``failed.jsonl`` may be missing.
    """
    path, failed = text_path(decode_dir, stage), failed_utterances(decode_dir)
    positions, seen = _Positions(texts, failed), np.zeros(len(texts), bool)
    unknown = None
    for number, name, words in _rows(path):
        position = positions.of(name)
        if position is None:
            unknown = unknown or name
            continue
        if seen[position]:
            raise _twice(name, path, number)
        seen[position] = True
        yield name, position, words
    missing = [name for name, is_there in zip(texts, seen) if not is_there and name not in failed]
    if missing:
        more = f", and {len(missing) - 1:,} more: {named(missing[1:])}" if len(missing) > 1 else ""
        raise InputError(f"utterance {missing[0]!r} of the references is missing{more}; decode the same data", path)
    if unknown:
        raise InputError(f"utterance {unknown!r} has no reference; score the data that was decoded", path)


def hypotheses_of(texts: Mapping[str, str], decode_dir: Path, stage: str = "") -> Dict[str, Tuple[str, ...]]:
    """Read the words of each utterance of a decode folder up to a stage; an utterance that failed has none.

    Raises:
      InputError: utterances are missing on one side, and are not in ``failed.jsonl``.
    """
    found = {name: words for name, _, words in decoded_texts(texts, decode_dir, stage)}
    return found if len(found) == len(texts) else {name: found.get(name, ()) for name in texts}


def read_names(path: Path, known: Mapping[str, str]) -> List[str]:
    """Read names of utterances, one a line, each one of those that are known."""
    names = []
    for number, line in lines_of(path):
        if line.strip() not in known:
            raise InputError(f"{line.strip()!r} is no utterance of the data; write one name a line", path, number)
        names.append(line.strip())
    if not names:
        raise InputError("names no utterance", path)
    return names


def read_hypotheses(path: Path) -> Dict[str, Tuple[str, ...]]:
    """Read the words of each line of a Kaldi ``text``; a line may have only its key."""
    hypotheses: Dict[str, Tuple[str, ...]] = {}
    for number, name, words in _rows(path):
        if name in hypotheses:
            raise _twice(name, path, number)
        hypotheses[name] = words
    return hypotheses


def _twice(name: str, path: Path, line: int) -> InputError:
    return InputError(f"found {name!r} again; expected 'UTTERANCE WORD...', each utterance once", path, line)


def _rows(path: Path) -> Iterator[Tuple[int, str, Tuple[str, ...]]]:
    """Number, name and words of each line."""
    for number, line in lines_of(path):
        name, text = key_and_rest(line)
        if not name:
            raise InputError(f"found {line!r}; expected 'UTTERANCE WORD...', each utterance once", path, number)
        yield number, name, words_of(text)
