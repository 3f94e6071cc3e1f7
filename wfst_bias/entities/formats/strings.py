"""JSON lists of strings, alone or with weights: of pyctcdecode, Vosk, Deepgram, and of programs of one's own."""

import math
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.documents import found_under, items_under
from wfst_bias.entities.formats.lines import weight_in_nats
from wfst_bias.entities.formats.scales import SCALES, nats
from wfst_bias.entities.formats.source import Document, Entities, Source, phrase_of
from wfst_bias.entities.formats.weighted import NATS, guessed_scale

_LISTS = (
    "hotwords",
    "keyterm",
    "keyterms",
    "keyterms_prompt",
    "keywords",
    "phrases",
    "word_boost",
    "grammar",
    "vocabulary",
)
_DEEPEST = 3  # lists in lists
_TEXTS = ("phrase", "text", "term", "word", "name", "keyword", "hotword", "value", "entity", "label")
_WEIGHTS = ("weight", "boost", "score", "intensifier")


class _Item(NamedTuple):
    """A phrase of a list, its line, and its weight where it has one."""

    phrase: str
    line: int
    weight: Any = None


def read_strings(source: Source) -> Entities:
    """A JSON list of strings, alone or under a key as pyctcdecode's ``hotwords`` and Deepgram's ``keyterm``.

    Lists in lists, pairs of a phrase and a weight, objects with a phrase, and an object of weights by phrases are taken,
    too, with a notice.
    """
    document = Document.of(source)
    value = document.value
    common = _common_weight(document, value)
    items = list(_items(document, value))
    weights = [item.weight for item in items if item.weight is not None]
    if not weights:
        return [Entity(item.phrase, common, item.line) for item in items]
    first = next(item for item in items if item.weight is not None)
    sizes = [abs(source.number(item.line, item.weight, "weight", "2.0")) for item in items if item.weight is not None]
    scale = guessed_scale(sizes)
    entities = [Entity(i.phrase, common if i.weight is None else _in_nats(source, i, scale), i.line) for i in items]
    source.note(
        f"{first.weight} is taken for the weight of {first.phrase!r}, of the scale {scale}; write lines of JSON with a weight in "
        'nats for another one: {"phrase": "...", "weight": 2.0}',
        [item.line for item in items if item.weight is not None],
    )
    return entities


def _in_nats(source: Source, item: _Item, scale: str) -> float:
    if scale == NATS:
        return weight_in_nats(source, item.line, item.weight, "2.0")
    return nats(float(item.weight), SCALES[scale])


def _common_weight(document: Document, value: Any) -> float:
    """``hotword_weight`` of pyctcdecode, in nats."""
    scale = SCALES["hotword-weight"]
    weight = next(iter(found_under(value, "hotword_weight")), scale.neutral)
    line = document.line_of("hotword_weight")
    return nats(document.source.number(line, weight, "hotword_weight", scale.example), scale)


def _items(document: Document, value: Any) -> Iterator[_Item]:
    if isinstance(value, dict):
        keys = [key for key in _LISTS if found_under(value, key)]
        if not keys and value and all(_is_number(weight) for weight in value.values()):
            for phrase, weight in value.items():
                line = document.line_of(phrase)
                yield _Item(phrase_of(document.source, line, phrase, "a key"), line, weight)
            return
        value = items_under(document, value, keys or ["hotwords"], "a list of hotwords")
    nested: List[int] = []
    yield from _flat(document, value if isinstance(value, list) else [value], nested)
    if nested:
        document.source.note("a list in a list: each string of it is taken for a phrase", nested)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False


def _flat(document: Document, items: Sequence[Any], nested: List[int], depth: int = 0) -> Iterator[_Item]:
    """The phrases of a list, and those of lists in it, whose lines are added to ``nested``."""
    for item in items:
        if isinstance(item, dict):
            yield _of_object(document, item)
        elif isinstance(item, list) and depth < _DEEPEST:
            if len(item) == 2 and isinstance(item[0], str) and _is_number(item[1]):
                yield _Item(*document.phrase(item[0], "a hotword"), item[1])
            else:
                inner = list(_flat(document, item, nested, depth + 1))
                nested += [one.line for one in inner]
                yield from inner
        else:
            yield _Item(*document.phrase(item, "a hotword"))


def _of_object(document: Document, item: Dict[str, Any]) -> _Item:
    texts: List[str] = [key for key in _TEXTS if key in item]
    if len(texts) != 1:
        document.phrase(item, "a hotword")
    weight: Optional[str] = next((key for key in _WEIGHTS if key in item), None)
    found = _Item(*document.phrase(item[texts[0]], texts[0]), item[weight] if weight else None)
    others = sorted(item.keys() - {texts[0], weight})
    if others:
        document.source.note(
            f"only {texts[0]!r} and the weight are used, not {', '.join(map(repr, others))}", [found.line]
        )
    return found
