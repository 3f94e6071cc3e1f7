"""Word lattices: an arc a word, with its terms and frames apart; each word sequence once, by its best path.

They are made of the lattices of the search, an arc a frame, and are exact within the beam (see
:mod:`wfst_bias.lattice.determinize`).
"""

from dataclasses import dataclass, replace
from typing import List, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.arcs import arc_bounds, in_spans, list_spans, terms_with_list
from wfst_bias.decode.search import Decoder, Lattices, has_final_arc
from wfst_bias.fst.batch import WfstBatch
from wfst_bias.fst.ragged import row_splits
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lang.lexicon import padded
from wfst_bias.lattice.determinize import determinized
from wfst_bias.lattice.terms import NUM_TERMS

# Noise has more word sequences in the beam than can be counted: the beam is narrowed until it has no more arcs a
# frame. Speech has ten to fifty at the default beam.
MOST_ARCS_A_FRAME = 60
NO_WORD, NO_PHRASE = 0, -1
_SKIPPED = -1


@dataclass(frozen=True)
class WordLattice:
    """The words of an utterance on all paths within the beam.

    States are in topological order; 0 is the start and the last one the only end, entered by arcs without a word,
    which hold the frames after the last word. A lattice without a path has no arc.

    Args:
      name: of the utterance.
      src, dst: states of each arc, int32 ``(A,)``; ``src`` never falls.
      words: ids of the graph's words, :data:`NO_WORD` on arcs into the end, int32 ``(A,)``.
      phrases: which phrase of the graph the word came by, :data:`NO_PHRASE` where by none, int32 ``(A,)``. The first word of
        a phrase, or of a partial one, has its frames and scores, the others none.
      terms: of the score, nats, float32 ``(A, 4)``: the fields of :class:`~wfst_bias.lattice.terms.Terms`.
      tokens: of all frames of all arcs, one arc after the other, int32.
      splits: where those of each arc begin, int64 ``(A + 1,)``. An arc's frames end with the one in which its word
        is distinguished from others, not with the word.
      sources: arcs of the search's lattices that the frames are of, -1 for blanks that it skipped, int64; empty where it
        is not of a search.
      beam: strings whose best path is this far below the best one are left out, nats.
      segment_of: the long utterance that it is a segment of; empty where it is of a whole utterance.
      start: of the segment in that utterance.
    """

    name: str
    src: IntArray
    dst: IntArray
    words: IntArray
    phrases: IntArray
    terms: FloatArray
    tokens: IntArray
    splits: IntArray
    sources: IntArray
    beam: float
    segment_of: str = ""
    start: Seconds = 0.0

    @property
    def utterance(self) -> str:
        """The name of the utterance, which a segment does not have as its own name."""
        return self.segment_of or self.name

    @property
    def num_arcs(self) -> int:
        return len(self.src)

    @property
    def num_states(self) -> int:
        return int(self.dst.max(initial=-1)) + 1

    @property
    def scores(self) -> FloatArray:
        """The score of each arc, nats, float32 ``(A,)``."""
        scores: FloatArray = self.terms.sum(axis=1)
        return scores

    def sources_of(self, arcs: IntArray) -> IntArray:
        """Arcs of the search's lattices under some arcs, one arc after the other, int64."""
        sources = self.sources[self.frames_of(arcs)]
        searched: IntArray = sources[sources != _SKIPPED]
        return searched

    def frames_of(self, arcs: IntArray) -> IntArray:
        """Where the frames of some arcs are in ``tokens`` and ``sources``, one arc after the other, int64."""
        lengths = np.diff(self.splits)[arcs]
        ends = np.cumsum(lengths)
        starts: IntArray = np.repeat(self.splits[arcs] - (ends - lengths), lengths)
        return starts + np.arange(len(starts))

    def machine(self, ilabel: IntArray, olabel: IntArray, score: FloatArray) -> Wfst:
        """Its arcs as a machine with other labels and scores, ``(A,)`` each; without an arc it has no path."""
        final = np.full(max(self.num_states, 1), NO_SCORE)
        final[-1] = 0.0 if self.num_arcs else NO_SCORE
        return from_arcs(0, self.src, self.dst, ilabel, olabel, score, final)

    def longest_path(self, lengths: IntArray) -> IntArray:
        """To each state from the start, the longest sum of its arcs' lengths ``(A,)``, int64 ``(S,)``."""
        if not self.num_arcs:
            return np.zeros(0, np.int64)
        ones = np.ones(self.num_arcs, np.int32)
        machine = WfstBatch.of(self.machine(ones, ones, lengths.astype(np.float32)))
        longest: IntArray = machine.forward_scores().clip(min=0).astype(np.int64)
        return longest

    @property
    def times(self) -> IntArray:
        """Frames before each state, int64 ``(S,)``: all paths to it have as many."""
        return self.longest_path(np.diff(self.splits))

    def with_arcs(self, arcs: IntArray, src: IntArray, dst: IntArray) -> "WordLattice":
        """The lattice that some arcs, any of them more than once, make between other states, ``(A,)`` each."""
        lengths = np.diff(self.splits)[arcs]
        splits = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        frames = self.frames_of(arcs)
        return replace(
            self,
            src=src.astype(np.int32),
            dst=dst.astype(np.int32),
            words=self.words[arcs],
            phrases=self.phrases[arcs],
            terms=self.terms[arcs],
            tokens=self.tokens[frames],
            splits=splits,
            sources=self.sources[frames] if len(self.sources) else self.sources,
        )


def word_lattices(lattices: Lattices, decoder: Decoder) -> List[WordLattice]:
    """The word lattice of each utterance of a batch."""
    loss = _losses(lattices)
    bounds = arc_bounds(lattices.fsas).numpy()
    num_utterances, most = len(lattices.lengths), MOST_ARCS_A_FRAME * lattices.lengths.numpy()
    beams = np.full(num_utterances, float(decoder.search.output_beam))
    ended = has_final_arc(lattices.fsas).numpy()
    for i in np.flatnonzero(ended & (np.diff(bounds) > most)).tolist():
        own = loss[bounds[i] : bounds[i + 1]]
        beams[i] = min(beams[i], np.partition(own, most[i])[most[i]])
    kept = np.flatnonzero(loss <= np.repeat(np.where(ended, beams, -np.inf), np.diff(bounds)))
    return _word_lattices(_Frames.of(lattices, kept), beams.tolist(), lattices.emissions.names, decoder.graph)


def _losses(lattices: Lattices) -> FloatArray:
    """Loss of the best path through each arc against the best path of its utterance, nats, float64 ``(A,)``."""
    fsas = lattices.fsas
    utterances = torch.repeat_interleave(arc_bounds(fsas).diff()).to(fsas.device)
    states = fsas.arcs.values()[:, :2].long() + fsas.arcs.row_splits(1).long()[utterances][:, None]
    options = dict(use_double_scores=True, log_semiring=False)
    forward, backward = fsas.get_forward_scores(**options), fsas.get_backward_scores(**options)
    through = forward[states[:, 0]] + fsas.scores + backward[states[:, 1]]
    loss: FloatArray = (fsas.get_tot_scores(**options)[utterances] - through).cpu().numpy()
    return loss


@dataclass(frozen=True)
class _Frames:
    """The arcs of a batch's lattices within the beam, an arc a frame: ``(A,)`` each.

    Args:
      number: of each arc among all those of the search.
      src, dst: states, those of all utterances numbered one after the other.
      is_final: which arcs lead into the end.
      tokens: that they read.
      skipped: how many more frames of blank follow the one that is read.
      outputs: words and phrases, 0 is none.
      enters_list: where a phrase of a list may begin.
      terms: of the score, nats ``(A, 4)``, see :meth:`wfst_bias.decode.arcs.LatticeArcs.terms`.
      state_splits: where the states of each utterance begin ``(N + 1,)``.
    """

    number: IntArray
    src: IntArray
    dst: IntArray
    is_final: BoolArray
    tokens: IntArray
    skipped: IntArray
    outputs: IntArray
    enters_list: BoolArray
    terms: FloatArray
    state_splits: IntArray

    @classmethod
    def of(cls, lattices: Lattices, kept: IntArray) -> "_Frames":
        fsas = lattices.fsas
        number = torch.from_numpy(kept).to(fsas.device)
        arcs = lattices.arcs_of(number)
        states = fsas.arcs.values()[number, :2].long() + fsas.arcs.row_splits(1).long()[arcs.utterances][:, None]
        splits = fsas.arcs.row_splits(1).cpu().numpy()
        ends = states.cpu().numpy()
        # only the states of these arcs count
        numbers = row_splits(np.bincount(ends.ravel(), minlength=splits[-1]) > 0)
        columns = (arcs.is_final, arcs.tokens, arcs.skipped, arcs.outputs, arcs.enters_list, arcs.terms())
        on_cpu = [column.cpu().numpy() for column in columns]
        return cls(*[kept, *numbers[ends.T], *on_cpu, numbers[splits]])


def _word_lattices(frames: _Frames, beams: Sequence[float], names: Sequence[str], graph: DecodingGraph) -> List[WordLattice]:
    """The word lattices of a batch."""
    lattices, place = _labelled(frames, graph)
    stretches = determinized(lattices, beams)
    own, position = np.divmod(place[stretches.arcs], _MOST_WORDS)
    num_arcs, last = len(stretches.src), stretches.splits[1:] - 1
    output = frames.outputs[own[last]]
    has_word = stretches.label < len(graph.words)
    stretch = np.repeat(np.arange(num_arcs), np.diff(stretches.splits))
    # words of a phrase after the first one stand on arcs that are none of the search
    searched = position == 0
    terms = _terms(frames, own[searched], stretch[searched], num_arcs, graph.first_phrase)
    is_frame = searched & ~frames.is_final[own]
    of_frame = own[is_frame]
    lengths = 1 + frames.skipped[of_frame]
    first_frame = row_splits(lengths)
    sources, tokens = np.full(first_frame[-1], _SKIPPED), np.full(first_frame[-1], BLANK_ID, np.int32)
    sources[first_frame[:-1]], tokens[first_frame[:-1]] = frames.number[of_frame], frames.tokens[of_frame]
    splits = row_splits(np.bincount(stretch[is_frame], weights=lengths, minlength=num_arcs).astype(np.int64))
    words = np.where(has_word, stretches.label, NO_WORD)
    phrases = np.where(has_word & graph.is_phrase(output), output - graph.first_phrase, NO_PHRASE)
    states = stretches.state_splits
    bounds = np.searchsorted(stretches.src, states)
    return [
        WordLattice(
            name=name,
            src=stretches.src[begin:end] - first_state,
            dst=stretches.dst[begin:end] - first_state,
            words=words[begin:end],
            phrases=phrases[begin:end],
            terms=terms[begin:end],
            tokens=tokens[splits[begin] : splits[end]],
            splits=splits[begin : end + 1] - splits[begin],
            sources=sources[splits[begin] : splits[end]],
            beam=beam,
        )
        for name, first_state, begin, end, beam in zip(
            names, states.astype(np.int32), bounds.tolist(), bounds[1:].tolist(), stretches.beams
        )
    ]


_MOST_WORDS = 1 << 10  # of a phrase


def _labelled(frames: _Frames, graph: DecodingGraph) -> Tuple[WfstBatch, IntArray]:
    """The arcs of each utterance with words as labels, phrases as chains of them, and a label of its own into the end.

    Returns:
      the lattices, and for each arc ``number of the arc in frames * _MOST_WORDS + position in the phrase``.
    """
    output = frames.outputs.astype(np.int64)
    label = np.where(frames.is_final, len(graph.words), output)
    arc = np.flatnonzero(output >= graph.first_phrase)
    words = padded([list(graph.phrase_words[p]) for p in (output[arc] - graph.first_phrase).tolist()] or [[]])
    length = (words >= 0).sum(axis=1)[: len(arc)]
    label[arc] = words[: len(arc), 0] if len(arc) else 0
    more, position = np.nonzero(words[: len(arc), 1:] >= 0)  # the words after the first
    position += 1
    # after each state where phrases begin stand the ones between their words
    num_states = int(frames.state_splits[-1])
    before = frames.src[arc[more]]
    order = np.argsort(np.concatenate([np.arange(num_states), before]), kind="stable")
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order))
    inner = number[num_states:]
    src, dst = number[frames.src], number[frames.dst]
    is_last = position == length[more] - 1
    more_dst = np.where(is_last, dst[arc[more]], np.append(inner[1:], 0))
    dst[arc[more[position == 1]]] = inner[position == 1]
    splits = frames.state_splits + np.searchsorted(np.sort(before), frames.state_splits)
    final = np.full(len(number), NO_SCORE)
    final[splits[1:][np.diff(splits) > 0] - 1] = 0.0
    lattices = from_arcs(
        0,
        np.append(src, inner),
        np.append(dst, more_dst),
        np.append(label, words[more, position]),
        np.arange(len(src) + len(more)),
        np.append(frames.terms.sum(axis=1), np.zeros(len(more), np.float32)),
        final,
    )
    place = np.append(np.arange(len(src)) * _MOST_WORDS, arc[more] * _MOST_WORDS + position)
    return WfstBatch(lattices, splits[:-1], splits), place[lattices.olabel]


def _terms(frames: _Frames, sources: IntArray, stretch: IntArray, num_arcs: int, first_phrase: int) -> FloatArray:
    """Sums over frames ``(F,)`` of the arcs that they are of ``(A, 4)``, the graph's share within lists apart."""
    terms = frames.terms[sources].astype(np.float64)
    spans = list_spans(frames.outputs[sources], frames.enters_list[sources], first_phrase)
    terms = terms_with_list(terms, in_spans(*spans, len(sources)))
    sums = [np.bincount(stretch, weights=terms[:, i], minlength=num_arcs) for i in range(NUM_TERMS)]
    return np.stack(sums, axis=1).astype(np.float32)
