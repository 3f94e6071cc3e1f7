"""Gates: a phrase is found only where its evidence is not below its gate, whatever else speaks for it.

Boosting, bonus and weight may bring a phrase with little acoustic evidence. Where the best path of an utterance has one
below its gate, the pronunciation that it took is rejected there, and the batch is searched again; so text, times, lattices and
entities agree. The phrase may still be found elsewhere in the utterance, or by another pronunciation.
"""

import sys
from dataclasses import replace
from typing import Iterator, List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.rejections import Rejection, parting_arcs
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript


def gated_paths(
    lattices: Lattices, decoder: Decoder, rejections: Sequence[Rejection] = ()
) -> Tuple[List[Transcript], Lattices]:
    """The 1-best transcript of each utterance with no phrase below its gate, and the lattices that they are of.

    These are the ones that came in where no list brought such a phrase. Words of the language model stay, but are no
    entity where they are below the gate. Rejected phrases are in ``Transcript.rejected``, without partial ones.

    Args:
      rejections: those that the lattices were searched with.
    """
    transcripts = best_paths(lattices, decoder)
    rejected: List[List[FoundEntity]] = [[] for _ in transcripts]
    all_rejections = list(rejections)
    # ends: each round rejects an arc in a frame where none before did
    while any(map(has_phrase_below_gate, transcripts)):
        for utterance, entity, path in _phrases_by_list(transcripts, lattices, decoder):
            if entity.is_below_gate:
                rejected[utterance] += [entity] * (entity.found_by == LIST)
                all_rejections.append(_rejection(utterance, entity, path, lattices, decoder, all_rejections))
        lattices = decoder.lattices(lattices.emissions, lattices.gates, all_rejections)
        transcripts = best_paths(lattices, decoder)
    return [only_above(*pair) for pair in zip(transcripts, rejected)], lattices


def rejection_of(
    entity: FoundEntity,
    transcript: Transcript,
    utterance: int,
    lattices: Lattices,
    decoder: Decoder,
    rejections: Sequence[Rejection] = (),
) -> Rejection:
    """The rejection of a phrase of a transcript.

    Args:
      transcript: a path of the lattices.
      utterance: its number there.
      rejections: those before, of this utterance.
    """
    for other, path in _units_of_phrases(transcript, lattices, decoder):
        if other == entity:
            return _rejection(utterance, entity, path, lattices, decoder, rejections)
    raise ValueError(f"{entity.phrase!r} is not in the transcript")


def _phrases_by_list(
    transcripts: Sequence[Transcript], lattices: Lattices, decoder: Decoder
) -> Iterator[Tuple[int, FoundEntity, Sequence[int]]]:
    """Each phrase and partial phrase that came by a list: its utterance, itself, and the arcs of the graph that begin its units."""
    for utterance, transcript in enumerate(transcripts):
        for entity, path in _units_of_phrases(transcript, lattices, decoder):
            yield utterance, entity, path


def _units_of_phrases(
    transcript: Transcript, lattices: Lattices, decoder: Decoder
) -> Iterator[Tuple[FoundEntity, Sequence[int]]]:
    """Each phrase and partial phrase of a transcript that came by a list, and the arcs of the graph that begin its units."""
    graph = decoder.graph
    path = lattices.fsas.graph_arc[torch.from_numpy(transcript.path).to(decoder.device)].long()
    path = path[graph.begins_unit(path)].cpu().numpy()
    last_units = np.flatnonzero(graph.outputs_of(path) >= graph.first_phrase)
    assert len(transcript.by_list) == len(last_units)
    for entity, last in zip(transcript.by_list, last_units.tolist()):
        yield entity, path[last + 1 - len(entity.units) : last + 1].tolist()


def _rejection(
    utterance: int,
    entity: FoundEntity,
    path: Sequence[int],
    lattices: Lattices,
    decoder: Decoder,
    rejections: Sequence[Rejection],
) -> Rejection:
    """The rejection of the pronunciation that a path takes, in all frames of the phrase."""
    begin, end = (round(time / lattices.emissions.frame_shift) for time in (entity.start, entity.end))
    if end >= int(lattices.lengths[utterance]):
        end = sys.maxsize  # it may have ended in the free frames after the last one
    here = (other for other in rejections if other.utterance == utterance and other.begin < end and begin < other.end)
    rejected_arcs = {arc for other in here for arc in other.arcs}
    return Rejection(utterance, parting_arcs(decoder.graph, path, rejected_arcs), begin, end)


def has_phrase_below_gate(transcript: Transcript) -> bool:
    """Whether a list brought a phrase, or some of its words, below its gate."""
    return any(entity.is_below_gate for entity in transcript.by_list)


def only_above(transcript: Transcript, rejected: Sequence[FoundEntity]) -> Transcript:
    """The transcript without the entities below their gates, which are rejected, too.

    A rejected phrase is kept once at a place, with its best evidence, and not where it is found after all.
    """
    below = [entity for entity in transcript.entities if entity.is_below_gate]
    if not (rejected or below):
        return transcript
    kept = tuple(entity for entity in transcript.entities if not entity.is_below_gate)
    return with_rejected(replace(transcript, entities=kept, rejected=()), [*below, *rejected])


def with_rejected(transcript: Transcript, rejected: Sequence[FoundEntity]) -> Transcript:
    """The transcript with further rejected phrases: each once at a place, and not where it is found after all."""
    kept: List[FoundEntity] = []
    for entity in sorted([*transcript.rejected, *rejected], key=lambda entity: -entity.evidence):
        if not any(_are_same(entity, other) for other in (*transcript.entities, *kept)):
            kept.append(entity)
    return replace(transcript, rejected=tuple(sorted(kept, key=lambda entity: entity.start)))


def _are_same(one: FoundEntity, other: FoundEntity) -> bool:
    """Whether two are the same phrase at the same place."""
    same_phrase = (one.phrase, one.entity_class) == (other.phrase, other.entity_class)
    return same_phrase and one.overlaps(other)
