"""Verification with the prior of an utterance, a recording or a corpus, which is known when all its candidates are."""

from collections import defaultdict
from dataclasses import asdict, replace
from itertools import groupby
from typing import Dict, Iterable, Iterator, List, Optional, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.core.errors import InputError
from wfst_bias.evidence.candidates import Candidate
from wfst_bias.evidence.default import evidence_of
from wfst_bias.evidence.prior import Kinds, Prior, repetition_bonuses
from wfst_bias.recognize.recognition import RecognizedSegment
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import (
    CONFIDENCE,
    CORPUS,
    NONE,
    RECORDING,
    SCOPES,
    SPEAKER,
    UTTERANCE,
    VERIFY,
    ChainConfig,
    VerifyConfig,
)
from wfst_bias.second_pass.found import Found
from wfst_bias.second_pass.verification import Verification


def verification_of(config: VerifyConfig, model: AcousticModel, spec: str) -> Verification:
    """The verification of phrases that an acoustic model found.

    Args:
      spec: of the model.

    Raises:
      InputError: a number of false alarms is given, and there is no evidence model.
    """
    name = getattr(model, "made_by", "") or spec  # an archive stands for its model
    evidence = evidence_of(config.evidence, name)
    if evidence is None and config.false_alarms_per_hour:
        raise InputError(
            f"--false-alarms-per-hour needs an evidence model, and there is none for the model {name!r}; train one with "
            "'wfst-bias evidence train' and give it as --verify-evidence"
        )
    return Verification(config, evidence)


def verifying_chain(config: Optional[VerifyConfig], model: AcousticModel, spec: str) -> Chain:
    """The second pass where none is asked for: verification, if there is an evidence model for the acoustic model.

    Args:
      config: None where there is no list.
      spec: of the model.
    """
    stage = verification_of(config, model, spec) if config else None
    if config is None or stage is None or (stage.model is None and config.evidence != CONFIDENCE):
        return Chain(meta={"stages": asdict(ChainConfig(NONE))})
    return Chain((stage,), meta={"stages": asdict(ChainConfig(VERIFY)), "verify": asdict(config)})


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
    held = CORPUS if scope == SPEAKER else scope  # speakers may take turns
    for _, group in groupby(segments, key=lambda segment: _unit(segment, held)):
        some = list(group)
        by_unit: Dict[str, List[RecognizedSegment]] = defaultdict(list)
        for segment in some:
            by_unit[_unit(segment, scope)].append(segment)
        priors = {unit: stage.prior(*_candidates(own)) for unit, own in by_unit.items()}
        for _, of_recording in groupby(some, key=lambda segment: (_unit(segment, RECORDING), _unit(segment, scope))):
            own = list(of_recording)
            yield from _judged(own, stage, priors[_unit(own[0], scope)])


def _judged(segments: List[RecognizedSegment], stage: Verification, prior: Prior) -> Iterator[RecognizedSegment]:
    """Keep the phrases of a recording that were probably spoken, given the prior and where else each was found."""
    candidates = [candidate for segment in segments for candidate in _first(segment).candidates]
    posteriors = prior.posteriors(
        np.array([candidate.ratio for candidate in candidates], float),
        np.array([candidate.is_known for candidate in candidates], bool),
    )
    bonuses = repetition_bonuses([candidate.entity.phrase for candidate in candidates], posteriors)
    for segment in segments:
        yield replace(segment, found=stage.judged(segment.found, prior, bonuses))


def _unit(segment: RecognizedSegment, scope: str) -> str:
    """The name of what shares a prior with a segment."""
    cut = segment.cut
    if scope == CORPUS:
        return ""
    if scope == SPEAKER:
        return str(cut.supervisions[0].speaker) if cut.supervisions else ""
    recording = getattr(cut, "recording_id", None)  # a mix has none
    return segment.utterance if scope == UTTERANCE or recording is None else str(recording)


def _candidates(segments: List[RecognizedSegment]) -> Tuple[List[Candidate], float, Kinds]:
    """All candidates, hours of speech without silence, and phrases of a list, the mean over these."""
    spoken = [_first(segment).transcript.spoken for segment in segments]
    seconds = sum(spoken)
    candidates = [candidate for segment in segments for candidate in _first(segment).candidates]
    unknown, known = (
        sum(time * segment.found.num_phrases[kind] for time, segment in zip(spoken, segments)) / max(seconds, 1e-9)
        for kind in range(2)
    )
    return candidates, seconds / 3600, (unknown, known)


def _first(segment: RecognizedSegment) -> Found:
    """The result that accepts any evidence; what a rejected phrase gives way to is no candidate of its own."""
    return segment.found.alternatives[0].found if segment.found.alternatives else segment.found
