"""Plan of a corpus: parts of a few minutes in the order of the data, and batches of utterances of similar duration.

The plan depends on the data and the options alone. Whoever decodes a part, and however many do, its files are the same.
"""

import hashlib
import json
import pickle
import tempfile
from dataclasses import dataclass, field
from typing import IO, Any, Dict, Iterable, Iterator, List, Sequence, Tuple

from lhotse.cut import Cut

from wfst_bias.acoustic.pauses import LONGEST
from wfst_bias.core.files import file_stamps
from wfst_bias.core.types import Seconds
from wfst_bias.data.failures import FailedInput
from wfst_bias.data.files import files_of

PART_SECONDS: Seconds = 300.0
"""Audio of a part: some seconds of work, which is what a dead worker loses."""

ARCHIVE_SECONDS: Seconds = 3600.0
"""Audio of a lattice archive, ``lat.1.gz``, ``lat.2.gz``, ..."""

PADDING = 0.1
"""Largest share of a batch that may be padding."""

_MOST_INPUTS = 1000  # of a part, however short they are


@dataclass(frozen=True)
class Part:
    """Utterances that are decoded and written together.

    Args:
      number: from 1, in the order of the data.
      archive: number of the lattice archive that it belongs to, from 1.
      cuts: in the order of the data.
      failed: inputs that could not be read when the plan was made.
    """

    number: int
    archive: int
    cuts: Tuple[Cut, ...]
    failed: Tuple[FailedInput, ...]

    @property
    def duration(self) -> Seconds:
        """The audio of its utterances."""
        return float(sum(cut.duration for cut in self.cuts))

    @property
    def num_inputs(self) -> int:
        """How many utterances it has, those included that could not be read."""
        return len(self.cuts) + len(self.failed)

    def key(self, run_key: str) -> str:
        """The name of its folder: a hash of all that its files depend on.

        Args:
          run_key: hash of model, graph, lists and options.
        """
        cuts = [cut.to_dict() for cut in self.cuts]
        content = [run_key, cuts, _stamps(cuts), [failed.to_json() for failed in self.failed]]
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=repr).encode()).hexdigest()[:20]


def _stamps(cuts: Any) -> List[Tuple[str, int, int]]:
    """Path, size and time of change of each file that the audio of cuts depends on."""
    return [stamp for path in files_of(cuts) for stamp in file_stamps(path)]


def batches_of(cuts: Sequence[Cut], batch_size: int) -> List[List[Cut]]:
    """Batches of cuts of similar duration, shortest first; at most :data:`PADDING` of each is padding.

    A cut that is longer than :data:`wfst_bias.acoustic.pauses.LONGEST` is a batch of its own, whose segments are searched
    ``batch_size`` at a time.
    """
    batches: List[List[Cut]] = []
    for cut in sorted(cuts, key=lambda cut: cut.duration):
        last = batches[-1] if batches else []
        # shortest first: the next cut is the longest of the batch that it joins
        spoken, padded = sum(one.duration for one in last) + cut.duration, (len(last) + 1) * cut.duration
        fits = last and len(last) < batch_size and cut.duration <= LONGEST and spoken >= (1 - PADDING) * padded
        if fits:
            last.append(cut)
        else:
            batches.append([cut])
    return batches


def padding_of(batches: Iterable[Sequence[Cut]]) -> Seconds:
    """Padding of some batches."""
    return float(sum(len(batch) * batch[-1].duration - sum(cut.duration for cut in batch) for batch in batches))


class PartsInOrder:
    """Divides inputs into parts as they are read; failures come through :meth:`failed` between the cuts.

    Args:
      part_seconds: audio of a part; a longer utterance has a part of its own.
    """

    def __init__(self, part_seconds: Seconds = PART_SECONDS):
        self._part_seconds = part_seconds
        self._number = self._archive = 1
        self._of_archive: Seconds = 0.0
        self._failed: List[FailedInput] = []

    def failed(self, failed: FailedInput) -> None:
        """Add an input that cannot be read."""
        self._failed.append(failed)

    def parts(self, cuts: Iterable[Cut]) -> Iterator[Part]:
        """The parts of cuts that are read now."""
        waiting: List[Cut] = []
        for cut in cuts:
            if cut.duration > self._part_seconds and waiting:
                yield self._part(waiting)
                waiting = []
            waiting.append(cut)
            is_full = len(waiting) + len(self._failed) >= _MOST_INPUTS
            if is_full or sum(one.duration for one in waiting) >= self._part_seconds:
                yield self._part(waiting)
                waiting = []
        if waiting or self._failed:
            yield self._part(waiting)

    def _part(self, cuts: Sequence[Cut]) -> Part:
        part = Part(self._number, self._archive, tuple(cuts), tuple(self._failed))
        self._failed = []
        self._number += 1
        self._of_archive += part.duration
        if self._of_archive >= ARCHIVE_SECONDS:
            self._archive, self._of_archive = self._archive + 1, 0.0
        return part


@dataclass
class Plan:
    """The parts of a corpus, kept in a temporary file: memory does not grow with the corpus.

    Args:
      run_key: hash of model, graph, lists and options.
      batch_size: utterances that are searched together.
    """

    run_key: str
    batch_size: int
    num_parts: int = 0
    num_inputs: int = 0
    num_failed: int = 0
    duration: Seconds = 0.0
    padding: Seconds = 0.0
    _file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    @classmethod
    def of(cls, parts: Iterable[Part], run_key: str, batch_size: int) -> "Plan":
        """The plan of parts, which are read now."""
        plan = cls(run_key, batch_size)
        for part in parts:
            pickle.dump((part, part.key(run_key)), plan._file)
            plan.num_parts += 1
            plan.num_inputs += part.num_inputs
            plan.num_failed += len(part.failed)
            plan.duration += part.duration
            plan.padding += padding_of(batches_of(part.cuts, batch_size))
        return plan

    def __iter__(self) -> Iterator[Tuple[Part, str]]:
        """Each part, and its key."""
        position = 0
        for _ in range(self.num_parts):
            self._file.seek(position)
            part, key = pickle.load(self._file)
            position = self._file.tell()
            yield part, key

    @property
    def meta(self) -> Dict[str, Any]:
        """Entries of ``meta.json``."""
        padded = self.duration + self.padding
        return {
            "num_inputs": self.num_inputs,
            "num_parts": self.num_parts,
            "padding": round(self.padding / padded, 4) if padded else 0.0,
            "run_key": self.run_key,
        }
