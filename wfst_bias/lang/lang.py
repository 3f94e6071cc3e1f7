"""The lang folder: what the tokens are, which words there are and how they are said."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Sequence

from wfst_bias.errors import InputError
from wfst_bias.files import publish_folder, read_json
from wfst_bias.lang.lexicon import Lexicon, read_lexicon
from wfst_bias.lang.phones import PHONES, phone_of
from wfst_bias.lang.readings import cmudict_lexicon, hama_readings, shipped_lexicons_checksum
from wfst_bias.symbols import BACKOFF, BLANK, CLASS, EPS, WORD_BOUNDARY, SymbolTable

_META = "lang.json"


@dataclass(frozen=True)
class Lang:
    """What a graph is built on.

    Args:
      unit: kind of the units, ``"phones"``.
      boundary: the token that stands between words.
      tokens: what the model emits; blank is 0.
      lexicon: how the words are said, in tokens.
    """

    unit: str
    boundary: str
    tokens: SymbolTable
    lexicon: Lexicon

    @cached_property
    def words(self) -> SymbolTable:
        return SymbolTable((EPS, *self.lexicon.entries, CLASS, BACKOFF))

    @cached_property
    def checksum(self) -> str:
        parts = (self.unit, self.boundary, self.tokens.checksum, self.lexicon.text())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def write(self, path: Path) -> None:
        """Publish the folder."""
        with publish_folder(path, "lang", _META) as folder:
            self.tokens.write(folder / "tokens.txt")
            self.words.write(folder / "words.txt")
            (folder / "lexicon.txt").write_text(self.lexicon.text(), encoding="utf-8")
            meta = {"kind": "lang", "unit": self.unit, "boundary": self.boundary, "checksum": self.checksum}
            (folder / _META).write_text(json.dumps(meta, indent=2) + "\n")


def read_lang(path: Path) -> Lang:
    """Read a lang folder and check that nobody changed it by hand."""
    path = Path(path)
    if not (path / _META).is_file():
        raise InputError(f"is no lang folder (no {_META}); make one with 'wfst-bias lang hama {path}'", path)
    meta = read_json(path / _META)
    tokens = SymbolTable.read(path / "tokens.txt", first=BLANK)

    def token(unit: str) -> str:
        if unit not in tokens:
            raise InputError(f"{unit!r} is not in tokens.txt; make the lang folder anew")
        return unit

    lang = Lang(meta["unit"], meta["boundary"], tokens, read_lexicon(path / "lexicon.txt", token))
    if lang.checksum != meta["checksum"]:
        raise InputError("its files were changed after it was made; make it anew, with --lexicon for your words", path)
    return lang


def hama_lang(lexicons: Sequence[Path] = (), readings: bool = True) -> Lang:
    """Phones of the hama model, CMUdict, hama's own readings, and the user's lexicons.

    A user's lexicon adds words, and pronunciations to words that are there.

    Args:
      lexicons: files of ``WORD PHONE PHONE ...`` lines.
      readings: whether the model's own readings are in.
    """
    lexicon = cmudict_lexicon().merged(hama_readings()) if readings else cmudict_lexicon()
    for path in lexicons:
        lexicon = lexicon.merged(read_lexicon(path, phone_of))
    return Lang("phones", WORD_BOUNDARY, SymbolTable((BLANK, WORD_BOUNDARY, *PHONES)), lexicon)


def hama_lang_key() -> str:
    """What :func:`hama_lang` without a user's lexicon is made from, as a checksum."""
    return hashlib.sha256(f"{PHONES}{shipped_lexicons_checksum()}".encode()).hexdigest()
