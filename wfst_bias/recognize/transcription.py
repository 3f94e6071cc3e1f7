"""Audio files to transcriptions, one after the other: what was recognized in a file, without its lattices."""

from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.acoustic.pauses import LONGEST
from wfst_bias.acoustic.windows import Windowing
from wfst_bias.core.types import Seconds
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.failures import FailedInput, OnFailure
from wfst_bias.data.short_files import file_cut
from wfst_bias.decode.transcript import FoundEntity, Transcript
from wfst_bias.lattice.competitors import Competitor
from wfst_bias.lattice.confidence import Confidence
from wfst_bias.recognize.audio_files import AudioFile
from wfst_bias.recognize.recognition import RecognizedSegment
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified
from wfst_bias.second_pass.config import UTTERANCE, VERIFY


@dataclass(frozen=True)
class SegmentTranscript:
    """The transcript of a segment, with times of the file; see :class:`Transcription`."""

    start: Seconds
    end: Seconds
    transcript: Transcript
    confidences: Tuple[Confidence, ...]
    competitors: Tuple[Optional[Competitor], ...]
    evidence: Tuple[Mapping[str, Any], ...]
    """Of the entities that were found, then of those that were rejected; empty without verification."""

    @classmethod
    def of(cls, segment: RecognizedSegment) -> "SegmentTranscript":
        """Keep what is small of the result of a segment."""
        found = segment.found
        transcript = replace(found.transcript, path=np.zeros(0, np.int64))
        evidence = tuple(map(found.evidence_row, (*transcript.entities, *transcript.rejected)))
        return cls(segment.start, segment.end, transcript, found.confidences, found.competitors, evidence)


@dataclass(frozen=True)
class Transcription:
    """The words, entities and segments that were recognized in a file.

    Args:
      path: of the file.
      name: of the file in outputs, see :class:`~wfst_bias.recognize.audio_files.AudioFile`.
      duration: of the audio.
      segments: in the order of time.
      channel: of the audio.
    """

    path: Path
    name: str
    duration: Seconds
    segments: Tuple[SegmentTranscript, ...]
    channel: Channel = MEAN

    @property
    def transcript(self) -> Transcript:
        """Words, entities and rejected phrases."""
        return Transcript.joined(self.name, [segment.transcript for segment in self.segments])

    @property
    def confidences(self) -> Sequence[Confidence]:
        """The confidences of the words."""
        return [one for segment in self.segments for one in segment.confidences]

    @property
    def competitors(self) -> Sequence[Optional[Competitor]]:
        """The best competitor of each entity; None where the lattice has no other path."""
        return [one for segment in self.segments for one in segment.competitors]

    def to_json(self) -> Dict[str, Any]:
        """The fields that the help of ``wfst-bias transcribe`` describes."""
        transcript, confidences = self.transcript, self.confidences
        words = [
            {"text": word.text, "start": _rounded(word.start), "end": _rounded(word.end), "confidence": round(one.plain, 4)}
            for word, one in zip(transcript.words, confidences)
        ]
        ends = accumulate(len(segment.transcript.words) for segment in self.segments)
        segments = [
            {
                "start": _rounded(segment.start),
                "end": _rounded(segment.end),
                "text": segment.transcript.text,
                "words": words[end - len(segment.transcript.words) : end],
            }
            for segment, end in zip(self.segments, ends)
        ]
        return {
            "audio": str(self.path),
            "name": self.name,
            "duration": _rounded(self.duration),
            "text": transcript.text,
            "display": transcript.display,
            "segments": segments,
            "words": words,
            "entities": self._entities(transcript, confidences),
            "rejected": [rejected_row(self.name, *pair) for pair in zip(transcript.rejected, self._evidence(False))],
        }

    def _entities(self, transcript: Transcript, confidences: Sequence[Confidence]) -> List[Dict[str, Any]]:
        """Rows as those of ``entities.jsonl`` in decode folders."""
        return [
            {**entity_row(self.name, entity, confidences[entity.first_word :][: entity.num_words], competitor), **evidence}
            for entity, competitor, evidence in zip(transcript.entities, self.competitors, self._evidence(True))
        ]

    def _evidence(self, is_found: bool) -> List[Mapping[str, Any]]:
        """The evidence of the entities that were found, or of those that were rejected."""
        rows: List[Mapping[str, Any]] = []
        for segment in self.segments:
            num_found = len(segment.transcript.entities)
            rows += segment.evidence[:num_found] if is_found else segment.evidence[num_found:]
        return rows


def rejected_row(name: str, entity: FoundEntity, evidence: Mapping[str, Any]) -> Dict[str, Any]:
    """A rejected phrase as ``rejected.jsonl`` has it, with the reason: a gate, or verification.

    Args:
      name: of the utterance.
      evidence: that verification weighed; empty where it did not.
    """
    return {"utterance": name, **entity.to_json(), "reason": "gate" if entity.is_below_gate else VERIFY, **evidence}


def entity_row(
    name: str, entity: FoundEntity, confidences: Sequence[Confidence], competitor: Optional[Competitor]
) -> Dict[str, Any]:
    """An entity as ``entities.jsonl`` has it, with the least confidences of its words.

    Args:
      name: of the utterance.
      confidences: of the words of the entity.
      competitor: of the entity.
    """
    return {
        "utterance": name,
        **entity.to_json(),
        "confidence": round(min(one.plain for one in confidences), 4),
        "confidence_with_list": round(min(one.boosted for one in confidences), 4),
        "rival": competitor and competitor.to_json(),
    }


def ctm_lines(
    name: str, transcript: Transcript, confidences: Sequence[float], channel: Channel = MEAN
) -> Iterator[str]:
    """Lines of a CTM, as NIST's scoring tools and Kaldi read it; the average of all channels is called 1."""
    number = 1 if channel == MEAN else channel
    for word, confidence in zip(transcript.words, confidences):
        yield f"{name} {number} {word.start:.2f} {word.end - word.start:.2f} {word.text} {confidence:.4f}\n"


OnSegment = Callable[[AudioFile, Seconds, Seconds], None]
"""Takes a file, the time until which it is recognized, and its duration."""


def transcriptions(
    recognizer: Recognizer,
    files: Iterable[AudioFile],
    channel: Channel,
    on_failure: OnFailure,
    on_segment: OnSegment,
) -> Iterator[Transcription]:
    """Transcribe files in their order; memory grows with the words of a file, not with its audio.

    Args:
      files: to transcribe.
      channel: of those with several, see :func:`wfst_bias.data.channels.with_channel`.
      on_failure: is called with a file that cannot be read to its end; the next one follows where it returns.
      on_segment: is called when a file is opened, and after each of its segments.
    """
    for file in files:
        try:
            transcription = _transcription(recognizer, file, channel, on_segment)
        except Exception as error:  # whatever is wrong with a file is no reason to lose the others
            failed = FailedInput.of_error(file.name, error)
            on_failure(replace(failed, path=failed.path or str(file.path)))
            continue
        yield transcription


def _transcription(
    recognizer: Recognizer, file: AudioFile, channel: Channel, on_segment: OnSegment
) -> Transcription:
    model = recognizer.pipeline.model
    longest = min(LONGEST, Windowing.of(model).longest)
    cut = file_cut(file.path, str(file.path), channel, model.sampling_rate, longest)
    duration = cut.duration
    on_segment(file, 0.0, duration)

    def announced() -> Iterator[RecognizedSegment]:
        for segment in recognizer.recognize_segments([cut]):
            yield segment
            on_segment(file, min(segment.start + segment.duration, duration), duration)

    segments = verified(announced(), recognizer.second_pass, UTTERANCE)
    return Transcription(file.path, file.name, duration, tuple(map(SegmentTranscript.of, segments)), channel)


def _rounded(seconds: Seconds) -> Seconds:
    return round(seconds, 3)
