"""Cuts with the transcripts of a decode folder as supervisions: pseudo-labels to train on."""

import json
import operator
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from lhotse import SupervisionSegment
from lhotse.cut import Cut, MixedCut
from lhotse.supervision import AlignmentItem
from lhotse.utils import fastcopy

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import lines_of, read_json
from wfst_bias.core.types import Seconds
from wfst_bias.data.audio import opened_cut
from wfst_bias.data.channels import MEAN
from wfst_bias.data.cuts import place_in_recording, read_data
from wfst_bias.data.failures import FailedInput
from wfst_bias.data.kaldi_tables import key_and_rest
from wfst_bias.score.texts import failed_utterances

_SEGMENT = re.compile(r"(?P<utterance>.+)-(?P<start>\d{7,})-(?P<end>\d{7,})")
_CENTISECOND = 0.01


@dataclass
class _Groups:
    """Rows of a file of a decode folder, taken utterance by utterance in their order.

    Args:
      rows: of the file, each with the utterance it is of.
      path: of the file.
    """

    rows: Iterator[Tuple[str, Any]]
    path: Path
    _next: Optional[Tuple[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self._next = next(self.rows, None)

    def of(self, utterance: str) -> List[Any]:
        """The next rows, as long as they are of an utterance."""
        found = []
        while self._next and self._next[0] == utterance:
            found.append(self._next[1])
            self._next = next(self.rows, None)
        return found

    def segments_of(self, utterance: str) -> List[Tuple[str, Seconds, Optional[Seconds]]]:
        """Name, start and end in the utterance of each of its segments, where the rows are those of ``segments``."""
        if self.of(utterance):
            return [(utterance, 0.0, None)]
        found: List[Tuple[str, Seconds, Optional[Seconds]]] = []
        while self._next and (match := _SEGMENT.fullmatch(self._next[0])) and match["utterance"] == utterance:
            start, end = (int(match[key]) * _CENTISECOND for key in ("start", "end"))
            if start != (found[-1][2] if found else 0.0):
                break
            found.append((self._next[0], start, end))
            self._next = next(self.rows, None)
        if not found:
            raise InputError(
                f"has not the segments of {utterance!r}, in the order of the texts; decode anew", self.path
            )
        return found

    def check_end(self) -> None:
        """Raise :class:`InputError` where rows are left."""
        if self._next:
            raise InputError(f"has {self._next[0]!r} in another order than the texts; decode anew", self.path)


def decoded_cuts(data: Path, decode_dir: Path) -> Iterator[Cut]:
    """Yield the cuts that were decoded, in the order of the decode folder, with its transcripts as supervisions.

    An utterance has one supervision, a long recording one for each segment in which it was searched: its text and time,
    the speaker of the data where that is one only, the words with times and confidences as ``alignment["word"]``, and the
    entities as ``custom["entities"]``, whose ``first_word`` counts from the supervision's first word. Times are those of
    the cut. Where folder and data have the same order, only one cut is in memory.

    Args:
      data: that was decoded.
      decode_dir: made by ``wfst-bias decode``.

    Raises:
      InputError: an utterance is missing on one side and is not in ``failed.jsonl``.
    """
    decode_dir, unusable = Path(decode_dir), set()
    failed = failed_utterances(decode_dir)

    def collect(one: FailedInput) -> None:
        if one.utterance not in failed:
            raise one.error
        unusable.add(one.utterance)

    with content_errors(decode_dir / "meta.json", advice="decode anew"):
        channel = read_json(decode_dir / "meta.json").get("channel", MEAN)
    cuts, waiting = iter(read_data(data, channel, collect)), {}
    words, entities, segments = (
        _Groups(rows(decode_dir / name), decode_dir / name)
        for rows, name in ((_ctm_rows, "ctm"), (_entity_rows, "entities.jsonl"), (_segment_rows, "segments"))
    )
    for number, line in lines_of(decode_dir / "text"):
        name, _ = key_and_rest(line)
        if not name:
            raise InputError(f"found {line!r}; expected 'UTTERANCE WORD...': decode anew", decode_dir / "text", number)
        while name not in waiting:
            cut = next(cuts, None)
            if cut is None:
                raise InputError(f"has no utterance {name!r}, which was decoded; name the data of the folder", data)
            waiting[cut.id] = cut
        yield _labeled(opened_cut(waiting.pop(name)), words.of(name), entities.of(name), segments.segments_of(name))
    for groups in (words, entities, segments):
        groups.check_end()
    missing = next((cut.id for cut in (*waiting.values(), *cuts) if cut.id not in failed), None)
    if missing is not None:
        raise InputError(f"utterance {missing!r} of the data is missing; decode the same data", decode_dir / "text")


def _ctm_rows(path: Path) -> Iterator[Tuple[str, AlignmentItem]]:
    for number, line in lines_of(path):
        try:
            name, _, start, duration, word, confidence = line.split()
            yield name, AlignmentItem(word, float(start), float(duration), float(confidence))
        except ValueError:
            raise InputError(
                f"found {line!r}; expected 'UTTERANCE 1 START SECONDS WORD CONFIDENCE': decode anew", path, number
            ) from None


def _entity_rows(path: Path) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
            name = row.pop("utterance")
            row["first_word"] = operator.index(row["first_word"])
            yield name, row
        except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
            raise InputError(f"found {line[:60]!r}; expected an entity: decode anew", path, number) from None


def _segment_rows(path: Path) -> Iterator[Tuple[str, str]]:
    for _, line in lines_of(path):
        name, _, rest = line.partition(" ")
        yield name, rest


def _labeled(
    cut: Cut,
    words: List[AlignmentItem],
    entities: List[Mapping[str, Any]],
    segments: List[Tuple[str, Seconds, Optional[Seconds]]],
) -> Cut:
    """A cut with what was recognized in it."""
    supervisions, first = [], 0
    speakers = {one.speaker for one in cut.supervisions}
    recording_id, _ = place_in_recording(cut)
    for name, start, end in segments:
        if end is None or end > cut.duration or name == segments[-1][0]:
            own, end = words[first:], cut.duration
        else:
            limit = end
            own = [item for item in words[first:] if item.start + item.duration / 2 < limit]
        inside = range(first, first + len(own))
        supervisions.append(
            SupervisionSegment(
                id=name,
                recording_id=recording_id,
                start=round(start, 4),
                duration=round(end - start, 8),
                channel=getattr(cut, "channel", 0),
                text=" ".join(item.symbol for item in own),
                speaker=_only(speakers),
                custom={
                    "entities": [
                        {**row, "first_word": row["first_word"] - first}
                        for row in entities
                        if row["first_word"] in inside
                    ]
                },
                alignment={"word": own},
            )
        )
        first += len(own)
    return _with_supervisions(cut, supervisions)


def _only(speakers: "set[Optional[str]]") -> Optional[str]:
    return next(iter(speakers)) if len(speakers) == 1 else None


def _with_supervisions(cut: Cut, supervisions: List[SupervisionSegment]) -> Cut:
    """A cut with other supervisions; those of a mix stand in its first track."""
    if not isinstance(cut, MixedCut):
        return fastcopy(cut, supervisions=supervisions)
    bare = cut.drop_supervisions()
    first, *others = bare.tracks
    moved = [one.with_offset(-first.offset) for one in supervisions]
    return fastcopy(bare, tracks=[replace(first, cut=fastcopy(first.cut, supervisions=moved)), *others])
