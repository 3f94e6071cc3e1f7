"""Verification: phrases of a list that were probably not spoken are rejected.

Bonus and boosting find rare names where they are spoken, and now and then where they are not. The evidence of a phrase
(:mod:`wfst_bias.evidence`) is a log likelihood ratio. The phrase with the least evidence is rejected first and the best
hypothesis without it is taken instead, in the order of the stages before, or else of the lattice; then the next. Where the
lattice has no path without it, the utterance is searched again without it, with a wide beam; a phrase that is likely by
the prior of its sentence is worth no other search and stays.

All these results are kept, since the evidence that is demanded depends on how many phrases were spoken in the whole
recording or corpus, which is known at its end: see :mod:`wfst_bias.recognize.verified`. Until then a single utterance has
the prior of the background.
"""

import math
from dataclasses import replace
from typing import List, Mapping, Optional, Sequence, Tuple

import numpy as np

from wfst_bias.core.logistic import logit
from wfst_bias.core.types import BoolArray, Nats
from wfst_bias.decode.gates import only_above, with_rejected
from wfst_bias.decode.transcript import FoundEntity
from wfst_bias.evidence.candidates import Candidate, candidates_on
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.evidence.prior import Kinds, Prior, prior_of
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.lattice.word_places import arcs_in_place, best_without
from wfst_bias.second_pass.chain import Batch
from wfst_bias.second_pass.config import SEARCH, VERIFY, VerifyConfig
from wfst_bias.second_pass.found import EVEN, Alternative, Found
from wfst_bias.second_pass.second_search import Searched, search_without

# By so many nats the log odds of a corpus may be below those of a sentence; for fewer, another search is worth its time.
_MARGIN, _MARGIN_OF_SEARCH = 4.0, 1.0
_POOR = 3.0  # nats below the best units; a phrase that matches better needs no other search


class Verification:
    """Rejects unsure phrases of a list one after the other.

    Args:
      config: what is demanded.
      model: weighs the evidence; where there is none, a phrase has the log odds of its confidence.
    """

    name = VERIFY
    num_best = 0

    def __init__(self, config: VerifyConfig, model: Optional[EvidenceModel] = None):
        self.config = config
        self.model = model

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        return [self._verified(one, i, batch) for i, one in enumerate(found)]

    def prior(self, candidates: Sequence[Candidate], hours: float, num_phrases: Kinds) -> Prior:
        """The prior of some speech; without a model spoken and false candidates are as likely.

        Args:
          candidates: all of the speech.
          hours: of speech.
          num_phrases: of the list.
        """
        if self.model is None:
            return EVEN
        ratios = np.array([one.ratio for one in candidates], float)
        is_known = np.array([one.is_known for one in candidates], bool)
        return prior_of(ratios, is_known, hours, num_phrases, self.model.background)

    def judged(self, found: Found, prior: Prior, bonuses: Mapping[str, Nats] = {}) -> Found:
        """The result of an utterance.

        Args:
          prior: of its candidates.
          bonuses: see :func:`wfst_bias.evidence.prior.repetition_bonuses`.
        """
        return found.with_prior(prior, self._least(prior), bonuses)

    def _least(self, prior: Prior) -> Nats:
        """Log odds that a phrase must have to be kept."""
        if self.model is None:
            return float(logit(self.config.min_confidence))
        if self.config.false_alarms_per_hour:
            return self.model.least_log_odds(self.config.false_alarms_per_hour, prior)
        return float(logit(self.config.min_posterior))

    def _is_sure(self, candidate: Candidate, prior: Prior, margin: Nats = _MARGIN) -> bool:
        """Whether a candidate is kept by all that a corpus may say of its prior."""
        return candidate.log_odds(prior) >= self._least(prior) + (margin if self.model else 0.0)

    def _verified(self, found: Found, utterance: int, batch: Batch) -> Found:
        found = replace(found, num_phrases=batch.decoder.graph.num_phrases(batch.lattices.gates[utterance]))
        searched = Searched(found, batch, utterance)
        candidates = self._candidates(searched)
        if not candidates:
            return found
        prior = self.prior(candidates, found.transcript.spoken / 3600, found.num_phrases)
        found, alternatives = self._with_alternatives(searched, candidates, prior)
        if alternatives:
            found = replace(found, alternatives=(Alternative((), found), *alternatives))
        return self.judged(found, prior)

    def _with_alternatives(
        self, first: Searched, candidates: List[Candidate], prior: Prior
    ) -> Tuple[Found, Tuple[Alternative, ...]]:
        """Return the result with its candidates, and those with one phrase less after the other.

        Args:
          candidates: of the result.
          prior: of the utterance alone.
        """
        all_candidates = candidates
        rejections: List[Tuple[Candidate, Searched]] = []  # candidates, and what they are in
        results: List[Tuple[Searched, List[Candidate]]] = []  # without them
        staying: List[FoundEntity] = []
        current, taken = first, np.zeros(first.found.lattice.num_arcs, bool)
        # ends: each round takes arcs of a phrase away, or leaves a phrase as it is
        while candidates:
            weakest = min(candidates, key=lambda one: one.log_odds(prior))
            if self._is_sure(weakest, prior):
                break
            arcs = taken | _arcs_of(current.found, weakest.entity)
            following = _other_path(current, arcs) if (arcs & ~taken).any() else None
            if following is None and self.model and not self._is_sure(weakest, prior, _MARGIN_OF_SEARCH):
                removed = [(one.entity, result) for one, result in [*rejections, (weakest, current)]]
                following = search_without(removed, first)
                arcs = np.zeros(following.found.lattice.num_arcs, bool)
                weighed = self._weighed_against(weakest, current.found, following.found)
                all_candidates = [weighed if one is weakest else one for one in all_candidates]
                weakest = weighed
            is_kept = following is None or self._is_sure(weakest, prior)
            if following is None or is_kept or following.has(weakest.entity):
                staying.append(weakest.entity)
            else:
                rejections.append((weakest, current))
                current, taken, candidates = following, arcs, self._candidates(following)
                results.append((current, candidates))
            candidates = [one for one in candidates if not any(map(one.entity.overlaps, staying))]
        found = replace(first.found, candidates=tuple(all_candidates))
        rejected = tuple(one for one, _ in rejections)
        return found, tuple(
            _alternative(found, rejected[: number + 1], result.found, own)
            for number, (result, own) in enumerate(results)
        )

    def _candidates(self, searched: Searched) -> List[Candidate]:
        found = searched.found
        candidates = candidates_on(
            found.path, found.transcript, searched.utterance, searched.batch.lattices, searched.batch.decoder
        )
        return [replace(one, ratio=-math.inf if one.entity.is_below_gate else self._ratio(one)) for one in candidates]

    def _weighed_against(self, candidate: Candidate, found: Found, without: Found) -> Candidate:
        """Return a candidate whose lattice has no competitor with what another search found instead.

        Where that has a better score, the phrase is an error of the search.
        """
        features = candidate.features.with_lead(found.path.lead_over(without.path))
        is_of_search = found.transcript.text == found.texts[SEARCH]  # no other stage has chosen it
        if is_of_search and without.transcript.score >= found.transcript.score:
            return replace(candidate, features=features, ratio=-math.inf)
        return replace(candidate, features=features, ratio=self._ratio(replace(candidate, features=features)))

    def _ratio(self, candidate: Candidate) -> Nats:
        if self.model is None:
            return float(logit(min(one.plain for one in candidate.confidences)))
        features = candidate.features
        if candidate.entity.gap < -_POOR and not features.column("has_competitor")[0]:
            features = features.without("confidence")  # of the edge of the beam
        return float(self.model.log_likelihood_ratios(features)[0])


def _alternative(found: Found, rejected: Tuple[Candidate, ...], result: Found, own: Sequence[Candidate]) -> Alternative:
    """Return the result without some candidates.

    Args:
      found: with them.
      own: candidates of the result.
    """
    phrases = [*found.transcript.rejected, *(one.entity for one in rejected)]
    transcript = with_rejected(only_above(result.transcript, ()), phrases)
    return Alternative(rejected, replace(result, transcript=transcript, candidates=(*own, *rejected)))


def _arcs_of(found: Found, entity: FoundEntity) -> BoolArray:
    """Return the arcs that have words of an entity in its place by a list, those of partial phrases too, bool ``(A,)``."""
    has_word: BoolArray = arcs_in_place(found.path, found.path.graph.words)[list(_word_numbers(entity))].any(axis=0)
    inside: BoolArray = (found.lattice.phrases != NO_PHRASE) | (found.lattice.terms[:, 3] != 0)
    return has_word & inside


def _other_path(searched: Searched, taken: BoolArray) -> Optional[Searched]:
    """Return the best hypothesis without some arcs, in the order of the stages before if it has one, else of the lattice.

    None where the lattice has no path without them.
    """
    found = searched.found
    for hypothesis in found.nbest.hypotheses:
        if not taken[list(hypothesis.arcs)].any():
            return searched.on(hypothesis.arcs, hypothesis.terms.total)
    score, path = best_without(found.lattice, taken)
    return searched.on(path, score) if np.isfinite(score) else None


def _word_numbers(entity: FoundEntity) -> range:
    """Return the numbers of its words in the transcript."""
    return range(entity.first_word, entity.first_word + entity.num_words)
