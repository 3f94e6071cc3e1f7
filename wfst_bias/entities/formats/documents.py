"""Lists in JSON: our own lines, Google, Azure, Speechmatics, Gladia, IBM, Deepgram, pyctcdecode."""

import json
import re
from typing import Any, Dict, List, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.lines import weight_in_nats
from wfst_bias.entities.formats.scales import SCALES, nats
from wfst_bias.entities.formats.source import Document, Entities, Source, phrase_of, strings
from wfst_bias.entities.formats.tables import OWN_COLUMNS, gate_of
from wfst_bias.symbols import CLASS

_CLASS_REFERENCE = re.compile(r"\$\{([^}]+)\}|\$([A-Z][A-Z0-9_]*)")


def is_own_lines(source: Source) -> bool:
    rows = source.rows
    try:
        return bool(rows) and "phrase" in json.loads(rows[0][1])
    except (json.JSONDecodeError, TypeError):
        return False


def read_own_lines(source: Source) -> Entities:
    """One object a line: ``phrase``, and any of ``weight display spoken pronunciation class gate``."""
    return [_own(source, line, text) for line, text in source.rows]


def _own(source: Source, line: int, text: str) -> Entity:
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        source.wrong(line, f'is not JSON ({error.msg}); write {{"phrase": "..."}}')
    if not isinstance(row, dict):
        source.wrong(line, f'found {text.strip()!r}; write {{"phrase": "..."}}')
    unknown = set(row).difference(OWN_COLUMNS)
    if unknown:
        source.wrong(line, f"{min(unknown)!r} is no key; {', '.join(OWN_COLUMNS)} are known")
    return Entity(
        phrase_of(source, line, row.get("phrase"), "phrase"),
        weight_in_nats(source, line, row["weight"]) if "weight" in row else 0.0,
        line,
        phrase_of(source, line, row.get("class", CLASS), "class"),
        phrase_of(source, line, row["display"], "display") if "display" in row else "",
        tuple(strings(source, line, row.get("spoken"), "spoken")),
        tuple(tuple(way.split()) for way in strings(source, line, row.get("pronunciation"), "pronunciation")),
        gate_of(source, line, row.get("gate")),
    )


def own_line(entity: Entity) -> str:
    """An entity as :func:`read_own_lines` reads it."""
    row: Dict[str, Any] = {"phrase": entity.written}
    row.update(weight=entity.weight, display=entity.display, spoken=list(entity.spoken))
    row.update(pronunciation=[" ".join(way) for way in entity.pronunciations], gate=entity.gate)
    if entity.entity_class != CLASS:
        row["class"] = entity.entity_class
    return json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False) + "\n"


def _found(value: Any, key: str) -> List[Any]:
    """What stands under a key, anywhere in a JSON value."""
    if isinstance(value, dict):
        here = [value[key]] if key in value else []
        return here + [found for name, inner in value.items() if name != key for found in _found(inner, key)]
    if isinstance(value, list):
        return [found for inner in value for found in _found(inner, key)]
    return []


def _items(document: Document, keys: Sequence[str], what: str) -> List[Any]:
    """The lists that stand under some keys, one behind the other."""
    lists = [found for key in keys for found in _found(document.value, key)]
    if not lists or not all(isinstance(found, list) for found in lists):
        document.source.wrong(1, f"has no list under {' or '.join(map(repr, keys))}, as {what} has")
    return [item for found in lists for item in found]


def read_google(source: Source) -> Entities:
    """A ``PhraseSet``, or the adaptation of a request with its ``customClasses``; a class stands for all its items."""
    document = Document.of(source)
    classes = _google_classes(document)
    entities = []
    for phrase_set in _google_sets(document):
        default = phrase_set.get("boost", 0.0)
        for item in phrase_set["phrases"]:
            item = {"value": item} if isinstance(item, str) else item
            value = item.get("value") if isinstance(item, dict) else None
            line = document.line_of(value) if isinstance(value, str) else 1
            value = phrase_of(source, line, value, "value")
            boost = source.number(line, item.get("boost", default), "boost", '"boost": 10')
            for phrase, entity_class in _expanded(source, line, value, classes):
                entities.append(Entity(phrase, nats(boost, SCALES["google-boost"]), line, entity_class))
    return entities


def _google_sets(document: Document) -> List[Dict[str, Any]]:
    def sets(value: Any) -> List[Dict[str, Any]]:
        if isinstance(value, dict) and isinstance(value.get("phrases"), list):
            return [value]
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [found for part in inner for found in sets(part)]

    return sets(document.value) or document.source.wrong(1, 'has no list of "phrases", as Google\'s PhraseSet has')


def _google_classes(document: Document) -> Dict[str, List[str]]:
    classes = {}
    for entry in (entry for found in _found(document.value, "customClasses") for entry in found):
        name = entry.get("customClassId") or str(entry.get("name", "")).rpartition("/")[2]
        classes[name] = [item.get("value") for item in entry.get("items", ())]
    return classes


def _expanded(source: Source, line: int, value: str, classes: Dict[str, List[str]]) -> List[Tuple[str, str]]:
    """A phrase with each item of the class that it refers to, or itself; with the class of our own."""
    found = _CLASS_REFERENCE.search(value)
    if not found:
        return [(value, CLASS)]
    name = (found[1] or found[2]).rpartition("/")[2]
    if name not in classes:
        source.wrong(line, f"class {found[0]!r} has no items here; write them under customClasses, or leave it out")
    phrases = []
    for item in classes[name]:
        filled = value[: found.start()] + phrase_of(source, line, item, "an item of a class") + value[found.end() :]
        phrases += _expanded(source, line, filled, classes)
    return phrases


def read_azure(source: Source) -> Entities:
    """``phraseList`` of the fast transcription's definition, with its ``biasingWeight``."""
    document = Document.of(source)
    entities = []
    for found in _found(document.value, "phraseList"):
        weight = source.number(1, found.get("biasingWeight", 1.0), "biasingWeight", '"biasingWeight": 1.5')
        for phrase in _items(Document(source, found), ["phrases"], "Azure's phraseList"):
            line = document.line_of(phrase) if isinstance(phrase, str) else 1
            phrase = phrase_of(source, line, phrase, "phrases")
            entities.append(Entity(phrase, nats(weight, SCALES["azure-weight"]), line))
    return entities


def read_speechmatics(source: Source) -> Entities:
    """``additional_vocab``: strings, or objects with ``content`` and ``sounds_like``."""
    return _sounding(source, ["additional_vocab"], "content", "a transcription_config of Speechmatics")


def read_ibm(source: Source) -> Entities:
    """``words`` of a custom model: objects with ``word``, ``sounds_like`` and ``display_as``."""
    return _sounding(source, ["words"], "word", "a custom model of IBM's")


def read_gladia(source: Source) -> Entities:
    """``custom_vocabulary`` or ``vocabulary``: strings, or objects with ``value``, ``pronunciations``, ``intensity``."""
    return _sounding(source, ["custom_vocabulary", "vocabulary"], "value", "a custom_vocabulary_config of Gladia")


def _sounding(source: Source, keys: Sequence[str], written: str, what: str) -> Entities:
    document = Document.of(source)
    default = next((x for x in _found(document.value, "default_intensity")), 0.5)
    entities = []
    value = document.value if isinstance(document.value, dict) else {keys[0]: document.value}
    for item in _items(Document(source, value), keys, what):
        item = {written: item} if isinstance(item, str) else item
        if not isinstance(item, dict):
            source.wrong(1, f"found {item!r}; a string or an object with {written!r} was expected")
        text = item.get(written)
        line = document.line_of(text) if isinstance(text, str) else 1
        text = phrase_of(source, line, text, written)
        sounds = strings(source, line, item.get("sounds_like", item.get("pronunciations")), "sounds_like")
        display = item.get("display_as") or ""
        weight = 0.0
        if "intensity" in item or default != 0.5:
            intensity = source.number(line, item.get("intensity", default), "intensity", '"intensity": 0.5')
            weight = nats(intensity, SCALES["gladia-intensity"])
        plain = (text, *sounds) if sounds else ()
        entities.append(Entity(text, weight, line, display=display, spoken=tuple(dict.fromkeys(plain))))
    return entities


def read_strings(source: Source) -> Entities:
    """A JSON list of strings, as pyctcdecode's ``hotwords`` and Deepgram's ``keyterm``, alone or under a key."""
    document = Document.of(source)
    value = document.value if isinstance(document.value, dict) else {"hotwords": document.value}
    keys = [key for key in ("hotwords", "keyterm", "keyterms", "keywords", "phrases") if _found(value, key)]
    weight = source.number(1, next(iter(_found(value, "hotword_weight")), 10.0), "hotword_weight", "10")
    entities = []
    for item in _items(Document(source, value), keys or ["hotwords"], "a list of hotwords"):
        line = document.line_of(item) if isinstance(item, str) else 1
        phrase = phrase_of(source, line, item, "a hotword")
        entities.append(Entity(phrase, nats(weight, SCALES["hotword-weight"]), line))
    return entities
