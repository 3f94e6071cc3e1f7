"""A system in a process of its own: its times, its texts and its memory."""

import multiprocessing
import pickle
import re
import tempfile
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Dict, List, Optional, Sequence

import numpy as np

from peers.interface import Resources
from peers.systems import System
from wfst_bias.core.errors import InputError


@dataclass(frozen=True)
class Job:
    """A system and the list that it is built for.

    Args:
      arrays: ``.npz`` of the emissions of all utterances.
      listed: pickled :class:`~peers.interface.WordList`.
    """

    system: System
    resources: Resources
    listed: Path
    arrays: Path


@dataclass(frozen=True)
class Built:
    """CPU seconds before the first search.

    Args:
      prepare: of what no list repeats: lexicon, language model, graph without a list.
      first_word: from the list, with its pronunciations, to the text of one utterance.
    """

    prepare: float
    first_word: float


@dataclass(frozen=True)
class Texts:
    """The texts of some utterances, and the CPU seconds that they took."""

    texts: Dict[str, str]
    seconds: float


def peak_memory() -> float:
    """The most memory that this process has had, mapped files included, GB."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", status)
    return int(kilobytes) / 1e6


def serve(connection, job: Job) -> None:
    """Build a system, then decode the utterances that are asked for until there are none; last of all send the memory."""
    import torch

    torch.set_num_threads(1)
    arrays = np.load(job.arrays)
    with tempfile.TemporaryDirectory() as name:
        try:
            resources = replace(job.resources, folder=Path(name), settings=job.system.settings)
            begin = time.process_time()
            peer = job.system.make(resources)
            prepared = time.process_time()
            peer.build(pickle.loads(job.listed.read_bytes()))
            peer.texts([arrays[min(arrays.files, key=lambda name: len(arrays[name]))]])
            connection.send(Built(prepared - begin, time.process_time() - prepared))
        except InputError as error:
            connection.send(error)
            return
        while names := connection.recv():
            some = [arrays[name] for name in names]
            begin = time.process_time()
            texts = peer.texts(some)
            connection.send(Texts(dict(zip(names, texts)), time.process_time() - begin))
        connection.send(peak_memory())


class Worker:
    """The process of a system, as the benchmark sees it."""

    def __init__(self, job: Job):
        context = multiprocessing.get_context("spawn")
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(other, job), daemon=True)
        self._process.start()
        other.close()
        self.name, self.by_folder = job.system.name, job.system.by_folder
        self.seconds: List[float] = []
        self.texts: Dict[str, str] = {}
        self.memory: Optional[float] = None

    @cached_property
    def built(self) -> Optional[Built]:
        """The times before the first search, when it is ready; None, with the reason on stdout, where it cannot be used."""
        answer = self._received()
        if isinstance(answer, InputError):
            print(f"{self.name} is left out: {answer}", flush=True)
        return answer if isinstance(answer, Built) else None

    def _received(self):
        try:
            return self._connection.recv()
        except EOFError:
            return InputError(f"the process of {self.name} ended by itself; see above")

    def is_usable(self) -> bool:
        """Wait until the system is ready, or cannot be used."""
        return self.built is not None

    def begin(self, names: Sequence[str]) -> None:
        """Let the process decode some utterances."""
        self._connection.send(list(names))

    def end(self, is_timed: bool = True) -> None:
        """Wait until it has decoded them; without ``is_timed`` they do not count, and the process is warm."""
        answer = self._received()
        if isinstance(answer, InputError):
            raise answer
        if is_timed:
            self.texts.update(answer.texts)
            self.seconds.append(answer.seconds)

    def close(self) -> None:
        """End the process."""
        if self.built is not None:
            self._connection.send([])
            self.memory = self._received()
        self._process.join()
