"""Why a phrase was found in an utterance of a decode folder, or was not: the utterance is decoded again."""

import difflib
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Iterable, List, Mapping, Optional, Tuple

import torch
from lhotse import MonoCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, read_json
from wfst_bias.core.text import clean, comparable_words
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.outcome import USED
from wfst_bias.entities.report import ReportRow
from wfst_bias.explain.explanation import Explanation
from wfst_bias.explain.phrase_explanation import PhraseExplanation
from wfst_bias.explain.segments import explain_segments
from wfst_bias.explain.verification_evidence import weighed_phrases
from wfst_bias.graph.store import folder_key, is_base, report_rows
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.second_pass.config import SEARCH

_ALIKE = 0.8  # of two spellings, as difflib counts


def explain_phrase(
    decode_dir: Path,
    utterance: str,
    phrase: str,
    moved: Mapping[str, Any] = {},
    lists: Optional[Path] = None,
    device: torch.device = torch.device("cpu"),
) -> PhraseExplanation:
    """Why a phrase was found in an utterance of a decode folder, or was not.

    A phrase that is not in the utterance's list is put there for the explanation, if the graph of the decoding is a base.

    Args:
      decode_dir: made by :func:`wfst_bias.corpus.decode.decode_corpus`.
      utterance: its name.
      phrase: as the list has it; case and punctuation do not matter.
      moved: fields of :class:`DecodeSetup` that are no longer what the folder says.
      lists: where the lists of utterances, or the one of the adapter, are now.

    Raises:
      InputError: the folder does not have the utterance, its graph is another one now, or something is gone.
    """
    setup = _setup(Path(decode_dir), moved, lists)
    written = _text_of(Path(decode_dir) / "text", utterance)
    searched = Path(decode_dir) / f"text.{SEARCH}"
    cut = next((cut for cut in setup.cuts(on_failure=lambda _: None) if cut.id == utterance), None)
    if cut is None:
        raise InputError(
            f"does not have the utterance {utterance!r} that was decoded; name its data with --data", setup.data
        )
    own = _own_list(setup, cut, phrase, device)
    return PhraseExplanation(
        utterance=utterance,
        phrase=phrase,
        text=_text_of(searched, utterance) if searched.is_file() else written,
        written=written,
        is_listed=own.has_phrase,
        rows=own.rows,
        similar=() if own.has_phrase else _similar(phrase, own.phrases),
        explanation=_explanation(setup, cut, phrase, own, device),
        weighed=weighed_phrases(Path(decode_dir), utterance, phrase),
    )


def _explanation(
    setup: DecodeSetup, cut: MonoCut, phrase: str, own: "_OwnList", device: torch.device
) -> Optional[Explanation]:
    """The explanation of a phrase; None where the graph does not have it."""
    numbers = own.numbers_of(phrase, cut)
    if not numbers:
        return None
    model, adapter = setup.acoustics(device)
    pronunciations = dict.fromkeys(one for row in own.rows for one in row.pronunciations)
    with Recognizer(model=model, biasing=own.biasing, adapter=adapter) as recognizer:
        batches = recognizer.pipeline.stream([cut], lambda cuts: [own.adapter_list] * len(cuts), 1)
        return explain_segments(map(recognizer.search, batches), numbers, list(pronunciations))


@dataclass(frozen=True)
class _OwnList:
    """The list of an utterance.

    Args:
      biasing: to decode it with; the phrase is in its list, if it can be.
      phrases: of the list, as it was.
      adapter_list: given to an emission adapter.
      has_phrase: whether the phrase was in the list.
      rows: of the phrase in the report.
    """

    biasing: Biasing
    phrases: Phrases
    adapter_list: Phrases
    has_phrase: bool
    rows: Tuple[ReportRow, ...]

    def numbers_of(self, phrase: str, cut: MonoCut) -> List[int]:
        """The numbers of a phrase among the entities of the graph of the utterance."""
        decoder, _ = self.biasing.decoder_of([cut])
        return [number for number, entity in enumerate(decoder.graph.entities) if _is(phrase, entity)]


def _own_list(setup: DecodeSetup, cut: MonoCut, phrase: str, device: torch.device) -> _OwnList:
    if not is_base(setup.graph):
        graph = setup.one_graph(device)
        rows = _rows_of(phrase, graph.phrases, report_rows(setup.graph))
        (adapter_list,) = graph.lists_of([cut])
        return _OwnList(graph, graph.phrases, adapter_list, bool(rows), rows)
    base = setup.base(device)
    phrases = setup.lists(base)[1](cut) if setup.has_own_lists else ()
    has_phrase = any(_is(phrase, entity) for entity in phrases)
    own = phrases if has_phrase else (*phrases, Entity(phrase))
    biasing = setup.own_lists(base, [own], lambda _: own)
    rows = _rows_of(phrase, own, map(ReportRow.of, biasing.spelled))
    return _OwnList(biasing, phrases, setup.side_phrases or phrases, has_phrase, rows)


def _setup(decode_dir: Path, moved: Mapping[str, Any], lists: Optional[Path]) -> DecodeSetup:
    """The setup that a folder was decoded with, its files where they are now."""
    path = decode_dir / "meta.json"
    meta = read_json(path) if path.is_file() else None
    if not isinstance(meta, dict) or meta.get("kind") != "decode":
        raise InputError("is no decode folder; make one with 'wfst-bias decode'", decode_dir)
    if "graph_key" not in meta:
        raise InputError("does not name the graph that was decoded with; decode again", path)
    setup = replace(DecodeSetup.from_meta(meta), **moved)
    if lists is not None:
        setup = setup.with_lists_at(lists)
    for option, file in setup.files.items():
        if not file.exists():
            raise InputError(f"is not there any more; name its place with --{option}", file)
    if folder_key(setup.graph) != meta["graph_key"]:
        raise InputError(
            f"is not the graph that {decode_dir} was decoded with; name that one with --graph, or decode again",
            setup.graph,
        )
    # paths are compared frame by frame
    return replace(setup, search=replace(setup.search, skip_blank=math.inf))


def _text_of(path: Path, utterance: str) -> str:
    """The transcript of an utterance in a ``text`` of a decode folder."""
    for _, line in lines_of(path):
        name, _, text = line.partition(" ")
        if name == utterance:
            return text
    raise InputError(f"has no utterance {utterance!r}; name one of its first column", path)


def _rows_of(phrase: str, phrases: Phrases, report: Iterable[ReportRow]) -> Tuple[ReportRow, ...]:
    """The rows of a phrase in the report of a list, those that are used first."""
    names = {phrase, *(entity.written for entity in phrases if _is(phrase, entity))}
    rows = (row for row in report if any(_same(name, row.phrase) for name in names))
    return tuple(sorted(rows, key=lambda row: row.status != USED))


def _is(phrase: str, entity: Entity) -> bool:
    """Whether an entity is the phrase asked for, as it is written or shown."""
    return _same(phrase, entity.written) or _same(phrase, entity.shown)


def _same(phrase: str, written: str) -> bool:
    return phrase == written or () != comparable_words(phrase) == comparable_words(written)


def _similar(phrase: str, phrases: Phrases) -> Tuple[str, ...]:
    """Phrases of a list that are written much like another one."""
    written = {clean(entity.written): entity.written for entity in reversed(phrases)}
    return tuple(
        written[found] for found in difflib.get_close_matches(clean(phrase), list(written)[::-1], cutoff=_ALIKE)
    )
