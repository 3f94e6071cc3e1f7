"""The lang folder: tokens, words and pronunciations."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Dict, Optional, Sequence

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import publish_folder, read_json
from wfst_bias.core.notes import Notes
from wfst_bias.core.symbols import BACKOFF, BLANK, CLASS, EPS, OOV, WORD_BOUNDARY, SymbolTable
from wfst_bias.lang.default_lexicons import cmudict_lexicon, hama_pronunciations, shipped_lexicons_checksum
from wfst_bias.lang.ipa import phones_of_ipa
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.lexicon_sounds import LexiconSounds
from wfst_bias.lang.packed_lexicon import read_packed_lexicon
from wfst_bias.lang.phones import PHONES, phones_of
from wfst_bias.lang.units import PHONES as PHONE_UNITS
from wfst_bias.lang.units import Units

_META = "lang.json"
_PIECE_MODEL = "bpe.model"


@dataclass(frozen=True)
class Lang:
    """Units and words that a graph is built on.

    Args:
      units: of the model.
      lexicon: pronunciations of the words, in tokens.
      piece_model: the sentencepiece model of subword units; empty for other units.
    """

    units: Units
    lexicon: Lexicon
    piece_model: bytes = field(default=b"", repr=False)

    @property
    def tokens(self) -> SymbolTable:
        return self.units.tokens

    @property
    def boundary(self) -> str:
        return self.units.boundary

    @cached_property
    def words(self) -> SymbolTable:
        return SymbolTable((EPS, *self.lexicon.words, OOV, CLASS, BACKOFF))

    @cached_property
    def sounds(self) -> LexiconSounds:
        """The words of the lexicon by their pronunciations."""
        return LexiconSounds(self.lexicon, self.tokens)

    @cached_property
    def checksum(self) -> str:
        meta = json.dumps(units_meta(self.units), sort_keys=True)
        model = hashlib.sha256(self.piece_model).hexdigest()
        return hashlib.sha256("\0".join((meta, self.lexicon.text(), model)).encode()).hexdigest()

    def write_files(self, folder: Path) -> None:
        """Write the lexicon and, where there is one, the sentencepiece model."""
        (folder / "lexicon.txt").write_text(self.lexicon.text(), encoding="utf-8")
        if self.piece_model:
            (folder / _PIECE_MODEL).write_bytes(self.piece_model)

    def write(self, path: Path) -> None:
        """Publish the folder."""
        with publish_folder(path, "lang", _META) as folder:
            self.tokens.write(folder / "tokens.txt")
            self.words.write(folder / "words.txt")
            self.write_files(folder)
            meta = {"kind": "lang", "units": units_meta(self.units), "checksum": self.checksum}
            (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def units_meta(units: Units) -> Dict[str, str]:
    """Return the fields of the units in a meta file; the tokens themselves are in ``tokens.txt``."""
    return {
        "kind": units.kind,
        "tokens": units.tokens.checksum,
        "boundary": units.boundary,
        "word_start": units.word_start,
    }


def read_units(folder: Path, meta: Dict[str, str]) -> Units:
    """Read the units of a lang, base or graph folder.

    Raises:
      InputError: ``tokens.txt`` is not the one that the folder was made with.
    """
    path = Path(folder) / "tokens.txt"
    tokens = SymbolTable.read(path, first=BLANK)
    with content_errors(folder):
        if tokens.checksum != meta["tokens"]:
            raise InputError("is not the token table that this folder was made with; make the folder anew", path)
        return Units(meta["kind"], tokens, meta["boundary"], meta["word_start"])


def read_lang_files(folder: Path, units: Units) -> Lang:
    """Read the files of :meth:`Lang.write_files`."""
    piece_model = Path(folder) / _PIECE_MODEL
    return Lang(
        units,
        read_packed_lexicon(Path(folder) / "lexicon.txt", units.tokens),
        piece_model.read_bytes() if piece_model.is_file() else b"",
    )


def read_lang(path: Path) -> Lang:
    """Read a lang folder and check that its files are unchanged."""
    path = Path(path)
    if not (path / _META).is_file():
        raise InputError(f"is no lang folder (no {_META}); make one with 'wfst-bias lang hama {path}'", path)
    meta = read_json(path / _META)
    with content_errors(path / _META):
        units, checksum = meta["units"], meta["checksum"]
    lang = read_lang_files(path, read_units(path, units))
    if lang.checksum != checksum:
        raise InputError("its files were changed after it was made; make it anew, with --lexicon for your words", path)
    return lang


def hama_units() -> Units:
    """Return the units of hama."""
    return Units(PHONE_UNITS, SymbolTable((BLANK, WORD_BOUNDARY, *PHONES)), WORD_BOUNDARY)


def hama_lang(lexicons: Sequence[Path] = (), own_pronunciations: bool = True, notes: Optional[Notes] = None) -> Lang:
    """Return the phones of hama with the pronunciations of CMUdict, of hama's own G2P, and of the user's lexicons.

    A user's lexicon adds words, and pronunciations to words that are there already.

    Args:
      lexicons: files of ``WORD PHONE PHONE ...`` lines in ARPAbet or IPA, see :mod:`wfst_bias.lang.lexicon_files`.
      own_pronunciations: whether those of the model's own G2P are added to CMUdict.
      notes: where lines of a lexicon that are left out or changed are noted.
    """
    lexicon = _default_lexicon() if own_pronunciations else cmudict_lexicon()
    for path in lexicons:
        lexicon = lexicon.merged(read_lexicon(path, phones_of, phones_of_ipa, notes))
    return Lang(hama_units(), lexicon)


@lru_cache(maxsize=1)
def _default_lexicon() -> Lexicon:
    """Return CMUdict with the pronunciations of hama's own G2P, loaded once a process."""
    return cmudict_lexicon().merged(hama_pronunciations())


def hama_lang_key() -> str:
    """Return a checksum of the sources of :func:`hama_lang` without lexicons of the user."""
    return hashlib.sha256(f"{PHONES}{shipped_lexicons_checksum()}".encode()).hexdigest()
