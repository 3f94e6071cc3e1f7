"""The N best distinct word sequences of a word lattice, best first: exact within its beam, none twice."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import IntArray
from wfst_bias.fst.wfst import from_openfst, to_openfst
from wfst_bias.lattice.terms import Terms
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

_DIGITS = 4  # of a score in a file


@dataclass(frozen=True)
class PhraseSpan:
    """A phrase that a hypothesis came to by a list.

    Args:
      phrase: its number among those of the graph, or of the lattice's table.
      first_word, num_words: its place.
    """

    phrase: int
    first_word: int
    num_words: int


@dataclass(frozen=True)
class Hypothesis:
    """A hypothesis of an utterance.

    Args:
      words: as a transcript has them.
      phrases: that came by a list, in their order.
      terms: of its score in the lattice, nats.
      arcs: of the word lattice, the one into the end among them.
      phones: what the score gains by the opinion of a phone network, nats.
    """

    words: Tuple[str, ...]
    phrases: Tuple[PhraseSpan, ...]
    terms: Terms
    arcs: Tuple[int, ...] = ()
    phones: float = 0.0

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def total(self) -> float:
        """Its score, nats."""
        return self.terms.total + self.phones


@dataclass(frozen=True)
class NBest:
    """The best hypotheses of an utterance, best first; empty where its lattice is.

    Args:
      name: of the utterance.
      hypotheses: no two with the same words.
    """

    name: str
    hypotheses: Tuple[Hypothesis, ...]

    def rows(self, phrases: Tuple[str, ...]) -> List[Dict[str, Any]]:
        """Lines of ``nbest.jsonl``.

        Args:
          phrases: as the list has them, by number.
        """
        return [
            {
                "utterance": self.name,
                "rank": rank,
                "text": hypothesis.text,
                "total": round(hypothesis.total, _DIGITS),
                **{name: round(score, _DIGITS) for name, score in asdict(hypothesis.terms).items()},
                "phones": round(hypothesis.phones, _DIGITS),
                "entities": [
                    {"phrase": phrases[span.phrase], "first_word": span.first_word, "num_words": span.num_words}
                    for span in hypothesis.phrases
                ],
            }
            for rank, hypothesis in enumerate(self.hypotheses, 1)
        ]


def nbest_of(lattice: WordLattice, num_best: int, words: SymbolTable) -> NBest:
    """The best hypotheses of a lattice; all that it has, where these are fewer.

    Args:
      num_best: 1 or more.
      words: the table of the lattice's words.
    """
    paths = _best_paths(lattice, num_best)  # (N, L), -1 after the end of each
    inside = paths >= 0
    terms = np.where(inside[:, :, None], lattice.terms[paths].astype(np.float64), 0.0).sum(axis=1)
    order = np.argsort(-terms.sum(axis=1), kind="stable")
    ids = np.where(inside, lattice.words[paths], NO_WORD)
    phrase = np.where(inside, lattice.phrases[paths], NO_PHRASE)
    hypotheses: Dict[Tuple[str, ...], Hypothesis] = {}
    for path, own, numbers, sums in zip(
        paths[order].tolist(), ids[order].tolist(), phrase[order].tolist(), terms[order].tolist()
    ):
        texts = tuple(words.symbols[i] for i in own if i != NO_WORD)
        spans = _spans(numbers, path, lattice) if max(numbers) != NO_PHRASE else ()
        hypotheses.setdefault(texts, Hypothesis(texts, spans, Terms(*sums), tuple(arc for arc in path if arc >= 0)))
    return NBest(lattice.name, tuple(hypotheses.values()))


def _best_paths(lattice: WordLattice, num_best: int) -> IntArray:
    """Arcs of the best paths, int64 ``(N, L)``, -1 after the end of each."""
    import pynini

    if not lattice.num_arcs:
        return np.zeros((0, 1), np.int64)
    arc = np.arange(1, lattice.num_arcs + 1, dtype=np.int32)
    machine = lattice.machine(arc, arc, lattice.scores)
    best = from_openfst(pynini.shortestpath(to_openfst(machine), nshortest=num_best))
    # after its first arc a path of OpenFst's has one continuation
    next_arc = np.full(best.num_states, -1)
    next_arc[best.src[::-1]] = np.arange(best.num_arcs)[::-1]
    at = np.flatnonzero(best.src == best.start)
    columns = []
    while (at >= 0).any():
        columns.append(np.where(at >= 0, best.ilabel[at] - 1, -1))
        at = np.where(at >= 0, next_arc[best.dst[at]], -1)
    paths = np.stack(columns, axis=1).astype(np.int64)
    # OpenFst may begin with arcs without a label
    return np.take_along_axis(paths, np.argsort(paths < 0, axis=1, kind="stable"), axis=1)


def _spans(phrases: List[int], path: List[int], lattice: WordLattice) -> Tuple[PhraseSpan, ...]:
    """Where phrases stand in a path, of the phrase of each of its words; the first word of each has frames."""
    spans: List[PhraseSpan] = []
    for word, (phrase, arc) in enumerate(zip(phrases, path)):
        if phrase == NO_PHRASE:
            continue
        if lattice.splits[arc + 1] > lattice.splits[arc] or not spans:
            spans.append(PhraseSpan(phrase, word, 1))
        else:
            spans[-1] = PhraseSpan(phrase, spans[-1].first_word, spans[-1].num_words + 1)
    return tuple(spans)
