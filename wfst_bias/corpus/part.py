"""One part of a corpus, decoded into a folder that is there as a whole or not at all."""

import contextlib
import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

from lhotse.cut import Cut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder, read_json, sync_files
from wfst_bias.corpus.decode_files import DecodeFiles
from wfst_bias.corpus.decoding import Decoding
from wfst_bias.corpus.isolation import BrokenRecording, IsolatedRecognizer
from wfst_bias.corpus.options import OutputOptions
from wfst_bias.corpus.plan import Part, batches_of
from wfst_bias.data.failures import FAILED, FailedInput
from wfst_bias.recognize.recognition import Recognition, RecognizedSegment
from wfst_bias.recognize.verified import verified

_logger = logging.getLogger(__name__)

KIND, META = "decode-part", "meta.json"


@dataclass(frozen=True)
class PartTask:
    """A part that is to be decoded.

    Args:
      part: with its utterances.
      folder: where its files are to stand.
      excluded: utterances that ended a worker twice.
      suspects: utterances that ended one once.
      attempts: how often a worker ended while it decoded this part.
    """

    part: Part
    folder: Path
    excluded: Tuple[FailedInput, ...] = ()
    suspects: Tuple[str, ...] = ()
    attempts: int = 0

    @property
    def is_careful(self) -> bool:
        """Whether utterances are decoded one by one, each named in :attr:`note` before."""
        return self.attempts >= 2

    @property
    def note(self) -> Path:
        """A file with the name of the utterance that is being decoded."""
        return self.folder.with_name(f"{self.folder.name}.utterance")

    def announce(self, cut: Cut) -> None:
        """Write which utterance is decoded now, where that has to be known after a death."""
        if self.is_careful:
            self.note.write_text(cut.id, encoding="utf-8")

    def after_death(self, reason: str) -> "PartTask":
        """The task that follows after a worker ended without a result.

        From the third time on, it is known which utterance was decoded then; one that was twice is excluded.

        Raises:
          InputError: workers end before they decode anything.
        """
        again = replace(self, attempts=self.attempts + 1)
        if not self.is_careful:
            return again
        if not self.note.is_file():
            raise InputError(f"workers end before they decode an utterance ({reason}); is there enough memory?")
        utterance = self.note.read_text(encoding="utf-8")
        self.note.unlink()
        if utterance not in self.suspects:
            return replace(again, suspects=(*self.suspects, utterance))
        failed = FailedInput(utterance, f"a worker ended twice while it decoded this ({reason})", unexpected=True)
        return replace(again, excluded=(*self.excluded, failed))


def read_summary(folder: Path) -> Dict[str, Any]:
    """The counts and times of a part that is decoded."""
    summary: Dict[str, Any] = read_json(folder / META)
    return summary


def decode_part(task: PartTask, decoding: Decoding, options: OutputOptions) -> Dict[str, Any]:
    """Decode a part into its folder; nothing is done where that is there.

    Args:
      task: the part.
      decoding: what all parts are decoded with.
      options: of the files.

    Returns:
      counts and times, as they are in the ``meta.json`` of the folder.
    """
    if task.folder.is_dir():
        return read_summary(task.folder)
    task.note.unlink(missing_ok=True)  # of a run that was killed
    while True:
        try:
            with publish_folder(task.folder, KIND, replaces=False) as folder:
                return _decode(task, decoding, options, folder)
        except BrokenRecording as broken:  # what was written of it is gone with the folder
            task = replace(task, excluded=(*task.excluded, broken.failed))


def _decode(task: PartTask, decoding: Decoding, options: OutputOptions, folder: Path) -> Dict[str, Any]:
    recognizer, biasing = decoding.recognizer, decoding.biasing
    begin, before = time.perf_counter(), replace(recognizer.timing)
    part, excluded = task.part, {failed.utterance for failed in task.excluded}
    cuts = [cut for cut in part.cuts if cut.id not in excluded]
    biasing.lists_of(cuts)  # a missing list is a mistake of the setup, and no failure of an utterance
    failed: List[FailedInput] = []
    isolated = IsolatedRecognizer(recognizer, options, failed.append)
    with contextlib.ExitStack() as files:
        stages = [stage.name for stage in decoding.second_pass.stages]
        written = DecodeFiles(
            folder, files, stages, options.lattice_form, options.num_best, biasing.search, decoding.channel
        )
        if len(cuts) == 1:
            task.announce(cuts[0])
            segments: Iterator[RecognizedSegment] = isolated.stream(cuts[0])
        else:
            segments = _in_order(cuts, _batches(cuts, task, options), isolated, failed)
        for segment in verified(segments, decoding.second_pass):
            written.write(segment)
    task.note.unlink(missing_ok=True)
    place = {cut.id: index for index, cut in enumerate(part.cuts)}
    failed = sorted((*failed, *task.excluded), key=lambda one: place[one.utterance])
    all_failed = [*part.failed, *failed]
    (folder / FAILED).write_text("".join(f"{one.to_json()}\n" for one in all_failed), encoding="utf-8")
    _check_complete(part, written.utterances, failed)
    for one in all_failed:
        _logger.debug("failed: %s: %s", one.utterance, one.error)
    decoded = set(written.utterances)
    spoken = sum(cut.duration for cut in cuts if cut.id in decoded)
    timing = replace(recognizer.timing.since(before), audio=spoken)  # a batch may have been read more than once
    summary = {
        "kind": KIND,
        "part": part.number,
        "duration": part.duration,
        "num_inputs": part.num_inputs,
        "num_failed": len(all_failed),
        "num_unexpected": sum(bool(one.unexpected) for one in all_failed),
        "first_failure": str(all_failed[0].error) if all_failed else None,
        "seconds": round(time.perf_counter() - begin, 3),
        **written.meta,
        "timing": asdict(timing),
    }
    (folder / META).write_text(json.dumps(summary, ensure_ascii=False) + "\n", encoding="utf-8")
    sync_files(folder)
    _logger.debug(
        "part %d: %d utterances, %.1f s of audio, %d failed, %.1f s",
        *(part.number, written.meta["num_utterances"], timing.audio, len(all_failed), summary["seconds"]),
    )
    return summary


def _batches(cuts: Sequence[Cut], task: PartTask, options: OutputOptions) -> Iterator[List[Cut]]:
    """The batches of a part; after two deaths of workers one utterance each, named before."""
    for batch in batches_of(cuts, 1 if task.is_careful else options.batch_size):
        task.announce(batch[0])
        yield batch


def _in_order(
    cuts: Sequence[Cut],
    batches: Iterator[List[Cut]],
    isolated: IsolatedRecognizer,
    failed: Sequence[FailedInput],
) -> Iterator[RecognizedSegment]:
    """The segments of all utterances in the order of the data; each waits for those before it."""
    waiting: Dict[str, Recognition] = {}
    following = iter(cuts)
    current = next(following, None)
    for batch in batches:
        waiting.update((found.name, found) for found in isolated.utterances(batch))
        gone = {one.utterance for one in failed}
        while current is not None and (current.id in waiting or current.id in gone):
            if current.id in waiting:
                yield from waiting.pop(current.id).segments
            current = next(following, None)


def _check_complete(part: Part, written: Sequence[str], failed: Sequence[FailedInput]) -> None:
    """Check that each utterance is either in the output or in the list of failures."""
    expected = sorted(cut.id for cut in part.cuts)
    found = sorted([*written, *(one.utterance for one in failed)])
    if expected != found:
        lost, more = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
        raise InputError(
            f"part {part.number}: {len(found)} utterances were written or failed, {len(expected)} were expected; "
            f"lost {lost[:3]}, twice or unknown {more[:3]}; please report this"
        )
