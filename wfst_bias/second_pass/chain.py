"""The second pass: a chain of optional stages, each of which may change the result of the search.

Rescoring and verification take another path of the lattice, and times, entities and evidence are those of this path;
lookup writes words that no lattice has.
"""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Callable, List, Mapping, Optional, Protocol, Sequence, Tuple, Union
from weakref import ReferenceType, ref

import numpy as np

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.core.symbols import OOV
from wfst_bias.core.types import IntArray
from wfst_bias.decode.gates import has_phrase_below_gate, only_above
from wfst_bias.decode.paths import transcript_of
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import Transcript
from wfst_bias.entities.entity import Phrases
from wfst_bias.lattice.competitors import Span
from wfst_bias.lattice.lattice_path import LatticePath
from wfst_bias.lattice.nbest import NBest, nbests_of
from wfst_bias.lattice.word_lattice import NO_WORD, word_lattices
from wfst_bias.second_pass.config import LOOKUP, RESCORE, SEARCH
from wfst_bias.second_pass.found import Alternative, Found

if TYPE_CHECKING:
    from wfst_bias.second_pass.lookup import Lookup
    from wfst_bias.second_pass.rescoring import PhoneRescorer

_TIES = 10  # hypotheses that may score the same as the best path


@dataclass(frozen=True)
class Batch:
    """A batch after the search, as the stages read it.

    Args:
      decoder: that searched.
      lattices: of the search.
      lists: the phrases of each utterance.
      phones: emissions of a phone network, or the searched emissions themselves.
    """

    decoder: Decoder
    lattices: Lattices
    lists: Sequence[Phrases]
    phones: Emissions


class Stage(Protocol):
    """One stage of the second pass.

    Args:
      name: as ``--stages`` has it.
      num_best: hypotheses of an utterance that it reads.
    """

    name: str
    num_best: int

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        """Return the new results of the utterances of a batch."""


@dataclass(frozen=True)
class Chain:
    """The stages of the second pass, in their order.

    Args:
      stages: none of them is there twice.
      phone_model: source of their phones; the searched emissions where it is not given.
      meta: its fields in the meta file of a decode folder.
    """

    stages: Tuple[Stage, ...] = ()
    phone_model: Optional[AcousticModel] = None
    meta: Mapping[str, object] = field(default_factory=dict)

    def found(self, transcripts: Sequence[Transcript], batch: Batch, num_best: int = 0) -> List[Found]:
        """Return the results of a batch after all stages.

        Args:
          transcripts: of the search.
          num_best: hypotheses of an utterance that are wanted at least; stages may read more.
        """
        found = found_of(transcripts, batch, max(num_best, *(stage.num_best for stage in self.stages), 0))
        for stage in self.stages:
            found = _with_alternatives(found, partial(_run, stage, batch))
        return found


def found_of(transcripts: Sequence[Transcript], batch: Batch, num_best: int = 0) -> List[Found]:
    """The results of a batch before any stage.

    Args:
      transcripts: of the search.
      num_best: hypotheses of an utterance that are wanted at least.
    """
    graph = batch.decoder.graph
    lattices = word_lattices(batch.lattices, batch.decoder)
    found: List[Found] = []
    together: "List[ReferenceType[LatticePath]]" = []
    for transcript, lattice, nbest in zip(transcripts, lattices, nbests_of(lattices, max(_TIES, num_best), graph.words)):
        texts = tuple(word.text for word in transcript.words)
        chosen = next((h for h in nbest.hypotheses if is_text(h.words, transcript)), None)
        words, arcs = (chosen.words, np.array(chosen.arcs)) if chosen else (texts, None)
        path = LatticePath(lattice, words, arcs, graph, spans_of(transcript), together)
        together.append(ref(path))
        found.append(Found(lattice, nbest, path, transcript, {SEARCH: transcript.text}))
    return found


def spans_of(transcript: Transcript) -> Tuple[Span, ...]:
    """The first word and the number of words of each entity of a transcript."""
    return tuple((entity.first_word, entity.num_words) for entity in transcript.entities)


def _run(stage: Stage, batch: Batch, found: Sequence[Found]) -> List[Found]:
    """Run a stage and keep the texts."""

    def with_text(one: Found) -> Found:
        others = tuple(replace(other, found=with_text(other.found)) for other in one.alternatives)
        return replace(one, texts={**one.texts, stage.name: one.transcript.text}, alternatives=others)

    return [with_text(one) for one in stage(found, batch)]


def _with_alternatives(found: Sequence[Found], change: Callable[[Sequence[Found]], List[Found]]) -> List[Found]:
    """Change the results of a batch and all their alternatives, the same of each utterance together."""
    changed = change(found)
    alternatives: List[List[Alternative]] = [[] for _ in found]
    for rank in range(max((len(one.alternatives) for one in found), default=0)):
        some = [one.alternatives[rank].found if rank < len(one.alternatives) else one for one in found]
        for own, one, made in zip(alternatives, found, change(some)):
            if rank < len(one.alternatives):
                own.append(replace(one.alternatives[rank], found=made))
    return [replace(one, alternatives=tuple(own) or one.alternatives) for one, own in zip(changed, alternatives)]


class Rescoring:
    """Chooses the best hypothesis with the scores of a phone network for its pronunciations."""

    name = RESCORE

    def __init__(self, rescorer: "PhoneRescorer", num_best: int):
        self._rescorer = rescorer
        self.num_best = num_best

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        scale = batch.decoder.search.acoustic_scale
        nbests = self._rescorer.rescored([one.nbest for one in found], batch.phones, scale, batch.lists)
        return [with_best(one, nbest, i, batch) for i, (one, nbest) in enumerate(zip(found, nbests))]


class LexiconLookup:
    """Writes phrases where exactly their phones were recognized."""

    name = LOOKUP
    num_best = 0

    def __init__(self, lookup: "Lookup"):
        self._lookup = lookup

    def __call__(self, found: Sequence[Found], batch: Batch) -> List[Found]:
        corrected = self._lookup.corrected([one.transcript for one in found], batch.phones, batch.lists)
        return [replace(one, transcript=new, replacements=rows) for one, (new, rows) in zip(found, corrected)]


def with_best(found: Found, nbest: NBest, utterance: int, batch: Batch) -> Found:
    """Take the best hypothesis of a new order without a phrase below its gate; keep the result where there is none."""
    for hypothesis in nbest.hypotheses:
        if hypothesis.words == found.path.words:
            return replace(found, nbest=nbest)
        taken = on_path(found, hypothesis.arcs, hypothesis.terms.total, utterance, batch)
        if not has_phrase_below_gate(taken.transcript):
            return replace(taken, nbest=nbest, transcript=only_above(taken.transcript, found.transcript.rejected))
    return replace(found, nbest=nbest)


def on_path(found: Found, arcs: Union[Sequence[int], IntArray], score: float, utterance: int, batch: Batch) -> Found:
    """Return the result on another path of its lattice.

    Args:
      arcs: of the path.
      score: of it, nats.
      utterance: its number in the batch.
    """
    lattice, words = found.lattice, batch.decoder.graph.words
    path = np.asarray(arcs, np.int64)
    transcript = transcript_of(lattice.sources_of(path), utterance, score, batch.lattices, batch.decoder)
    ids = lattice.words[path]
    path_words = tuple(words.symbols[word] for word in ids[ids != NO_WORD])
    taken = LatticePath(lattice, path_words, path, batch.decoder.graph, spans_of(transcript))
    return replace(found, path=taken, transcript=transcript)


def is_text(words: Sequence[str], transcript: Transcript) -> bool:
    """Whether a hypothesis is a transcript, in which words that no lexicon has are spelled."""
    texts = [word.text for word in transcript.words]
    return len(words) == len(texts) and all(word in (text, OOV) for word, text in zip(words, texts))
