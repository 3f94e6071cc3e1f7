"""Targets: readers with files that are mutated, or with files that are built around known content."""

import contextlib
import random
import signal
import traceback
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from fuzz.mutations import TEXT_TOKENS, mutated
from wfst_bias.core.errors import InputError

Files = Dict[str, bytes]
"""The files of a folder, by their paths in it."""

SECONDS = 5.0  # of a processor, that one input may take


class Hang(BaseException):
    """An input took longer than :data:`SECONDS`; no ``Exception``, so that no reader catches it."""


@dataclass(frozen=True)
class Case:
    """Files with known content.

    Args:
      files: of a folder.
      expected: what the reader has to make of them.
    """

    files: Files
    expected: Any


@dataclass(frozen=True)
class Finding:
    """A fault of a reader.

    Args:
      kind: ``crash``, ``hang``, ``lost`` (content) or ``nameless`` (an error without the name of the file).
      place: where it comes from; findings with the same kind and place are one.
      details: for people.
      case: the input.
    """

    kind: str
    place: str
    details: str
    case: Case = field(repr=False)


@dataclass(frozen=True)
class Target:
    """A reader and its inputs.

    Args:
      name: of the reader and the kind of inputs.
      read: reads a folder; a wrong value is an ``AssertionError``.
      seeds: valid folders, of which mutations are made; called once.
      changes: the names of the files that are mutated; all where empty.
      tokens: that mean something to the reader.
      cases: a strategy of folders with known content, instead of ``seeds``.
      share: of the inputs of a run, relative to other targets: less for a slow reader.
    """

    name: str
    read: Callable[[Path], Any]
    seeds: Optional[Callable[[], Sequence[Files]]] = None
    changes: Tuple[str, ...] = ()
    tokens: Tuple[bytes, ...] = TEXT_TOKENS
    cases: Optional[st.SearchStrategy] = None
    share: float = 1.0

    def __str__(self) -> str:
        return self.name

    @cached_property
    def folders(self) -> Sequence[Files]:
        return [{name: bytes(content) for name, content in files.items()} for files in self.seeds()]

    def mutation(self, key: str) -> Tuple[Files, str]:
        """A folder with one mutated file, determined by a key, and the name of that file."""
        rng = random.Random(key)
        files = rng.choice(self.folders)
        name = rng.choice([name for name in files if not self.changes or name in self.changes])
        others = [other[name] for other in self.folders if name in other]
        return {**files, name: mutated(files[name], others, rng, self.tokens)}, name


def check(target: Target, folder: Path, case: Case) -> Optional[Finding]:
    """Give a reader the files that stand in a folder."""
    try:
        with time_limit(SECONDS):
            found = target.read(folder)
    except InputError as error:
        if target.cases is not None and not isinstance(case.expected, InputError):
            return Finding("lost", "refused", f"InputError: {error}\nexpected: {case.expected!r}", case)
        if str(folder) not in str(error):
            return Finding("nameless", _place(error), f"InputError: {error}", case)
        return None
    except Hang as error:
        return Finding("hang", _place(error), _trace(error), case)
    except Exception as error:
        kind = "lost" if isinstance(error, AssertionError) and _is_ours(error) else "crash"
        return Finding(kind, f"{type(error).__name__} {_place(error)}", _trace(error), case)
    if target.cases is not None and not isinstance(case.expected, InputError) and found != case.expected:
        return Finding("lost", "other value", f"found:    {found!r}\nexpected: {case.expected!r}", case)
    return None


def mutations(target: Target, folder: Path, key: str, count: int, first: int = 0) -> Iterator[Optional[Finding]]:
    """Check mutated files ``first`` to ``count`` of those that a key determines."""
    standing: Files = {}
    for index in range(first, count):
        files, changed = target.mutation(f"{key}:{index}")
        standing = _write(folder, files, standing)
        yield check(target, folder, Case(files, None))


def built(target: Target, folder: Path, key: str, count: int) -> Iterator[Optional[Finding]]:
    """Check files with known content; ends after the first finding, which has the smallest input that was found."""
    standing: List[Files] = [{}]
    results: List[Optional[Finding]] = []

    def one(case: Case) -> None:
        standing[0] = _write(folder, case.files, standing[0])
        results.append(check(target, folder, case))
        assert results[-1] is None

    limits = settings(
        max_examples=count,
        deadline=None,
        database=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    with contextlib.suppress(AssertionError):
        seed(key)(limits(given(target.cases)(one)))()
    failed = next((i for i, finding in enumerate(results) if finding), None)
    if failed is None:
        yield from results
    else:  # what follows is smaller and smaller
        yield from results[:failed]
        yield [finding for finding in results if finding][-1]


def _write(folder: Path, files: Files, standing: Files) -> Files:
    """Let the files stand in a folder, where others stand already."""
    for name in standing.keys() - files.keys():
        (folder / name).unlink(missing_ok=True)
    for name, content in files.items():
        if standing.get(name) is not content:
            path = folder / name
            if "/" in name:
                path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return files


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`Hang` where the block takes longer, in time of a processor: others may use the machine, too."""

    def stop(number: int, frame: Any) -> None:
        raise Hang(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(type(error), error, error.__traceback__)[-12:])[-4000:]


def _place(error: BaseException) -> str:
    """The innermost place in the package that an error went through."""
    frames = traceback.extract_tb(error.__traceback__)
    inner = [frame for frame in frames if "/wfst_bias/" in frame.filename] or frames
    return f"{inner[-1].filename.rpartition('/wfst_bias/')[2]}:{inner[-1].lineno}"


def _is_ours(error: BaseException) -> bool:
    """Whether a target, not a reader, has raised an error."""
    return "/fuzz/" in traceback.extract_tb(error.__traceback__)[-1].filename
