"""Why a phrase is in an utterance of any length, or is not: explained in the segment that has most to do with it."""

from dataclasses import replace
from typing import Iterable, List, Optional, Sequence, Tuple

from wfst_bias.core.types import Seconds
from wfst_bias.decode.transcript import Transcript
from wfst_bias.explain.acoustic_match import AcousticMatch, best_matches
from wfst_bias.explain.constrained_search import ConstrainedSearch
from wfst_bias.explain.explanation import Explanation, explain
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.recognize.recognition import SearchedBatch

_Rank = Tuple[bool, bool, float]


def explain_segments(
    segments: Iterable[SearchedBatch], phrases: Sequence[int], pronunciations: Sequence[Pronunciation] = ()
) -> Explanation:
    """Why a phrase is in the transcript of an utterance, or is not; all times are those of the utterance.

    Of several segments it is explained in one where it was found, else in one where its gate rejected it, else in the one
    where a pronunciation fits best.

    Args:
      segments: of the utterance, each alone, as the recognizer has searched it.
      phrases, pronunciations: see :func:`wfst_bias.explain.explanation.explain`.
    """
    best: Optional[Tuple[_Rank, SearchedBatch]] = None
    transcripts: List[Transcript] = []
    for searched in segments:
        transcripts.append(searched.transcripts[0].shifted(_start_of(searched)))
        rank = _rank(searched, phrases, pronunciations) if searched.emissions.starts else (False, False, 0.0)
        if best is None or rank > best[0]:
            best = rank, searched
    assert best is not None, "an utterance has a segment"
    explanation = explain(best[1], phrases, pronunciations)
    return explanation if not best[1].emissions.starts else _in_utterance(explanation, best[1], transcripts, phrases)


def _start_of(searched: SearchedBatch) -> Seconds:
    """The start of a segment in its utterance."""
    return searched.emissions.starts[0] if searched.emissions.starts else 0.0


def _rank(searched: SearchedBatch, phrases: Sequence[int], pronunciations: Sequence[Pronunciation]) -> _Rank:
    """How much a segment has to do with a phrase: whether it was found, or rejected, and how well it fits, nats."""
    graph, names = searched.decoder.graph, _names(searched, phrases)
    (transcript,) = searched.transcripts
    frame_shift = searched.emissions.searched.frame_shift
    plain = ConstrainedSearch(searched).plain
    matches = best_matches(plain, pronunciations, graph.units, frame_shift) if pronunciations else []
    return (
        any(entity.phrase in names for entity in transcript.entities),
        any(entity.phrase in names for entity in transcript.rejected),
        max((match.gap for match in matches if match), default=float("-inf")),
    )


def _names(searched: SearchedBatch, phrases: Sequence[int]) -> List[str]:
    return [searched.decoder.graph.entities[number].written for number in phrases]


def _in_utterance(
    explanation: Explanation, searched: SearchedBatch, transcripts: Sequence[Transcript], phrases: Sequence[int]
) -> Explanation:
    """The explanation of a segment with the times of its utterance, and what was found in the other segments."""
    start, names = _start_of(searched), _names(searched, phrases)
    frames = round(start / searched.emissions.searched.frame_shift)
    transcript = Transcript.joined(searched.emissions.cuts[0].id, transcripts)
    comparison, pruning = explanation.comparison, explanation.pruning
    if comparison:
        first, end = comparison.frames
        comparison = replace(comparison, frames=(first + frames, end + frames))
    return replace(
        explanation,
        transcript=transcript,
        found=tuple(entity for entity in transcript.entities if entity.phrase in names),
        rejected=tuple(entity for entity in transcript.rejected if entity.phrase in names),
        match=explanation.match and _shifted(explanation.match, start),
        matches=tuple(_shifted(match, start) for match in explanation.matches),
        comparison=comparison,
        pruning=pruning and replace(pruning, time=pruning.time + start),
    )


def _shifted(match: AcousticMatch, start: Seconds) -> AcousticMatch:
    return replace(match, start=match.start + start, end=match.end + start)
