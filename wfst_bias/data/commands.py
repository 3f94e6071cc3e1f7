"""Commands that write audio to their standard output, as in Kaldi's ``wav.scp``; the output goes through a temporary file."""

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Dict, Iterator, Tuple, cast

from lhotse import AudioSource
from lhotse.cut import Cut, MixedCut, PaddingCut

from wfst_bias.core.errors import InputError

_OPEN_FILES = Path("/proc/self/fd")  # on Linux: there a file without a name, which no crash leaves behind, has a path


def output_of(command: str) -> BinaryIO:
    """The output of a command: a temporary file, which goes when it is closed.

    Raises:
      InputError: the command cannot be run, or fails.
    """
    has_paths = _OPEN_FILES.is_dir()
    file = cast(BinaryIO, tempfile.TemporaryFile() if has_paths else tempfile.NamedTemporaryFile())
    with tempfile.TemporaryFile() as errors:
        try:
            subprocess.run(command, shell=True, check=True, stdin=subprocess.DEVNULL, stdout=file, stderr=errors)
        except (subprocess.CalledProcessError, OSError) as error:
            file.close()
            errors.seek(0)
            messages = errors.read().decode(errors="replace").strip().splitlines()
            reason = f"{error}: {messages[-1]}" if messages else str(error)
            raise InputError(f"the command gives no audio ({reason}); run it by hand: {command}") from error
    file.seek(0)
    return file


def path_of(output: BinaryIO) -> str:
    """A path by which this process can open the file of :func:`output_of`."""
    return output.name if isinstance(output.name, str) else str(_OPEN_FILES / str(output.fileno()))


def with_outputs(cut: Cut) -> Tuple[Cut, Dict[str, BinaryIO]]:
    """A cut that is read from the outputs of its commands, which are run here, once each.

    Returns:
      the cut, and the open files by their commands; the cut can be read as long as they are open.

    Raises:
      InputError: a command cannot be run, or fails.
    """
    commands = dict.fromkeys(str(source.source) for source in sources_of(cut) if source.type == "command")
    outputs: Dict[str, BinaryIO] = {}
    try:
        for command in commands:
            outputs[command] = output_of(command)
    except InputError:
        close(outputs)
        raise
    return (_with_files(cut, outputs) if outputs else cut), outputs


def close(outputs: Dict[str, BinaryIO]) -> None:
    """Close the files of :func:`with_outputs`."""
    for output in outputs.values():
        output.close()


def _with_files(cut: Cut, outputs: Dict[str, BinaryIO]) -> Cut:
    if isinstance(cut, MixedCut):
        return replace(cut, tracks=[replace(track, cut=_with_files(track.cut, outputs)) for track in cut.tracks])
    if isinstance(cut, PaddingCut) or not cut.has_recording:
        return cut
    sources = [
        AudioSource("file", source.channels, path_of(outputs[source.source])) if source.type == "command" else source
        for source in cut.recording.sources
    ]
    return replace(cut, recording=replace(cut.recording, sources=sources))


def sources_of(cut: Cut) -> Iterator[AudioSource]:
    """Where the samples of a cut, or of the tracks of a mix, come from."""
    if isinstance(cut, MixedCut):
        for track in cut.tracks:
            yield from sources_of(track.cut)
    elif not isinstance(cut, PaddingCut) and cut.has_recording:
        yield from cut.recording.sources
