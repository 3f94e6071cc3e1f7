"""The pieces of a written phrase, numbers, words and signs, each with its verbalizations."""

import re
from functools import lru_cache
from typing import Callable, Dict, Iterator

from wfst_bias.core.text import lower, marks, words_of
from wfst_bias.entities.verbalize import letters, numbers
from wfst_bias.entities.verbalize.abbreviations import Context, abbreviated
from wfst_bias.entities.verbalize.letters import LOWER, UPPER
from wfst_bias.entities.verbalize.verbalizations import Verbalizations, distinct, ending_in, joined

LETTER = r"[^\W\d_]"
DOMAIN = r"\.(?:[\w-]+\.)*(?:com|org|net|io|ai|gov|edu|co|uk|eu|de|tv|fm|js|app|dev)\b"

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT = r"(?:%|°[CF]?|[mk]?g|m?l|[ckm]?m|lbs?|oz|ft|mph|[KMGT]B|[kMG]?Hz|[ap]m)"
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


def pieces(text: str, all_caps: bool) -> Iterator[Verbalizations]:
    """The verbalizations of each piece of a phrase; what is not spoken is left out.

    Args:
      text: in NFC, digits, signs and apostrophes plain.
      all_caps: its capitals mean nothing.
    """
    for match in _piece().finditer(text):
        context = Context(text[: match.start()], text[match.end() :])
        verbalizations = _VERBALIZERS[str(match.lastgroup)](match, context, all_caps)
        if verbalizations:
            yield verbalizations


def _amount(match: "re.Match[str]", context: Context, all_caps: bool) -> Verbalizations:
    currency = ((_SIGNS[match[0][0]],),)
    return numbers.understood(match[0]) or joined([*pieces(match[0][1:], all_caps), currency])


def _quantity(match: "re.Match[str]", context: Context, all_caps: bool) -> Verbalizations:
    """``5th``, ``12 km``, ``50%``; ``3M``, ``2Pac``."""
    value, unit = match["value"], match["tail"] or match["unit"]
    as_one = numbers.understood(match[0])
    if as_one and (unit in _ORDINAL_ENDS or not unit.isalpha()):
        return as_one
    spoken = _of_word(unit, Context(value, context.behind), all_caps) if unit.isalpha() else ((_SIGNS[unit[0]],),)
    return distinct([*as_one, *joined([numbers.number(value), spoken])])


def _time(match: "re.Match[str]", context: Context, all_caps: bool) -> Verbalizations:
    return numbers.understood(match[0]) or joined(map(numbers.number, match.group("hour", "minute")))


def _initials(match: "re.Match[str]", context: Context, all_caps: bool) -> Verbalizations:
    return letters.spelled("".join(filter(str.isalpha, match[0])))


def _sign(match: "re.Match[str]", context: Context, all_caps: bool) -> Verbalizations:
    sign, last, following = match[0], context.front[-1:], context.behind[:1]
    if sign == "#":
        if following.isdigit():
            return (("number",),)
        return (("sharp",),) if last.isalpha() else ((), ("hashtag",))
    if sign == "/":
        return ((), ("slash",))
    if sign == ".":
        if last.isdigit() and following.isdigit():
            return (("point",),)
        is_spoken = re.match(DOMAIN, sign + context.behind, re.IGNORECASE) and not last.isdigit()
        return (("dot",),) if is_spoken else ()
    return ((_SIGNS[sign],),)


def _of_word(word: str, context: Context, all_caps: bool) -> Verbalizations:
    """An abbreviation, a Roman numeral, a code at a digit, an acronym, words run together, or just a word."""
    if not re.search(LETTER, word):
        return ()
    plain = (words_of(word),)
    in_capitals = _CAPITALS.fullmatch(word)
    stem, end = (in_capitals[1], lower(in_capitals[2] or "")) if in_capitals else (word, "")
    if spoken := abbreviated(word, context):
        return distinct([*spoken, *letters.acronym(stem, end)]) if in_capitals and not all_caps else spoken
    if spoken := _roman(stem, context):
        return ending_in(spoken, end)
    if context.touches_digit and len(stem) <= _LONGEST_CODE and (in_capitals or word.islower() or len(word) == 1):
        code, name = letters.acronym(stem, end), plain if letters.has_vowel(word) else ()
        return distinct([*name, *code] if word.islower() and len(word) == _LONGEST_CODE else [*code, *name])
    if in_capitals and not (all_caps and letters.has_vowel(stem)):
        return letters.acronym(stem, end)
    if not in_capitals and re.search(rf"[{LOWER}{UPPER}][{UPPER}]", word) and not word.isupper():
        return letters.mixed(word)
    return plain


def _roman(word: str, context: Context) -> Verbalizations:
    """``Henry VIII``, ``Rocky II``; none where a word is no Roman numeral, or may as well be none."""
    value = numbers.roman(word)
    if value is None or context.is_first or context.touches_digit:
        return ()
    as_number = [*joined([(("the",),), numbers.ordinal(value)]), *numbers.number(str(value))[:1]]
    if len(word) > 1:
        return distinct([*as_number, tuple(lower(word)) if word.isupper() else (word,)])
    return distinct([(lower(word),), *as_number]) if context.is_last and word.isupper() else ()


_VERBALIZERS: Dict[str, Callable[["re.Match[str]", Context, bool], Verbalizations]] = {
    "amount": _amount,
    "plural": lambda match, context, all_caps: numbers.plural(match["many"]),
    "ratio": lambda match, context, all_caps: numbers.ratio(match["first"], match["second"]),
    "time": _time,
    "quantity": _quantity,
    "number": lambda match, context, all_caps: numbers.number(match[0]),
    "initials": _initials,
    "word": lambda match, context, all_caps: _of_word(match[0], context, all_caps),
    "sign": _sign,
}


@lru_cache(maxsize=None)
def _piece() -> "re.Pattern[str]":
    """A piece of a text, its kind the name of the group."""
    return re.compile(
        rf"""
    (?P<amount>   [$€£¥]\s?{_NUMBER}(?:\s?(?:thousand|million|billion|trillion|[kKmM]|[bB]n?)\b)?)
  | (?P<plural>   '?(?P<many>\d+)'?s\b)
  | (?P<ratio>    (?P<first>\d+)/(?P<second>\d+)(?!/?\d))
  | (?P<time>     (?P<hour>\d{{1,2}}):(?P<minute>\d\d)(?!\d))
  | (?P<quantity> (?P<value>{_NUMBER})(?:(?P<tail>{LETTER}+)|\s?(?P<unit>{_UNIT})(?!{LETTER})))
  | (?P<number>   {_NUMBER})
  | (?P<initials> (?<!{LETTER})(?:{LETTER}\.\s?){{2,}}(?:{LETTER}(?!{LETTER}))?)
  | (?P<word>     (?:{LETTER}|[{marks()}'\u200c\u200d\u05f4]|(?<=[lL])\u00b7(?=[lL]))+)
  | (?P<sign>     [&+@%°\#/$€£¥.])
        """,
        re.VERBOSE,
    )
