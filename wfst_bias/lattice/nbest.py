"""The N best distinct word sequences of a word lattice, best first: exact within its beam, none twice."""

from dataclasses import asdict, dataclass
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import IntArray
from wfst_bias.fst.batch import from_openfst_batch
from wfst_bias.lattice.batch import LatticeBatch
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
    return nbests_of([lattice], num_best, words)[0]


def nbests_of(lattices: Sequence[WordLattice], num_best: int, words: SymbolTable) -> List[NBest]:
    """The best hypotheses of each lattice; see :func:`nbest_of`."""
    joined = LatticeBatch.of(lattices)
    paths = _best_paths(joined, num_best)  # (N, L), -1 after the end of each
    inside = paths >= 0
    terms = np.where(inside[:, :, None], joined.terms[paths].astype(np.float64), 0.0).sum(axis=1)
    owner = np.searchsorted(joined.arc_splits, paths[:, 0], "right") - 1
    order = np.lexsort((-terms.sum(axis=1), owner))
    ids = np.where(inside, joined.words[paths], NO_WORD)
    phrase = np.where(inside, joined.phrases[paths], NO_PHRASE)
    own = np.where(inside, paths - joined.arc_splits[owner][:, None], -1)
    symbols = {word: words.symbols[word] for word in np.unique(ids).tolist()}
    found: List[Dict[Tuple[str, ...], Hypothesis]] = [{} for _ in lattices]
    for number, path, row, numbers, sums in zip(
        *(column[order].tolist() for column in (owner, own, ids, phrase, terms))
    ):
        texts = tuple([symbols[i] for i in row if i != NO_WORD])
        spans = _spans(numbers, path, lattices[number]) if max(numbers) != NO_PHRASE else ()
        arcs = tuple([arc for arc in path if arc >= 0])
        found[number].setdefault(texts, Hypothesis(texts, spans, Terms(*sums), arcs))
    return [NBest(lattice.name, tuple(own.values())) for lattice, own in zip(lattices, found)]


def _best_paths(lattices: LatticeBatch, num_best: int) -> IntArray:
    """Arcs of the best paths of all lattices, int64 ``(N, L)``, -1 after the end of each."""
    import pynini

    arc = (np.arange(1, lattices.num_arcs + 1) - lattices.first_arc).astype(np.int32)
    machines = lattices.machines(arc, arc, lattices.scores).to_openfst()
    best = from_openfst_batch([pynini.shortestpath(fst, nshortest=num_best) for fst in machines])
    # after its first arc a path of OpenFst's has one continuation
    next_arc = np.full(best.all.num_states, -1)
    next_arc[best.all.src[::-1]] = np.arange(best.all.num_arcs)[::-1]
    label = np.where(best.all.ilabel > 0, best.all.ilabel - 1 + lattices.arc_splits[best.machine_of_arc], -1)
    is_start = np.zeros(best.all.num_states + 1, bool)
    is_start[best.starts] = True
    at = np.flatnonzero(is_start[best.all.src])
    columns = [np.full(len(at), -1)]
    while (at >= 0).any():
        columns.append(np.where(at >= 0, label[at], -1))
        at = np.where(at >= 0, next_arc[best.all.dst[at]], -1)
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
