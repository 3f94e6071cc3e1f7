"""Lexicons as other programs write them: CMUdict and pocketsphinx, Kaldi, MFA, HTK.

A line is ``WORD UNIT UNIT ...``, divided by blanks and tabs. Behind the word may stand HTK's output symbol in brackets
and Kaldi's or MFA's probabilities: one, or four with those of silence. ``WORD(2)`` is another pronunciation of WORD.
``;;;`` and ``#`` begin comments; Kaldi's disambiguation symbols (``#1``) and marks of position (``AH_B``) are left out.
"""

import re
from itertools import chain
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.notes import Notes
from wfst_bias.core.text import clean, comparable, lower, words_of
from wfst_bias.lang.lexicon import Lexicon, Pronunciation

UnitsOf = Callable[[str], Pronunciation]

_FIELD = re.compile("[^ \t]+")
_SYMBOL = re.compile(r"<.*>|\[.*\]|\{.*\}|\+\+.*\+\+|#\d+|!sil|!enter|!exit|!null", re.IGNORECASE)
_ALTERNATE = re.compile(r"(.+)\(([^()]+)\)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
_DISAMBIGUATION = re.compile(r"#\d+")
_POSITION = re.compile(r"(.+)_[BIES]")
_NOISES = frozenset("sil sp spn nsn lau gbg noi".split())
_WRITE = "write 'WORD PHONE PHONE ...'"


def read_lexicon(
    path: Path, units_of: UnitsOf, ipa_units_of: Optional[UnitsOf] = None, notes: Optional[Notes] = None
) -> Lexicon:
    """Read a lexicon; its words are in small letters and NFC, the likelier pronunciations of a word first.

    Args:
      path: the file, packed or not.
      units_of: the units that a symbol names; raises :class:`InputError` for one that names none.
      ipa_units_of: the same in a file with a symbol that is not ASCII.
      notes: where lines that are left out or changed are noted.
    """
    entries = _Entries(units_of, notes or Notes(), f"{path}: ")
    lines = [(number, fields) for number, line in lines_of(path) if (fields := entries.fields(line))]
    if ipa_units_of and any(map(_has_ipa, (fields for _, fields in lines))):
        entries = _Entries(ipa_units_of, entries.notes, f"{path}: ")
    for number, fields in lines:
        try:
            entries.read(fields)
        except InputError as error:
            raise InputError(str(error), path, number) from None
    if not entries.found:
        raise InputError("holds no pronunciation of a word; write 'WORD PHONE PHONE ...' lines", path)
    return entries.lexicon()


class _Entries:
    """The entries of a file, line by line.

    Args:
      units_of: see :func:`read_lexicon`.
      notes: where lines that are left out or changed are noted.
      place: what the notes begin with.
    """

    def __init__(self, units_of: UnitsOf, notes: Notes, place: str):
        self._units_of = units_of
        self.notes = notes
        self._place = place
        self._known: Dict[str, Optional[Pronunciation]] = {}
        self.found: Dict[str, List[Tuple[float, Pronunciation]]] = {}
        self._num_probs = 0

    def fields(self, line: str) -> List[str]:
        """The fields of a line without comments; none where the line is one."""
        fields = _FIELD.findall(line)
        if not fields or fields[0].startswith((";;;", "##")):
            return []
        if "#" not in line:
            return fields
        if fields[0][0] == "#" and not _DISAMBIGUATION.fullmatch(fields[0]):
            if len(fields) > 1 and all(map(self._is_unit, fields[1:])):
                self._note("entries behind '#', which is a comment", line)
            return []
        is_comment = (field[0] == "#" and not self._is_mark(field) and not self._is_unit(field) for field in fields)
        return fields[: next((i for i, found in enumerate(is_comment) if found and i), len(fields))]

    def read(self, fields: List[str]) -> None:
        """Read the fields of an entry."""
        word, symbols = fields[0], fields[1:]
        units = self._units_alone(symbols) if word[0].isalpha() else ()
        if units:
            self.found.setdefault(self._word(word), []).append((1.0, units))
            return
        if _SYMBOL.fullmatch(word) or symbols and all(map(self._is_noise, symbols)):
            self._note("symbols and noises, which are no words", word)
            return
        if symbols and re.fullmatch(r"\[.*\]", symbols[0]) and not self._is_unit(symbols[0]):
            if symbols[0][1:-1].lower() != word.lower():
                self._note("output symbols that are not the word, which are not used", f"{word} {symbols[0]}")
            symbols = symbols[1:]
        num_numbers = next(
            (i for i, s in enumerate(symbols) if self._is_mark(s) or not self._is_number(s)), len(symbols)
        )
        prob = _probability(word, symbols[:num_numbers])
        for symbol in symbols[num_numbers:]:
            units += () if self._is_mark(symbol) else self._units(symbol)
        if not units:
            raise InputError(f"{word!r} has no pronunciation; {_WRITE}")
        self._num_probs += num_numbers > 0
        self.found.setdefault(self._word(word), []).append((prob, units))

    def lexicon(self) -> Lexicon:
        """The entries."""
        if self._num_probs:
            reason = "probabilities, which give the order of the pronunciations of a word and are no scores"
            self.notes.add(self._place + reason, (), self._num_probs)
        likeliest_first = {word: sorted(found, key=lambda entry: -entry[0]) for word, found in self.found.items()}
        return Lexicon.of_pairs((word, units) for word, found in likeliest_first.items() for _, units in found)

    def _word(self, text: str) -> str:
        alternate = _ALTERNATE.fullmatch(text) if text[-1] == ")" else None
        if alternate and not alternate[2].isdigit():
            self._note("marks in parentheses, which tell pronunciations of a word apart", text)
        word = _in_small_letters(alternate[1] if alternate else text)
        if not word or " " in word:
            raise InputError(f"{text!r} has a no-break or other space in it; {_WRITE}, a word without spaces")
        return word

    def _units_alone(self, symbols: List[str]) -> Pronunciation:
        """The units of symbols that are nothing else, and were read before; else none."""
        try:
            return tuple(chain.from_iterable(map(self._known.__getitem__, symbols)))  # type: ignore[arg-type]
        except (KeyError, TypeError):
            return ()

    def _units(self, symbol: str) -> Pronunciation:
        units = self._named(symbol)
        at_position = _POSITION.fullmatch(symbol) if units is None else None
        units = self._named(at_position[1]) if at_position else units
        return self._units_of(symbol) if units is None else units  # raises the error of the symbol

    def _named(self, symbol: str) -> Optional[Pronunciation]:
        """The units of a symbol, None where it names none."""
        if symbol not in self._known:
            try:
                self._known[symbol] = self._units_of(symbol)
            except InputError:
                self._known[symbol] = None
        return self._known[symbol]

    def _is_unit(self, symbol: str) -> bool:
        return self._named(symbol) is not None

    def _is_mark(self, symbol: str) -> bool:
        """Whether a symbol is one of disambiguation."""
        return symbol[0] == "#" and bool(_DISAMBIGUATION.fullmatch(symbol)) and not self._is_unit(symbol)

    def _is_number(self, symbol: str) -> bool:
        return bool(_NUMBER.fullmatch(symbol)) and not self._is_unit(symbol)

    def _is_noise(self, symbol: str) -> bool:
        is_noise = symbol.lower() in _NOISES or re.fullmatch(r"\++\w+\++", symbol)
        return bool(is_noise) and not self._is_unit(symbol)

    def _note(self, reason: str, example: str) -> None:
        self.notes.add(self._place + reason, [example])


def _in_small_letters(text: str) -> str:
    """A word in the form of transcripts, but with its punctuation."""
    if text.isascii() and "`" not in text:
        return text.lower()
    word, transcribed = lower(clean(text)), words_of(text)
    return transcribed[0] if list(map(comparable, transcribed)) == [comparable(word)] else word


def _has_ipa(fields: List[str]) -> bool:
    return any(not symbol.isascii() and symbol[0] != "[" for symbol in fields[1:])


def _probability(word: str, numbers: List[str]) -> float:
    """The probability of a pronunciation, the first of the numbers behind its word; 1 where there is none."""
    if len(numbers) not in (0, 1, 4):
        raise InputError(
            f"{word!r} has {len(numbers)} numbers; expected a probability, or four with those of silence, or none"
        )
    prob = float(numbers[0]) if numbers else 1.0
    if not 0.0 < prob <= 1.0:
        raise InputError(f"{word!r} has the probability {numbers[0]}; expected more than 0 and at most 1")
    return prob
