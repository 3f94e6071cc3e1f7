"""From lattices to transcripts: the best path of each utterance, or another one that is given."""

from dataclasses import replace
from typing import List, Sequence

import numpy as np
import torch

from wfst_bias.core.types import IntArray
from wfst_bias.decode.arcs import best_path_arcs
from wfst_bias.decode.path_words import FramePath, words_and_entities
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.transcript import Transcript
from wfst_bias.fst.ctc import FINAL_LABEL


def best_paths(lattices: Lattices, decoder: Decoder) -> List[Transcript]:
    """The 1-best transcript of each utterance."""
    paths = best_path_arcs(lattices.fsas)
    all_scores = lattices.fsas.scores[torch.cat(paths).to(lattices.fsas.device)].cpu().numpy()
    scores = np.split(all_scores, np.cumsum([len(path) for path in paths])[:-1])
    is_final = (lattices.fsas.labels == FINAL_LABEL).cpu()
    transcripts = _transcripts([path[~is_final[path]] for path in paths], range(len(paths)), lattices, decoder)
    return [
        replace(transcript, score=float(own.sum()) if len(own) else -np.inf)
        for transcript, own in zip(transcripts, scores)
    ]


def transcript_of(path: IntArray, utterance: int, score: float, lattices: Lattices, decoder: Decoder) -> Transcript:
    """The transcript of another path than the best one.

    Args:
      path: arcs of the lattices, all those of the path that read a frame, int64 ``(T,)``.
      utterance: its number in the batch.
      score: of the path, nats.
    """
    return replace(_transcripts([torch.from_numpy(path)], [utterance], lattices, decoder)[0], score=score)


def _transcripts(
    paths: Sequence[torch.Tensor], utterances: Sequence[int], lattices: Lattices, decoder: Decoder
) -> List[Transcript]:
    """Transcripts of some paths, their scores not yet known.

    Args:
      paths: arcs of each that read a frame, int64 ``(T,)``, on the CPU.
      utterances: the number of each path's utterance in the batch ``(P,)``.
    """
    graph, emissions = decoder.graph, lattices.emissions
    arcs = lattices.arcs_of(torch.cat(list(paths)).to(lattices.fsas.device))
    lengths = [len(path) for path in paths]
    begins = torch.cat([graph.begins_unit(own) for own in arcs.graph_arcs.split(lengths)]).cpu().numpy()
    arcs = arcs.cpu()
    transcripts, end = [], 0
    for path, utterance in zip(paths, utterances):
        own = slice(end, end := end + len(path))
        frame_path = FramePath(
            tokens=arcs.tokens[own].numpy(),
            begins=begins[own],
            outputs=arcs.outputs[own].numpy(),
            ends_word=arcs.ends_word[own].numpy(),
            frames=arcs.frames[own].clamp(max=int(lattices.lengths[utterance]) - 1).numpy(),
            acoustic=arcs.plain[own].numpy(),
            boost=arcs.boost[own].numpy(),
            num_frames=int(lattices.lengths[utterance]),
        )
        gate = lattices.gates[utterance]
        words, entities, partial = words_and_entities(frame_path, emissions.frame_shift, graph, gate, decoder.gate)
        transcripts.append(Transcript(emissions.names[utterance], words, entities, -np.inf, partial=partial, path=path.numpy()))
    return transcripts
