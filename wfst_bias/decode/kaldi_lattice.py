"""Word lattices in Kaldi's text format: compact lattices, graph and acoustic costs apart.

An arc is a word with the frames up to it: ``FROM TO WORD GRAPH,ACOUSTIC,ID_ID_...`` where each ID stands
for one frame: the token it consumed, plus one (Kaldi keeps 0 for epsilon). Costs are negated log-probabilities;
acoustic ones are unscaled, without the boost, which like the language model counts as graph.
"""

from typing import List

import k2
import numpy as np
import torch

from wfst_bias.decode.search import Decoder, Lattices, arc_bounds
from wfst_bias.graph.decoding import DecodingGraph


def kaldi_lattices(lattices: Lattices, decoder: Decoder) -> List[str]:
    """One block of text for each utterance: its name, its arcs and final states, an empty line.

    The lattices are epsilon-free, not determinized: the same words may stand on paths of other times.
    """
    spelled = _word_lattices(lattices, decoder)
    return [
        f"{name}\n{_block(spelled[i], decoder.graph, decoder.search.acoustic_scale)}\n"
        for i, name in enumerate(lattices.emissions.names)
    ]


def _word_lattices(lattices: Lattices, decoder: Decoder) -> k2.Fsa:
    """Epsilon-free acceptors of words and phrases ``[utt][state][arc]``, on the CPU.

    Each arc carries ``acoustic``, the plain emissions of its frames, and ``tokens``, plus one each.
    """
    fsas, graph = lattices.fsas, decoder.graph
    num_frames = lattices.columns.shape[1]
    is_final = fsas.labels == -1
    token = torch.where(is_final, 0, fsas.labels % len(graph.tokens))
    utterance = torch.repeat_interleave(arc_bounds(fsas).diff()).to(fsas.device)
    plain = lattices.columns[utterance, fsas.frame.long().clamp(max=num_frames - 1), token.long()]
    olabels = torch.from_numpy(graph.olabels[fsas.graph_arc.cpu().numpy()]).to(fsas.device)

    said = k2.Fsa(fsas.arcs)
    said.aux_labels = torch.where(is_final, -1, olabels)
    said.acoustic = torch.where(is_final, 0.0, plain)
    said.tokens = torch.where(is_final, -1, token + 1)  # k2 drops -1 where it joins the frames of an arc
    return k2.connect(k2.top_sort(k2.remove_epsilon(k2.invert(said).to("cpu"))))


def _block(fsa: k2.Fsa, graph: DecodingGraph, acoustic_scale: float) -> str:
    """Arcs and final states of one lattice, a line each."""
    if not fsa.num_arcs:
        return ""
    arcs = fsa.arcs.values().numpy()
    kept = _best_of_parallel(arcs, fsa.scores.numpy())
    src, dst, label = arcs[kept, :3].T
    acoustic = 0.0 - fsa.acoustic.numpy()[kept]
    # what is neither frame nor scale of a frame counts as graph
    other = 0.0 - fsa.scores.numpy()[kept] - acoustic_scale * acoustic
    frames_of = fsa.tokens.tolist()
    tokens = ["_".join(map(str, frames_of[arc])) for arc in kept]
    next_state = int(dst.max()) + 1
    lines = []
    for columns in zip(src.tolist(), dst.tolist(), label.tolist(), other.tolist(), acoustic.tolist(), tokens):
        state, to, output, graph_cost, acoustic_cost, frames = columns
        weight = f"{graph_cost:.6g},{acoustic_cost:.6g},{frames}"
        if output == -1:
            lines.append(f"{state} {weight}")
            continue
        phrase = output - len(graph.words)
        *others, last = graph.phrase_words[phrase] if phrase >= 0 else (output,)
        for word in others:  # a phrase is a chain of words; its first arc carries the weight
            lines.append(f"{state} {next_state} {graph.words.symbols[word]} {weight}")
            state, weight, next_state = next_state, "0,0,", next_state + 1
        lines.append(f"{state} {to} {graph.words.symbols[last]} {weight}")
    return "\n".join(lines) + "\n"


def _best_of_parallel(arcs: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of arcs that share their states and their word, the best one: their rows, in order."""
    src, dst, label = arcs[:, :3].T
    order = np.lexsort((-scores, label, dst, src))
    first = np.ones(len(order), bool)
    first[1:] = np.any(np.diff(arcs[order, :3], axis=0) != 0, axis=1)
    return np.sort(order[first])
