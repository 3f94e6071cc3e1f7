"""One form for the text of lists, lexicons, language models, references and transcripts.

Letters are what Unicode calls letters and marks, in every script. :func:`clean` takes out what no reader sees,
:func:`words_of` gives the words as transcripts have them, :func:`comparable` the key under which two spellings are one
word, :func:`latin` the nearest letters of English.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Dict, Optional, Tuple

from anyascii import anyascii

_APOSTROPHES = "\u2019\u02bc\u02bb\u02bd\u02be\u02bf\u02b9\uff07\u055a\ua78c\ua78b\u05f3\u07f4\u07f5"
_QUOTES = "\u2018\u201b`\u00b4\u2032\u2035\u02ca\u02cb\u02c8\uff40"  # an apostrophe between letters only
_HYPHENS = "\u2010\u2011\ufe63\uff0d"
_ONE_FOR_MANY = {**dict.fromkeys(map(ord, _APOSTROPHES), "'"), **dict.fromkeys(map(ord, _HYPHENS), "-")}
_JOINERS = "\u200c\u200d"
_JOINING = (  # scripts that spell with joiners: Arabic, Indic, Burmese, Khmer, Mongolian
    "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u18af\ua8e0-\ua8ff\ufb50-\ufdff\ufe70-\ufefe\U00011000-\U00011fff"
)
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer: no spaces between words
_INVISIBLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef"
_NUMBER_SIGNS = "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"  # format characters, but visible
_DOTTED_I = "i\u0307"  # the small letter of the dotted capital of Turkish
_GERSHAYIM, _MIDDLE_DOT = "\u05f4", "\u00b7"  # inside words: of Hebrew acronyms, of Catalan
_SIGNS = frozenset("'&@+%$\u20ac\u00a3#/" + _GERSHAYIM + _MIDDLE_DOT + _JOINERS)  # stay in words
_NOT_COMPARED: Dict[int, Optional[str]] = {**dict.fromkeys(map(ord, _JOINERS + _GERSHAYIM + "\u0640")), 0x131: "i"}
_SHORTEST_QUOTED = 3  # characters between single quotes; fewer are an elision: 'n'
_ELISION = r"(?:n|em|im|er|e|ow|ome|ouse|ere|cause|cuz|coz|til|till|tis|twas|twere|twill|bout|round|neath|cept|allo|ello)\b"
_STAYING = re.compile(r"(?:s|in|\b\w{1,2}|lil)$")  # before an apostrophe inside a sentence: the boys' hat, goin' home


def clean(text: str) -> str:
    """Return a text in one form of Unicode, as it is shown: case and punctuation stay.

    The form is NFC. Characters that look like an apostrophe and stand for one are ``'``, all spaces one blank, hyphens
    of all widths ``-``. Invisible characters are left out, except joiners inside words of scripts that spell with them;
    in scripts without spaces a zero-width space is a blank.
    """
    if text.isascii() and text.isprintable() and "`" not in text:
        return " ".join(text.split())
    text = re.sub(f"(?<=[{_SPACELESS}])\u200b+(?=[{_SPACELESS}])", " ", unicodedata.normalize("NFC", text))
    text = re.sub(f"([{_JOINERS}])+", r"\1", text.translate(_VISIBLE))
    text = re.sub(f"(?<![{_JOINING}])[{_JOINERS}]|[{_JOINERS}](?![{_JOINING}])", "", text)
    text = unicodedata.normalize("NFC", " ".join(text.split()))
    if any(quote in text for quote in _QUOTES):
        text = _with_quotes_resolved(text)
    text = re.sub('(?<=[\u05d0-\u05ea])["\u201c\u201d](?=[\u05d0-\u05ea])', _GERSHAYIM, text)
    return text.translate(_ONE_FOR_MANY)


def words_of(text: str) -> Tuple[str, ...]:
    """Return the words of a text in the form of transcripts; hyphens and dashes separate words.

    Signs that are spoken (``&``, ``%``, digits) stay, so that what cannot be spelled is reported, not dropped. An
    apostrophe at the edge of a word stays, a pair around one word or several does not. Compare words by :func:`comparable`: joiners
    and the like, which belong to the spelling of a word, are in it or not.
    """
    text = lower(clean(text))
    if "'" in text and " " in text:
        text = _quoted_words().sub(_unquoted, text)
    if text.isascii():
        text = re.sub(r"[^\w'&@+%$#/\s]|_", " ", text)
    else:
        text = re.sub(f"{_GERSHAYIM}(?![\u05d0-\u05ea])|(?<!l){_MIDDLE_DOT}|{_MIDDLE_DOT}(?!l)", " ", text)
        text = text.translate(_SEPARATED)
    words = text.split()
    if "'" in text:
        words = re.sub("'{2,}", " ", text).split()
        words = [word[1:-1] if _is_quoted(word) else word for word in words]
    return tuple(word for word in words if any(c != "'" and unicodedata.category(c)[0] != "M" for c in word))


def lower(text: str) -> str:
    """Return a text in small letters, in NFC; the dotted capital of Turkish becomes a plain ``i``."""
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower()).replace(_DOTTED_I, "i")


def comparable(word: str) -> str:
    """Return the key under which two spellings of a word are the same, in every form of Unicode and in every case."""
    return word.lower() if word.isascii() and word.isalnum() else _comparable(word)


def comparable_words(text: str) -> Tuple[str, ...]:
    """Return the keys of the words of a text, see :func:`words_of` and :func:`comparable`."""
    return tuple(map(comparable, words_of(text)))


@lru_cache(maxsize=1 << 17)
def _comparable(word: str) -> str:
    key, last = word, ""
    while key != last:
        last = key
        key = unicodedata.normalize("NFKD", clean(key)).casefold().translate(_NOT_COMPARED).replace(_DOTTED_I, "i")
        key = clean(unicodedata.normalize("NFKC", key))
    return key


def without_accents(text: str) -> str:
    """Return the text without accents, and with letters such as ``ø`` replaced by the nearest ones of English."""
    if text.isascii() and "`" not in text:
        return text
    return "".join(map(_plain, unicodedata.normalize("NFKD", clean(unicodedata.normalize("NFKC", clean(text))))))


def latin(word: str) -> str:
    """Return the word in the letters a-z and apostrophes, without accents; empty where that is impossible."""
    plain = without_accents(word).replace(_MIDDLE_DOT, "")
    return plain if plain and all("a" <= c <= "z" or c == "'" for c in plain) else ""


def is_letter(char: str) -> bool:
    """Whether a character is a letter, or a mark of one such as a vowel sign."""
    return unicodedata.category(char)[0] in "LM"


@lru_cache(maxsize=None)
def marks() -> str:
    r"""Return all marks, such as accents and vowel signs, for a class of a regular expression; ``\w`` has none."""
    begin = 0x300
    kinds = "".join(map(unicodedata.category, map(chr, range(begin, 0x1F000))))[::2]
    return "".join(f"{chr(begin + run.start())}-{chr(begin + run.end() - 1)}" for run in re.finditer("M+", kinds))


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.combining(char):
        return ""
    return anyascii(char) if "LATIN" in unicodedata.name(char, "") else char


def _with_quotes_resolved(text: str) -> str:
    """Replace single quotes that open and close by double ones, and those that stand for an apostrophe by ``'``."""
    letter = rf"[\w{marks()}]"

    def quoted(match: "re.Match[str]") -> str:
        content = match[1] or match[2]
        return f"\u201c{content}\u201d" if len(content) >= _SHORTEST_QUOTED else match[0]

    between = rf"((?={letter})(?:[^\u2018\u2019]|\u2019(?={letter}))*)"
    text = re.sub(rf"(?<!{letter})\u2018{between}\u2019(?!{letter})|\u201a{between}\u2018(?!{letter})", quoted, text)
    text = re.sub(rf"(?<={letter})[{_QUOTES}](?={letter})", _apostrophe, text)
    return re.sub(rf"(?<={letter})\u2018|\u2018(?={letter})", "'", text)


def _apostrophe(match: "re.Match[str]") -> str:
    neighbors = match.string[match.start() - 1] + match.string[match.end()]
    return "'" if all(map(is_letter, neighbors)) else match[0]


def _is_quoted(word: str) -> bool:
    return word[0] == word[-1] == "'" and len(word) >= _SHORTEST_QUOTED + 2


@lru_cache(maxsize=None)
def _quoted_words() -> "re.Pattern[str]":
    """Match what stands between single quotes; apostrophes inside its words are none."""
    letter = rf"[\w{marks()}]"
    return re.compile(
        rf"(?<!{letter})(?<!')'(?!{_ELISION}|\d)(?={letter})((?:[^']|(?<={letter})'(?={letter}))*)'(?!{letter})"
    )


def _unquoted(match: "re.Match[str]") -> str:
    """Several words without the quotes around them; as they are where the last quote may be an apostrophe."""
    has_more = re.match(r"\s+\w", match.string[match.end() : match.end() + 9])
    is_kept = len(match[1].split()) < 2 or (has_more and _STAYING.search(match[1]))
    return match[0] if is_kept else f" {match[1]} "


class _Table(Dict[int, str]):
    """A table for ``str.translate`` that is filled as characters come."""


class _Visible(_Table):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        is_kept = unicodedata.category(char) != "Cf" or char in _JOINERS or re.match(f"[{_NUMBER_SIGNS}]", char)
        seen = "" if not is_kept or re.match(f"[{_INVISIBLE}]", char) else char
        self[code] = " " if unicodedata.category(char) == "Cc" else seen
        return self[code]


class _Separated(_Table):
    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = char if char.isalnum() or is_letter(char) or char in _SIGNS else " "
        return self[code]


_VISIBLE, _SEPARATED = _Visible(), _Separated()
