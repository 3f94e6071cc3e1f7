"""The pieces of a written phrase, numbers, words and signs, each with the ways to say it."""

import re
from typing import Callable, Dict, Iterator

from wfst_bias.core.text import words_of
from wfst_bias.entities.verbalize import letters, numbers
from wfst_bias.entities.verbalize.abbreviations import Place, abbreviated
from wfst_bias.entities.verbalize.letters import LOWER, UPPER
from wfst_bias.entities.verbalize.readings import Readings, distinct, ending_in, joined

LETTER = r"[^\W\d_]"
DOMAIN = r"\.(?:[\w-]+\.)*(?:com|org|net|io|ai|gov|edu|co|uk|eu|de|tv|fm|js|app|dev)\b"

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT = r"(?:%|°[CF]?|[mk]?g|m?l|[ckm]?m|lbs?|oz|ft|mph|[KMGT]B|[kMG]?Hz|[ap]m)"
_PIECE = re.compile(
    rf"""
    (?P<amount>   [$€£¥]\s?{_NUMBER}(?:\s?(?:thousand|million|billion|trillion|[kKmM]|[bB]n?)\b)?)
  | (?P<plural>   '?(?P<many>\d+)'?s\b)
  | (?P<ratio>    (?P<first>\d+)/(?P<second>\d+)(?!/?\d))
  | (?P<time>     (?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?!\d))
  | (?P<quantity> (?P<value>{_NUMBER})(?:(?P<tail>{LETTER}+)|\s?(?P<unit>{_UNIT})(?!{LETTER})))
  | (?P<number>   {_NUMBER})
  | (?P<initials> (?<!{LETTER})(?:{LETTER}\.\s?){{2,}}(?:{LETTER}(?!{LETTER}))?)
  | (?P<word>     (?:{LETTER}|[\u0300-\u036f'])+)
  | (?P<sign>     [&+@%°\#/$€£¥.])
    """,
    re.VERBOSE,
)
_SIGNS = {
    "&": "and",
    "+": "plus",
    "@": "at",
    "%": "percent",
    "°": "degrees",
    "$": "dollars",
    "€": "euros",
    "£": "pounds",
    "¥": "yen",
}
_CAPITALS = re.compile(rf"([{UPPER}]{{2,}})('?s|'S)?")
_ORDINAL_ENDS = ("st", "nd", "rd", "th")
_LONGEST_CODE = 3  # letters at a digit that are a code, ``mp3``, and no word, ``covid19``


def pieces(text: str, shouted: bool) -> Iterator[Readings]:
    """The readings of each piece of a phrase; what is not said is left out.

    Args:
      text: in NFKC, digits and apostrophes plain.
      shouted: its capitals mean nothing.
    """
    for match in _PIECE.finditer(text):
        readings = _READERS[match.lastgroup](match, Place(text[: match.start()], text[match.end() :]), shouted)
        if readings:
            yield readings


def _amount(match: "re.Match", place: Place, shouted: bool) -> Readings:
    currency = ((_SIGNS[match[0][0]],),)
    return numbers.understood(match[0]) or joined([*pieces(match[0][1:], shouted), currency])


def _quantity(match: "re.Match", place: Place, shouted: bool) -> Readings:
    """``5th``, ``12 km``, ``50%``; ``3M``, ``2Pac``."""
    value, unit = match["value"], match["tail"] or match["unit"]
    as_one = numbers.understood(match[0])
    if as_one and (unit in _ORDINAL_ENDS or not unit.isalpha()):
        return as_one
    said = _of_word(unit, Place(value, place.behind), shouted) if unit.isalpha() else ((_SIGNS[unit[0]],),)
    return distinct([*as_one, *joined([numbers.number(value), said])])


def _time(match: "re.Match", place: Place, shouted: bool) -> Readings:
    return numbers.understood(match[0]) or joined(map(numbers.number, match.group("hour", "minute")))


def _initials(match: "re.Match", place: Place, shouted: bool) -> Readings:
    return letters.spelled("".join(filter(str.isalpha, match[0])))


def _sign(match: "re.Match", place: Place, shouted: bool) -> Readings:
    sign, last, following = match[0], place.front[-1:], place.behind[:1]
    if sign == "#":
        if following.isdigit():
            return (("number",),)
        return (("sharp",),) if last.isalpha() else ((), ("hashtag",))
    if sign == "/":
        return ((), ("slash",))
    if sign == ".":
        if last.isdigit() and following.isdigit():
            return (("point",),)
        is_said = re.match(DOMAIN, sign + place.behind, re.IGNORECASE) and not last.isdigit()
        return (("dot",),) if is_said else ()
    return ((_SIGNS[sign],),)


def _of_word(word: str, place: Place, shouted: bool) -> Readings:
    """An abbreviation, a Roman numeral, a code at a digit, an acronym, words run together, or just a word."""
    if not re.search(LETTER, word):
        return ()
    plain = (words_of(word),)
    in_capitals = _CAPITALS.fullmatch(word)
    stem, end = (in_capitals[1], (in_capitals[2] or "").lower()) if in_capitals else (word, "")
    if said := abbreviated(word, place):
        return distinct([*said, *letters.acronym(stem, end)]) if in_capitals and not shouted else said
    if said := _roman(stem, place):
        return ending_in(said, end)
    if place.touches_digit and len(stem) <= _LONGEST_CODE and (in_capitals or word.islower() or len(word) == 1):
        code, name = letters.acronym(stem, end), plain if letters.has_vowel(word) else ()
        return distinct([*name, *code] if word.islower() and len(word) == _LONGEST_CODE else [*code, *name])
    if in_capitals and not (shouted and letters.has_vowel(stem)):
        return letters.acronym(stem, end)
    if not in_capitals and re.search(rf"[{LOWER}{UPPER}][{UPPER}]", word) and not word.isupper():
        return letters.mixed(word)
    return plain


def _roman(word: str, place: Place) -> Readings:
    """``Henry VIII``, ``Rocky II``; none where a word is no Roman numeral, or may as well be none."""
    value = numbers.roman(word)
    if value is None or place.is_first or place.touches_digit:
        return ()
    as_number = [*joined([(("the",),), numbers.ordinal(value)]), *numbers.number(str(value))[:1]]
    if len(word) > 1:
        return distinct([*as_number, tuple(word.lower()) if word.isupper() else (word,)])
    return distinct([(word.lower(),), *as_number]) if place.is_last and word.isupper() else ()


_READERS: Dict[str, Callable[["re.Match", Place, bool], Readings]] = {
    "amount": _amount,
    "plural": lambda match, place, shouted: numbers.plural(match["many"]),
    "ratio": lambda match, place, shouted: numbers.ratio(match["first"], match["second"]),
    "time": _time,
    "quantity": _quantity,
    "number": lambda match, place, shouted: numbers.number(match[0]),
    "initials": _initials,
    "word": lambda match, place, shouted: _of_word(match[0], place, shouted),
    "sign": _sign,
}
