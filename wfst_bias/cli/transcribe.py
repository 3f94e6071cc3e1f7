"""``wfst-bias transcribe``: audio files to text, captions or JSON, in one line."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple

import click

from wfst_bias.cli.audio_progress import AudioProgress
from wfst_bias.cli.bases import BASE, is_default
from wfst_bias.cli.decoding import boost_options, gate_options, search_options, verify_options
from wfst_bias.cli.graph import class_options
from wfst_bias.cli.interrupts import ends_soon_when_interrupted
from wfst_bias.cli.options import (
    LIST,
    PATH,
    adapter_options,
    channel_option,
    device_option,
    format_option_in,
    g2g_options,
    model_option,
    was_given,
)
from wfst_bias.cli.outcomes import echo_outcomes
from wfst_bias.cli.recognizer import recognizer_of
from wfst_bias.cli.sections import Command
from wfst_bias.core.errors import InputError

if TYPE_CHECKING:
    from wfst_bias.data.channels import Channel
    from wfst_bias.data.failures import FailedInput
    from wfst_bias.recognize.audio_files import AudioFile, FoundAudio
    from wfst_bias.recognize.recognizer import Recognizer
    from wfst_bias.recognize.transcription import Transcription

FORMATS = ("text", "json", "srt", "vtt", "ctm")
_CAPTIONS = ("srt", "vtt")
_NUM_NAMED = 5  # of the skipped files


_DETAILS = """A file that cannot be read is reported, the others are transcribed, and the exit code is 1; after Ctrl-C it is 130.
Files in DIR appear whole or not at all, and replace older ones. Where two inputs have the same name without suffix, as a/x.wav and
b/x.mp3, theirs are DIR/a/x.wav.txt and DIR/b/x.mp3.txt.

JSON has a line for each file: audio (its path), name (as in CTM), duration, text, display (with the entities as LIST writes
them), words (text, start, end, confidence), segments (start, end, text, words), entities (as entities.jsonl of 'decode' has them:
phrase, display, start, end, first_word, num_words, way, evidence, confidence, ...) and rejected (those that were probably not
spoken, or are below their gate). Times are seconds.
"""


@click.command(
    cls=Command,
    common=("--entities", "--format", "--out", "--model", "--base", "--class-bonus", "--device"),
    short_help="Transcribe audio files, with a list of phrases to look out for.",
    epilog=_DETAILS,
)
@click.argument("audio", nargs=-1, required=True, shell_complete=PATH.shell_complete)
@click.option(
    "--entities", type=LIST, metavar="LIST", help="Phrases to look out for, one a line; or a domain, such as medicine."
)
@format_option_in("Lists", "--list-format")
@click.option(
    "--format",
    "output",
    default=FORMATS[0],
    show_default=True,
    metavar="|".join(FORMATS),
    help="Format of the output: text with the entities marked, a line of JSON for each file, captions (SubRip, WebVTT), or CTM.",
)
@click.option(
    "--out",
    type=PATH,
    metavar="DIR",
    help="Write a file for each input: its name with another suffix (.txt, .json, .srt, .vtt, .ctm).",
)
@click.option(
    "--base",
    "base_dir",
    type=BASE,
    metavar="DIR",
    help="Base of 'graph base', or graph of 'graph compile' with its list; else 'default', English, made at the first call.",
)
@channel_option
@model_option
@adapter_options
@class_options
@g2g_options
@search_options
@boost_options
@gate_options
@verify_options
@device_option
def transcribe(
    audio: Tuple[str, ...],
    entities: Optional[Path],
    format_name: str,
    output: str,
    out: Optional[Path],
    base_dir: Optional[Path],
    channel: "Channel",
    **options: Any,
) -> None:
    """Transcribe AUDIO: files, folders (all audio and video below them), or patterns in quotes ('calls/**/*.m4a').

    With a list, the entities found are marked, with time and evidence; those that were probably not spoken are removed. The
    first call builds lexicon, language model and graph (half a minute) into the cache folder.

    \b
    Examples:
    wfst-bias transcribe meeting.wav --entities names.txt
    wfst-bias transcribe recordings/ --format srt --out captions
    wfst-bias transcribe 'calls/*.m4a' --format json | jq -r .text
    wfst-bias transcribe talk.mp4 --model onnx:nemo/model.onnx --base exp/base --entities names.txt
    """
    output, format_name = _formats(output, format_name)
    with ends_soon_when_interrupted():
        from wfst_bias.recognize.audio_files import find_audio

        _check_base(base_dir, entities)
        found = find_audio(audio)
        _check_outputs(found, output, out)
        for failed in found.failed:
            _report(failed)
        recognizer = recognizer_of(base_dir, entities, format_name, **options)
        echo_outcomes(entities, recognizer.outcomes)
        failed_files = _transcribe(recognizer, found, channel, output, out)
    _finish(found, failed_files)


def _finish(found: "FoundAudio", failed_files: "Sequence[FailedInput]") -> None:
    """Report what was skipped and how much failed; the exit code is 1 where anything did."""
    if found.skipped:
        named = ", ".join(map(str, found.skipped[:_NUM_NAMED])) + " ..." * (len(found.skipped) > _NUM_NAMED)
        click.echo(f"wfst-bias: {len(found.skipped):,} skipped, neither audio nor video: {named}", err=True)
    num_failed, num_inputs = len(found.failed) + len(failed_files), len(found.failed) + len(found.files)
    if num_failed:
        if num_inputs > 1:
            click.echo(f"wfst-bias: {num_failed:,} of {num_inputs:,} inputs failed", err=True)
        sys.exit(1)


def _formats(output: str, list_format: str) -> Tuple[str, str]:
    """The format of the output and that of the list, which ``--format`` was in former versions."""
    from wfst_bias.entities.lists import CSV, FORMAT_NAMES

    if output in FORMATS:
        return output, list_format
    if output in FORMAT_NAMES or output.startswith(f"{CSV}:"):
        click.echo(f"wfst-bias: {output!r} is a format of lists: write --list-format {output}", err=True)
        return FORMATS[0], output
    raise click.BadParameter(f"found {output!r}; one of {', '.join(FORMATS)} was expected", param_hint="'--format'")


def _check_base(base_dir: Optional[Path], entities: Optional[Path]) -> None:
    """A compiled graph has its list, and the costs of it."""
    from wfst_bias.graph.store import is_base

    if base_dir is None or is_default(base_dir) or is_base(base_dir):
        return
    if entities:
        raise click.UsageError(
            f"{base_dir} is a compiled graph and has its list: leave --entities out, or give the base that the graph was "
            "compiled from with --base"
        )
    if was_given("class") or was_given("g2g"):
        raise click.UsageError("the class and G2G options are compiled into a graph: give them to 'graph compile'")


def _check_outputs(found: "FoundAudio", output: str, out: Optional[Path]) -> None:
    """Raise what would go wrong after the recognition."""
    if not found.files:
        for failed in found.failed[:-1]:
            _report(failed)
        raise found.failed[-1].error
    if out is None:
        if output in _CAPTIONS and len(found.files) > 1:
            raise click.UsageError(f"captions of {len(found.files):,} files are no single file: add --out DIR")
        return
    if out.exists() and not out.is_dir():
        raise InputError("is a file; --out takes a folder", out)
    inputs = {os.path.realpath(file.path) for file in found.files}
    for file in found.files:
        if os.path.realpath(_output_path(out, file.name, output)) in inputs:
            raise InputError("is an input, too, and would be lost; name another folder with --out", out)


def _transcribe(
    recognizer: "Recognizer", found: "FoundAudio", channel: "Channel", output: str, out: Optional[Path]
) -> "Sequence[FailedInput]":
    """Transcribe the files and print or write each one as it is finished; returns those that failed."""
    from wfst_bias.recognize.transcription import transcriptions

    progress = AudioProgress(len(found.files))
    failed_files: "List[FailedInput]" = []

    def on_segment(file: "AudioFile", until: float, duration: float) -> None:
        if until == 0.0:
            progress.begin(str(file.path), duration)
        else:
            progress.update(str(file.path), until, duration)

    def on_failure(failed: "FailedInput") -> None:
        progress.close()
        failed_files.append(failed)
        _report(failed)

    num_inputs = len(found.files) + len(found.failed)
    try:
        for transcription in transcriptions(recognizer, found.files, channel, on_failure, on_segment):
            progress.close()
            _write(transcription, output, out, num_inputs > 1)
    finally:
        progress.close()
    if out is not None:
        num_written = len(found.files) - len(failed_files)
        click.echo(
            f"{out}: {num_written:,} file{'s' * (num_written != 1)}, {progress.pace.audio:,.0f} s of audio, "
            f"{progress.pace.speed:.1f} x real time"
        )
    return failed_files


def _write(transcription: "Transcription", output: str, out: Optional[Path], is_one_of_several: bool) -> None:
    from wfst_bias.core.files import publish_file
    from wfst_bias.recognize.transcription_formats import FORMATS

    content = FORMATS[output].content(transcription)
    if out is not None:
        publish_file(_output_path(out, transcription.name, output), content)
    elif output == "text" and is_one_of_several:
        click.echo(f"{transcription.path}: {content}", nl=False)
    else:
        click.echo(content, nl=False)


def _output_path(out: Path, name: str, output: str) -> Path:
    from wfst_bias.recognize.transcription_formats import FORMATS

    return out / f"{name}{FORMATS[output].suffix}"


def _report(failed: "FailedInput") -> None:
    click.echo(f"wfst-bias: {failed.error}", err=True)
