"""Word lattices on disk: Kaldi's text of a CompactLattice, and beside it the terms that Kaldi has no place for.

An archive has for each utterance a line with its name, a line ``FROM TO WORD GRAPH,ACOUSTIC,TOKENS`` for each arc,
``STATE GRAPH,ACOUSTIC,TOKENS`` for each final state, and an empty line: what ``lattice-copy ark,t:`` writes. WORD is an
id of ``words.txt``; TOKENS are the ids plus one (Kaldi keeps 0 for epsilon) of all frames, with ``_`` between them.
Costs are negated log-probabilities; acoustic ones are unscaled and without the boost, which counts as graph, as list
and language model do. The terms of the same arcs, in the same order, stand in a second file, a line of JSON an utterance.
"""

import json
import math
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

ARCHIVE, TERMS = "lat.1.gz", "lat.1.terms.jsonl.gz"
OF_WORDS, OF_FRAMES = "words", "frames"  # what an arc of a lattice is
LATTICES = (OF_WORDS, OF_FRAMES)

_COST = "%.6g"
_OF_ARCS = ("boost", "list", "phrases")  # what a line of the terms has of each arc


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
    rounded = lambda values: [round(value, 4) for value in values.tolist()]
    row = {
        "utterance": lattice.name,
        "beam": round(lattice.beam, 4),
        "boost": rounded(lattice.terms[:, 1]),
        "list": rounded(lattice.terms[:, 3]),
        "phrases": [phrases.get(phrase) for phrase in lattice.phrases.tolist()],
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def read_lattices(
    archive: Path, acoustic_scale: float, terms: Optional[Path] = None
) -> Iterator[Tuple[WordLattice, Tuple[str, ...]]]:
    """The lattices of an archive, one at a time, and the phrases that their numbers mean.

    Args:
      archive: of compact lattices, gzipped or not.
      acoustic_scale: that their scores are to have.
      terms: what :func:`lattice_terms` wrote beside it; without it all of the graph counts as language model.

    Raises:
      InputError: with the line where it is no such archive, is cut short, or the terms are of other lattices.
    """
    of_utterance = iter(_rows(terms)) if terms else None
    name, begin, lines = None, 0, []
    number = 0
    for number, line in lines_of(archive):
        if name is None:
            if len(line.split()) != 1:
                raise InputError(f"found {line!r}; expected the name of an utterance on a line", archive, number)
            name, begin, lines = line.strip(), number, []
        elif line.strip():
            lines.append(line.split())
        else:
            yield _read(name, lines, archive, begin, acoustic_scale, of_utterance)
            name = None
    if name is not None:
        raise InputError(f"ends within the lattice of {name!r}, which an empty line should close", archive, number)
    if of_utterance and (more := next(of_utterance, None)):
        raise InputError(
            f"ends before the lattice of {more[1].get('utterance')!r}, of which there are terms; decode again",
            archive,
            number,
        )


def _rows(path: Path) -> Iterator[Tuple[int, Dict[str, Any], Path]]:
    for number, line in lines_of(path):
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"is not JSON ({error.msg}); decode again", path, number) from None
        if not isinstance(row, dict):
            raise InputError(f"found {line[:60]!r}; expected the terms of an utterance, a JSON object", path, number)
        yield number, row, path


def _read(
    name: str, lines: List[List[str]], archive: Path, begin: int, acoustic_scale: float, terms
) -> Tuple[WordLattice, Tuple[str, ...]]:
    """One lattice of an archive; its lines begin behind line ``begin``."""
    rows = []
    for number, fields in enumerate(lines, begin + 1):
        try:
            *states, weight = fields if "," in fields[-1] else (*fields, "0,0,")  # Kaldi leaves a weight of one out
            graph, acoustic, tokens = weight.split(",")
            src, dst, word = map(int, states if len(states) == 3 else (*states, -1, NO_WORD))
            costs = float(graph), float(acoustic)
            if src < 0 or word < 0 or not all(map(math.isfinite, costs)):
                raise ValueError
            rows.append((src, dst, word, *costs, [int(token) - 1 for token in tokens.split("_") if token]))
        except ValueError:
            raise InputError(
                f"found {' '.join(fields)[:60]!r}; expected 'FROM TO WORD GRAPH,ACOUSTIC,TOKENS' or 'STATE GRAPH,ACOUSTIC,"
                "TOKENS' of a compact lattice",
                archive,
                number,
            ) from None
    src, dst, word, graph, acoustic, tokens = map(list, zip(*rows)) if rows else ([],) * 6
    if rows and -1 not in dst:
        raise InputError(f"the lattice of {name!r} has no final state; decode again", archive, begin)
    end = max([*src, *dst], default=-1) + 1
    src, dst = np.array(src, np.int32), np.array([d if d >= 0 else end for d in dst], np.int32)
    if (src >= dst).any():
        raise InputError(
            f"the states of {name!r} are in no topological order; pass it through 'lattice-copy'", archive, begin
        )
    boost = of_list = np.zeros(len(rows))
    phrases, beam = np.full(len(rows), NO_PHRASE, np.int32), math.inf
    table: Tuple[str, ...] = ()
    if terms is not None:
        number, row, path = next(terms, (None, {}, archive))
        of_arcs = [row.get(key) for key in _OF_ARCS]
        has_all = all(isinstance(values, list) and len(values) == len(rows) for values in of_arcs)
        if row.get("utterance") != name or "beam" not in row or not has_all:
            raise InputError(f"has not the terms of {name!r}; decode again, or read the archive alone", path, number)
        boost, of_list, beam = np.array(row["boost"]), np.array(row["list"]), row["beam"]
        table = tuple(dict.fromkeys(filter(None, row["phrases"])))
        number_of = {phrase: i for i, phrase in enumerate(table)}
        phrases = np.array([number_of.get(phrase, NO_PHRASE) for phrase in row["phrases"]], np.int32)
    sound = 0.0 - acoustic_scale * np.array(acoustic)
    language_model = 0.0 - np.array(graph) - boost - of_list
    order = np.argsort(src, kind="stable")
    lengths = np.array([len(some) for some in tokens], np.int64)[order]
    columns = (sound, boost, language_model, of_list)
    return (
        WordLattice(
            name=name,
            src=src[order],
            dst=dst[order],
            words=np.array(word, np.int32)[order],
            phrases=phrases[order],
            terms=np.stack(columns, axis=1).astype(np.float32).reshape(-1, len(columns))[order],
            tokens=np.array([token for i in order.tolist() for token in tokens[i]], np.int32),
            splits=np.concatenate([[0], np.cumsum(lengths)]),
            sources=np.zeros(0, np.int64),
            beam=beam,
        ),
        table,
    )
