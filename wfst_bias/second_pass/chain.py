"""What is done behind the search: stages, each of which may change what was found, and none of which has to be there.

Rescoring and verification take another path of the lattice, so all that is told of it (times, entities, evidence) is
that of this path; lookup writes words that no lattice has.
"""

from dataclasses import dataclass, field, replace
from typing import List, Mapping, Optional, Protocol, Sequence, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.core.symbols import OOV
from wfst_bias.core.types import IntArray
from wfst_bias.decode.gates import has_phrase_below_gate, only_above
from wfst_bias.decode.paths import transcript_of
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import FoundEntity, Transcript
from wfst_bias.entities.entity import Phrases
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lattice.competitors import Competitor, competitors
from wfst_bias.lattice.confidence import Confidence, word_confidences
from wfst_bias.lattice.nbest import NBest, nbest_of
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice, word_lattices
from wfst_bias.second_pass.config import LOOKUP, RESCORE, SEARCH
from wfst_bias.second_pass.lookup import Lookup, Replacement
from wfst_bias.second_pass.rescoring import PhoneRescorer

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
      said: words of the one that was chosen, as the lattice has them.
      path: arcs of ``lattice`` with these words; None where it has no such path among the n-best.
      transcript: of that, where no lookup changed it.
      texts: what the search found and what each stage made of it, by its name, as they were run.
      replacements: of the lookup.
      confidences: of the words.
      rivals: of the entities; none where the lattice has no other path.
    """

    lattice: WordLattice
    nbest: NBest
    said: Tuple[str, ...]
    path: Optional[IntArray]
    transcript: Transcript
    texts: Mapping[str, str]
    replacements: Tuple[Replacement, ...] = ()
    confidences: Tuple[Confidence, ...] = ()
    rivals: Tuple[Optional[Competitor], ...] = ()


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
        most = max(_TIES, num_best, *(stage.num_best for stage in self.stages))
        words = batch.decoder.graph.words
        found = []
        for transcript, lattice in zip(transcripts, word_lattices(batch.lattices, batch.decoder)):
            nbest = nbest_of(lattice, most, words)
            texts = tuple(word.text for word in transcript.words)
            chosen = next((h for h in nbest.hypotheses if is_text(h.words, transcript)), None)
            said, path = (chosen.words, np.array(chosen.arcs)) if chosen else (texts, None)
            found.append(Found(lattice, nbest, said, path, transcript, {SEARCH: transcript.text}))
        for stage in self.stages:
            found = [replace(one, texts={**one.texts, stage.name: one.transcript.text}) for one in stage(found, batch)]
        return [_with_evidence(one, batch.decoder.graph) for one in found]


def _with_evidence(found: Found, graph: DecodingGraph) -> Found:
    """How sure the words are; those of a lookup, which the search did not choose, are as sure as the phones that were heard."""
    looked_up = [entity for entity in found.transcript.entities if entity.found_by == LOOKUP]
    others = [entity for entity in found.transcript.entities if entity.found_by != LOOKUP]
    # where the others stand in what was said
    spans = [(_place(entity.first_word, looked_up, found.replacements), entity.num_words) for entity in others]
    rival_of = dict(zip(map(id, others), competitors(found.lattice, found.said, spans, graph.words, found.path)))
    sure = word_confidences(found.lattice, found.said, graph, found.path)
    for entity, row in zip(looked_up, found.replacements):  # from left to right, so that those before are done
        words = slice(entity.first_word, entity.first_word + len(row.words.split()))
        sure[words] = [Confidence(row.posterior, row.posterior)] * entity.num_words
    all_rivals = tuple(rival_of.get(id(entity)) for entity in found.transcript.entities)
    return replace(found, confidences=tuple(sure), rivals=all_rivals)


def _place(word: int, looked_up: Sequence[FoundEntity], replacements: Sequence[Replacement]) -> int:
    """Where a word stood before replacements."""
    rows = zip(looked_up, replacements)
    return word + sum(len(row.words.split()) - entity.num_words for entity, row in rows if entity.first_word < word)


class Rescoring:
    """Takes the hypothesis that is the best one with what a phone network says of its pronunciations."""

    name = RESCORE

    def __init__(self, rescorer: PhoneRescorer, num_best: int):
        self._rescorer = rescorer
        self.num_best = num_best

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        scale = batch.decoder.search.acoustic_scale
        nbests = self._rescorer.rescored([one.nbest for one in found], batch.phones, scale, batch.lists)
        return [with_best(one, nbest, i, batch) for i, (one, nbest) in enumerate(zip(found, nbests))]


class LexiconLookup:
    """Puts phrases where exactly their phones were heard."""

    name = LOOKUP
    num_best = 0

    def __init__(self, lookup: Lookup):
        self._lookup = lookup

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        corrected = self._lookup.corrected([one.transcript for one in found], batch.phones, batch.lists)
        return [replace(one, transcript=new, replacements=rows) for one, (new, rows) in zip(found, corrected)]


def with_best(found: Found, nbest: NBest, utterance: int, batch: Batch) -> Found:
    """The best hypothesis of a new order that says no phrase below its gate; what was found where there is none."""
    for hypothesis in nbest.hypotheses:
        if hypothesis.words == found.said:
            return replace(found, nbest=nbest)
        taken = on_path(found, hypothesis.arcs, hypothesis.terms.total, utterance, batch)
        if not has_phrase_below_gate(taken.transcript):
            return replace(taken, nbest=nbest, transcript=only_above(taken.transcript, found.transcript.rejected))
    return replace(found, nbest=nbest)


def on_path(found: Found, arcs: Sequence[int], score: float, utterance: int, batch: Batch) -> Found:
    """What was found, on another path of its lattice.

    Args:
      arcs: of the path.
      score: of it, nats.
      utterance: its number in the batch.
    """
    lattice, words = found.lattice, batch.decoder.graph.words
    path = np.asarray(arcs, np.int64)
    transcript = transcript_of(lattice.sources_of(path), utterance, score, batch.lattices, batch.decoder)
    ids = lattice.words[path]
    said = tuple(words.symbols[word] for word in ids[ids != NO_WORD])
    return replace(found, said=said, path=path, transcript=transcript)


def is_text(words: Sequence[str], transcript: Transcript) -> bool:
    """Whether a hypothesis is a transcript, in which words that no lexicon has are spelled."""
    texts = [word.text for word in transcript.words]
    return len(words) == len(texts) and all(word in (text, OOV) for word, text in zip(words, texts))
