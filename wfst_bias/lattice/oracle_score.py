"""The lattice word error rate of a corpus, and the size of its lattices."""

from dataclasses import astuple, dataclass
from typing import Mapping, Sequence

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.text import words_of
from wfst_bias.lattice.oracle import oracle_errors, oracle_errors_of_segments
from wfst_bias.lattice.stored import StoredLattices
from wfst_bias.lattice.utterances import by_utterance
from wfst_bias.lattice.word_lattice import WordLattice


@dataclass(frozen=True)
class OracleScore:
    """Errors of the best paths, and sizes, of the lattices of a corpus.

    Args:
      errors: of the paths nearest to the references.
      words: of the references.
      arcs: of the lattices.
      arc_frames: frames of all arcs.
      frames: of the utterances.
    """

    errors: int = 0
    words: int = 0
    arcs: int = 0
    arc_frames: int = 0
    frames: int = 0

    def __add__(self, other: "OracleScore") -> "OracleScore":
        return OracleScore(*(own + more for own, more in zip(astuple(self), astuple(other))))

    @property
    def percent(self) -> float:
        """The lattice word error rate."""
        return 100.0 * self.errors / self.words if self.words else float("nan")

    @property
    def depth(self) -> float:
        """Arcs that cross a frame, as Kaldi's ``lattice-depth`` counts them."""
        return self.arc_frames / self.frames if self.frames else float("nan")

    @property
    def density(self) -> float:
        """Arcs a spoken word."""
        return self.arcs / self.words if self.words else float("nan")


def oracle_score(stored: StoredLattices, texts: Mapping[str, str]) -> OracleScore:
    """The lattice word error rate, what a perfect rescoring would leave, and the size of the lattices.

    Raises:
      InputError: a reference or a lattice is missing.
    """
    score = OracleScore()
    missing = dict.fromkeys(texts)
    for segments in by_utterance(stored):
        lattices = [lattice for lattice, _ in segments]
        name = lattices[0].utterance
        if name not in texts:
            raise InputError(f"utterance {name!r} has no reference; name the data that was decoded", stored.path)
        missing.pop(name, None)
        reference = words_of(texts[name])
        score += OracleScore(
            errors=_errors(lattices, reference, stored.words),
            words=len(reference),
            arcs=sum(one.num_arcs for one in lattices),
            arc_frames=sum(len(one.tokens) for one in lattices),
            frames=sum(int(one.times.max(initial=0)) for one in lattices),
        )
    if missing:
        raise InputError(
            f"utterance {next(iter(missing))!r} of the references is missing; decode the same data", stored.path
        )
    return score


def _errors(lattices: Sequence[WordLattice], reference: Sequence[str], words: SymbolTable) -> int:
    if len(lattices) == 1:
        return oracle_errors(lattices[0], reference, words)
    return oracle_errors_of_segments(lattices, reference, words)
