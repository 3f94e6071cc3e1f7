"""Tables of graphemes: phones of the letters of a language, and letters that may be written in their place.

A table is a TSV file, ``GRAPHEME<TAB>SOUND<TAB>SHARE``; ``#`` begins a comment. ``^`` and ``$`` in a grapheme are the
edges of a word. A sound is phones, ``-`` where the grapheme is silent, or ``=LETTERS`` where others may be written.
``graphs/g2g`` of the project has the tables of some languages.
"""

import math
import string
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Iterable, List, Tuple

import pynini

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES, phone_of

_ROW_COST = 1.0  # nats a row, so that the longest graphemes explain a word best
_LETTERS = string.ascii_lowercase + "'"
_SILENT, _RESPELLED = "-", "="
_EXAMPLE = (
    "write 'GRAPHEME<TAB>SOUND<TAB>SHARE', such as 'ph<TAB>F<TAB>0.98', 'e$<TAB>-<TAB>0.85' or 'ph<TAB>=f<TAB>0.2'"
)

# inside the transducers a phone is one character, of Unicode's area for private use
_SIGN = {phone: chr(0xE000 + i) for i, phone in enumerate(PHONES)}
_PHONE = {sign: phone for phone, sign in _SIGN.items()}


@dataclass(frozen=True)
class Grapheme:
    """A row of a table.

    Args:
      letters: with ``^`` or ``$`` where it stands at the edge of a word.
      sound: phones, or the letters that may be written instead; neither where it is silent.
      share: probability of the sound, above 0 and up to 1.
    """

    letters: str
    sound: Tuple[str, ...]
    share: float

    @property
    def score(self) -> float:
        """Nats."""
        return math.log(self.share) - _ROW_COST


@dataclass(frozen=True)
class GraphemeTable:
    """The graphemes of a language.

    Args:
      sounds: graphemes with phones.
      respellings: graphemes with letters that may be written in their place.
    """

    sounds: Tuple[Grapheme, ...]
    respellings: Tuple[Grapheme, ...]

    def pronounce(self, word: str, num: int) -> List[Tuple[Pronunciation, float]]:
        """Return the likeliest pronunciations of a word and their scores, nats; none where a letter has no row."""
        return [(tuple(map(_PHONE.__getitem__, signs)), score) for signs, score in _best(word, self._sounding, num)]

    def respell(self, word: str, num: int) -> List[Tuple[str, float]]:
        """Return the likeliest other spellings of a word and their scores, nats."""
        written = _best(word, self._respelling, num + 1)
        return [(letters, score) for letters, score in written if letters != word][:num]

    @cached_property
    def _sounding(self) -> pynini.Fst:
        rows = [_cross(row.letters, "".join(map(_SIGN.__getitem__, row.sound)), row.score) for row in self.sounds]
        return _repeated(rows)

    @cached_property
    def _respelling(self) -> pynini.Fst:
        letters = {letter for row in self.sounds for letter in row.letters}.union(_LETTERS).difference("^$")
        kept = [_cross(letter, letter) for letter in sorted(letters)]
        return _repeated(kept + [_cross(row.letters, "".join(row.sound), row.score) for row in self.respellings])


def _cross(letters: str, sound: str, score: float = 0.0) -> pynini.Fst:
    return pynini.cross(_accepted(letters, 0.0), _accepted(sound, -score))


def _accepted(text: str, cost: float) -> pynini.Fst:
    return pynini.accep(pynini.escape(text), weight=cost, token_type="utf8")


def _repeated(rows: Iterable[pynini.Fst]) -> pynini.Fst:
    """Return the closure of the rows; edges of the word that no row has are deleted."""
    return pynini.union(_cross("^", ""), _cross("$", ""), *rows).closure().optimize()


def _best(word: str, transducer: pynini.Fst, num: int) -> List[Tuple[str, float]]:
    """Return the best distinct outputs for a word and their scores, nats; empty ones are left out."""
    outputs = pynini.compose(pynini.accep(pynini.escape(f"^{word}$"), token_type="utf8"), transducer).project("output")
    paths = pynini.shortestpath(outputs.rmepsilon(), nshortest=num, unique=True).paths("utf8", "utf8")
    found = [(letters, -float(cost)) for _, letters, cost in paths.items() if letters]
    return sorted(found, key=lambda output: -output[1])


def read_table(path: Path) -> GraphemeTable:
    """Read a table.

    Raises:
      InputError: a row has not the expected form, or there is no row.
    """
    sounds: List[Grapheme] = []
    respellings: List[Grapheme] = []
    for number, line in lines_of(path):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            letters, sound, share = map(str.strip, line.split("\t"))
            row = _row(letters, sound, float(share))
        except ValueError:
            raise InputError(f"found {line!r}; {_EXAMPLE}", path, number) from None
        except InputError as error:
            raise InputError(str(error), path, number) from None
        (respellings if sound.startswith(_RESPELLED) else sounds).append(row)
    if not sounds and not respellings:
        raise InputError(f"holds no grapheme; {_EXAMPLE}", path)
    return GraphemeTable(tuple(sounds), tuple(respellings))


def _row(letters: str, sound: str, share: float) -> Grapheme:
    inner = letters.removeprefix("^").removesuffix("$")
    if not inner or "^" in inner or "$" in inner or inner != inner.lower() or inner.split() != [inner]:
        raise InputError(
            f"grapheme {letters!r} is none; write small letters, with ^ before or $ behind them at an edge"
        )
    if not 0.0 < share <= 1.0:
        raise InputError(f"share {share:g} is no probability; write a number above 0, up to 1")
    if sound.startswith(_RESPELLED):
        return Grapheme(letters, tuple(sound[len(_RESPELLED) :]), share)
    return Grapheme(letters, () if sound == _SILENT else tuple(map(phone_of, sound.split())), share)
