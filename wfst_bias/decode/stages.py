"""What is done behind the search: stages, each of which may change what was found, and none of which has to be there.

Rescoring and MBR take another hypothesis of the n-best list, so all that is told of it (times, entities, evidence) is that
of its best path in the lattice; lookup writes words that no lattice has.
"""

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import List, Mapping, Optional, Protocol, Sequence, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.decode.confidence import Confidence, word_confidences
from wfst_bias.decode.gates import only_above, says_below_gate
from wfst_bias.decode.lookup import LOOKUP, Lookup, Replacement
from wfst_bias.decode.nbest import Hypothesis, NBest, nbest_of
from wfst_bias.decode.paths import Transcript, transcript_of
from wfst_bias.decode.phone_rescoring import PhoneRescorer
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.word_lattice import WordLattice, word_lattices
from wfst_bias.entities.entity import Phrases
from wfst_bias.symbols import OOV

SEARCH = "search"
_TIES = 10  # hypotheses that may score the same as the best path


@dataclass(frozen=True)
class Batch:
    """A batch behind the search, and what stages read of it.

    Args:
      decoder: that searched.
      lattices: of the search.
      lists: the phrases of each utterance.
      phones: what a phone network says, or the searched emissions themselves.
    """

    decoder: Decoder
    lattices: Lattices
    lists: Sequence[Phrases]
    phones: Emissions


@dataclass(frozen=True)
class Found:
    """What was found in an utterance.

    Args:
      lattice: its words, in all ways within the beam.
      nbest: the hypotheses, the best first.
      transcript: of one of them, where no lookup changed it.
      confidences: of its words.
      replacements: of the lookup.
      texts: what the search found and what each stage made of it, by its name, as they were run.
    """

    lattice: WordLattice
    nbest: NBest
    transcript: Transcript
    confidences: Tuple[Confidence, ...]
    replacements: Tuple[Replacement, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)


class Stage(Protocol):
    """One thing that is done behind the search.

    Args:
      name: as ``--stages`` has it.
      num_best: hypotheses of an utterance that it reads.
    """

    name: str
    num_best: int

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        """What the utterances of a batch become."""


@dataclass(frozen=True)
class Chain:
    """The stages behind a search, in their order.

    Args:
      stages: none of them is there twice.
      phone_model: what their phones come from; the searched emissions where it is not given.
      meta: what a decode folder tells of it.
    """

    stages: Tuple[Stage, ...] = ()
    phone_model: Optional[AcousticModel] = None
    meta: Mapping[str, object] = field(default_factory=dict)

    def found(self, transcripts: Sequence[Transcript], batch: Batch, num_best: int = 0) -> List[Found]:
        """What the search found in a batch, and what the stages make of it.

        Args:
          transcripts: of the search.
          num_best: hypotheses of an utterance that are wanted, beside those that the stages read.
        """
        most = max(_TIES, num_best, *(stage.num_best for stage in self.stages), 0)
        graph = batch.decoder.graph
        found = []
        for utterance, (transcript, lattice) in enumerate(
            zip(transcripts, word_lattices(batch.lattices, batch.decoder))
        ):
            nbest = nbest_of(lattice, most, graph.words)
            best = next((h for h in nbest.hypotheses if is_text(h.words, transcript)), None)
            assert best or not transcript.words, "the best path is one of the best hypotheses"
            sure = _confidences(best, lattice, utterance, batch)
            found.append(Found(lattice, nbest, transcript, sure, texts={SEARCH: transcript.text}))
        for stage in self.stages:
            found = [replace(one, texts={**one.texts, stage.name: one.transcript.text}) for one in stage(found, batch)]
        return found


class Rescoring:
    """Takes the hypothesis that is the best one with what a phone network says of its pronunciations."""

    name = "rescore"

    def __init__(self, rescorer: PhoneRescorer, num_best: int):
        self._rescorer = rescorer
        self.num_best = num_best

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        scale = batch.decoder.search.acoustic_scale
        nbests = self._rescorer.rescored([one.nbest for one in found], batch.phones, scale)
        return [with_best(one, nbest, i, batch) for i, (one, nbest) in enumerate(zip(found, nbests))]


class LexiconLookup:
    """Puts phrases where exactly their phones were heard; these words have the mean probability of their phones."""

    name = LOOKUP
    num_best = 0

    def __init__(self, lookup: Lookup):
        self._lookup = lookup

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        corrected = self._lookup.corrected([one.transcript for one in found], batch.phones, batch.lists)
        return [
            replace(
                one, transcript=transcript, confidences=_replaced(one.confidences, transcript, rows), replacements=rows
            )
            if rows
            else one
            for one, (transcript, rows) in zip(found, corrected)
        ]


def with_best(found: Found, nbest: NBest, utterance: int, batch: Batch) -> Found:
    """The best hypothesis of a new order that says no phrase below its gate; what was found where there is none."""
    for hypothesis in nbest.hypotheses:
        if is_text(hypothesis.words, found.transcript):
            return replace(found, nbest=nbest)
        arcs = chain.from_iterable(found.lattice.sources[found.lattice.frames_of(arc)] for arc in hypothesis.arcs)
        path = np.fromiter(arcs, np.int64)
        transcript = transcript_of(path, utterance, hypothesis.terms.total, batch.lattices, batch.decoder)
        if not says_below_gate(transcript):
            sure = _confidences(hypothesis, found.lattice, utterance, batch)
            transcript = only_above(transcript, found.transcript.refused)
            return replace(found, nbest=nbest, transcript=transcript, confidences=sure)
    return replace(found, nbest=nbest)


def is_text(words: Sequence[str], transcript: Transcript) -> bool:
    """Whether a hypothesis is a transcript, in which words that no lexicon has are spelled."""
    texts = [word.text for word in transcript.words]
    return len(words) == len(texts) and all(word in (text, OOV) for word, text in zip(words, texts))


def _confidences(
    hypothesis: Optional[Hypothesis], lattice: WordLattice, utterance: int, batch: Batch
) -> Tuple[Confidence, ...]:
    if hypothesis is None:
        return ()
    gate = batch.lattices.gates[utterance]
    return tuple(word_confidences(lattice, hypothesis, gate, batch.decoder.graph))


def _replaced(
    confidences: Sequence[Confidence], transcript: Transcript, replacements: Sequence[Replacement]
) -> Tuple[Confidence, ...]:
    """Confidences of a transcript with its replacements, from those of the words before."""
    sure = list(confidences)
    looked_up = (entity for entity in transcript.entities if entity.way == LOOKUP)
    for entity, row in zip(looked_up, replacements):
        words = slice(entity.first_word, entity.first_word + len(row.words.split()))
        sure[words] = [Confidence(row.posterior, row.posterior)] * entity.num_words
    return tuple(sure)
