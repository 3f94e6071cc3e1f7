"""Why a phrase was found in an utterance of a decode folder, or was not: the utterance is decoded again."""

import difflib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional, Tuple

import torch
from lhotse import MonoCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, read_json
from wfst_bias.core.text import words_of
from wfst_bias.data.cuts import read_data
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.entities.outcome import UNUSABLE, USED
from wfst_bias.entities.report import ReportRow
from wfst_bias.explain.explanation import Explanation, explain
from wfst_bias.graph.store import folder_key, is_base, report_rows
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.second_pass.config import SEARCH

UNLISTED = "not in the list"

_MOST_ALIKE = 5  # homophones in a text
_ALIKE = 0.8  # of two spellings, as difflib counts


@dataclass(frozen=True)
class PhraseExplanation:
    """What is to be known of a phrase in an utterance.

    Args:
      utterance, phrase: as asked for.
      text: what the search found in the utterance, as the decode folder has it.
      written: what the stages behind the search made of that.
      is_listed: whether the phrase is in its list.
      rows: what became of the phrase when its list was compiled; of one that is not in the list, when it was put
        there to see.
      similar: phrases of the list, where it is not in it.
      explanation: where the phrase can be used and the graph has it, or a base was there to put it into.
    """

    utterance: str
    phrase: str
    text: str
    written: str
    is_listed: bool
    rows: Tuple[ReportRow, ...]
    similar: Tuple[str, ...]
    explanation: Optional[Explanation]

    @property
    def verdict(self) -> str:
        if not self.is_listed:
            return UNLISTED
        return self.explanation.verdict if self.explanation else UNUSABLE

    def describe(self) -> str:
        """Some blocks of text."""
        name = repr(self.phrase)
        why_not = f"cannot be used: {'; '.join(row.note for row in self.rows)}"
        said = self.explanation.summary() if self.explanation else why_not
        if not self.is_listed:
            like = f" It has {', '.join(map(repr, self.similar))}." if self.similar else ""
            there = f" Put there, {name} {said}." if self.rows else ""
            said = f"is not in the list of {self.utterance}.{like}{there}"
        blocks = [f"{self.utterance}: {self.text}\n{name} {said.rstrip('.')}."]
        if self.explanation:
            blocks += [*self.explanation.details(), *filter(None, [self._row()])]
            now = self.explanation.transcript.text
            if self.is_listed and now != self.text:
                blocks.append(f"It decodes to {now!r} now: data, model or lists are not what they were.")
        if self.written != self.text:
            blocks.append(f"Behind the search, stages made {self.written!r} of it.")
        return "\n\n".join(blocks)

    def _row(self) -> str:
        """What the list and its report say of the phrase; empty where that is nothing."""
        row, weight = self.rows[0], self.explanation.weight
        place = f"line {row.line} of the list" if row.line and self.is_listed else ""
        facts = ", ".join(filter(None, [place, f"weight {weight:g}" if weight else ""]))
        if row.homophones:
            alike = ", ".join(map(repr, row.homophones[:_MOST_ALIKE])) + ", ..." * (len(row.homophones) > _MOST_ALIKE)
            alike = f"pronunciations that the language model has, too ({alike}), are given no bonus"
        else:
            alike = ""
        sentences = filter(None, [facts, alike, row.note])
        return " ".join(f"{sentence[0].upper()}{sentence[1:]}." for sentence in sentences)

    def to_json(self) -> str:
        values = asdict(self)
        explanation = self.explanation
        if explanation:
            del values["explanation"]["transcript"]["path"]  # numbers that mean nothing outside of the search
        if explanation and explanation.contest:
            values["explanation"]["contest"]["margin"] = explanation.contest.margin
        return json.dumps({"verdict": self.verdict, **values}, indent=2, ensure_ascii=False)


def explain_phrase(
    decode_dir: Path,
    utterance: str,
    phrase: str,
    moved: Mapping[str, Any] = {},
    lists: Optional[Path] = None,
    device: torch.device = torch.device("cpu"),
) -> PhraseExplanation:
    """Why a phrase was found in an utterance of a decode folder, or was not.

    A phrase that is not in the utterance's list is put there to see, if what was decoded with is a base.

    Args:
      decode_dir: made by :func:`wfst_bias.recognize.decode.decode_corpus`.
      utterance: its name.
      phrase: as the list has it; case and signs that are not said do not matter.
      moved: fields of :class:`DecodeSetup` that are no longer what the folder says.
      lists: where the lists of utterances, or the one of the adapter, are now.

    Raises:
      InputError: the folder does not have the utterance, its graph is another one now, or something is gone.
    """
    setup = _setup(Path(decode_dir), moved, lists)
    written = _text_of(Path(decode_dir) / "text", utterance)
    searched = Path(decode_dir) / f"text.{SEARCH}"
    text = _text_of(searched, utterance) if searched.is_file() else written
    cut = next((cut for cut in read_data(setup.data) if cut.id == utterance), None)
    if cut is None:
        raise InputError(
            f"does not have the utterance {utterance!r} that was decoded; name its data with --data", setup.data
        )
    own = _own_list(setup, cut, phrase, device)
    decoder, (gate,) = own.biasing.decoder_of([cut])
    entities = decoder.graph.entities
    numbers = [number for number, entity in enumerate(entities) if _is(phrase, entity)]
    explanation = None
    if numbers:
        model, upstream = setup.acoustics(device)
        emissions = EmissionPipeline(model, upstream).emissions([cut], [own.heard])
        ways = dict.fromkeys(way for row in own.rows for way in row.pronunciations)
        explanation = explain(decoder, emissions.searched, gate, numbers, list(ways))
    return PhraseExplanation(
        utterance=utterance,
        phrase=phrase,
        text=text,
        written=written,
        is_listed=own.has_phrase,
        rows=own.rows,
        similar=() if own.has_phrase else _similar(phrase, own.phrases),
        explanation=explanation,
    )


@dataclass(frozen=True)
class _OwnList:
    """The list of an utterance.

    Args:
      biasing: to decode it with; the phrase is in its list, if it can be.
      phrases: of the list, as it was.
      heard: what an adapter was given.
      has_phrase: whether the phrase was in the list.
      rows: of the phrase in the report.
    """

    biasing: Biasing
    phrases: Phrases
    heard: Phrases
    has_phrase: bool
    rows: Tuple[ReportRow, ...]


def _own_list(setup: DecodeSetup, cut: MonoCut, phrase: str, device: torch.device) -> _OwnList:
    if not is_base(setup.graph):
        graph = setup.one_graph(device)
        rows = _rows_of(phrase, graph.phrases, report_rows(setup.graph))
        (heard,) = graph.lists_of([cut])
        return _OwnList(graph, graph.phrases, heard, bool(rows), rows)
    base = setup.base(device)
    phrases = setup.lists(base)[1](cut) if setup.has_own_lists else ()
    has_phrase = any(_is(phrase, entity) for entity in phrases)
    own = phrases if has_phrase else (*phrases, Entity(phrase))
    biasing = setup.own_lists(base, [own], lambda _: own)
    rows = _rows_of(phrase, own, map(ReportRow.of, biasing.spelled))
    return _OwnList(biasing, phrases, setup.phrases_beside or phrases, has_phrase, rows)


def _setup(decode_dir: Path, moved: Mapping[str, Any], lists: Optional[Path]) -> DecodeSetup:
    """What a folder was decoded with, where it is now."""
    path = decode_dir / "meta.json"
    meta = read_json(path) if path.is_file() else None
    if not isinstance(meta, dict) or meta.get("kind") != "decode":
        raise InputError("is no decode folder; make one with 'wfst-bias decode'", decode_dir)
    if "graph_key" not in meta:
        raise InputError("does not tell which graph was decoded with; decode again", path)
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
    return setup


def _text_of(path: Path, utterance: str) -> str:
    """What a ``text`` of a decode folder has of an utterance."""
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
    return phrase == written or () != words_of(phrase) == words_of(written)


def _similar(phrase: str, phrases: Phrases) -> Tuple[str, ...]:
    """Phrases of a list that are written much like another one."""
    return tuple(difflib.get_close_matches(phrase, [entity.written for entity in phrases], cutoff=_ALIKE))
