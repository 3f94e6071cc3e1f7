"""An utterance that is searched again: for the best path with a phrase, and for the best one without it.

The graphs are that of the decoding under a condition (:mod:`wfst_bias.graph.constrain`), and the paths that are found
are paths of that graph: where two of them part, they are compared arc by arc.
"""

from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from typing import List, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.decode.arcs import best_path_arcs, list_spans
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import transcript_of
from wfst_bias.decode.search import Decoder, Lattices, has_final_arc
from wfst_bias.explain.acoustic_match import AcousticMatch, acoustic_match_of
from wfst_bias.explain.comparison import ComparedPath, PathComparison, Pruning, ScoredPath
from wfst_bias.graph.constrain import stopping_anywhere, with_outputs, without_outputs
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.recognize.recognition import SearchedBatch

_WIDER = ((1.7, 4), (2.5, 16))  # times the search beam, times the states kept at most
_MORE = 1.5  # times the states kept at least
_ALL = 1e4  # nats; an output beam that keeps whatever the search beam did
_REST = 4  # frames after speech that stops: in the last ones k2 prunes less
_SAME = 1e-3  # nats


class ConstrainedSearch:
    """One utterance, to be searched again and again under conditions.

    Args:
      searched: the utterance alone, as the recognizer has searched it, all its frames.
    """

    def __init__(self, searched: SearchedBatch):
        assert not searched.lattices.frames.skipped.any(), "an explanation has to search every frame"
        self._searched = searched
        self._decoder = searched.decoder
        self._lattices = searched.lattices
        self._num_frames = self._lattices.columns.shape[1]  # the free ones of a second search are among them
        self._frame_shift = searched.emissions.searched.frame_shift

    @cached_property
    def best(self) -> ScoredPath:
        """The best path of the decoding."""
        return self._path(self._decoder, self._lattices)

    @property
    def plain(self) -> torch.Tensor:
        """Emissions of the tokens, each frame's best at 0, on the CPU ``(T, V)``."""
        columns = self._lattices.columns[0, : int(self._lattices.lengths)]
        plain: torch.Tensor = self._decoder.graph.layout.plain(columns).cpu()
        return plain

    def best_with(self, outputs: Sequence[int]) -> Tuple[Optional[ScoredPath], SearchConfig]:
        """The best path with one of some phrases, and the search that found it.

        Searches get wider until two agree; where the widest finds none, it is returned with none.
        """
        graph = with_outputs(self._decoder.graph, outputs)
        best, found_by = None, None
        for search in _widths(self._decoder.search):
            path = self._best(graph, search)
            if path and best and path.scores.sum() <= best.scores.sum() + _SAME:
                break
            if path:
                best, found_by = path, search
        return best, found_by or search

    def best_without(self, outputs: Sequence[int]) -> Tuple[Optional[ScoredPath], SearchConfig]:
        """The best path with none of some phrases, and the search that found it.

        That of the decoding, or a wider one where it holds none; where the widest finds none, it is returned with none.
        """
        graph = without_outputs(self._decoder.graph, outputs)
        for search in _widths(self._decoder.search):
            path = self._best(graph, search)
            if path:
                break
        return path, search

    def match(self, path: ScoredPath, outputs: Sequence[int]) -> AcousticMatch:
        """The match of the first one of some phrases on a path."""
        first, last = path.first_of(outputs)
        units = self._decoder.graph.units
        columns = self._decoder.graph.layout.plain(self._lattices.columns[0]).cpu().numpy()
        return acoustic_match_of(path.tokens[:-1], path.begins[:-1], first, last, columns, units, self._frame_shift)

    def compare(self, phrase: ScoredPath, competitor: ScoredPath, outputs: Sequence[int]) -> PathComparison:
        """Compare two paths from where they part to where they meet again around the first of some phrases.

        Where they read the same arc they are in the same states. Other differences do not count: each of the paths could
        be continued there as the other one is.
        """
        _, last = phrase.first_of(outputs)
        together = np.flatnonzero(np.concatenate([[True], phrase.arcs == competitor.arcs, [True]])) - 1
        after = int(np.searchsorted(together, last))
        inside = slice(int(together[after - 1]) + 1, int(together[after]))
        stretches = [self._words_in(path, inside) for path in (phrase, competitor)]
        ours, theirs = (
            ComparedPath(" ".join(own), " ".join(stretch), path.terms(inside))
            for own, stretch, path in zip(_parted(*stretches), stretches, (phrase, competitor))
        )
        return PathComparison(ours, theirs, (inside.start, inside.stop))

    def _words_in(self, path: ScoredPath, inside: slice) -> List[str]:
        """The words of a path in some frames."""
        begin, end = (float(frame) * self._frame_shift for frame in (inside.start, inside.stop))
        return [piece.text for piece in path.pieces if piece.start < end and piece.end > begin]

    def pruning(self, phrase: ScoredPath, comparison: PathComparison) -> Optional[Pruning]:
        """Where the search of the decoding dropped the path of the transcript, with the frames of the comparison as the phrase has them.

        None where it was kept to the end. The search is asked itself: speech that stops after t frames, in a graph
        that may stop anywhere, has a lattice of whatever was in the beam then. What is dropped once is not there later.
        """
        inside = slice(*comparison.frames)
        arcs, scores = self.best.arcs.copy(), self.best.scores.copy()
        arcs[inside], scores[inside] = phrase.arcs[inside], phrase.scores[inside]
        arcs, scores = arcs[:-1], scores[:-1]
        graph = stopping_anywhere(self._decoder.graph)
        search = replace(self._decoder.search, output_beam=_ALL)
        decoder = self._searched.decoder_on(graph, search)
        # an arc and its frame as one number; the arcs of this graph stand elsewhere
        wanted = np.arange(self._num_frames) * graph.num_arcs + arcs + self._decoder.graph.arcs[arcs, 0].cpu().numpy()
        kept, dropped, best_there = 0, self._num_frames + 1, 0.0
        while dropped - kept > 1:
            length = min((kept + dropped) // 2, self._num_frames)
            fsas = decoder.intersect(self._stopping_after(length), torch.tensor([length + _REST]))
            there = fsas.frame.cpu().numpy().astype(np.int64) * graph.num_arcs + fsas.graph_arc.cpu().numpy()
            if np.isin(wanted[:length], there).all():
                kept = length
            else:
                dropped, best_there = length, float(fsas.get_tot_scores(use_double_scores=True, log_semiring=False))
        if kept == self._num_frames:
            return None
        return Pruning(round(dropped * self._frame_shift, 4), best_there - float(scores[:dropped].sum()))

    def _stopping_after(self, length: int) -> torch.Tensor:
        """The columns of the first frames, one more for rest after them, and frames of rest ``(1, T + R, C + 1)``."""
        columns = self._lattices.columns[:, :length]
        stopping: torch.Tensor = columns.new_full((1, length + _REST, columns.shape[2] + 1), -np.inf)
        stopping[:, :length, :-1] = columns
        stopping[:, length:, -1] = 0.0
        return stopping

    def _best(self, graph: DecodingGraph, search: SearchConfig) -> Optional[ScoredPath]:
        """The best path of a graph under a condition; none where the beam holds none to the end."""
        decoder = self._searched.decoder_on(graph, search)
        fsas = decoder.intersect(self._lattices.columns, torch.tensor([self._num_frames]))
        if not has_final_arc(fsas).all():
            return None
        return self._path(decoder, replace(self._lattices, fsas=fsas, graph=graph))

    def _path(self, decoder: Decoder, lattices: Lattices) -> ScoredPath:
        """The best path of the lattice of the utterance, by the decoder or by one of a graph under a condition."""
        graph = self._decoder.graph
        (path,) = best_path_arcs(lattices.fsas)
        arcs = lattices.arcs_of(path.to(decoder.device))
        in_graph = torch.remainder(
            arcs.graph_arcs, graph.num_arcs
        )  # the second copy of 'with_outputs' is the graph again
        begins = graph.begins_unit(in_graph).cpu().numpy()
        acoustic, boost, of_graph, word_weights = arcs.terms(torch.float64).cpu().numpy().T
        outputs = arcs.outputs.cpu().numpy()
        first, last = list_spans(outputs, arcs.enters_list.cpu().numpy(), graph.first_phrase)
        score = float(lattices.fsas.scores[path.to(decoder.device)].cpu().numpy().sum())
        return ScoredPath(
            arcs=in_graph.cpu().numpy(),
            tokens=arcs.tokens.cpu().numpy(),
            begins=begins,
            acoustic=acoustic,
            boost=boost,
            graph=of_graph,
            word_weights=word_weights,
            phrases=outputs[last],
            first=first,
            last=last,
            transcript=transcript_of(path[:-1].numpy(), 0, score, lattices, decoder),
        )


def _widths(search: SearchConfig) -> List[SearchConfig]:
    """The search, and wider ones; none of these is narrower than the default."""
    default = SearchConfig()
    beam, states = max(search.search_beam, default.search_beam), max(search.max_active, default.max_active)
    more = replace(search, min_active=int(_MORE * search.min_active), max_active=int(_MORE * states))
    return [search, *(replace(more, search_beam=b * beam, max_active=s * states) for b, s in _WIDER)]


def _parted(ours: List[str], theirs: List[str]) -> Tuple[List[str], List[str]]:
    """Two sentences without what both begin and end with; as they are where they are the same."""
    if ours == theirs:
        return ours, theirs
    same = lambda pair: pair[0] == pair[1]
    begin = len(list(takewhile(same, zip(ours, theirs))))
    ours, theirs = ours[begin:], theirs[begin:]
    end = len(list(takewhile(same, zip(reversed(ours), reversed(theirs)))))
    return ours[: len(ours) - end], theirs[: len(theirs) - end]
