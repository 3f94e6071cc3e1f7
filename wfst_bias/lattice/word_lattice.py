"""Word lattices: an arc a word, with its terms and frames apart; each word sequence once, by its best path.

They are made of the lattices of the search, an arc a frame, and are exact within the beam (see
:mod:`wfst_bias.lattice.determinize`).
"""

from dataclasses import dataclass, replace
from typing import List, Tuple

import numpy as np

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.arcs import arc_bounds, in_spans, list_spans, terms_with_list
from wfst_bias.decode.search import Decoder, Lattices, has_final_arc
from wfst_bias.fst.wfst import NO_SCORE, Wfst, from_arcs
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lang.lexicon import padded
from wfst_bias.lattice.determinize import determinized, forward_scores
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
        lengths_as_scores = lengths.astype(np.float32)
        longest: IntArray = forward_scores(self.machine(ones, ones, lengths_as_scores)).clip(min=0).astype(np.int64)
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
    frames = _Frames.of(lattices)
    bounds = arc_bounds(lattices.fsas).tolist()
    made = []
    for name, length, ended, begin, end in zip(
        lattices.emissions.names,
        lattices.lengths.tolist(),
        has_final_arc(lattices.fsas).tolist(),
        bounds,
        bounds[1:],
    ):
        loss = frames.loss[begin:end] if ended else np.zeros(0)
        beam = decoder.search.output_beam
        if len(loss) > (most := MOST_ARCS_A_FRAME * length):
            beam = min(beam, float(np.partition(loss, most)[most]))
        kept = begin + np.flatnonzero(loss <= beam)
        made.append(_word_lattice(name, frames, kept, beam, decoder.graph))
    return made


@dataclass(frozen=True)
class _Frames:
    """The arcs of a batch's lattices, an arc a frame: ``(A,)`` each.

    Args:
      src, dst: states, numbered in each utterance.
      is_final: which arcs lead into the end.
      tokens: that they read.
      skipped: how many more frames of blank follow the one that is read.
      outputs: words and phrases, 0 is none.
      enters_list: where a phrase of a list may begin.
      terms: of the score, nats ``(A, 4)``, see :meth:`wfst_bias.decode.arcs.LatticeArcs.terms`.
      loss: of the best path through the arc against the best path of the utterance, nats.
    """

    src: IntArray
    dst: IntArray
    is_final: BoolArray
    tokens: IntArray
    skipped: IntArray
    outputs: IntArray
    enters_list: BoolArray
    terms: FloatArray
    loss: FloatArray

    @classmethod
    def of(cls, lattices: Lattices) -> "_Frames":
        fsas, arcs = lattices.fsas, lattices.arcs
        states = fsas.arcs.values()[:, :2].long()
        first_state = fsas.arcs.row_splits(1).long()[arcs.utterances]
        options = dict(use_double_scores=True, log_semiring=False)
        forward, backward = fsas.get_forward_scores(**options), fsas.get_backward_scores(**options)
        through = forward[first_state + states[:, 0]] + fsas.scores + backward[first_state + states[:, 1]]
        loss = fsas.get_tot_scores(**options)[arcs.utterances] - through
        src, dst = states.cpu().numpy().T
        columns = (arcs.is_final, arcs.tokens, arcs.skipped, arcs.outputs, arcs.enters_list, arcs.terms(), loss)
        return cls(src, dst, *(column.cpu().numpy() for column in columns))


def _word_lattice(name: str, frames: _Frames, kept: IntArray, beam: float, graph: DecodingGraph) -> WordLattice:
    """The word lattice of some arcs of a batch."""
    lattice, place = _labelled(frames, kept, graph)
    stretches = determinized(lattice, beam)
    own, position = np.divmod(place[stretches.arcs], _MOST_WORDS)
    last = stretches.splits[1:] - 1
    output = frames.outputs[kept[own[last]]] if len(last) else np.zeros(0, np.int32)
    has_word = stretches.label < len(graph.words)
    stretch = np.repeat(np.arange(len(last)), np.diff(stretches.splits))
    # words of a phrase after the first one stand on arcs that are none of the search
    searched = position == 0
    terms = _terms(frames, kept[own[searched]], stretch[searched], len(last), graph.first_phrase)
    is_frame = searched & ~frames.is_final[kept[own]]
    searched_arcs = kept[own[is_frame]]
    lengths = 1 + frames.skipped[searched_arcs]
    num_frames = np.bincount(stretch[is_frame], weights=lengths, minlength=len(last))
    sources = np.full(int(lengths.sum()), _SKIPPED, np.int64)
    sources[np.cumsum(lengths) - lengths] = searched_arcs
    return WordLattice(
        name=name,
        src=stretches.src,
        dst=stretches.dst,
        words=np.where(has_word, stretches.label, NO_WORD),
        phrases=np.where(has_word & graph.is_phrase(output), output - graph.first_phrase, NO_PHRASE),
        terms=terms,
        tokens=np.where(sources != _SKIPPED, frames.tokens[sources], BLANK_ID).astype(np.int32),
        splits=np.concatenate([[0], np.cumsum(num_frames)]).astype(np.int64),
        sources=sources,
        beam=stretches.beam,
    )


_MOST_WORDS = 1 << 10  # of a phrase


def _labelled(frames: _Frames, kept: IntArray, graph: DecodingGraph) -> Tuple[Wfst, IntArray]:
    """Arcs of an utterance with words as labels, phrases as chains of them, and a label of its own into the end.

    Returns:
      the lattice, and for each of its arcs ``number of the arc among those kept * _MOST_WORDS + position in the phrase``.
    """
    output = frames.outputs[kept].astype(np.int64)
    end_label = len(graph.words)
    label = np.where(frames.is_final[kept], end_label, output)
    arc = np.flatnonzero(output >= graph.first_phrase)
    words = padded([list(graph.phrase_words[p]) for p in (output[arc] - graph.first_phrase).tolist()] or [[]])
    length = (words >= 0).sum(axis=1)[: len(arc)]
    label[arc] = words[: len(arc), 0] if len(arc) else 0
    more, position = np.nonzero(words[: len(arc), 1:] >= 0)  # the words after the first
    position += 1
    # states: those of the arcs, and after each where phrases begin the ones between their words
    states, ends = np.unique(np.concatenate([frames.src[kept], frames.dst[kept]]), return_inverse=True)
    src, dst = np.split(ends, 2)
    order = np.argsort(np.concatenate([np.arange(len(states)), src[arc[more]]]), kind="stable")
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order))
    inner = number[len(states) :]
    src, dst = number[src], number[dst]
    is_last = position == length[more] - 1
    more_dst = np.where(is_last, dst[arc[more]], np.append(inner[1:], 0))
    dst[arc[more[position == 1]]] = inner[position == 1]
    final = np.full(len(number), NO_SCORE)
    final[-1:] = 0.0
    lattice = from_arcs(
        0,
        np.append(src, inner),
        np.append(dst, more_dst),
        np.append(label, words[more, position]),
        np.arange(len(kept) + len(more)),
        np.append(frames.terms[kept].sum(axis=1), np.zeros(len(more), np.float32)),
        final,
    )
    place = np.append(np.arange(len(kept)) * _MOST_WORDS, arc[more] * _MOST_WORDS + position)
    return lattice, place[lattice.olabel]


def _terms(frames: _Frames, sources: IntArray, stretch: IntArray, num_arcs: int, first_phrase: int) -> FloatArray:
    """Sums over frames ``(F,)`` of the arcs that they are of ``(A, 4)``, the graph's share within lists apart."""
    terms = frames.terms[sources].astype(np.float64)
    spans = list_spans(frames.outputs[sources], frames.enters_list[sources], first_phrase)
    terms = terms_with_list(terms, in_spans(*spans, len(sources)))
    sums = [np.bincount(stretch, weights=terms[:, i], minlength=num_arcs) for i in range(NUM_TERMS)]
    return np.stack(sums, axis=1).astype(np.float32)
