"""Entity lists of every kind: files in a format that is named or found by the content, domains, phrases in Python."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Collection, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.domains import Domain, find_domain
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats import documents, lines, loose, strings, tables, weighted
from wfst_bias.entities.formats.comments import without_comments
from wfst_bias.entities.formats.source import ANY_LINE_AS_PHRASE, Entities, Source, is_marker, shown
from wfst_bias.entities.notices import Notice, show
from wfst_bias.entities.verbalize.phrases import is_all_caps
from wfst_bias.lang.lexicon import Pronunciation

AUTO, CSV, WEIGHTED, PLAIN, LINES = "auto", "csv", "weighted", "plain", "lines"

_SEVERAL = re.compile(r"[\t\r\n]")  # between phrases, or before a weight

EntityList = Union[str, Path, Iterable[Union[str, Entity]]]
"""Path of a list, name of a domain, or phrases and entities."""


@dataclass(frozen=True)
class Format:
    """A format of lists.

    Args:
      name: by which ``--format`` knows it.
      read: makes entities of a file.
      looks_like: whether a file seems to be one; formats are asked in their order.
    """

    name: str
    read: Callable[[Source], Entities]
    looks_like: Callable[[Source], bool]


FORMATS: Tuple[Format, ...] = (
    Format("jsonl", documents.read_own_lines, documents.is_own_lines),
    Format("speechmatics", documents.read_speechmatics, documents.has_key("additional_vocab", "content")),
    Format("gladia", documents.read_gladia, documents.has_key(*documents.GLADIA_KEYS)),
    Format("azure", documents.read_azure, documents.has_key("phraseList")),
    Format("ibm", documents.read_ibm, documents.has_key("word")),
    Format("google", documents.read_google, documents.has_key("value", "boost")),
    Format("strings", strings.read_strings, lambda source: source.is_json),
    Format("aws", tables.read_aws_table, tables.is_aws_table),
    Format("tsv", tables.read_own_table, tables.is_own_table),
    Format("sherpa", lines.read_sherpa, lines.is_sherpa),
    Format("deepgram", lines.read_deepgram, lines.is_deepgram),
    Format("nemo-spellings", lines.read_nemo_spellings, lines.is_nemo_spellings),
    Format("nemo", lines.read_nemo_boost, lambda source: False),
    Format(loose.SEPARATED, loose.read_separated, lambda source: False),
    Format(LINES, lines.read_lines, lambda source: False),
    Format(PLAIN, lines.read_plain, lambda source: True),
)
FORMAT_NAMES = (AUTO, *(known.name for known in FORMATS), f"{CSV}:COLUMN", f"{WEIGHTED}:SCALE")
_WITHOUT_NOTICE = ("jsonl", "tsv", PLAIN)  # our own: what they mean is written in them


@dataclass(frozen=True)
class ReadList:
    """A list as it was read.

    Args:
      entities: its phrases.
      notices: how lines were taken that are more than one phrase each.
      lexicon: pronunciations of words that a domain brings, in ARPAbet.
    """

    entities: Sequence[Entity]
    notices: Tuple[Notice, ...] = ()
    lexicon: Mapping[str, Tuple[Pronunciation, ...]] = field(default_factory=dict)


def read_entities(source: EntityList, format_name: str = AUTO) -> List[Entity]:
    """The entities of a list: of a file, of all lists of a domain, or given in Python.

    Notices, see :class:`ReadList`, are logged as warnings.

    Args:
      source: file, UTF-8; or a domain, see :func:`wfst_bias.entities.domains.find_domain`, whose lists follow each
        other, their lines counted on; or phrases and entities. A string alone names a file or a domain.
      format_name: of a file, one of :data:`FORMAT_NAMES`; by :data:`AUTO` the content decides, and ``csv:COLUMN`` names a
        column. The lists of a domain have their own.

    Raises:
      InputError: there is no phrase in it, a line or a value cannot be read, something in the list is no phrase, or there
        is no such format.
    """
    read = read_list(source, format_name)
    show(read.notices)
    return list(read.entities)


def read_list(source: EntityList, format_name: str = AUTO) -> ReadList:
    """Read a list as :func:`read_entities`, and return the notices, too."""
    if not isinstance(source, (str, Path)):
        return ReadList(_given_entities(source))
    path = Path(source)
    domain = find_domain(path)
    return _read_file(path, format_name) if domain is None else _read_domain(domain)


def _given_entities(phrases: Iterable[Union[str, Entity]]) -> List[Entity]:
    """The entities of a list that is given in Python, phrases counted as lines."""
    expected = "a list of phrases (str) and Entity, or the path of a list, was expected"
    if isinstance(phrases, (bytes, Entity)) or not isinstance(phrases, Iterable):
        raise InputError(f"found {phrases!r}; {expected}")
    if isinstance(phrases, Mapping):
        raise InputError(f"found {shown(phrases)}; {expected}: Entity('PHRASE', weight=2.0) for a phrase with a weight")
    listed = []
    for number, entity in enumerate(phrases, 1):
        if not isinstance(entity, (str, Entity)) or not (entity if isinstance(entity, str) else entity.written).strip():
            raise InputError(f"entry {number} of the list is {entity!r}; give a phrase (str) or an Entity")
        if isinstance(entity, str) and _SEVERAL.search(entity.strip()):
            raise InputError(
                f"entry {number} of the list is {shown(entity)}, with a line break or tab inside; give one phrase, or "
                "Entity('PHRASE', weight=2.0) for one with a weight"
            )
        listed.append(entity if isinstance(entity, Entity) else Entity(entity, line=number))
    if not listed:
        raise InputError("the list is empty; give at least one phrase, or do not bias the recognizer")
    return _with_case(listed)


def _with_case(entities: List[Entity]) -> List[Entity]:
    """The same entities, marked where all of the list is in capitals."""
    if is_all_caps(entity.written for entity in entities):
        return [replace(entity, all_caps=True) for entity in entities]
    return entities


def _read_domain(domain: Domain) -> ReadList:
    entities: List[Entity] = []
    notices: List[Notice] = []
    for part in domain.lists:
        before = entities[-1].line if entities else 0
        read = _read_file(part.path, part.format_name or AUTO)
        notices += read.notices
        for entity in read.entities:
            own = entity.entity_class
            entities.append(
                replace(
                    entity,
                    line=before + entity.line,
                    weight=entity.weight + part.weight,
                    entity_class=part.entity_class if own == CLASS else own,
                )
            )
    return ReadList(entities, tuple(notices), domain.pronunciations())


def _read_file(path: Path, format_name: str) -> ReadList:
    source = Source.read(path)
    name, _, argument = format_name.partition(":")
    if name != CSV and not source.is_json:
        source = source.split()
    if name not in (CSV, LINES):
        source = without_comments(source)
    entities = _without_markers(source, _entities(source, name, argument)) if source.rows else []
    if not entities:
        raise InputError("holds no phrase; write one phrase a line", path)
    return ReadList(_with_case(entities), tuple(source.notices))


def _entities(source: Source, name: str, argument: str) -> Entities:
    """The entities of a file in a format that is named, ``NAME`` or ``NAME:ARGUMENT``, or recognized."""
    if name == AUTO and not argument:
        return _recognized(source)
    if name == CSV and argument:
        return tables.read_csv(source, argument)
    if name == WEIGHTED:
        return weighted.read_weighted(source, argument or weighted.NATS)
    for known in FORMATS:
        if known.name == name and not argument:
            return known.read(source)
    raise InputError(f"no format {':'.join(filter(None, (name, argument)))!r}; {', '.join(FORMAT_NAMES)} are known")


def _recognized(source: Source) -> Entities:
    """The entities of a file whose format is told by its content, with a notice where that is no format of ours."""
    if source.path.suffix.lower() == ".csv" and not source.is_json:
        return tables.read_unnamed_csv(source)
    known = next(known for known in FORMATS if known.looks_like(source))
    if known.name == PLAIN:
        return loose.read_loose(source)
    entities = known.read(source)
    if known.name not in _WITHOUT_NOTICE and entities:
        entity = next((one for one in entities if replace(one, written="", line=0) != Entity("")), entities[0])
        change = "name another one with --format" if source.is_json else ANY_LINE_AS_PHRASE
        source.note(f"the format is taken for {known.name}, the line for {_described(entity)}; {change}", [entity.line])
    return entities


def _described(entity: Entity) -> str:
    """A phrase and all else that a line gives of it."""
    weight = f"{entity.weight:+.3g} nats" if entity.weight else ""
    spoken = f"spoken {', '.join(map(repr, entity.spoken))}" if entity.spoken else ""
    pronunciations = f"pronounced {' | '.join(map(' '.join, entity.pronunciations))}" if entity.pronunciations else ""
    display = f"shown as {entity.display!r}" if entity.display else ""
    gate = f"gate {entity.gate:g}" if entity.gate is not None else ""
    return ", ".join(filter(None, (repr(entity.written), weight, spoken, pronunciations, display, gate)))


def _without_markers(source: Source, entities: Entities) -> Entities:
    """The entities but for the marks of grammars and token files, with a notice."""
    marks = [entity for entity in entities if is_marker(entity.written)]
    if marks:
        source.note(
            f"{shown(marks[0].written)} is no phrase, but a mark for what is not in the list; it is left out",
            [mark.line for mark in marks],
            is_left_out=True,
        )
    return [entity for entity in entities if not is_marker(entity.written)] if marks else entities


def read_classed_entities(
    source: EntityList, classes: Collection[str], format_name: str = AUTO, entity_class: str = CLASS
) -> List[Entity]:
    """The entities of a list, each in its class: the one that its row names or, where it names none, the list's.

    Notices are logged as warnings. Those of a domain go into the general class where the base does not have theirs.

    Args:
      source, format_name: see :func:`read_entities`.
      classes: those of the base that the list is for.
      entity_class: of the list.

    Raises:
      InputError: as :func:`read_entities`; or a class is none of the base's, or not that of the list.
    """
    return list(read_list_with_notices(source, classes, format_name, entity_class).entities)


def read_list_with_notices(
    source: EntityList, classes: Collection[str], format_name: str = AUTO, entity_class: str = CLASS
) -> ReadList:
    """Read a list as :func:`read_classed_entities`, with the lexicon that a domain brings."""
    read = read_classed_list(source, classes, format_name, entity_class)
    show(read.notices)
    return read


def read_classed_list(
    source: EntityList, classes: Collection[str], format_name: str = AUTO, entity_class: str = CLASS
) -> ReadList:
    """Read a list as :func:`read_classed_entities`, and return the notices, too."""
    path = list_path(source)
    check_class(entity_class, classes, path)
    of_domain = path is not None and find_domain(path) is not None
    entities = []
    read = read_list(source, format_name)
    for entity in read.entities:
        if of_domain and entity.entity_class not in classes:
            entity = replace(entity, entity_class=CLASS)
        own = entity.entity_class
        if own not in (CLASS, entity_class) and entity_class != CLASS:
            raise InputError(
                f"{entity.written!r} is of class {own!r}, its list of {entity_class!r}; give the list without a class, "
                "and each row goes into its own",
                path,
                entity.line,
            )
        check_class(own, classes, path, entity.line)
        entities.append(replace(entity, entity_class=entity_class) if own == CLASS != entity_class else entity)
    return replace(read, entities=entities)


def list_path(source: EntityList) -> Optional[Path]:
    """The path of a list, for messages; None where it is given in Python."""
    return Path(source) if isinstance(source, (str, Path)) else None


def check_class(name: str, classes: Collection[str], path: Optional[Path] = None, line: Optional[int] = None) -> None:
    """Raises :class:`InputError` where a base does not have a class.

    Args:
      classes: those of the base.
      path, line: where the class is named.
    """
    if name not in classes:
        known = ", ".join(known for known in classes if known != CLASS) or "none"
        raise InputError(
            f"the base has no class {name!r} (it has: {known}); name it with 'wfst-bias graph base --class'", path, line
        )
