"""The best path that says a phrase against the best one that does not, in the same utterance and graph.

The search is asked again with graphs under a condition (:mod:`wfst_bias.graph.constrain`). Both paths are paths of
the graph of the decoding, so where they part they can be compared arc by arc, and the terms of their scores subtract.
"""

from dataclasses import astuple, dataclass, replace
from functools import cached_property
from itertools import takewhile
from typing import List, Optional, Sequence, Tuple

import k2
import numpy as np
import torch
from tabulate import tabulate

from wfst_bias.acoustic.emissions import Emissions, Seconds
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import LIST, Transcript, Word, best_paths
from wfst_bias.decode.places import Place, nats, place_of
from wfst_bias.decode.search import Decoder, has_final_arc
from wfst_bias.graph.constrain import ending_anywhere, not_saying, saying
from wfst_bias.graph.decoding import TWIN_BLOCK, DecodingGraph

_WIDER = ((1.5, 4), (2.25, 16))  # times the search beam, times the states kept
_ALL = 1e4  # nats; an output beam that keeps whatever the search beam did
_SAME = 1e-3  # nats


@dataclass(frozen=True)
class Terms:
    """What the score of a stretch of a path is made of, nats.

    Args:
      acoustic: scaled log-probability of its units against the best ones.
      boost: what adaptive boosting gave back of that, scaled.
      language_model: of the graph, what is not the list's.
      list: of the graph within branches of the list: entering the class and choosing the phrase cost, bonus
        and weight pay.
    """

    acoustic: float
    boost: float
    language_model: float
    list: float

    @property
    def total(self) -> float:
        return self.acoustic + self.boost + self.language_model + self.list

    def __sub__(self, other: "Terms") -> "Terms":
        return Terms(
            self.acoustic - other.acoustic,
            self.boost - other.boost,
            self.language_model - other.language_model,
            self.list - other.list,
        )


@dataclass(frozen=True)
class Side:
    """One of two paths, where they part; what came by the list stands in brackets.

    Args:
      text: its words there, without those that both begin or end with; empty where that is nothing.
      stretch: all its words there.
      terms: of its score there.
    """

    text: str
    stretch: str
    terms: Terms


@dataclass(frozen=True)
class Contest:
    """The best path with the phrase against another one without it, from where they part to where they meet again.

    Args:
      phrase, rival: the two.
      place: where the first says the phrase, and how.
      search: that found it: the one of the decoding, or a wider one.
      frames: the first in which they read other arcs, and the next in which they do not.
    """

    phrase: Side
    rival: Side
    place: Place
    search: SearchConfig
    frames: Tuple[int, int]

    @property
    def difference(self) -> Terms:
        """The terms of the path with the phrase without those of the other one."""
        return self.phrase.terms - self.rival.terms

    @property
    def margin(self) -> float:
        """By how much the path with the phrase is the better one, nats; below 0 it is the worse one."""
        return self.difference.total

    @property
    def sound(self) -> float:
        """What the emissions say of that, boosted, nats."""
        return self.difference.acoustic + self.difference.boost

    def table(self) -> str:
        """The terms of both and their difference."""
        rows = (
            (self.phrase.stretch, self.phrase.terms),
            (self.rival.stretch or "-", self.rival.terms),
            ("difference", self.difference),
        )
        return tabulate(
            [(name, *map(nats, (*astuple(terms), terms.total))) for name, terms in rows],
            headers=("nats", "acoustic", "given back", "language model", "list", "total"),
            tablefmt="plain",
            colalign=("left", *["right"] * 5),
            disable_numparse=True,
        )


@dataclass(frozen=True)
class Pruning:
    """Where a path left the beam of a search.

    Args:
      time: where the first frame ends behind which the path was not kept.
      behind: how far it was below the best path up to there, nats. Where that is within the search beam, more
        than ``max_active`` states were better, and the beam narrowed.
    """

    time: Seconds
    behind: float


@dataclass(frozen=True)
class ScoredPath:
    """A path, an arc a frame and behind them the one into the end: ``(T + 1,)`` each.

    Args:
      arcs: their numbers in the graph of the decoding.
      tokens: what they read; blank at the end.
      begins: where a token begins, bool.
      acoustic, boost: scores of the emissions, scaled, nats.
      graph: scores of the arcs, nats.
      phrases: outputs of the phrases that came by a list ``(P,)``.
      first, last: the arcs that begin their first and their last units ``(P,)``.
      transcript: its words.
    """

    arcs: np.ndarray
    tokens: np.ndarray
    begins: np.ndarray
    acoustic: np.ndarray
    boost: np.ndarray
    graph: np.ndarray
    phrases: np.ndarray
    first: np.ndarray
    last: np.ndarray
    transcript: Transcript

    @property
    def scores(self) -> np.ndarray:
        return self.acoustic + self.boost + self.graph

    @cached_property
    def in_list(self) -> np.ndarray:
        """Which arcs are in a branch of a list, bool."""
        steps = np.zeros(len(self.arcs) + 1, np.int64)
        steps[self.first] += 1
        steps[self.last + 1] -= 1
        return np.cumsum(steps[:-1]) > 0

    def terms(self, inside: slice) -> Terms:
        """Of the score of some frames."""
        graph, in_list = self.graph[inside], self.in_list[inside]
        parts = self.acoustic[inside], self.boost[inside], graph[~in_list], graph[in_list]
        return Terms(*(float(scores.sum()) for scores in parts))

    @cached_property
    def pieces(self) -> List[Word]:
        """Its words; what came by the list in brackets, as one."""
        pieces = list(self.transcript.words)
        for entity in reversed(self.transcript.entities):
            if entity.way == LIST:
                whole = Word(f"[{entity.phrase}]", entity.start, entity.end)
                pieces[entity.first_word : entity.first_word + entity.num_words] = [whole]
        return pieces


class Hearing:
    """One utterance, to be searched again and again.

    Args:
      decoder: that it was decoded with.
      emissions: of the utterance alone.
      gate: of its list.
    """

    def __init__(self, decoder: Decoder, emissions: Emissions, gate: int):
        self._decoder = decoder
        self._lattices = decoder.lattices(emissions, [gate])
        self._num_frames = self._lattices.columns.shape[1]  # the free ones of a second search are among them
        self._frame_shift = emissions.frame_shift

    @cached_property
    def written(self) -> ScoredPath:
        """The best path of the decoding."""
        return self._path(self._decoder, self._lattices.fsas)

    @property
    def plain(self) -> torch.Tensor:
        """Emissions of the tokens, each frame's best at 0, on the CPU ``(T, V)``."""
        return self._lattices.columns[0, : int(self._lattices.lengths), : len(self._decoder.graph.tokens)].cpu()

    def best_with(self, outputs: Sequence[int]) -> Tuple[Optional[ScoredPath], SearchConfig]:
        """The best path that says one of some phrases, and the search that found it.

        Searches get wider until two agree; where the widest finds none, it is returned with none.
        """
        graph = saying(self._decoder.graph, outputs)
        best, found_by = None, None
        for search in _widths(self._decoder.search):
            path = self._best(graph, search)
            if path and best and path.scores.sum() <= best.scores.sum() + _SAME:
                break
            if path:
                best, found_by = path, search
        return best, found_by or search

    def best_without(self, outputs: Sequence[int]) -> Optional[ScoredPath]:
        """The best path that says none of some phrases, by the search of the decoding."""
        return self._best(not_saying(self._decoder.graph, outputs), self._decoder.search)

    def contest(self, phrase: ScoredPath, rival: ScoredPath, outputs: Sequence[int], search: SearchConfig) -> Contest:
        """What parts two paths where the first one first says the phrase.

        Where they read the same arc they are in the same states: what parts them elsewhere is another matter, and
        each of them may go the other's way there.
        """
        spoken = int(np.isin(phrase.phrases, outputs).argmax())
        first, last = int(phrase.first[spoken]), int(phrase.last[spoken])
        together = np.flatnonzero(np.concatenate([[True], phrase.arcs == rival.arcs, [True]])) - 1
        behind = int(np.searchsorted(together, last))
        inside = slice(int(together[behind - 1]) + 1, int(together[behind]))
        stretches = [self._words_in(path, inside) for path in (phrase, rival)]
        sides = (
            Side(" ".join(own), " ".join(stretch), path.terms(inside))
            for own, stretch, path in zip(_parted(*stretches), stretches, (phrase, rival))
        )
        units = self._decoder.graph.units
        columns = self._lattices.columns[0, :, : len(units.tokens)].cpu().numpy()
        place = place_of(phrase.tokens[:-1], phrase.begins[:-1], first, last, columns, units, self._frame_shift)
        return Contest(*sides, place, search, (inside.start, inside.stop))

    def _words_in(self, path: ScoredPath, inside: slice) -> List[str]:
        """What a path says in some frames."""
        begin, end = (float(frame) * self._frame_shift for frame in (inside.start, inside.stop))
        return [piece.text for piece in path.pieces if piece.start < end and piece.end > begin]

    def pruning(self, phrase: ScoredPath, contest: Contest) -> Optional[Pruning]:
        """Where the search of the decoding dropped what was written, with the phrase's way where the contest is.

        None where it was kept to the end. The search is asked itself: speech that stops after t frames, in a graph
        that may end anywhere, has a lattice of whatever was in the beam then. What is dropped once is not there later.
        """
        inside = slice(*contest.frames)
        path_arcs, scores = self.written.arcs.copy(), self.written.scores.copy()
        path_arcs[inside], scores[inside] = phrase.arcs[inside], phrase.scores[inside]
        graph = ending_anywhere(self._decoder.graph)
        search = replace(self._decoder.search, output_beam=_ALL)
        decoder = Decoder(graph, search, self._decoder.boost, self._decoder.device)
        arcs = path_arcs[:-1] + self._decoder.graph.arcs[path_arcs[:-1], 0].cpu().numpy()
        wanted = np.arange(self._num_frames) * graph.num_arcs + arcs

        def search_up_to(length: int) -> Tuple[bool, float]:
            """Whether the path is kept, and the score of the best one."""
            fsas = decoder.intersect(self._lattices.columns, torch.tensor([length]))
            kept = fsas.frame.cpu().numpy().astype(np.int64) * graph.num_arcs + fsas.graph_arc.cpu().numpy()
            best = float(fsas.get_tot_scores(use_double_scores=True, log_semiring=False))
            return np.isin(wanted[:length], kept).all(), best

        kept, dropped = 0, self._num_frames + 1
        while dropped - kept > 1:
            middle = (kept + dropped) // 2
            is_kept, best = search_up_to(middle)
            if is_kept:
                kept = middle
            else:
                dropped, best_then = middle, best
            if kept == self._num_frames:
                return None
        behind = best_then - float(scores[:dropped].sum())
        return Pruning(round(dropped * self._frame_shift, 4), behind)

    def _best(self, graph: DecodingGraph, search: SearchConfig) -> Optional[ScoredPath]:
        """The best path of a graph under a condition; none where the beam holds none to the end."""
        decoder = Decoder(graph, search, self._decoder.boost, self._decoder.device)
        fsas = decoder.intersect(self._lattices.columns, torch.tensor([self._num_frames]))
        return self._path(decoder, fsas) if has_final_arc(fsas).all() else None

    def _path(self, decoder: Decoder, fsas: k2.Fsa) -> ScoredPath:
        """The best path of a lattice of the utterance, by the decoder or by one of a graph under a condition."""
        graph, columns = self._decoder.graph, self._lattices.columns
        best = k2.shortest_path(fsas, use_double_scores=True)
        arcs = best.graph_arc.long() % graph.num_arcs  # the second copy of 'saying' is the graph again
        column = best.labels.long().clamp(min=0)
        token = column % len(graph.tokens)
        frame = torch.arange(self._num_frames, device=column.device)
        plain, read = torch.zeros(2, self._num_frames + 1, dtype=torch.float64, device=column.device)
        plain[:-1], read[:-1] = columns[0, frame, token[:-1]], columns[0, frame, column[:-1]]
        begins = graph.begins_unit(arcs).cpu().numpy()
        scores = graph.arcs[arcs, 3].view(torch.float32).double()
        scale = self._decoder.search.acoustic_scale
        outputs = graph.said(arcs.cpu().numpy())
        first, last = _phrase_arcs(graph, outputs, begins, column.cpu().numpy())
        return ScoredPath(
            arcs=arcs.cpu().numpy(),
            tokens=token.cpu().numpy(),
            begins=begins,
            acoustic=scale * plain.cpu().numpy(),
            boost=scale * (read - plain).cpu().numpy(),
            graph=scores.cpu().numpy(),
            phrases=outputs[last],
            first=first,
            last=last,
            transcript=best_paths(replace(self._lattices, fsas=fsas), decoder)[0],
        )


def _widths(search: SearchConfig) -> List[SearchConfig]:
    """The search, and wider ones; none of these is narrower than the default."""
    default = SearchConfig()
    beam, states = max(search.search_beam, default.search_beam), max(search.max_active, default.max_active)
    return [search, *(replace(search, search_beam=b * beam, max_active=s * states) for b, s in _WIDER)]


def _phrase_arcs(
    graph: DecodingGraph, outputs: np.ndarray, begins: np.ndarray, columns: np.ndarray
) -> Tuple[np.ndarray, np.ndarray]:
    """Which arcs of a path begin the first and the last unit of each phrase that came by a list, ``(P,)`` each.

    Within a branch all units read twin columns but the first one and the boundaries between words.
    """
    block, token = np.divmod(columns, len(graph.tokens))
    may_enter = np.flatnonzero(begins & (block != TWIN_BLOCK) & ~np.isin(token, graph.units.edge))
    last = np.flatnonzero(outputs >= graph.first_phrase)
    return may_enter[np.searchsorted(may_enter, last, side="right") - 1], last


def _parted(ours: List[str], theirs: List[str]) -> Tuple[List[str], List[str]]:
    """Two sentences without what both begin and end with; as they are where they are the same."""
    if ours == theirs:
        return ours, theirs
    same = lambda pair: pair[0] == pair[1]
    begin = len(list(takewhile(same, zip(ours, theirs))))
    ours, theirs = ours[begin:], theirs[begin:]
    end = len(list(takewhile(same, zip(reversed(ours), reversed(theirs)))))
    return ours[: len(ours) - end], theirs[: len(theirs) - end]
