"""The files of a decode folder, or of a part of one."""

import contextlib
import gzip
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Dict, List, Mapping, Optional, Sequence, TextIO

from wfst_bias.core.types import Seconds
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.cuts import place_in_recording
from wfst_bias.decode.config import SearchConfig
from wfst_bias.lattice.archive import OF_FRAMES, OF_WORDS, lattice_terms, lattice_text
from wfst_bias.recognize.recognition import RecognizedSegment
from wfst_bias.recognize.transcription import ctm_lines, entity_row, rejected_row
from wfst_bias.second_pass.config import LOOKUP, SEARCH

ARCHIVE, TERMS = "lat.gz", "terms.jsonl.gz"  # of a part; those of a decode folder have numbers
REJECTED, REJECTED_BEFORE = "rejected.jsonl", "refused.jsonl"  # the name, and that of older versions


@dataclass(frozen=True)
class _GzipBlocks:
    """Writes each text as a gzip member of its own: the bytes of an archive do not depend on how it was divided.

    Args:
      stream: that they are written to.
    """

    stream: BinaryIO

    def write(self, text: str) -> None:
        """Write one text, without a name or a time."""
        self.stream.write(gzip.compress(text.encode(), 4, mtime=0))


class DecodeFiles:
    """Writes what was found in the utterances of a part, an utterance a line or a block of lines.

    The files of a decode folder are those of its parts, one after the other; gzip allows that, too.

    - ``text``, and ``text.display`` with the phrases of the lists as they are to be shown;
    - ``ctm``: word times, and after the words their confidences without what the list pays; ``ctm.with_list``: with it;
    - ``entities.jsonl``: the entities that were found, with their evidence, both confidences and their competitors;
    - ``rejected.jsonl``: the rejected phrases, which were found and removed again, and why: by a gate or by verification;
    - ``segments``: the recording and the time of each lattice; a long utterance has several lattices;
    - ``lat.gz``: lattices, and ``terms.jsonl.gz``: the terms of those of words;
    - ``nbest.jsonl``, where hypotheses are asked for;
    - where there are stages, ``text.search`` and a ``text`` for each stage, and ``lookup.jsonl``: what the lookup replaced.

    Args:
      folder: that they stand in.
      files: which closes them.
      stages: names of the stages of the second pass.
      lattice_form: one of :data:`LATTICES`.
      num_best: hypotheses of each utterance; 0 is none.
      search: that the lattices are of.
      channel: of the audio.
    """

    def __init__(
        self,
        folder: Path,
        files: contextlib.ExitStack,
        stages: Sequence[str],
        lattice_form: str,
        num_best: int,
        search: SearchConfig,
        channel: Channel = MEAN,
    ):
        def plain(name: str) -> TextIO:
            return files.enter_context(open(folder / name, "w", encoding="utf-8"))

        def packed(name: str) -> _GzipBlocks:
            return _GzipBlocks(files.enter_context(open(folder / name, "wb")))

        self._text, self._display = plain("text"), plain("text.display")
        self._segments_file = plain("segments")
        self._ctm, self._ctm_with_list = plain("ctm"), plain("ctm.with_list")
        self._entities, self._rejected = plain("entities.jsonl"), plain(REJECTED)
        self._texts = {name: plain(f"text.{name}") for name in (SEARCH, *stages)} if stages else {}
        self._lookup = plain("lookup.jsonl") if LOOKUP in stages else None
        self._archive = packed(ARCHIVE)
        self._terms = packed(TERMS) if lattice_form == OF_WORDS else None
        self._nbest = plain("nbest.jsonl") if num_best else None
        self._num_best = num_best
        self._search, self._channel = search, channel
        self.utterances: List[str] = []
        """Names of those that were written."""
        self._num_entities = self._num_rejected = 0
        self._segments: List[_SegmentTexts] = []  # of the utterance that is being written
        files.callback(self._finish)
        self._frame_shift: Optional[Seconds] = None
        self._empty: List[str] = []
        self._narrowed: List[str] = []

    @property
    def meta(self) -> Dict[str, Any]:
        """Entries of ``meta.json``."""
        return {
            "num_utterances": len(self.utterances),
            "num_entities_found": self._num_entities,
            "num_entities_refused": self._num_rejected,
            "empty_transcripts": self._empty,
            "frame_shift": self._frame_shift,
            "lattices": OF_WORDS if self._terms else OF_FRAMES,
            "narrowed_lattices": self._narrowed,  # the beam of noise has more words than can be kept
        }

    def write(self, segment: RecognizedSegment) -> None:
        """Write the result of an utterance, or of the next segment of a long one."""
        if segment.start == 0.0:
            self._finish()
        self._frame_shift = segment.frame_shift
        if not self._terms:
            self._archive.write(segment.frame_lattice)
        self._segments_file.write(_segments_line(segment))
        self._write_found(segment)
        self._write_lattice(segment)
        self._segments.append(_SegmentTexts.of(segment, list(self._texts)))

    def _finish(self) -> None:
        """Write the texts of the utterance whose last segment was written."""
        if not self._segments:
            return
        name = self._segments[0].utterance
        self._text.write(_line(name, *(one.text for one in self._segments)))
        self._display.write(_line(name, *(one.display for one in self._segments)))
        for stage, file in self._texts.items():
            file.write(_line(name, *(one.of_stages[stage] for one in self._segments)))
        self.utterances.append(name)
        if not any(one.num_words for one in self._segments):
            self._empty.append(name)
        self._segments = []

    def _write_found(self, segment: RecognizedSegment) -> None:
        found, name = segment.found, segment.utterance
        transcript = found.transcript
        num_before = sum(one.num_words for one in self._segments)
        if self._lookup:
            self._lookup.writelines(f"{row.to_json()}\n" for row in segment.replacements)
        self._ctm.writelines(ctm_lines(name, transcript, [c.plain for c in found.confidences], self._channel))
        self._ctm_with_list.writelines(
            ctm_lines(name, transcript, [c.boosted for c in found.confidences], self._channel)
        )
        for entity, competitor in zip(transcript.entities, found.competitors):
            own = found.confidences[entity.first_word : entity.first_word + entity.num_words]
            placed = replace(entity, first_word=entity.first_word + num_before)
            row = entity_row(name, placed, own, competitor)
            self._entities.write(_line_of_json({**row, **found.evidence_row(entity)}))
        for entity in transcript.rejected:
            placed = replace(entity, first_word=entity.first_word + num_before)
            self._rejected.write(_line_of_json(rejected_row(name, placed, found.evidence_row(entity))))
        self._num_entities += len(transcript.entities)
        self._num_rejected += len(transcript.rejected)

    def _write_lattice(self, segment: RecognizedSegment) -> None:
        lattice, phrases = segment.found.lattice, segment.phrases
        if lattice.beam < self._search.output_beam:
            self._narrowed.append(lattice.name)
        if self._terms:
            used = {phrase: phrases[phrase] for phrase in set(lattice.phrases.tolist()) if phrase >= 0}
            self._archive.write(lattice_text(lattice, self._search.acoustic_scale))
            self._terms.write(lattice_terms(lattice, used))
        if self._nbest:
            nbest = segment.found.nbest
            wanted = replace(nbest, hypotheses=nbest.hypotheses[: self._num_best])
            self._nbest.writelines(map(_line_of_json, wanted.rows(phrases)))


@dataclass(frozen=True)
class _SegmentTexts:
    """The texts of a segment: the last one, the one to be shown, and those of each stage by its name."""

    utterance: str
    num_words: int
    text: str
    display: str
    of_stages: Mapping[str, str]

    @classmethod
    def of(cls, segment: RecognizedSegment, stages: Sequence[str]) -> "_SegmentTexts":
        found = segment.found
        transcript = found.transcript
        of_stages = {stage: found.texts[stage] for stage in stages}
        return cls(segment.utterance, len(transcript.words), transcript.text, transcript.display, of_stages)


def _line(name: str, *texts: str) -> str:
    """A line of Kaldi's ``text``, from the texts of segments."""
    return " ".join([name, *filter(None, texts)]) + "\n"


def _segments_line(segment: RecognizedSegment) -> str:
    """A line of Kaldi's ``segments``: where a lattice is in its recording, in seconds; a mix is a recording itself."""
    recording, begin = place_in_recording(segment.cut)
    return f"{segment.name} {recording} {begin + segment.start:.3f} {begin + segment.end:.3f}\n"


def _line_of_json(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
