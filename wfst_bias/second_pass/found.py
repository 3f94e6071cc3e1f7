"""The result of an utterance after the second pass, and those it would have if more evidence were demanded."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from wfst_bias.core.types import Nats, Seconds
from wfst_bias.decode.transcript import FoundEntity, Transcript
from wfst_bias.evidence.candidates import Candidate
from wfst_bias.evidence.prior import Kinds, Prior
from wfst_bias.lattice.competitors import Competitor
from wfst_bias.lattice.confidence import Confidence
from wfst_bias.lattice.lattice_path import LatticePath
from wfst_bias.lattice.nbest import NBest
from wfst_bias.lattice.word_lattice import WordLattice
from wfst_bias.second_pass.config import LOOKUP
from wfst_bias.second_pass.lookup_matches import Replacement

EVEN = Prior((1.0, 1.0), (1.0, 1.0))


@dataclass(frozen=True)
class Found:
    """Result of an utterance.

    Args:
      lattice: all word sequences within the beam.
      nbest: the hypotheses, the best first.
      path: the chosen hypothesis.
      transcript: of that, where no lookup changed it.
      texts: transcripts of the search and of each stage by its name, in the order of the run.
      replacements: of the lookup.
      candidates: phrases that a list brought, on this path and rejected, as verification weighed them.
      num_phrases: of the list, with unknown words and without, where verification ran.
      prior: of the candidates, where verification ran.
      repetition_bonuses: more log odds of phrases that were found with certainty elsewhere in the recording, nats.
      alternatives: what the result is if less evidence is accepted or more demanded; the first accepts any.
    """

    lattice: WordLattice
    nbest: NBest
    path: LatticePath
    transcript: Transcript
    texts: Mapping[str, str]
    replacements: Tuple[Replacement, ...] = ()
    candidates: Tuple[Candidate, ...] = ()
    num_phrases: Kinds = (0, 0)
    prior: Prior = EVEN
    repetition_bonuses: Mapping[str, Nats] = field(default_factory=dict)
    alternatives: Tuple["Alternative", ...] = ()

    @cached_property
    def confidences(self) -> Tuple[Confidence, ...]:
        """Those of the words; words of a lookup, which no path has, get the posterior of their phones."""
        sure = list(self.path.confidences)
        for entity, row in zip(self._looked_up, self.replacements):  # from left to right, so that those before are done
            words = slice(entity.first_word, entity.first_word + len(row.words.split()))
            sure[words] = [Confidence(row.posterior, row.posterior)] * entity.num_words
        return tuple(sure)

    @cached_property
    def competitors(self) -> Tuple[Optional[Competitor], ...]:
        """Those of the entities; None where the lattice has no other path, and for words of a lookup."""
        others = [entity for entity in self.transcript.entities if entity.found_by != LOOKUP]
        spans = [(self._place_on_path(entity), entity.num_words) for entity in others]
        competitor_of = dict(zip(map(id, others), self.path.competitors(spans)))
        return tuple(competitor_of.get(id(entity)) for entity in self.transcript.entities)

    @property
    def _looked_up(self) -> Sequence[FoundEntity]:
        return [entity for entity in self.transcript.entities if entity.found_by == LOOKUP]

    def _place_on_path(self, entity: FoundEntity) -> int:
        """The position of its first word on the path, before words were replaced by a lookup."""
        rows = zip(self._looked_up, self.replacements)
        before = [(row, one) for one, row in rows if one.first_word < entity.first_word]
        return entity.first_word + sum(len(row.words.split()) - one.num_words for row, one in before)

    def in_utterance(self, utterance: str, start: Seconds) -> "Found":
        """The result of a segment: times of the transcript are those of the utterance, and the lattice knows its place."""
        lattice = replace(self.lattice, segment_of=utterance, start=start)
        others = tuple(one.in_utterance(utterance, start) for one in self.alternatives)
        candidates = tuple(one.shifted(start) for one in self.candidates)
        transcript = self.transcript.shifted(start)
        return replace(self, lattice=lattice, transcript=transcript, candidates=candidates, alternatives=others)

    def with_prior(self, prior: Prior, least: Nats, bonuses: Mapping[str, Nats] = {}) -> "Found":
        """The result where candidates have a prior, and their log odds must not be below some least.

        Args:
          least: log odds that are enough, nats.
          bonuses: see ``repetition_bonuses``.
        """
        demanding = [one.found for one in self.alternatives if one.log_odds(prior, bonuses) < least]
        chosen = demanding[-1] if demanding else self
        return replace(chosen, alternatives=self.alternatives, prior=prior, repetition_bonuses=bonuses)

    def evidence_row(self, entity: FoundEntity) -> Dict[str, Any]:
        """The evidence of a phrase, kept or rejected, as files have it; empty where no verification weighed it."""
        same = (entity.phrase, entity.start, entity.end)  # other words may have been replaced before it
        weighed = (one for one in self.candidates if (one.entity.phrase, one.entity.start, one.entity.end) == same)
        candidate = next(weighed, None)
        return candidate.to_json(self.prior, self.repetition_bonuses) if candidate else {}


@dataclass(frozen=True)
class Alternative:
    """A result with fewer phrases of lists.

    Args:
      rejected: the phrases that it rejects, those with the least evidence first.
      found: the result, which holds where more evidence is demanded than any of these has.
    """

    rejected: Tuple[Candidate, ...]
    found: Found

    def log_odds(self, prior: Prior, bonuses: Mapping[str, Nats] = {}) -> Nats:
        """The largest log odds of the rejected phrases, nats; see :meth:`Found.with_prior`."""
        return max((one.log_odds(prior, bonuses) for one in self.rejected), default=-math.inf)

    def in_utterance(self, utterance: str, start: Seconds) -> "Alternative":
        """The same of a segment in its utterance, see :meth:`Found.in_utterance`."""
        rejected = tuple(one.shifted(start) for one in self.rejected)
        return Alternative(rejected, self.found.in_utterance(utterance, start))
