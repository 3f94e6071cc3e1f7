"""Word lattices on disk: Kaldi's text of a CompactLattice, and next to it the terms that Kaldi has no place for.

An archive has for each utterance a line with its name, a line ``FROM TO WORD GRAPH,ACOUSTIC,TOKENS`` for each arc,
``STATE GRAPH,ACOUSTIC,TOKENS`` for each final state, and an empty line: what ``lattice-copy ark,t:`` writes. WORD is an
id of ``words.txt``; TOKENS are the ids plus one (Kaldi keeps 0 for epsilon) of all frames, with ``_`` between them.
Costs are negated log-probabilities; acoustic ones are unscaled and without the boost, which counts as graph, as list
and language model do. The terms of the same arcs, in the same order, stand in a second file, a line of JSON an utterance.

A folder has ``lat.1.gz``, ``lat.2.gz``, ..., each with ``terms.J.jsonl.gz``; ``num_jobs`` has their number. A file may
consist of several gzip members.
"""

import json
import math
import re
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import lines_of
from wfst_bias.core.types import FloatArray, IntArray, Seconds
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

NUM_JOBS = "num_jobs"  # the file with the number of archives, as Kaldi's scripts read it
OF_WORDS, OF_FRAMES = "words", "frames"  # what an arc of a lattice is
LATTICES = (OF_WORDS, OF_FRAMES)

_ARCHIVE, _TERMS = re.compile(r"lat\.(\d+)\.gz"), re.compile(r"(?:terms\.(\d+)|lat\.(\d+)\.terms)\.jsonl\.gz")
_COST = "%.6g"
_LARGEST = 2**31 - 1  # of states, words and tokens; costs are smaller
_END = -1  # for the state that an arc of a final state leads to
_OF_ARCS = ("boost", "list", "phrases")  # what a line of the terms has of each arc


def archive_name(job: int) -> str:
    """The name of an archive of a folder, counted from 1."""
    return f"lat.{job}.gz"


def terms_name(job: int) -> str:
    """The name of the terms of an archive; Kaldi's scripts take all that is named ``lat.*.gz`` for lattices."""
    return f"terms.{job}.jsonl.gz"


def _terms_of(folder: Path, job: int) -> Path:
    """The terms of an archive; folders of version 0.1 name them otherwise."""
    path, old = folder / terms_name(job), folder / f"lat.{job}.terms.jsonl.gz"
    return old if old.is_file() and not path.is_file() else path


def archives(folder: Path) -> List[Tuple[Path, Path]]:
    """The archives of a folder and the terms of each, in the order of their numbers.

    Raises:
      InputError: one is missing, of those that ``num_jobs`` counts or, without that, before the last one there is.
    """
    names = [path.name for path in folder.glob("*.gz")]
    numbers = {int(match[1]) for match in map(_ARCHIVE.fullmatch, names) if match}
    of_terms = {int(match[1] or match[2]) for match in map(_TERMS.fullmatch, names) if match}
    last = max(numbers | of_terms, default=1)
    if (counted := folder / NUM_JOBS).is_file():
        text = " ".join(line for _, line in lines_of(counted)).strip()
        if not text.isdecimal() or len(text) > 9 or not int(text) or int(text) < last:
            raise InputError(f"found {text[:60]!r}; expected the number of lat.*.gz, {last} at least; decode again", counted)
        last = int(text)
    missing = next((job for job in range(1, last + 1) if job not in numbers), None)
    if missing is not None:
        raise InputError(
            f"no such file; {last} archives of lattices were expected: decode again", folder / archive_name(missing)
        )
    return [(folder / archive_name(job), _terms_of(folder, job)) for job in range(1, last + 1)]


def lattice_text(lattice: WordLattice, acoustic_scale: float) -> str:
    """The block of an utterance in an archive, its empty line included."""
    acoustic, boost, language_model, of_list = lattice.terms.astype(np.float64).T
    graph_costs, acoustic_costs = 0.0 - (boost + language_model + of_list), 0.0 - acoustic / acoustic_scale
    texts = list(map(str, (lattice.tokens + 1).tolist()))
    splits = lattice.splits.tolist()
    weights = [
        f"{_COST},{_COST},%s" % (graph, sound, "_".join(texts[begin:end]))
        for graph, sound, begin, end in zip(graph_costs.tolist(), acoustic_costs.tolist(), splits, splits[1:])
    ]
    lines = [
        f"{src} {dst} {word} {weight}\n" if word != NO_WORD else f"{src} {weight}\n"
        for src, dst, word, weight in zip(lattice.src.tolist(), lattice.dst.tolist(), lattice.words.tolist(), weights)
    ]
    return f"{lattice.name}\n{''.join(lines)}\n"


def lattice_terms(lattice: WordLattice, phrases: Dict[int, str]) -> str:
    """The line of an utterance in the file of terms.

    Args:
      phrases: as the list has them, by number, those of the lattice at least.
    """
    of_segment = {"segment_of": lattice.segment_of, "start": round(lattice.start, 4)} if lattice.segment_of else {}
    row = {
        "utterance": lattice.name,
        **of_segment,
        "beam": round(lattice.beam, 4),
        "boost": _rounded(lattice.terms[:, 1]),
        "list": _rounded(lattice.terms[:, 3]),
        "phrases": [phrases.get(phrase) for phrase in lattice.phrases.tolist()],
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def _rounded(values: FloatArray) -> List[float]:
    return [round(value, 4) for value in values.tolist()]


def read_lattices(
    archive: Path, acoustic_scale: float, terms: Optional[Path] = None
) -> Iterator[Tuple[WordLattice, Tuple[str, ...]]]:
    """Read the lattices of an archive, one at a time, each with the phrases that its numbers mean.

    Args:
      archive: of compact lattices, gzipped or not.
      acoustic_scale: that their scores are to have.
      terms: written by :func:`lattice_terms` for the same lattices; without it all of the graph counts as language
        model.

    Raises:
      InputError: with the line where it is no such archive, is cut short, or the terms are of other lattices.
    """
    rows = iter(_rows(terms)) if terms else None
    for name, begin, lines in _blocks(archive):
        arcs = _parse_arcs(name, lines, archive, begin)
        own = _no_terms(len(arcs)) if rows is None else _parse_terms(name, len(arcs), next(rows, None), archive)
        yield _lattice(name, arcs, own, acoustic_scale, archive, begin), own.table
    if rows and (more := next(rows, None)):
        raise InputError(
            f"ends before the lattice of {more.fields.get('utterance')!r}, of which there are terms; decode again",
            archive,
        )


def _blocks(archive: Path) -> Iterator[Tuple[str, int, List[List[str]]]]:
    """The name of each utterance, the number of its line and the fields of the lines after it."""
    name: Optional[str] = None
    begin, number = 0, 0
    lines: List[List[str]] = []
    for number, line in lines_of(archive):
        if name is None:
            if len(line.split()) != 1:
                raise InputError(f"found {line!r}; expected the name of an utterance on a line", archive, number)
            name, begin, lines = line.strip(), number, []
        elif line.strip():
            lines.append(line.split())
        else:
            yield name, begin, lines
            name = None
    if name is not None:
        raise InputError(f"ends within the lattice of {name!r}, which an empty line should close", archive, number)


class _Row(NamedTuple):
    """A line of the file of terms."""

    number: int
    fields: Dict[str, Any]
    path: Path


def _rows(path: Path) -> Iterator[_Row]:
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:  # the latter for brackets in brackets, without end
            reason = getattr(error, "msg", error)
            raise InputError(f"is not JSON ({reason}); decode again", path, number) from None
        if not isinstance(row, dict):
            raise InputError(f"found {line[:60]!r}; expected the terms of an utterance, a JSON object", path, number)
        yield _Row(number, row, path)


class _Arc(NamedTuple):
    """An arc of an archive; costs as they are written, ``dst`` -1 into the end."""

    src: int
    dst: int
    word: int
    graph: float
    acoustic: float
    tokens: List[int]


def _parse_arcs(name: str, lines: List[List[str]], archive: Path, begin: int) -> List[_Arc]:
    """The arcs of a lattice whose lines stand after line ``begin``."""
    arcs = []
    for number, line in enumerate(lines, begin + 1):
        try:
            arcs.append(_parse_arc(line))
        except ValueError:
            raise InputError(
                f"found {' '.join(line)[:60]!r}; expected 'FROM TO WORD GRAPH,ACOUSTIC,TOKENS' or 'STATE GRAPH,ACOUSTIC,"
                "TOKENS' of a compact lattice",
                archive,
                number,
            ) from None
    if arcs and not any(arc.dst == _END for arc in arcs):
        raise InputError(f"the lattice of {name!r} has no final state; decode again", archive, begin)
    return arcs


def _parse_arc(line: List[str]) -> _Arc:
    *states, weight = line if "," in line[-1] else [*line, "0,0,"]  # Kaldi leaves a weight of one out
    graph, acoustic, tokens = weight.split(",")
    src, dst, word = map(int, states if len(states) == 3 else [*states, str(_END), str(NO_WORD)])
    costs = float(graph), float(acoustic)
    ids = [int(token) - 1 for token in tokens.split("_") if token]
    is_valid = src >= 0 and word >= 0 and min(dst, -1, *ids) == -1 and max(src, dst, word, *ids) < _LARGEST
    if not is_valid or not all(abs(cost) < _LARGEST for cost in costs):
        raise ValueError
    return _Arc(src, dst, word, *costs, ids)


@dataclass(frozen=True)
class _Terms:
    """The terms that Kaldi has no place for, of the arcs of a lattice.

    Args:
      boost, of_list: nats ``(A,)``.
      phrases: numbers in ``table`` ``(A,)``.
      beam: of the lattice, nats.
      table: names of phrases.
      segment_of, start: see :class:`~wfst_bias.lattice.word_lattice.WordLattice`.
    """

    boost: FloatArray
    of_list: FloatArray
    phrases: IntArray
    beam: float
    table: Tuple[str, ...]
    segment_of: str = ""
    start: Seconds = 0.0


def _no_terms(num_arcs: int) -> _Terms:
    zeros = np.zeros(num_arcs)
    return _Terms(zeros, zeros, np.full(num_arcs, NO_PHRASE, np.int32), math.inf, ())


def _parse_terms(name: str, num_arcs: int, row: Optional[_Row], archive: Path) -> _Terms:
    """The terms of a lattice.

    Raises:
      InputError: there is no row, or it is of another lattice.
    """
    number, fields, path = row if row else (None, {}, archive)
    of_arcs = [fields.get(key) for key in _OF_ARCS]
    has_all = all(isinstance(values, list) and len(values) == num_arcs for values in of_arcs)
    if fields.get("utterance") != name or "beam" not in fields or not has_all:
        raise InputError(f"has not the terms of {name!r}; decode again, or read the archive alone", path, number)
    with content_errors(path, number, "decode again"):
        table = tuple(dict.fromkeys(filter(None, fields["phrases"])))
        number_of = {phrase: i for i, phrase in enumerate(table)}
        phrases = np.array([number_of.get(phrase, NO_PHRASE) for phrase in fields["phrases"]], np.int32)
        boost, of_list = np.array(fields["boost"], np.float64), np.array(fields["list"], np.float64)
        segment_of, start = str(fields.get("segment_of", "")), float(fields.get("start", 0.0))
        return _Terms(boost, of_list, phrases, float(fields["beam"]), table, segment_of, start)


def _lattice(
    name: str, arcs: List[_Arc], terms: _Terms, acoustic_scale: float, archive: Path, begin: int
) -> WordLattice:
    """The lattice of some arcs, sorted by their states.

    Raises:
      InputError: its states are in no topological order.
    """
    src, dst, words = np.array([arc[:3] for arc in arcs], np.int32).reshape(-1, 3).T
    dst = np.where(dst == _END, max(src.max(initial=-1), dst.max(initial=-1)) + 1, dst).astype(np.int32)
    if (src >= dst).any():
        raise InputError(
            f"the states of {name!r} are in no topological order; pass it through 'lattice-copy'", archive, begin
        )
    graph, acoustic = np.array([arc[3:5] for arc in arcs], np.float64).reshape(-1, 2).T
    columns = (0.0 - acoustic_scale * acoustic, terms.boost, 0.0 - graph - terms.boost - terms.of_list, terms.of_list)
    order = np.argsort(src, kind="stable")
    tokens = [arcs[i].tokens for i in order.tolist()]
    return WordLattice(
        name=name,
        src=src[order],
        dst=dst[order],
        words=words[order],
        phrases=terms.phrases[order],
        terms=np.stack(columns, axis=1).astype(np.float32).reshape(-1, len(columns))[order],
        tokens=np.array(list(chain.from_iterable(tokens)), np.int32),
        splits=np.cumsum([0, *map(len, tokens)]),
        sources=np.zeros(0, np.int64),
        beam=terms.beam,
        segment_of=terms.segment_of,
        start=terms.start,
    )
