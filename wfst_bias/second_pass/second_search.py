"""A second search of an utterance without some phrases, with a wide beam.

The bonus of a phrase can push everything else out of the beam. Then the lattice does not tell what else may have been
spoken: another search does.
"""

from dataclasses import dataclass, replace
from typing import List, Sequence, Tuple, Union

from wfst_bias.core.text import comparable_words
from wfst_bias.core.types import IntArray
from wfst_bias.decode.gates import gated_paths, rejection_of
from wfst_bias.decode.rejections import Rejection
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import PARTIAL, FoundEntity, Transcript
from wfst_bias.second_pass.chain import Batch, found_of, on_path
from wfst_bias.second_pass.found import Found

_WIDER, _MORE = 1.7, 1.5  # times the beam, times the states kept
_ROUNDS = 3


@dataclass(frozen=True)
class Searched:
    """A result of an utterance, and the batch that it is of.

    Args:
      utterance: its number in the batch.
    """

    found: Found
    batch: Batch
    utterance: int

    def on(self, arcs: Union[Sequence[int], IntArray], score: float) -> "Searched":
        """The same on another path of the word lattice, with its score, nats."""
        return replace(self, found=on_path(self.found, arcs, score, self.utterance, self.batch))

    def has(self, entity: FoundEntity) -> bool:
        """Whether a list brought a phrase in the place of another result's."""
        return any(_is_same(one, entity) for one in self.found.transcript.by_list)


def search_without(removed: Sequence[Tuple[FoundEntity, Searched]], first: Searched) -> Searched:
    """Search an utterance without phrases, by none of their pronunciations in their places.

    Args:
      removed: phrases, each with the result that it is in.
      first: the first search.
    """
    rejections: List[Rejection] = []

    def reject(entity: FoundEntity, transcript: Transcript, lattices: Lattices, utterance: int) -> None:
        before = [replace(one, utterance=utterance) for one in rejections]
        rejection = rejection_of(entity, transcript, utterance, lattices, first.batch.decoder, before)
        rejections.append(replace(rejection, utterance=0))

    for entity, one in removed:
        reject(entity, one.found.transcript, one.batch.lattices, one.utterance)
    own, lattices = slice(first.utterance, first.utterance + 1), first.batch.lattices
    of_batch = lattices.emissions
    emissions = replace(
        of_batch,
        log_probs=of_batch.log_probs[own],
        lengths=of_batch.lengths[own],
        names=of_batch.names[own],
        layers=None,
        phones=None,
    )
    decoder = _wider(first.batch.decoder)
    for _ in range(_ROUNDS):
        (transcript,), again = gated_paths(
            decoder.lattices(emissions, lattices.gates[own], rejections), decoder, rejections
        )
        left = [one for one in transcript.by_list if any(_is_same(one, entity) for entity, _ in removed)]
        if not left:
            break
        for entity in left:  # by another pronunciation
            reject(entity, transcript, again, 0)
    batch = Batch(decoder, again, first.batch.lists[own], first.batch.phones)
    (found,) = found_of([transcript], batch, len(first.found.nbest.hypotheses))
    return Searched(replace(found, texts=first.found.texts, num_phrases=first.found.num_phrases), batch, 0)


def _wider(decoder: Decoder) -> Decoder:
    search = decoder.search
    least, most = (int(_MORE * states) for states in (search.min_active, search.max_active))
    wide = replace(search, search_beam=_WIDER * search.search_beam, min_active=least, max_active=most)
    return Decoder(decoder.graph, wide, decoder.boost, decoder.device, decoder.gate)


def _is_same(one: FoundEntity, other: FoundEntity) -> bool:
    """Whether one is the phrase of the other, or some of its words, in its place."""
    is_part = one.found_by == PARTIAL and set(comparable_words(one.phrase)) <= set(comparable_words(other.phrase))
    return one.overlaps(other) and (one.phrase == other.phrase or is_part)
