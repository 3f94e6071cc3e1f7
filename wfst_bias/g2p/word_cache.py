"""Pronunciations of words by a G2P that are kept in the user's cache, so that a word that comes again is not read again.

They stand in segments, folders of arrays that are written once and never changed: a process adds a segment with the words
that no other one has. Where there are many, they are written into one, and the oldest words beyond a million are given up.
No lock is needed: a segment is renamed into place when it is whole, and one that another process removes is read no more.
"""

import contextlib
import hashlib
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Callable, Dict, List, Optional, Sequence

import numpy as np

from wfst_bias.core.cache import cache_folder, has_checksum, write_checksum
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.core.types import Array, IntArray
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lang.pronunciation_table import PronunciationTable, SoundIndex

_KIND = "readings"
_FORMAT = "1"  # a change of the arrays raises it
_MOST_SEGMENTS = 8  # before they are written into one
_MOST_WORDS = 1_000_000  # in one; some 100 MB


@dataclass(frozen=True)
class Segment:
    """Words and their pronunciations.

    Args:
      index: of the words, as rows of bytes.
      words: these rows.
      table: the pronunciations of each word.
    """

    index: SoundIndex
    words: PronunciationTable
    table: PronunciationTable

    @classmethod
    def of(cls, words: PronunciationTable, table: PronunciationTable) -> "Segment":
        """Make an index of some words."""
        return cls(SoundIndex(words), words, table)

    def __len__(self) -> int:
        return len(self.table)

    def rows_of(self, words: PronunciationTable) -> IntArray:
        """The row of each of some words, -1 where it is not there, int64 ``(M,)``.

        Args:
          words: see :func:`letters_of`.
        """
        rows = np.full(words.num_pronunciations, -1, np.int64)
        wanted, found = self.index.find(words)
        rows[wanted] = found
        return rows

    def take(self, rows: IntArray) -> "Segment":
        """Some of the words ``(M,)``."""
        words = self.words.ordered(rows, np.zeros(len(rows), np.int64), 1)
        return Segment.of(words, self.table.take(rows))

    @classmethod
    def joined(cls, segments: Sequence["Segment"]) -> "Segment":
        """The words of several segments; each is in one of them only."""
        words = PronunciationTable.joined([one.words for one in segments]).as_one_item()
        return cls.of(words, PronunciationTable.joined([one.table for one in segments]))

    def _arrays(self) -> Dict[str, Array]:
        return {
            "letters": self.words.units.astype(np.uint8),
            "letter_splits": self.words.unit_splits,
            "order": self.index.order,
            "hashes": self.index.hashes,
            "splits": self.table.splits,
            "unit_splits": self.table.unit_splits,
            "units": self.table.units,
            "scores": self.table.scores,
        }

    @property
    def key(self) -> str:
        """Checksum of its words, hexadecimal."""
        return hashlib.sha256(self.words.units.tobytes() + self.words.unit_splits.tobytes()).hexdigest()[:24]

    def write(self, folder: Path) -> None:
        """Write the arrays, a file each."""
        arrays = self._arrays()
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array)
        write_checksum(folder, arrays.values())

    @classmethod
    def read(cls, folder: Path) -> Optional["Segment"]:
        """Map what :meth:`write` wrote; None where it is not whole or not there any more."""
        names = ("letters", "letter_splits", "order", "hashes", "splits", "unit_splits", "units", "scores")
        try:
            arrays = [np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in names]
        except Exception:  # numpy's errors for damaged files are of many kinds
            return None
        if not has_checksum(folder, arrays):
            return None
        letters, letter_splits, order, hashes, splits, unit_splits, units, scores = arrays
        num_words = len(letter_splits) - 1
        words = PronunciationTable(np.array([0, num_words]), letter_splits, letters, np.broadcast_to(0.0, num_words))
        table = PronunciationTable(splits, unit_splits, units, scores)
        return cls(SoundIndex.stored(words, order, hashes), words, table)


def letters_of(words: Sequence[str]) -> PronunciationTable:
    """Words as rows of bytes."""
    encoded = [word.encode(errors="surrogatepass") for word in words]
    letters = np.frombuffer(b"".join(encoded), np.uint8)
    splits = row_splits(np.fromiter(map(len, encoded), np.int64, len(encoded)))
    return PronunciationTable(np.array([0, len(words)]), splits, letters, np.zeros(len(words)))


class CachedG2P:
    """The pronunciations of words by a G2P, from the cache where they are there.

    Args:
      version: of all that they depend on, called when words are looked for.
      read: the pronunciations of other words.
      folder: where the segments are; in the user's cache where not given.
      fewest: words that are worth looking for; fewer are read anew in less time than that takes.
    """

    def __init__(
        self,
        version: Callable[[], str],
        read: Callable[[Sequence[str]], PronunciationTable],
        folder: Optional[Path] = None,
        fewest: int = 1,
    ):
        self._version = version
        self._read = read
        self._given_folder = folder
        self._fewest = fewest

    @cached_property
    def _folder(self) -> Path:
        key = hashlib.sha256(f"{_FORMAT} {self._version()}".encode()).hexdigest()[:16]
        return self._given_folder or cache_folder() / f"{_KIND}-{key}"

    def read(self, words: Sequence[str]) -> PronunciationTable:
        """The pronunciations of words, each once."""
        if len(words) < self._fewest or not words:
            return self._read(words)
        wanted = letters_of(words)
        parts, places = [], np.full(len(words), -1, np.int64)
        num_read = 0
        paths = self._segment_paths()
        for path in paths:
            segment = Segment.read(path) if (places < 0).any() else None
            if segment is not None:
                rows = segment.rows_of(wanted)
                new = np.flatnonzero((rows >= 0) & (places < 0))
                places[new] = num_read + np.arange(len(new))
                parts.append(segment.table.take(rows[new]))
                num_read += len(new)
        new = np.flatnonzero(places < 0)
        if len(new):
            parts.append(self._read([words[i] for i in new.tolist()]))
            places[new] = num_read + np.arange(len(new))
            unread = wanted.ordered(new, np.zeros(len(new), np.int64), 1)
            self._keep(Segment.of(unread, parts[-1]), paths)
        return PronunciationTable.joined(parts).take(places)

    def _segment_paths(self) -> List[Path]:
        """The segments, those that were written last first."""
        with contextlib.suppress(OSError):
            return sorted(self._folder.glob("words-*"), key=lambda path: -path.stat().st_mtime)
        return []

    def _keep(self, segment: Segment, others: Sequence[Path]) -> None:
        """Write a segment, together with the others where these are many."""
        merged: List[Path] = []
        if len(others) >= _MOST_SEGMENTS:
            parts = [segment]
            for path in others:
                other = Segment.read(path)
                if other is not None and sum(map(len, parts)) + len(other) <= _MOST_WORDS:
                    # two processes may have read the same word
                    is_new = np.all([one.rows_of(other.words) < 0 for one in parts], axis=0)
                    parts.append(other.take(np.flatnonzero(is_new)))
                merged.append(path)
            segment = Segment.joined(parts)
        with contextlib.suppress(OSError, InputError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with publish_folder(self._folder / f"words-{segment.key}", _KIND) as folder:
                segment.write(folder)
                (folder / "meta.json").write_text(f'{{"kind": "{_KIND}"}}\n', encoding="utf-8")
            for path in merged:
                shutil.rmtree(path, ignore_errors=True)
