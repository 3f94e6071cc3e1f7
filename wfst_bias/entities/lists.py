"""Entity lists of every kind: the format is told by the content, or named."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable, List, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats import documents, lines, tables
from wfst_bias.entities.formats.source import Entities, Source
from wfst_bias.entities.spoken.phrases import is_shouted
from wfst_bias.errors import InputError

AUTO, CSV = "auto", "csv"


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


def _has_key(*keys: str) -> Callable[[Source], bool]:
    """Whether a file is JSON with one of some keys anywhere."""

    def looks_like(source: Source) -> bool:
        text = source.text.lstrip()
        return text[:1] in ("{", "[") and any(json.dumps(key) in text for key in keys)

    return looks_like


def _is_json(source: Source) -> bool:
    return source.text.lstrip()[:1] in ("{", "[")


def _never(source: Source) -> bool:
    return False


FORMATS: Tuple[Format, ...] = (
    Format("jsonl", documents.read_own_lines, documents.is_own_lines),
    Format("speechmatics", documents.read_speechmatics, _has_key("additional_vocab")),
    Format("gladia", documents.read_gladia, _has_key("custom_vocabulary", "custom_vocabulary_config")),
    Format("azure", documents.read_azure, _has_key("phraseList")),
    Format("ibm", documents.read_ibm, _has_key("word")),
    Format("google", documents.read_google, _has_key("value", "boost")),
    Format("strings", documents.read_strings, _is_json),
    Format("aws", tables.read_aws_table, tables.is_aws_table),
    Format("tsv", tables.read_own_table, tables.is_own_table),
    Format("sherpa", lines.read_sherpa, lines.is_sherpa),
    Format("deepgram", lines.read_deepgram, lines.is_deepgram),
    Format("nemo-spellings", lines.read_nemo_spellings, lines.is_nemo_spellings),
    Format("nemo", lines.read_nemo_boost, _never),
    Format("plain", lines.read_plain, lambda source: True),
)
FORMAT_NAMES = (AUTO, *(known.name for known in FORMATS), f"{CSV}:COLUMN")


def read_entities(path: Path, format_name: str = AUTO) -> List[Entity]:
    """The entities of a list.

    Args:
      path: its file, UTF-8.
      format_name: one of :data:`FORMAT_NAMES`; by :data:`AUTO` the content tells it, and ``csv:COLUMN`` names a column.

    Raises:
      InputError: there is no phrase in it, a line or a value cannot be read, or there is no such format.
    """
    source = Source.read(path)
    entities = _reader(source, format_name)(source) if source.rows else []
    if not entities:
        raise InputError("holds no phrase; write one phrase a line", path)
    if is_shouted(entity.written for entity in entities):
        return [replace(entity, shouted=True) for entity in entities]
    return entities


def _reader(source: Source, name: str) -> Callable[[Source], Entities]:
    if name == AUTO:
        if source.path.suffix.lower() == ".csv":
            raise InputError("is a CSV file: name the column of the phrases, --format csv:COLUMN", source.path)
        return next(known.read for known in FORMATS if known.looks_like(source))
    if name.startswith(f"{CSV}:"):
        return lambda source: tables.read_csv(source, name[len(CSV) + 1 :])
    for known in FORMATS:
        if known.name == name:
            return known.read
    raise InputError(f"no format {name!r}; {', '.join(FORMAT_NAMES)} are known")
