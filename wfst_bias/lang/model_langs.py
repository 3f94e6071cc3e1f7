"""Langs of the users' own models: their tokens, with the words of a language model or a lexicon."""

import re
from pathlib import Path
from typing import List, Optional, Sequence, Tuple
from unicodedata import normalize

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.notes import Notes
from wfst_bias.core.symbols import BLANK, WORD_BOUNDARY
from wfst_bias.core.text import clean, lower, words_of
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.spellers import WORD_START, CharSpeller, PieceSpeller, piece_processor
from wfst_bias.lang.token_files import BOUNDARY, model_tokens, read_model_tokens
from wfst_bias.lang.units import CHARS, PHONES, SUBWORDS, Units

BOUNDARIES = ("|", " ", "<space>", WORD_START)
_MARKERS = ("<eps>", "<s>", "</s>", "#0")  # of every words.txt and model


def phones_lang(
    tokens: Path,
    lexicons: Sequence[Path],
    blank: Optional[str] = None,
    boundary: Optional[str] = None,
    notes: Optional[Notes] = None,
) -> Lang:
    """Return the lang of a phone model.

    A phone of a lexicon that the model does not have is taken without its stress digit, and in the other case.

    Args:
      tokens: see :func:`read_model_tokens`.
      lexicons: files of ``WORD PHONE PHONE ...`` lines, see :mod:`wfst_bias.lang.lexicon_files`.
      boundary: the token between words; :data:`WORD_BOUNDARY` or ``|`` if there is one of these, else none.
      notes: where lines of a lexicon that are left out or changed are noted.
    """
    table = read_model_tokens(tokens, blank).table
    if boundary is not None and boundary not in table:
        raise InputError(
            f"has no token {boundary!r} to stand between words; leave --boundary out if it has none", tokens
        )
    found = boundary or next((b for b in (WORD_BOUNDARY, BOUNDARY) if b in table), "")
    symbol_of = {normalize("NFC", symbol): symbol for symbol in table.symbols if symbol not in (BLANK, found)}

    def phone(symbol: str) -> Pronunciation:
        plain = normalize("NFC", symbol)
        without_stress = plain.rstrip("012")
        forms = (plain, plain.upper(), plain.lower(), without_stress, without_stress.upper(), without_stress.lower())
        named = next((symbol_of[form] for form in forms if form in symbol_of), None)
        if named is None:
            raise InputError(f"{symbol!r} is no phone of the model; see {tokens}")
        return (named,)

    pairs = [pair for path in lexicons for pair in read_lexicon(path, phone, notes=notes).pairs]
    return Lang(Units(PHONES, table, boundary=found), Lexicon.of_pairs(pairs))


def chars_lang(
    tokens: Path,
    words: Path,
    blank: Optional[str] = None,
    boundary: Optional[str] = None,
    notes: Optional[Notes] = None,
) -> Tuple[Lang, int]:
    """Return the lang of characters with a token between words, as those of wav2vec2 and of NeMo's character models.

    Args:
      tokens: see :func:`read_model_tokens`.
      words: see :func:`read_vocabulary`.
      boundary: the token between words; where not given one of :data:`BOUNDARIES`.
      notes: where words that are left out are noted.

    Returns:
      the lang, and the number of words with a character that is not a token.
    """
    table = read_model_tokens(tokens, blank).table
    wanted = [boundary] if boundary is not None else BOUNDARIES
    found = next((b for b in (re.sub("[ \t]", BOUNDARY, b) for b in wanted) if b in table), None)
    if found is None:
        raise InputError(
            f"has no token between words (looked for {', '.join(map(repr, wanted))}); name it with --boundary", tokens
        )
    units = Units(CHARS, table, boundary=found)
    return _lang(units, CharSpeller(units), words, notes=notes)


def subwords_lang(
    model: Path, words: Path, blank: Optional[str] = None, notes: Optional[Notes] = None
) -> Tuple[Lang, int]:
    """Return the lang of the pieces of a sentencepiece model.

    A piece called blank is the blank, as icefall trains them; where there is none it is a token of its own.

    Args:
      model: of sentencepiece, ``bpe.model``.
      words: see :func:`read_vocabulary`.
      notes: where words that are left out are noted.

    Returns:
      the lang, and the number of words that the model cannot spell.
    """
    if not Path(model).is_file():
        raise InputError("no such file; name the sentencepiece model of the acoustic model", model)
    content = Path(model).read_bytes()
    try:
        processor = piece_processor(content)
        tokens = model_tokens([processor.id_to_piece(i) for i in range(len(processor))], blank)
    except InputError as error:
        raise InputError(str(error), model) from None
    units = Units(SUBWORDS, tokens.table, word_start=WORD_START)
    return _lang(units, PieceSpeller(content, units), words, content, notes)


def _lang(
    units: Units, speller: G2P, words: Path, piece_model: bytes = b"", notes: Optional[Notes] = None
) -> Tuple[Lang, int]:
    notes = notes or Notes()
    spelled = speller.pronounce(read_vocabulary(words, notes))
    entries = {word: spellings for word, spellings in spelled.items() if spellings}
    if not entries:
        raise InputError("no word of it can be spelled with the tokens of the model", words)
    unspelled = [word for word in spelled if word not in entries]
    if unspelled:
        notes.add(f"{words}: words left out, the model does not have their letters", unspelled, len(unspelled))
    return Lang(units, Lexicon(entries), piece_model), len(unspelled)


def read_vocabulary(path: Path, notes: Optional[Notes] = None) -> List[str]:
    """Read the words of an ARPA model, or of a word list or ``words.txt``: the first word of each line.

    Args:
      path: the file, packed or not.
      notes: where words that are left out are noted: symbols, and what is not one word in a transcript.
    """
    lines = [line.strip(" \t") for _, line in lines_of(path)]
    keys = [line.lower() if line[:1] == "\\" else "" for line in lines]
    if "\\data\\" in keys:
        header = keys.index("\\data\\")
        begin = next((i for i, key in enumerate(keys) if i > header and key == "\\1-grams:"), len(lines)) + 1
        end = next((i for i in range(begin, len(lines)) if keys[i]), len(lines))
        rows = [re.split("[ \t]+", line)[1:] for line in lines[begin:end]]
    else:
        rows = [re.split("[ \t]+", line) for line in lines]
    found = dict.fromkeys(row[0] for row in rows if row and row[0])
    symbols = [word for word in found if re.match(r"[<$#]", word)]
    first = dict.fromkeys(lower(clean(word)) for word in found if not re.match(r"[<$#]", word))
    words = [word for word in first if words_of(word) == (word,)]
    if notes:
        unusual = [symbol for symbol in symbols if symbol.lower() not in _MARKERS]
        _note_left_out(notes, f"{path}: symbols left out, which are no words", unusual)
        others = [word for word in first if word and words_of(word) != (word,)]
        _note_left_out(notes, f"{path}: words left out, which have punctuation or spaces in them", others)
    if not words:
        raise InputError("holds no word; an ARPA model or one word a line was expected", path)
    return words


def _note_left_out(notes: Notes, reason: str, words: List[str]) -> None:
    if words:
        notes.add(reason, words, len(words))
