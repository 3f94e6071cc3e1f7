"""Graphs for others and from others: k2's ``.pt``, OpenFst's and Kaldi's ``HLG.fst``.

There a label is a column of the emissions plus one (0 is epsilon), as in kaldi-decoder and sherpa, and an output a
word: a phrase of several words is a chain of arcs that consume nothing. k2 keeps its own labels.
"""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
import pynini
import pywrapfst
import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file, publish_folder
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.core.types import IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.fst.algebra import final_scores, start_first
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import FINAL_LABEL, ArcTable
from wfst_bias.fst.epsilon import remove_epsilons
from wfst_bias.fst.ragged import row_splits, splits_of_ids
from wfst_bias.fst.wfst import (
    NO_SCORE,
    WORD_END,
    Wfst,
    from_arcs,
    from_openfst,
    k2_arcs,
    k2_rows,
    to_openfst,
    trim,
)
from wfst_bias.graph.decoding import DecodingGraph, decoding_graph
from wfst_bias.graph.listed import ListInGraph
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import padded

if TYPE_CHECKING:
    import k2

K2, OPENFST, KALDI = "k2", "openfst", "kaldi"
FORMATS = (K2, OPENFST, KALDI)
KALDI_GRAPH = "HLG.fst"
_STATES = 1 << 24  # states without arcs that a graph may have
_VERIFY = "import sys, pywrapfst; sys.exit(not pywrapfst.Fst.read(sys.argv[1]).verify())"


def export_graph(graph: DecodingGraph, path: Path, form: str, keep_boosted: bool = False) -> None:
    """Write a graph in the form of others, whole or not at all.

    Args:
      graph: without gates.
      path: a file; for :data:`KALDI` a folder with ``HLG.fst``, ``words.txt`` and ``tokens.txt``.
      form: one of :data:`FORMATS`.
      keep_boosted: whether the inner arcs of entities keep their boosted columns, which the reader must then
        append to the emissions; else they read the plain ones.
    """
    import k2

    assert not graph.num_gates
    if not keep_boosted:
        columns = graph.arcs[:, 2]
        arcs = graph.arcs.clone()
        arcs[:, 2] = torch.where(columns == FINAL_LABEL, columns, graph.layout.token(columns))
        graph = replace(graph, arcs=arcs)
    if form == K2:
        fsa = k2.Fsa(graph.arcs.clone())
        fsa.aux_labels = _words_of_arcs(graph)
        stream = io.BytesIO()
        torch.save(fsa.as_dict(), stream)
        publish_file(path, stream.getvalue())
    elif form == OPENFST:
        publish_file(path, _image(word_machine(graph)))
    else:
        with publish_folder(path, "kaldi graph") as folder:
            (folder / KALDI_GRAPH).write_bytes(_image(word_machine(graph)))
            graph.words.write(folder / "words.txt")
            graph.tokens.write(folder / "tokens.txt")
            (folder / "meta.json").write_text('{"kind": "kaldi graph"}\n')


def _image(machine: Wfst) -> bytes:
    return pywrapfst.convert(to_openfst(machine), "vector").write_to_string()


def plain_machine(graph: DecodingGraph) -> Wfst:
    """The graph as a machine: columns in, words and phrases out, trimmed."""
    return _machine_of(graph.arcs.cpu().numpy(), graph.outputs_of(np.arange(graph.num_arcs)))


def _machine_of(arcs: IntArray, outputs: IntArray) -> Wfst:
    """The machine of k2's arcs ``(A, 4)`` and of their outputs ``(A,)``, trimmed."""
    ends = arcs[:, 2] == FINAL_LABEL
    scores = np.ascontiguousarray(arcs[:, 3]).view(np.float32)
    final = final_scores(int(arcs[:, :2].max(initial=0)) + 1, arcs[ends, 0], scores[ends])
    inner = arcs[~ends]
    return trim(from_arcs(0, inner[:, 0], inner[:, 1], inner[:, 2], outputs[~ends], scores[~ends], final))


def word_machine(graph: DecodingGraph) -> Wfst:
    """The graph as a machine of columns plus one in and words out, its phrases spelled out in words."""
    machine = plain_machine(graph)
    machine = replace(machine, ilabel=machine.ilabel + 1)
    arc = np.flatnonzero(machine.olabel >= graph.first_phrase)
    if not len(arc):
        return machine
    words = padded(list(map(list, graph.phrase_words)))[machine.olabel[arc] - graph.first_phrase]
    length = np.count_nonzero(words >= 0, axis=1)
    # word j of a phrase stands on the arc from state j of its chain to state j + 1; the first and the last are there
    step, place = np.nonzero(words >= 0)
    inner = machine.num_states + np.cumsum(place > 0) - 1
    src = np.where(place == 0, machine.src[arc][step], inner)
    dst = np.where(place == length[step] - 1, machine.dst[arc][step], inner + 1)
    olabel = machine.olabel.copy()
    others = np.delete(np.arange(machine.num_arcs), arc)
    kept = machine.arcs(others)
    return from_arcs(
        machine.start,
        np.append(kept.src, src),
        np.append(kept.dst, dst),
        np.append(kept.ilabel, np.where(place == 0, machine.ilabel[arc][step], 0)),
        np.append(olabel[others], words[step, place]),
        np.append(kept.score, np.where(place == 0, machine.score[arc][step], 0.0)),
        np.append(machine.final, np.full(np.count_nonzero(place > 0), NO_SCORE)),
    )


def _words_of_arcs(graph: DecodingGraph) -> "Union[torch.Tensor, k2.RaggedTensor]":
    """The word of each arc ``(A,)``, -1 on final arcs; where phrases have several words, ``[arc][word]``."""
    import k2

    olabels = torch.from_numpy(graph.outputs_of(np.arange(graph.num_arcs))).long()
    olabels[graph.arcs[:, 2].cpu() == FINAL_LABEL] = -1
    table = torch.from_numpy(padded(list(map(list, graph.phrase_words)) or [[0]])).long()
    is_phrase = olabels >= graph.first_phrase
    words = torch.full((len(olabels), table.shape[1]), -2)
    words[:, 0] = olabels
    words[is_phrase] = torch.where(table < 0, -2, table)[olabels[is_phrase] - graph.first_phrase]
    if table.shape[1] == 1:
        return words[:, 0].to(torch.int32)
    is_label = words.gt(0) | words.eq(-1)
    splits = torch.from_numpy(row_splits(is_label.sum(dim=1).numpy())).to(torch.int32)
    values = words[is_label].to(torch.int32)
    return k2.RaggedTensor(k2.ragged.create_ragged_shape2(splits, None, len(values)), values)


def import_graph(path: Path, form: str, lang: Lang, words: Optional[SymbolTable] = None) -> DecodingGraph:
    """A graph that others made, over the tokens of a lang.

    Several words in a row without tokens between them are a phrase, also where they were a partial one of a list of ours.

    Args:
      path: a file, or for :data:`KALDI` a folder with ``HLG.fst`` and ``words.txt``.
      form: one of :data:`FORMATS`.
      lang: of the model: what the columns of the emissions are.
      words: of the outputs; read from the folder for :data:`KALDI`.

    Raises:
      InputError: it is no such graph, or has labels that the lang or the words do not.
    """
    path = Path(path)
    if form == KALDI:
        words = SymbolTable.read(path / "words.txt", first=EPS)
        path = path / KALDI_GRAPH
    if words is None:
        raise InputError("has outputs without a table of words; name it with --words", path)
    if not path.is_file():
        raise InputError("no such file; check the path", path)
    if form == K2:
        return _from_k2(path, lang, words)
    _check_machine(path)
    try:
        fst = pynini.Fst.from_pywrapfst(pywrapfst.Fst.read(str(path)))
        fst.set_input_symbols(None).set_output_symbols(None)  # the tables come beside the file
        machine = from_openfst(fst)
    except (pywrapfst.FstIOError, AssertionError) as error:
        raise InputError(f"is no OpenFst machine over the tropical semiring ({error})", path) from None
    machine, phrases = _with_phrases(machine, len(words))
    try:
        machine = remove_epsilons(machine, machine.ilabel == 0)
    except ValueError as error:
        raise InputError(f"its epsilons cannot be removed: {error}", path) from None
    return _checked(replace(machine, ilabel=machine.ilabel - 1), phrases, lang, words, path)


def _check_machine(path: Path) -> None:
    """Let another process read a machine first: OpenFst ends the process where a file is damaged.

    Raises:
      InputError: it did, or the states and arcs of the machine contradict each other.
    """
    done = subprocess.run([sys.executable, "-c", _VERIFY, str(path)], stderr=subprocess.PIPE)
    if done.returncode:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["its arcs contradict its states"])[-1]
        raise InputError(f"is no OpenFst machine ({reason}); export the graph again", path)


def _from_k2(path: Path, lang: Lang, words: SymbolTable) -> DecodingGraph:
    try:
        # data only, a pickle could run anything; the ragged labels of multi-word phrases are no data to torch
        content = torch.load(path, map_location="cpu", weights_only=True)
        arcs, olabels = content["arcs"].numpy(), content["aux_labels"].numpy().clip(min=0)
        if arcs.shape != (len(olabels), 4) or not 0 <= arcs[:, :2].min() <= arcs[:, :2].max() < max(_STATES, 2 * len(arcs)):
            raise ValueError("arcs of no graph")
    except Exception as error:  # torch raises whatever it meets in the file
        raise InputError(
            "is no k2 graph with one word an arc; where phrases have several, export it in the openfst or kaldi form",
            path,
        ) from error
    return _checked(_machine_of(arcs, olabels), [], lang, words, path)


def _with_phrases(machine: Wfst, first_phrase: int) -> Tuple[Wfst, List[Tuple[int, ...]]]:
    """Chains of epsilons with words, each the only way on, folded into the arc before: several words are a phrase."""
    entering = np.bincount(machine.dst, minlength=machine.num_states)
    leaving = np.bincount(machine.src, minlength=machine.num_states)
    is_link = (machine.ilabel == 0) & (machine.olabel != 0) & (entering == 1)[machine.src] & (leaving == 1)[machine.src]
    is_link &= ~np.isfinite(machine.final)[machine.src] & (machine.src != machine.start)
    next_link = np.full(machine.num_states, -1)
    next_link[machine.src[is_link]] = np.flatnonzero(is_link)
    dst, score = machine.dst.copy(), machine.score.copy()
    words_of: Dict[int, List[int]] = {}
    open_ = np.flatnonzero(~is_link & (machine.olabel != 0) & (next_link[dst] >= 0))
    while len(open_):
        link = next_link[dst[open_]]
        for arc, word in zip(open_.tolist(), machine.olabel[link].tolist()):
            words_of.setdefault(arc, [int(machine.olabel[arc])]).append(word)
        score[open_] += machine.score[link]
        dst[open_] = machine.dst[link]
        open_ = open_[next_link[dst[open_]] >= 0]
    phrase_of = {p: first_phrase + i for i, p in enumerate(dict.fromkeys(map(tuple, words_of.values())))}
    olabel = machine.olabel.copy()
    for arc, ids in words_of.items():
        olabel[arc] = phrase_of[tuple(ids)]
    folded = replace(machine, dst=dst, score=score, olabel=olabel)
    return trim(folded), list(phrase_of)


def _checked(
    machine: Wfst, phrases: Sequence[Tuple[int, ...]], lang: Lang, words: SymbolTable, path: Path
) -> DecodingGraph:
    layout = ColumnLayout(len(lang.tokens))
    if not machine.num_states:
        raise InputError("has no path from its start to an end", path)
    if machine.ilabel.min(initial=0) < 0 or machine.ilabel.max(initial=0) >= layout.num_columns:
        raise InputError(
            f"has labels that are not of the {layout.num_tokens} tokens of the lang; was it made for them?", path
        )
    used = machine.olabel[machine.olabel < len(words) + len(phrases)]
    if len(used) < machine.num_arcs or max((w for p in phrases for w in p), default=0) >= len(words):
        raise InputError(f"has outputs beyond the {len(words):,} words of the table; was it made with them?", path)
    machine = start_first(machine)
    rows, _ = k2_rows(machine)
    arcs = k2_arcs(machine)
    if not lang.units.marks_words:  # a word is taken to end at its output
        machine = replace(machine, olabel=machine.olabel + WORD_END * (machine.olabel > 0).astype(np.int32))
    olabels = np.zeros(len(arcs), np.int32)
    olabels[rows] = machine.olabel
    splits = splits_of_ids(arcs[:, 0], machine.num_states + 1).astype(np.int32)
    entities = tuple(_entity([words.symbols[w] for w in phrase], path) for phrase in phrases)
    has_boosted = not layout.is_plain(machine.ilabel).all()
    lists = [ListInGraph(entities)] if entities or has_boosted else []
    return decoding_graph(ArcTable(arcs, olabels, splits), lang.units, words, len(words), lists, topology="")


def _entity(words: Sequence[str], path: Path) -> Entity:
    entity = Entity(" ".join(words))
    if entity.words != tuple(words):
        raise InputError(
            f"has {entity.written!r} on one arc; words of several on one have to be in small letters without signs",
            path,
        )
    return entity
