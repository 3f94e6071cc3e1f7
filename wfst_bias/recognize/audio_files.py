"""Audio files by their paths, by folders that hold them and by patterns that they match."""

import glob
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Dict, Iterable, Iterator, List, Sequence, Set, Tuple, Union

from wfst_bias.core.errors import InputError
from wfst_bias.data.failures import FailedInput

AUDIO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in """8svx aac ac3 aif aifc aiff al alac amr ape au awb caf dts flac gsm m4a m4b m4r mka mp2 mp3 mpc mpga nist
    oga ogg opus rf64 snd sph spx tta ul voc w64 wav wave weba wma wv""".split()
)
VIDEO_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in "3g2 3gp asf avi divx f4v flv m2ts m2v m4v mkv mov mp4 mpeg mpg mts mxf ogm ogv ts vob webm wmv".split()
)


@dataclass(frozen=True)
class AudioFile:
    """A file that is to be transcribed.

    Args:
      path: as it was named, or below the folder that was.
      name: unique among the files of a run: the path without folders and suffix, where no other file has the same; else
        the path from the folder that holds all files, with its suffix.
    """

    path: Path
    name: str


@dataclass(frozen=True)
class FoundAudio:
    """The audio that some arguments name.

    Args:
      files: each once, in the order of the arguments, those of a folder or a pattern sorted.
      failed: the arguments that name none.
      skipped: files of folders that are neither audio nor video.
    """

    files: Sequence[AudioFile]
    failed: Sequence[FailedInput]
    skipped: Sequence[Path]


def find_audio(arguments: Iterable[Union[str, Path]]) -> FoundAudio:
    """The files that are named by themselves, by folders or by patterns.

    A file that is named by itself is taken whatever its suffix is. A folder is searched with all that is below it for
    files whose suffix is that of audio or video, not hidden ones. A pattern has ``*``, ``?``, ``[...]`` and, for folders
    of any depth, ``**``; where it ends in a suffix, it takes the files with that suffix.

    Args:
      arguments: paths and patterns.
    """
    found: Dict[str, Path] = {}  # by what the links in its path lead to
    search = _Search()
    for argument in map(str, arguments):
        try:
            for path in search.files(argument):
                found.setdefault(os.path.realpath(path), path)
        except InputError as error:
            search.failed.append(FailedInput.of_error(argument, error))
    paths = list(found.values())
    files = [AudioFile(path, name) for path, name in zip(paths, unique_names(paths))]
    return FoundAudio(files, search.failed, sorted(set(search.skipped) - set(paths)))


class _Search:
    """Finds the files of arguments, and keeps those that are skipped and the folders that cannot be read."""

    def __init__(self) -> None:
        self.failed: List[FailedInput] = []
        self.skipped: List[Path] = []

    def files(self, argument: str) -> Sequence[Path]:
        """The files of one argument.

        Raises:
          InputError: there are none.
        """
        path = Path(argument)
        if path.is_dir():
            return self._chosen(path, sorted(self._below(path)), "holds no file of audio or video")
        if path.exists():
            return [path]
        if not glob.has_magic(argument):
            raise InputError("no such audio file; check the path", path)
        matched = (Path(name) for name in sorted(glob.glob(os.path.expanduser(argument), recursive=True)))
        files = [one for one in matched if one.is_file()]
        if files and path.suffix and not glob.has_magic(path.suffix):
            return files
        return self._chosen(path, files, "no file of audio or video matches this pattern")

    def _chosen(self, argument: Path, files: Sequence[Path], nothing: str) -> Sequence[Path]:
        """Those files whose suffix is one of audio or video."""
        chosen = [path for path in files if _is_audio(path)]
        if not chosen:
            others = f" ({len(files):,} other file{'s' * (len(files) != 1)})" if files else ""
            raise InputError(f"{nothing}{others}; check the path", argument)
        self.skipped += [path for path in files if not _is_audio(path)]
        return chosen

    def _below(self, folder: Path) -> Iterator[Path]:
        """All files below a folder, through links too, each folder once; hidden folders are left out."""
        seen: Set[str] = {os.path.realpath(folder)}
        for parent, folders, files in os.walk(folder, onerror=self._unreadable, followlinks=True):
            real = {name: os.path.realpath(os.path.join(parent, name)) for name in sorted(folders)}
            folders[:] = [name for name, path in real.items() if not name.startswith(".") and path not in seen]
            seen.update(real[name] for name in folders)
            yield from (Path(parent, name) for name in files)

    def _unreadable(self, error: OSError) -> None:
        folder = str(error.filename)
        reason = f"the folder cannot be read ({error.strerror}); check its permissions"
        self.failed.append(FailedInput(folder, reason, folder))


def _is_audio(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in AUDIO_SUFFIXES | VIDEO_SUFFIXES


def unique_names(paths: Sequence[Path]) -> List[str]:
    """A name for each path, see :class:`AudioFile`."""
    if not paths:
        return []
    absolute = [os.path.abspath(path) for path in paths]
    shared = os.path.commonpath([os.path.dirname(path) for path in absolute])
    whole = [PurePath(os.path.relpath(path, shared)).as_posix() for path in absolute]
    stems = [path.stem for path in paths]
    names = [full if count > 1 else stem for stem, full, count in zip(stems, whole, _counts(stems))]
    return whole if max(_counts(names)) > 1 else names


def _counts(names: Sequence[str]) -> Tuple[int, ...]:
    """How often each name is there, on file systems that do not tell capitals from small letters, too."""
    number = Counter(name.casefold() for name in names)
    return tuple(number[name.casefold()] for name in names)
