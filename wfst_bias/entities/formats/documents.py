"""Lists in JSON: our own lines, Google, Azure, Speechmatics, Gladia, IBM."""

import itertools
import json
import re
from typing import Any, Callable, Dict, Iterator, List, Sequence

from wfst_bias.core.symbols import CLASS
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.lines import weight_in_nats
from wfst_bias.entities.formats.scales import SCALES, nats
from wfst_bias.entities.formats.source import Document, Entities, Source, phrase_of, shown, strings
from wfst_bias.entities.formats.tables import OWN_COLUMNS, gate_of

_OWN_KEYS = frozenset(OWN_COLUMNS)
GLADIA_KEYS = (
    "custom_vocabulary",
    "custom_vocabulary_config",
    "vocabulary",
    "pronunciations",
    "intensity",
    "default_intensity",
)
_CLASS_REFERENCE = re.compile(r"\$\{([^}]+)\}|(?<!\w)\$([A-Z][A-Z0-9_]*)")  # 'A$AP' is a name
_MOST_EXPANDED = 100_000  # phrases that one with references to classes stands for


def has_key(*keys: str) -> Callable[[Source], bool]:
    """Whether a file is JSON with one of some keys anywhere."""
    written = re.compile(rf'"(?:{"|".join(keys)})"\s*:')
    return lambda source: source.is_json and bool(written.search(source.text))


def is_own_lines(source: Source) -> bool:
    if not source.is_json:
        return False
    try:
        row = json.loads(source.rows[0][1])
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and "phrase" in row


def read_own_lines(source: Source) -> Entities:
    """One object a line: ``phrase``, and any of ``weight display spoken pronunciation class gate``."""
    return [_own(source, line, text) for line, text in source.rows]


def _own(source: Source, line: int, text: str) -> Entity:
    row = source.json(text, line, 'write {"phrase": "..."}')
    if not isinstance(row, dict):
        source.wrong(line, f'found {shown(text.strip())}; write {{"phrase": "..."}}')
    if unknown := row.keys() - _OWN_KEYS:
        source.wrong(line, f"{min(unknown)!r} is no key; {', '.join(OWN_COLUMNS)} are known")
    return Entity(
        phrase_of(source, line, row.get("phrase"), "phrase"),
        weight_in_nats(source, line, row["weight"], '"weight": 2.0') if "weight" in row else 0.0,
        line,
        phrase_of(source, line, row["class"], "class") if "class" in row else CLASS,
        phrase_of(source, line, row["display"], "display") if "display" in row else "",
        tuple(strings(source, line, row.get("spoken"), "spoken")),
        tuple(tuple(units.split()) for units in strings(source, line, row.get("pronunciation"), "pronunciation")),
        gate_of(source, line, row.get("gate")),
    )


def own_line(entity: Entity) -> str:
    """An entity as :func:`read_own_lines` reads it."""
    row: Dict[str, Any] = {"phrase": entity.written}
    row.update(weight=entity.weight, display=entity.display, spoken=list(entity.spoken))
    row.update(pronunciation=[" ".join(units) for units in entity.pronunciations], gate=entity.gate)
    if entity.entity_class != CLASS:
        row["class"] = entity.entity_class
    return json.dumps({key: value for key, value in row.items() if value}, ensure_ascii=False) + "\n"


def _objects(value: Any, but: str) -> Iterator[Dict[str, Any]]:
    """The objects of a JSON value, from its beginning to its end, without what stands under one key."""
    left = [value]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            yield value
            left += [inner for key, inner in reversed(value.items()) if key != but]
        elif isinstance(value, list):
            left += reversed(value)


def found_under(value: Any, key: str) -> List[Any]:
    """The values under a key, anywhere in a JSON value."""
    return [found[key] for found in _objects(value, key) if key in found]


def items_under(document: Document, value: Any, keys: Sequence[str], what: str) -> List[Any]:
    """The lists that stand under some keys of a part of a document, one behind the other; not what is on or off."""
    lists = [found for key in keys for found in found_under(value, key) if not isinstance(found, bool)]
    if not lists or not all(isinstance(found, list) for found in lists):
        document.wrong(keys[0], f"has no list under {' or '.join(map(repr, keys))}, as {what} has")
    return [item for found in lists for item in found]


def read_google(source: Source) -> Entities:
    """A ``PhraseSet``, or the adaptation of a request with its ``customClasses``; a class stands for all its items."""
    document = Document.of(source)
    classes = _google_classes(document)
    sets = [found for found in _objects(document.value, "phrases") if isinstance(found.get("phrases"), list)]
    if not sets:
        document.wrong("phrases", 'has no list of "phrases", as Google\'s PhraseSet has')
    entities = []
    for phrase_set in sets:
        default = phrase_set.get("boost", 0.0)
        for item in phrase_set["phrases"]:
            item = item if isinstance(item, dict) else {"value": item}
            value, line = document.phrase(item.get("value"), "value")
            boost = source.number(line, item.get("boost", default), "boost", '"boost": 10')
            weight = nats(boost, SCALES["google-boost"])
            entities += [Entity(phrase, weight, line) for phrase in _expanded(source, line, value, classes)]
    return entities


def _google_classes(document: Document) -> Dict[str, List[str]]:
    key = "customClasses"
    line = document.line_of(key)
    classes = {}
    for entries in found_under(document.value, key):
        for entry in entries if isinstance(entries, list) else [entries]:
            items = entry.get("items", []) if isinstance(entry, dict) else None
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                document.wrong(key, f'{shown(entry)} is no class; write {{"customClassId": "...", "items": [...]}}')
            name = str(entry.get("customClassId") or entry.get("name", "")).rpartition("/")[2]
            phrases = (phrase_of(document.source, line, item.get("value"), "an item of a class") for item in items)
            classes[name] = list(phrases)
    return classes


def _expanded(source: Source, line: int, value: str, classes: Dict[str, List[str]]) -> List[str]:
    """A phrase with each item of the classes that it refers to, or itself."""
    parts, end, num_phrases = [], 0, 1
    for found in _CLASS_REFERENCE.finditer(value):
        items = classes.get((found[1] or found[2]).rpartition("/")[2])
        if not items:
            source.wrong(line, f"class {found[0]!r} has no items here; write them under customClasses, or leave it out")
        parts += [[value[end : found.start()]], items]
        end = found.end()
        num_phrases *= len(items)
    if num_phrases > _MOST_EXPANDED:
        source.wrong(line, f"{value!r} stands for {num_phrases:,} phrases; write a phrase for each class")
    return ["".join(part) for part in itertools.product(*parts, [value[end:]])]


def read_azure(source: Source) -> Entities:
    """``phraseList`` of the fast transcription's definition, with its ``biasingWeight``."""
    document = Document.of(source)
    what = "Azure's phraseList"
    entities = []
    for found in found_under(document.value, "phraseList"):
        weight = found.get("biasingWeight", 1.0) if isinstance(found, dict) else 1.0
        line = document.line_of("biasingWeight")
        weight = nats(source.number(line, weight, "biasingWeight", '"biasingWeight": 1.5'), SCALES["azure-weight"])
        for item in items_under(document, found, ["phrases"], what):
            phrase, line = document.phrase(item, "phrases")
            entities.append(Entity(phrase, weight, line))
    return entities or document.wrong("phraseList", f"has no phrase, as {what} has")


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
    default = next(iter(found_under(document.value, "default_intensity")), SCALES["gladia-intensity"].neutral)
    entities = []
    value = document.value if isinstance(document.value, dict) else {keys[0]: document.value}
    for item in items_under(document, value, keys, what):
        item = item if isinstance(item, dict) else {written: item}
        text, line = document.phrase(item.get(written), written)
        sounds = next((key for key in ("sounds_like", "pronunciations") if key in item), "")
        spoken = strings(source, line, item.get(sounds), sounds)
        display = item.get("display_as") or ""
        display = phrase_of(source, line, display, "display_as") if display else ""
        intensity = source.number(line, item.get("intensity", default), "intensity", '"intensity": 0.5')
        weight = nats(intensity, SCALES["gladia-intensity"])
        entities.append(
            Entity(text, weight, line, display=display, spoken=tuple(dict.fromkeys((text, *spoken))) if spoken else ())
        )
    return entities
