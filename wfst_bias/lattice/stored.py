"""The lattices of a decode folder: read, changed, written anew."""

import contextlib
import gzip
import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Optional, TextIO, Tuple

import wfst_bias
from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import check_folder, check_not_input, publish_folder, publish_lines, read_json
from wfst_bias.core.notes import Notes
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.lattice.archive import (
    NUM_JOBS,
    OF_WORDS,
    archive_name,
    archives,
    lattice_terms,
    lattice_text,
    read_lattices,
    terms_name,
)
from wfst_bias.lattice.k2_lattices import K2Lattices, read_k2, write_k2
from wfst_bias.lattice.lm_rescoring import RescoringLM, with_lm
from wfst_bias.lattice.rescored import weighted
from wfst_bias.lattice.word_lattice import NO_WORD, WordLattice
from wfst_bias.lm.files import read_ngrams

_KIND = "lattices"
_WORDS, _META, _LOWERED = "words.txt", "meta.json", "lowered_words"
_K2_SUFFIX, _ARCHIVE_SUFFIXES = ".pt", (".gz", ".txt", ".ark")


LatticeOfList = Tuple[WordLattice, Tuple[str, ...]]
"""A lattice, and the phrases that its numbers mean."""


@dataclass(frozen=True)
class StoredArchive:
    """A file of word lattices.

    Args:
      path: of the file.
      read: its lattices, one at a time.
    """

    path: Path
    read: Callable[[], Iterable[LatticeOfList]]


@dataclass(frozen=True)
class StoredLattices:
    """Word lattices in files, and what is needed to read them.

    Args:
      source: their folder or file.
      words: of the lattices.
      acoustic_scale: of their scores.
      archives: their files.
      lowered_words: see :class:`~wfst_bias.graph.decoding.DecodingGraph`; none where that is not known.
    """

    source: Path
    words: SymbolTable
    acoustic_scale: float
    archives: Tuple[StoredArchive, ...]
    lowered_words: Mapping[str, float] = field(default_factory=dict)

    def __iter__(self) -> Iterator[LatticeOfList]:
        """The lattices, one at a time, and the phrases that their numbers mean.

        Raises:
          InputError: a word is not in the table.
        """
        for archive in self.archives:
            yield from self.lattices_in(archive)

    def lattices_in(self, archive: StoredArchive) -> Iterator[LatticeOfList]:
        """The lattices of one of the archives; see :meth:`__iter__`."""
        for lattice, phrases in archive.read():
            if (last := int(lattice.words.max(initial=NO_WORD))) >= len(self.words):
                raise InputError(
                    f"{lattice.name!r} has word {last:,}, the table of words ends with {len(self.words) - 1:,}; name the one "
                    "that it was made with",
                    archive.path,
                )
            yield lattice, phrases

    @property
    def path(self) -> Path:
        """The archive, where there is one only; else the folder."""
        return self.archives[0].path if len(self.archives) == 1 else self.source

    def lattice_of(self, utterance: str) -> LatticeOfList:
        """The lattice of an utterance, or of a segment of a long one, and its phrases.

        Raises:
          InputError: there is none, or the utterance has several segments.
        """
        segments = []
        for pair in self:
            if pair[0].name == utterance:
                return pair
            if pair[0].segment_of == utterance:
                segments.append(pair)
            elif segments:
                break
        if not segments:
            raise InputError(f"has no utterance {utterance!r}; name one that was decoded", self.path)
        if len(segments) > 1:
            first, *_, last = (lattice.name for lattice, _ in segments)
            raise InputError(
                f"{utterance!r} was decoded in {len(segments)} segments, from {first!r} to {last!r}; name one of these",
                self.path,
            )
        return segments[0]


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
            archive = StoredArchive(source, lambda: zip(found.lattices, found.phrases))
            return StoredLattices(source, table, found.acoustic_scale, (archive,))
        scale = acoustic_scale or 1.0
        return StoredLattices(source, table, scale, (StoredArchive(source, partial(read_lattices, source, scale)),))
    meta = read_json(source / _META) if (source / _META).is_file() else {}
    if not isinstance(meta, dict) or "lattices" not in meta:
        raise InputError("is no folder with lattices; make one with 'wfst-bias decode'", source)
    if meta["lattices"] != OF_WORDS:
        raise InputError("has lattices of frames; decode with '--lattices words'", source)
    with content_errors(source / _META, advice="decode again"):
        scale = acoustic_scale or float(meta["search"]["acoustic_scale"])
    table = SymbolTable.read(words or source / _WORDS, first=EPS)
    found_there = (StoredArchive(path, partial(read_lattices, path, scale, terms)) for path, terms in archives(source))
    return StoredLattices(source, table, scale, tuple(found_there), meta.get(_LOWERED, {}))


def copy_lattices(stored: StoredLattices, out: Path) -> int:
    """The lattices in another form: a ``.pt`` for k2, a text archive (``.gz``, ``.txt``, ``.ark``), else a folder.

    Returns:
      their number.
    """
    out = Path(out)
    check_not_input(out, stored.source, *(archive.path for archive in stored.archives))
    if out.suffix not in (_K2_SUFFIX, *_ARCHIVE_SUFFIXES):
        return write_lattices(stored, out, lambda lattice: lattice, {})
    if out.suffix == _K2_SUFFIX:  # all of them at once
        pairs = list(stored)
        lattices, phrases = zip(*pairs) if pairs else ((), ())
        write_k2(out, K2Lattices(lattices, phrases, stored.acoustic_scale))
        return len(lattices)
    count = 0
    with publish_lines(out) as archive:
        for lattice, _ in stored:
            archive.write(lattice_text(lattice, stored.acoustic_scale))
            count += 1
    return count


def write_lattices(
    stored: StoredLattices, folder: Path, change: Callable[[WordLattice], WordLattice], notes: Mapping[str, Any]
) -> int:
    """Changed lattices in a folder of their own, in as many archives, whole or not at all; their number."""
    count = 0
    with publish_folder(folder, _KIND) as building:
        for job, archive in enumerate(stored.archives, 1):
            with contextlib.ExitStack() as files:
                texts = files.enter_context(_packed(building / archive_name(job)))
                terms = files.enter_context(_packed(building / terms_name(job)))
                for lattice, phrases in stored.lattices_in(archive):
                    changed = change(lattice)
                    texts.write(lattice_text(changed, stored.acoustic_scale))
                    terms.write(lattice_terms(changed, dict(enumerate(phrases))))
                    count += 1
        (building / NUM_JOBS).write_text(f"{len(stored.archives)}\n", encoding="utf-8")
        stored.words.write(building / _WORDS)
        meta: Dict[str, Any] = {
            "kind": _KIND,
            "wfst_bias": wfst_bias.__version__,
            "lattices": OF_WORDS,
            "search": {"acoustic_scale": stored.acoustic_scale},
            "made_of": str(stored.path),
            **({_LOWERED: dict(stored.lowered_words)} if stored.lowered_words else {}),
            **notes,
        }
        (building / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return count


def _packed(path: Path) -> TextIO:
    return gzip.open(path, "wt", encoding="utf-8", newline="\n")


def rescore_lattices(
    stored: StoredLattices,
    folder: Path,
    lm: Optional[Path] = None,
    lm_scale: float = 1.0,
    word_penalty: float = 0.0,
    notes: Optional[Notes] = None,
) -> int:
    """The lattices with another language model's scores, where one is given, and with other weights; their number.

    Args:
      notes: where what of the language model is not read as it is written is noted.
    """
    fields = {"lm": lm and str(lm), "lm_scale": lm_scale, "word_penalty": word_penalty}
    if lm is None:
        return write_lattices(stored, folder, lambda one: weighted(one, lm_scale, word_penalty), fields)
    check_folder(folder, _KIND)
    model = read_ngrams(lm, stored.words.symbols, notes)
    try:
        other = RescoringLM.of(model, stored.words, stored.lowered_words)
    except InputError as error:
        raise InputError(str(error), lm) from None
    change = lambda one: weighted(with_lm(one, other), lm_scale, word_penalty)
    return write_lattices(stored, folder, change, fields)
