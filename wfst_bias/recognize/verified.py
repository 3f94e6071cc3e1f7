"""Verification with the prior of an utterance, a recording or a corpus, which is known when all its candidates are."""

from dataclasses import replace
from itertools import groupby
from typing import Iterable, Iterator, List, Tuple

from wfst_bias.recognize.recognition import RecognizedSegment
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import CORPUS, SCOPES, UTTERANCE
from wfst_bias.second_pass.verification import Verification


def verified(
    segments: Iterable[RecognizedSegment], chain: Chain, widest: str = CORPUS
) -> Iterator[RecognizedSegment]:
    """Keep the phrases that were probably spoken, given how many of the candidates were.

    The results of an utterance, a recording or all segments are held until its end. Without verification they pass.

    Args:
      segments: those of an utterance, and the utterances of a recording, follow each other.
      chain: that their second pass was.
      widest: the most that may be held.
    """
    stage = next((stage for stage in chain.stages if isinstance(stage, Verification)), None)
    if stage is None:
        yield from segments
        return
    scope = min(widest, stage.config.prior_over, key=SCOPES.index)
    for _, group in groupby(segments, key=lambda segment: _unit(segment, scope)):
        some = list(group)
        prior = stage.prior(*_candidates(some))
        for segment in some:
            yield replace(segment, found=stage.judged(segment.found, prior))


def _unit(segment: RecognizedSegment, scope: str) -> str:
    """The name of what shares a prior with a segment."""
    if scope == CORPUS:
        return ""
    cut = segment.cut
    is_whole = scope == UTTERANCE or not getattr(cut, "has_recording", False)
    return segment.utterance if is_whole else str(cut.recording_id)


def _candidates(segments: List[RecognizedSegment]) -> Tuple[List[float], float, float]:
    """Log likelihood ratios of all candidates, hours, and phrases of a list, the mean over time."""
    seconds = sum(segment.duration for segment in segments)
    phrase_seconds = sum(segment.duration * segment.found.num_phrases for segment in segments)
    # those of the search: what a rejected phrase gives way to is no candidate of its own
    first = (one.found.alternatives[0].found if one.found.alternatives else one.found for one in segments)
    ratios = [candidate.ratio for found in first for candidate in found.candidates]
    return ratios, seconds / 3600, phrase_seconds / max(seconds, 1e-9)
