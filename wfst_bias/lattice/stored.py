"""The lattices of a decode folder: read, changed, written anew."""

import gzip
import json
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, Tuple

import wfst_bias
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import check_folder, check_not_input, publish_file, publish_folder, read_json
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.core.text import words_of
from wfst_bias.lattice.archive import ARCHIVE, OF_WORDS, TERMS, lattice_terms, lattice_text, read_lattices
from wfst_bias.lattice.k2_lattices import K2Lattices, read_k2, write_k2
from wfst_bias.lattice.lm_rescoring import RescoringLM, with_lm
from wfst_bias.lattice.oracle import oracle_errors
from wfst_bias.lattice.rescored import weighted
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice
from wfst_bias.lm.files import read_ngrams

_KIND = "lattices"
_WORDS, _META = "words.txt", "meta.json"
_K2_SUFFIX, _ARCHIVE_SUFFIXES = ".pt", (".gz", ".txt", ".ark")


@dataclass(frozen=True)
class StoredLattices:
    """Word lattices in files, and what is needed to read them.

    Args:
      archive: their file.
      words: of the lattices.
      acoustic_scale: of their scores.
      read: the lattices, one at a time, and the phrases that their numbers mean.
    """

    archive: Path
    words: SymbolTable
    acoustic_scale: float
    read: Callable[[], Iterable[Tuple[WordLattice, Tuple[str, ...]]]]

    def __iter__(self) -> Iterator[Tuple[WordLattice, Tuple[str, ...]]]:
        """The lattices, one at a time, and the phrases that their numbers mean.

        Raises:
          InputError: a word is not in the table.
        """
        for lattice, phrases in self.read():
            if (last := int(lattice.words.max(initial=NO_WORD))) >= len(self.words):
                raise InputError(
                    f"{lattice.name!r} has word {last:,}, the table of words ends with {len(self.words) - 1:,}; name the one "
                    "that it was made with",
                    self.archive,
                )
            yield lattice, phrases

    def lattice_of(self, utterance: str) -> Tuple[WordLattice, Tuple[str, ...]]:
        """The lattice of an utterance, and its phrases.

        Raises:
          InputError: there is none.
        """
        found = next((pair for pair in self if pair[0].name == utterance), None)
        if found is None:
            raise InputError(f"has no utterance {utterance!r}; name one that was decoded", self.archive)
        return found


def stored_lattices(
    source: Path, words: Optional[Path] = None, acoustic_scale: Optional[float] = None
) -> StoredLattices:
    """The lattices of a decode folder, of one that :func:`write_lattices` made, or of a file.

    Args:
      source: a folder, an archive of compact lattices, or k2's ``.pt``.
      words: their table; for a folder that in it.
      acoustic_scale: weight of acoustic costs; for a folder that of its search, for a ``.pt`` that of its scores, else 1.
    """
    source = Path(source)
    if not source.is_dir():
        if not source.exists():
            raise InputError("no such file; check the path", source)
        if words is None:
            raise InputError("is an archive without a table of its words; name that with --words", source)
        table = SymbolTable.read(words, first=EPS)
        if source.suffix == _K2_SUFFIX:
            found = read_k2(source).scaled(acoustic_scale)
            return StoredLattices(source, table, found.acoustic_scale, lambda: zip(found.lattices, found.phrases))
        scale = acoustic_scale or 1.0
        return StoredLattices(source, table, scale, partial(read_lattices, source, scale))
    meta = read_json(source / _META) if (source / _META).is_file() else {}
    if "lattices" not in meta:
        raise InputError("is no folder with lattices; make one with 'wfst-bias decode'", source)
    if meta["lattices"] != OF_WORDS:
        raise InputError("has lattices of frames; decode with '--lattices words'", source)
    scale = acoustic_scale or meta["search"]["acoustic_scale"]
    table = SymbolTable.read(words or source / _WORDS, first=EPS)
    archive = source / ARCHIVE
    return StoredLattices(archive, table, scale, partial(read_lattices, archive, scale, source / TERMS))


def copy_lattices(stored: StoredLattices, out: Path) -> int:
    """The lattices in another form: a ``.pt`` for k2, a text archive (``.gz``, ``.txt``, ``.ark``), else a folder.

    Returns:
      their number.
    """
    out = Path(out)
    check_not_input(out, stored.archive)
    if out.suffix not in (_K2_SUFFIX, *_ARCHIVE_SUFFIXES):
        return write_lattices(stored, out, lambda lattice: lattice, {})
    pairs = list(stored)
    lattices, phrases = zip(*pairs) if pairs else ((), ())
    if out.suffix == _K2_SUFFIX:
        write_k2(out, K2Lattices(lattices, phrases, stored.acoustic_scale))
    else:
        text = "".join(lattice_text(lattice, stored.acoustic_scale) for lattice in lattices).encode()
        publish_file(out, gzip.compress(text, mtime=0) if out.suffix == ".gz" else text)
    return len(lattices)


def write_lattices(
    stored: StoredLattices, folder: Path, change: Callable[[WordLattice], WordLattice], notes: Mapping[str, Any]
) -> int:
    """Changed lattices in a folder of their own, whole or not at all; their number."""
    count = 0
    with publish_folder(folder, _KIND) as building:
        with gzip.open(building / ARCHIVE, "wt", encoding="utf-8", newline="\n") as archive:
            with gzip.open(building / TERMS, "wt", encoding="utf-8", newline="\n") as terms:
                for lattice, phrases in stored:
                    changed = change(lattice)
                    archive.write(lattice_text(changed, stored.acoustic_scale))
                    terms.write(lattice_terms(changed, dict(enumerate(phrases))))
                    count += 1
        stored.words.write(building / _WORDS)
        meta: Dict[str, Any] = {
            "kind": _KIND,
            "wfst_bias": wfst_bias.__version__,
            "lattices": OF_WORDS,
            "search": {"acoustic_scale": stored.acoustic_scale},
            "made_of": str(stored.archive),
            **notes,
        }
        (building / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return count


def rescore_lattices(
    stored: StoredLattices, folder: Path, lm: Optional[Path] = None, lm_scale: float = 1.0, word_penalty: float = 0.0
) -> int:
    """The lattices with another language model's scores, where one is given, and with other weights; their number."""
    notes = {"lm": lm and str(lm), "lm_scale": lm_scale, "word_penalty": word_penalty}
    if lm is None:
        return write_lattices(stored, folder, lambda one: weighted(one, lm_scale, word_penalty), notes)
    check_folder(folder, _KIND)
    model = read_ngrams(lm)
    try:
        other = RescoringLM.of(model, stored.words)
    except InputError as error:
        raise InputError(str(error), lm) from None
    change = lambda one: weighted(with_lm(one, other), lm_scale, word_penalty)
    return write_lattices(stored, folder, change, notes)


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


def oracle(stored: StoredLattices, texts: Mapping[str, str]) -> OracleScore:
    """The lattice word error rate, what a perfect rescoring would leave, and the size of the lattices.

    Raises:
      InputError: a reference or a lattice is missing.
    """
    score = OracleScore()
    missing = dict.fromkeys(texts)
    for lattice, _ in stored:
        if lattice.name not in texts:
            raise InputError(
                f"utterance {lattice.name!r} has no reference; name the data that was decoded", stored.archive
            )
        missing.pop(lattice.name, None)
        reference = words_of(texts[lattice.name])
        score += OracleScore(
            errors=oracle_errors(lattice, reference, stored.words),
            words=len(reference),
            arcs=lattice.num_arcs,
            arc_frames=len(lattice.tokens),
            frames=int(lattice.times.max(initial=0)),
        )
    if missing:
        raise InputError(
            f"utterance {next(iter(missing))!r} of the references is missing; decode the same data", stored.archive
        )
    return score
