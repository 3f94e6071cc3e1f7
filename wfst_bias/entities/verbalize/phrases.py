"""How phrases are spoken, from how they are written."""

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from typing import Iterable

from wfst_bias.core.text import clean, is_letter, lower, words_of
from wfst_bias.entities.verbalize.abbreviations import abbreviations
from wfst_bias.entities.verbalize.letters import LOWER, UPPER
from wfst_bias.entities.verbalize.pieces import DOMAIN, LETTER, pieces
from wfst_bias.entities.verbalize.verbalizations import MOST, Verbalizations, distinct, joined

_DOCTOR = r"\bPh\.\s?D\b"
_MARKS = re.compile("[™®©℠]")
_LIGATURES = "\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06"
_GREEK = re.compile("(?<![\u0370-\u03ff])[\u0391-\u03a9\u03b1-\u03c9](?![\u0370-\u03ff])(?!(?<=\u03bc)[A-Za-z])")  # not that of \u03bcg
_LONGEST_ACRONYM = 5  # letters; longer ones are rare


def spoken_forms(written: str, all_caps: bool = False) -> Verbalizations:
    """The words of each verbalization of a phrase, the likeliest first, :data:`MOST` at most.

    What is written as it is spoken has one form, its own words; what no rule knows stays as it is written.

    Args:
      written: the phrase.
      all_caps: its capitals mean nothing, see :func:`is_all_caps`.
    """
    written = clean(written)
    if not _unlike_its_words().search(written):
        return distinct([words_of(written)])
    text = _normal(written)
    return distinct(joined(pieces(text, all_caps or _is_all_caps_phrase(text))))


def forms_of_all(texts: Iterable[str], all_caps: bool = False) -> Verbalizations:
    """The forms of several spellings of a phrase; the likeliest of each are first, and all there."""
    forms = [spoken_forms(text, all_caps) for text in texts]
    ranked = distinct(form for rank in zip_longest(*forms, fillvalue=()) for form in rank)
    return ranked[: max(MOST, len(forms))]


def is_all_caps(phrases: Iterable[str]) -> bool:
    """Whether a list is written in capitals throughout, so that capitals do not mark acronyms.

    Most of its phrases are in capitals then, and most of these are longer than acronyms are.
    """
    lettered = [phrase for phrase in phrases if phrase.upper() != phrase.lower()]
    capital = [phrase for phrase in lettered if phrase.isupper()]
    short = [p for p in capital if " " not in p and sum(map(str.isalnum, p)) <= _LONGEST_ACRONYM]
    return len(capital) > len(lettered) / 2 and len(short) < len(capital) / 2


def _is_all_caps_phrase(text: str) -> bool:
    return text.isupper() and len(re.findall(LETTER + "{3,}", text)) > 1


@lru_cache(None)
def _unlike_its_words() -> "re.Pattern[str]":
    """Finds what is not spoken as the words that it is written in; a quick look, which may err on this side."""
    known = abbreviations()
    dotted, plain = (
        "|".join(re.escape(key) for key in known if key.endswith(".") == has_dot) for has_dot in (True, False)
    )
    return re.compile(
        "|".join(
            [
                _GREEK.pattern,
                r"[\d&+@%°$€£¥#/²³¹¼-¾⁰-₟⅐-↉①-⓿]",
                rf"[{UPPER}{LOWER}][{UPPER}]",
                rf"\b{LETTER}\.\s?{LETTER}\.",
                rf"{_DOCTOR}|(?i:{DOMAIN})",
                r"(?<=\s)(?:[ivx]{2,}(?!\S)|[IVX]\W*$)",
                rf"(?i:\b(?:(?:{plain})(?![^\W_])|{dotted}))",
            ]
        )
    )


def _normal(text: str) -> str:
    """In one form of Unicode, with plain digits, signs and letters."""
    text = clean("".join(map(_plain, _MARKS.sub("", text)))).replace("\u2044", "/")
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
    text = re.sub(_DOCTOR, "PhD", text)
    if re.search("[A-Za-z]", text):
        text = _GREEK.sub(lambda letter: f" {_greek_name(letter[0])} ", text)  # TNF-\u03b1
    return re.sub(rf"(?<={LETTER})\$(?={LETTER})", "S", text)  # A$AP


def _greek_name(letter: str) -> str:
    return lower(unicodedata.name(letter).split()[-1]).replace("lamda", "lambda")


def _plain(char: str) -> str:
    """A sign, a digit or a typographic form of letters in plain characters; letters that are parted so stay."""
    is_parted = unicodedata.decomposition(char).startswith("<compat>") and is_letter(char)
    return char if is_parted and char not in _LIGATURES else unicodedata.normalize("NFKC", char)
