"""Lists with a phrase on each line: plain, sherpa-onnx, NeMo, Deepgram."""

import re
from typing import Optional
from urllib.parse import unquote

from wfst_bias.entities.entity import MAX_WEIGHT, Entity
from wfst_bias.entities.formats.scales import SCALES, nats
from wfst_bias.entities.formats.source import Entities, Source

_SHERPA_TAIL = re.compile(r"\s(?:([:#@])(\S+)|(@)(\S+(?:\s+[^\s:#@]\S*)+))\s*$")  # a display may have spaces
_WORD_START = "\u2581"
_SHERPA_NUMBER = re.compile(rf"\s:-?\d+(\.\d+)?(\s|$)|\s#0?\.\d+(\s|$)|{_WORD_START}")  # 'Motel #6' is a phrase
_SHERPA_DISPLAY = re.compile(r"\S\s+@\S+\s*$")
_DEEPGRAM_KEY = re.compile(r"^\s*(?:\S*[?&])?(?:keyterm|keywords?)=")  # 'Psalm 23:4' is a phrase
_ADDRESS = re.compile(r"^[^=&?]*\?")  # of a URL, before its parameters
_DEEPGRAM_PARAMETER = re.compile(r"^(?:keyterm|keywords?)=(.*)$")
_PARAMETER = re.compile(r"&(?=\w+=|$)")  # 'AT&T' is a phrase
_PLUS = re.compile(r"(?<=\w)\+(?=\w)")  # 'C++' is a phrase
_DEEPGRAM = re.compile(r"^(.*[^:\s]):\s*(-?[\d.]+)$")


def read_plain(source: Source) -> Entities:
    """One phrase a line, or ``PHRASE<TAB>WEIGHT`` in nats: plain lists of WeNet, icefall, Azure, NeMo, pyctcdecode, too."""
    return [plain_entity(source, line, text) for line, text in source.rows]


def plain_entity(source: Source, line: int, text: str) -> Entity:
    """The entity of ``PHRASE`` or ``PHRASE<TAB>WEIGHT``; empty columns behind them do not count."""
    phrase, *rest = text.rstrip().split("\t")
    if len(rest) > 1:
        source.wrong(line, f"{len(rest) + 1} columns found; write 'PHRASE' or 'PHRASE<TAB>WEIGHT'")
    if not phrase.strip():
        source.wrong(line, "a weight without a phrase; write 'PHRASE<TAB>WEIGHT'")
    return Entity(phrase.strip(), weight_in_nats(source, line, rest[0]) if rest else 0.0, line)


def weight_in_nats(source: Source, line: int, text: str, example: str = "'PHRASE<TAB>2.0'") -> float:
    """A weight of our own scale."""
    weight = source.number(line, text, "weight", example)
    if abs(weight) > MAX_WEIGHT:
        source.wrong(
            line,
            f"weight {text!r} is beyond {MAX_WEIGHT:g} nats: the phrase would "
            f"{'be found in everything' if weight > 0.0 else 'never be found'}; write 1 to 5 or -5 to -1, or name "
            "--format nemo for a boosting file of NeMo's",
        )
    return weight


def read_lines(source: Source) -> Entities:
    """One phrase a line, whatever it holds."""
    return [Entity(" ".join(text.split()), 0.0, line) for line, text in source.rows]


def is_sherpa(source: Source) -> bool:
    texts = [text for _, text in source.rows]
    return any(map(_SHERPA_NUMBER.search, texts)) or all(map(_SHERPA_DISPLAY.search, texts))


def read_sherpa(source: Source) -> Entities:
    """Hotwords ``PHRASE :SCORE`` and keywords ``PHRASE :SCORE #THRESHOLD @DISPLAY``, tokenized or not."""
    return [_sherpa(source, line, text) for line, text in source.rows]


def _sherpa(source: Source, line: int, text: str) -> Entity:
    marks = {}
    phrase = f" {text}"
    while match := _SHERPA_TAIL.search(phrase):
        mark, value = filter(None, match.groups())
        if mark in marks:
            source.wrong(line, f"has {mark!r} twice; write 'PHRASE :SCORE #THRESHOLD @DISPLAY'")
        marks[mark] = value
        phrase = phrase[: match.start()]
    phrase = phrase.strip()
    if _WORD_START in phrase:  # pieces of a subword model
        phrase = phrase.replace(" ", "").replace(_WORD_START, " ").strip()
    if not phrase:
        source.wrong(line, f"no phrase before {text.strip()!r}; write 'PHRASE :SCORE #THRESHOLD @DISPLAY'")
    weight = 0.0
    if ":" in marks:
        weight = nats(source.number(line, marks[":"], "score", "'PHRASE :2.0'"), SCALES["context-score"])
    gate = None
    if "#" in marks:
        gate = source.number(line, marks["#"], "threshold", "'PHRASE #0.25'")
        if not 0.0 < gate <= 1.0:
            source.wrong(line, f"threshold {marks['#']} is no probability; write 'PHRASE #0.25'")
    return Entity(phrase, weight, line, display=marks.get("@", "").replace("_", " "), gate=gate)


def read_nemo_boost(source: Source) -> Entities:
    """``PHRASE<TAB>BOOST`` of NeMo's and Riva's Flashlight decoders, 20 to 100 and their negatives."""
    entities = []
    for line, text in source.rows:
        phrase, _, boost = text.strip().rpartition("\t")
        if not phrase:
            source.wrong(line, f"found {text!r}; write 'PHRASE<TAB>40'")
        value = source.number(line, boost, "boost", "'PHRASE<TAB>40'")
        entities.append(Entity(phrase.strip(), nats(value, SCALES["nemo-boost"]), line))
    return entities


def is_nemo_spellings(source: Source) -> bool:
    """Whether most lines repeat their word as a spelling, or have a spelling of several words; ``user_id`` is a phrase."""
    rows = [[part.strip() for part in text.split("_")] for _, text in source.rows if "\t" not in text]
    if len(rows) < len(source.rows) or not all(len(row) > 1 for row in rows):
        return False
    spelled = [row[0].lower() in map(str.lower, row[1:]) or any(" " in part for part in row[1:]) for row in rows]
    return 2 * sum(spelled) >= len(rows)


def read_nemo_spellings(source: Source) -> Entities:
    """``WORD_SPELLING1_SPELLING2`` of NeMo's word spotter: as it is written, then as it may be transcribed."""
    entities = []
    for line, text in source.rows:
        written, *spellings = (part.strip() for part in text.split("_"))
        if not written or not all(spellings):
            source.wrong(line, f"found {text!r}, of which a part is empty; write 'gpu_g p u_gpu'")
        entities.append(Entity(written, 0.0, line, spoken=tuple(dict.fromkeys(spellings))))
    return entities


def is_deepgram(source: Source) -> bool:
    return any(_DEEPGRAM_KEY.match(text) for _, text in source.rows)


def read_deepgram(source: Source) -> Entities:
    """``KEYTERM`` or ``KEYWORD:INTENSIFIER``, one a line, or parameters of a URL: ``keyterm=NEW%20YORK&keywords=WORD:2``."""
    entities, others, spaced = [], [], []
    for line, text in source.rows:
        if not _DEEPGRAM_KEY.match(text):
            entities.append(_deepgram(source, line, text.strip()))
            continue
        parameters = _PARAMETER.split(_ADDRESS.sub("", text.strip()))
        for parameter in filter(None, parameters):
            if found := _DEEPGRAM_PARAMETER.match(parameter):
                value = _PLUS.sub(" ", found[1]) if " " not in text.strip() else found[1]
                spaced += [line] * (value != found[1])
                entities.append(_deepgram(source, line, value))
            else:
                others.append((line, parameter))
    if others:
        source.note(
            f"no phrase, but another parameter: {others[0][1]!r}", [line for line, _ in others], is_left_out=True
        )
    if spaced:
        source.note("'+' between letters is taken for a space, as in a URL; write '%2B' for the sign", spaced)
    return entities


def _deepgram(source: Source, line: int, text: str) -> Entity:
    found: Optional["re.Match[str]"] = _DEEPGRAM.match(text)
    phrase, intensifier = found.groups() if found else (text, "1")
    phrase = unquote(phrase).strip()
    if not phrase:
        source.wrong(line, "a key without a phrase; write 'keyterm=PHRASE'")
    value = source.number(line, intensifier, "intensifier", "'WORD:2'")
    return Entity(phrase, nats(value, SCALES["deepgram-intensifier"]), line)
