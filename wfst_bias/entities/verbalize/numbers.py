"""Numbers: cardinals, ordinals, years, amounts and measures, digits one by one and in pairs.

The grammars are those of WeTextProcessing; what it lacks for names stands here: pairs of digits (``A320``, *three
twenty*), decades of a century, fractions that are none (``24/7``), and Roman numerals.
"""

import re
from functools import lru_cache
from typing import Any, Optional, Tuple

from wfst_bias.entities.verbalize.verbalizations import MOST, Verbalizations, distinct, doubled, ending_in, joined

_CANDIDATES = 8
_MOST_COST = 2.0  # of a verbalization; a word that the grammar only copies costs 100, a sign 1 to 3
_ODD = re.compile(r"thousand\b|(ten|twenty) hundred|half|.* us dollars?$|.* to ")  # 'ten to thirty' is not 10:30
_DIGIT = "(?:oh|zero|one|two|three|four|five|six|seven|eight|nine)"
_ONE_BY_ONE = re.compile(rf"{_DIGIT}( {_DIGIT})+")
_TWO_DIGITS = re.compile(r"\D*[1-9]\d\D*")
_ROMAN = re.compile(r"(x{0,3})(ix|iv|v?i{0,3})")
_ORDINAL_ENDS = {1: "st", 2: "nd", 3: "rd"}


@lru_cache(None)
def _normalizer() -> Any:
    from wetext import Normalizer  # 0.4 s and 57 MB of grammars: only where there are numbers

    return Normalizer(lang="en", operator="tn")


@lru_cache(1 << 16)
def understood(text: str) -> Verbalizations:
    """Verbalize a number with its signs and units by the grammar; none where the grammar does not know a part of it."""
    try:
        candidates = _normalizer().normalize_candidates(text, nbest=_CANDIDATES)
    except RuntimeError:  # there is no path
        return ()
    texts = [c.text.lower() for c in sorted(candidates, key=_rank) if c.cost <= _MOST_COST and not _ODD.match(c.text)]
    if _TWO_DIGITS.fullmatch(text):
        texts = [text for text in texts if not _ONE_BY_ONE.match(text)]
    copied = set(re.findall("[a-z]+", text.lower()))
    forms = [tuple(text.split()) for text in texts if re.fullmatch("[a-z' ]+", text)]
    return distinct(form for form in forms if copied.isdisjoint(form))


def _rank(candidate: Any) -> Tuple[float, int, bool]:
    """The grammar's own weight, then how short a form is, digits one by one last."""
    return round(candidate.cost, 2), candidate.text.count(" "), bool(_ONE_BY_ONE.fullmatch(candidate.text))


def number(text: str) -> Verbalizations:
    """``747``, ``1,000``, ``3.14``; digits in pairs first, where there are three or four."""
    digits, _, decimals = text.replace(",", "").partition(".")
    if decimals:
        return understood(f"{digits}.{decimals}") or joined([number(digits), (("point",),), *map(understood, decimals)])
    forms = [*_in_pairs(digits), *understood(digits)] or joined(map(understood, digits))
    doubles = [doubled(form) for form in forms if digits.startswith("00")]  # 007
    return distinct([*forms, *doubles])[:MOST]


def _in_pairs(digits: str) -> Verbalizations:
    head, tail = digits[:-2], digits[-2:]
    if len(digits) not in (3, 4) or head.startswith("0") or tail == "00" and head.endswith("0"):
        return ()
    return joined([understood(head)[:1], (("hundred",),) if tail == "00" else understood(tail)[:1]])


def plural(digits: str) -> Verbalizations:
    """``1990s``, ``80s``, ``747s``."""
    century, decade = digits[:-2], digits[-2:]
    if len(digits) in (2, 4) and digits.endswith("0") and decade != "00":
        return joined([*([understood(century)] if century else []), understood(f"{decade}s")[:1]])
    return ending_in(number(digits)[:2], "s")


def ratio(first: str, second: str) -> Verbalizations:
    """``24/7``, ``9/11``; a fraction where it looks like one, ``3/4``."""
    apart = joined([number(first)[:1], number(second)[:1]])
    fraction = tuple(form for form in understood(f"{first}/{second}") if "divided" not in form)
    is_fraction = int(first) < int(second) <= 10
    return fraction + apart if is_fraction else apart + fraction


def roman(word: str) -> Optional[int]:
    """The value of a Roman numeral below forty, in one case; none where a word is no such thing."""
    match = _ROMAN.fullmatch(word.lower())
    if not match or not (word.isupper() or word.islower()):
        return None
    tens, ones = match.groups()
    value = {"ix": 9, "iv": 4}.get(ones) or 5 * ones.count("v") + ones.count("i")
    return 10 * len(tens) + value


def ordinal(value: int) -> Verbalizations:
    end = _ORDINAL_ENDS.get(value % 10, "th") if value // 10 % 10 != 1 else "th"
    return understood(f"{value}{end}")
