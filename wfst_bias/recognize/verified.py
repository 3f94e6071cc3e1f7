"""Verification with the prior of a recording or a corpus, which is known when all its candidates are."""

from dataclasses import replace
from itertools import groupby
from typing import Iterable, Iterator, List, Tuple

from wfst_bias.recognize.recognition import RecognizedSegment
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import RECORDING, UTTERANCE
from wfst_bias.second_pass.verification import Verification


def verified(segments: Iterable[RecognizedSegment], chain: Chain) -> Iterator[RecognizedSegment]:
    """Keep the phrases that were probably spoken, given how many of the candidates were.

    The results of a recording, or of all segments, are held until its end; as they come without verification and where
    each utterance is judged by itself.

    Args:
      segments: those of an utterance, and the utterances of a recording, follow each other.
      chain: that their second pass was.
    """
    stage = next((stage for stage in chain.stages if isinstance(stage, Verification)), None)
    if stage is None or stage.config.prior_over == UTTERANCE:
        yield from segments
        return
    for _, group in groupby(segments, key=_recording if stage.config.prior_over == RECORDING else _everything):
        some = list(group)
        least = stage.least_ratio(*_candidates(some))
        for segment in some:
            yield replace(segment, found=segment.found.with_least(least))


def _recording(segment: RecognizedSegment) -> str:
    cut = segment.cut
    return str(cut.recording_id) if getattr(cut, "has_recording", False) else segment.utterance


def _everything(segment: RecognizedSegment) -> str:
    return ""


def _candidates(segments: List[RecognizedSegment]) -> Tuple[List[float], float, float]:
    """Log likelihood ratios of all candidates, hours, and phrases of a list, the mean over time."""
    seconds = sum(segment.duration for segment in segments)
    phrase_seconds = sum(segment.duration * segment.found.num_phrases for segment in segments)
    # those of the search: what a rejected phrase gives way to is no candidate of its own
    first = (one.found.alternatives[0].found if one.found.alternatives else one.found for one in segments)
    ratios = [candidate.ratio for found in first for candidate in found.candidates]
    return ratios, seconds / 3600, phrase_seconds / max(seconds, 1e-9)
