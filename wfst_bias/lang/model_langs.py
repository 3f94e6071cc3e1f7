"""Langs of the users' own models: their tokens, with the words of a language model or a lexicon."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple
from unicodedata import normalize

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, read_json
from wfst_bias.core.notes import Notes
from wfst_bias.core.symbols import BLANK, WORD_BOUNDARY, SymbolTable
from wfst_bias.core.text import clean, lower, spelled_words_of
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.pronounce import G2P
from wfst_bias.lang.spellers import WORD_START, CharSpeller, PieceSpeller, piece_processor
from wfst_bias.lang.units import CHARS, PHONES, SUBWORDS, Units

BLANKS = (BLANK, "<blank>", "<pad>", "[PAD]", "<ctc_blank>", "<ctc>", "<eps>", "_")
BOUNDARIES = ("|", " ", "<space>", WORD_START)
BOUNDARY = "|"
TOKEN_FILES = ("tokens.txt", "vocab.txt", "vocab.json", "units.txt")


@dataclass(frozen=True)
class ModelTokens:
    """The tokens of a model as our tables have them: blank first, no spaces.

    Args:
      table: of the tokens.
      column: of the model's output that each token is, ``(V,)``.
    """

    table: SymbolTable
    column: Tuple[int, ...]


def model_tokens(symbols: Sequence[str], blank: Optional[str] = None) -> ModelTokens:
    """Return the table of a model's output columns.

    Args:
      symbols: of the columns, in order.
      blank: the symbol that stands for blank; where not given one of :data:`BLANKS` or, where there is none
        (NeMo), a column after the others.

    Raises:
      InputError: ``blank`` is not among them, or two are the same.
    """
    if blank is not None and blank not in symbols:
        raise InputError(f"has no token {blank!r} for blank; name the one it has with --blank")
    found = blank if blank is not None else next((b for b in BLANKS if b in symbols), None)
    if found is None:
        symbols = [*symbols, BLANK]
        found = BLANK
    first = list(symbols).index(found)
    column = (first, *(i for i in range(len(symbols)) if i != first))
    named = [BLANK] + [re.sub(r"\s", BOUNDARY, symbols[i]) or f"<{i}>" for i in column[1:]]
    twice = next((s for i, s in enumerate(named) if s in named[:i]), None) if len(set(named)) < len(named) else None
    if twice is not None:
        raise InputError(f"has two tokens {twice!r}; make them different")
    return ModelTokens(SymbolTable(tuple(named)), column)


def read_model_tokens(path: Path, blank: Optional[str] = None) -> ModelTokens:
    """Read the tokens of a vocabulary file.

    Args:
      path: a JSON object of ids or array (``vocab.json`` of wav2vec2, with ``added_tokens.json`` and
        ``config.json`` in the same folder, if any), ``SYMBOL ID`` lines (``tokens.txt`` of sherpa and icefall), or a
        symbol a line (``vocab.txt`` of NeMo).
    """
    lines = [(number, line) for number, line in lines_of(path) if line]
    text = "\n".join(line for _, line in lines)
    if text.lstrip()[:1] in ("{", "["):
        try:
            content = json.loads(text)
        except ValueError as error:
            raise InputError(f"is no JSON ({error}); an object of tokens and ids was expected", path) from None
        symbols = content if isinstance(content, list) else _in_order(_of_transformers(content, Path(path)), path)
    elif lines and all(re.fullmatch(r".*\s\d+", line) for _, line in lines):
        rows = [line.rsplit(None, 1) if not line.startswith(" ") else [" ", line.split()[-1]] for _, line in lines]
        ids = {symbol: int(i) for symbol, i in rows}
        # icefall numbers the disambiguation symbols of its lexicon, too, after the tokens of the model
        symbols = _in_order({symbol: i for symbol, i in ids.items() if not re.fullmatch(r"#\d+", symbol)}, path)
    else:
        symbols = [line for _, line in lines]
    if len(symbols) < 2:
        raise InputError(f"holds {len(symbols)} tokens; the vocabulary of a CTC model was expected", path)
    try:
        return model_tokens(symbols, blank)
    except InputError as error:
        raise InputError(str(error), path) from None


def tokens_next_to(path: Path) -> Path:
    """Return the token file in the folder of a model or an archive.

    Raises:
      InputError: there is none of :data:`TOKEN_FILES`.
    """
    found = next((path.parent / name for name in TOKEN_FILES if (path.parent / name).is_file()), None)
    if found is None:
        raise InputError(
            f"no {', '.join(TOKEN_FILES)} is in its folder; put one there, or name one, ',tokens=FILE'", path
        )
    return found


def _of_transformers(ids: Dict[str, Any], path: Path) -> Dict[str, int]:
    """Return the ids of a vocabulary: with those added by fine-tuning, as many as the model has outputs."""
    language = next((symbol for symbol, i in ids.items() if isinstance(i, dict)), None)
    if language is not None:
        raise InputError(f"has a vocabulary for each language; keep one in it, that of {language!r} or another", path)
    added, config = path.with_name("added_tokens.json"), path.with_name("config.json")
    if path.name == "vocab.json" and added.is_file() and config.is_file():
        num_outputs = read_json(config).get("vocab_size", len(ids))
        ids = {symbol: i for symbol, i in {**ids, **read_json(added)}.items() if i < num_outputs}
    return ids


def _in_order(ids: Dict[str, int], path: Path) -> List[str]:
    if sorted(ids.values()) != list(range(len(ids))):
        raise InputError("its ids are not 0, 1, 2 and so on; a token for each output of the model was expected", path)
    return sorted(ids, key=ids.__getitem__)


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
    tokens: Path, words: Path, blank: Optional[str] = None, boundary: Optional[str] = None
) -> Tuple[Lang, int]:
    """Return the lang of characters with a token between words, as those of wav2vec2 and of NeMo's character models.

    Args:
      tokens: see :func:`read_model_tokens`.
      words: see :func:`read_vocabulary`.
      boundary: the token between words; where not given one of :data:`BOUNDARIES`.

    Returns:
      the lang, and the number of words with a character that is not a token.
    """
    table = read_model_tokens(tokens, blank).table
    wanted = [boundary] if boundary is not None else BOUNDARIES
    found = next((b for b in (re.sub(r"\s", BOUNDARY, b) for b in wanted) if b in table), None)
    if found is None:
        raise InputError(
            f"has no token between words (looked for {', '.join(map(repr, wanted))}); name it with --boundary", tokens
        )
    units = Units(CHARS, table, boundary=found)
    return _lang(units, CharSpeller(units), words)


def subwords_lang(model: Path, words: Path, blank: Optional[str] = None) -> Tuple[Lang, int]:
    """Return the lang of the pieces of a sentencepiece model.

    A piece called blank is the blank, as icefall trains them; where there is none it is a token of its own.

    Args:
      model: of sentencepiece, ``bpe.model``.
      words: see :func:`read_vocabulary`.

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
    return _lang(units, PieceSpeller(content, units), words, content)


def _lang(units: Units, speller: G2P, words: Path, piece_model: bytes = b"") -> Tuple[Lang, int]:
    spelled = speller.pronounce(read_vocabulary(words))
    entries = {word: spellings for word, spellings in spelled.items() if spellings}
    if not entries:
        raise InputError("no word of it can be spelled with the tokens of the model", words)
    return Lang(units, Lexicon(entries), piece_model), len(spelled) - len(entries)


def read_vocabulary(path: Path) -> List[str]:
    """Read the words of an ARPA model, or of a word list or ``words.txt``: the first word of each line."""
    lines = [line.strip() for _, line in lines_of(path)]
    if "\\data\\" in lines:
        begin = lines.index("\\1-grams:") + 1 if "\\1-grams:" in lines else len(lines)
        end = next((i for i in range(begin, len(lines)) if lines[i].startswith("\\")), len(lines))
        rows = [line.split()[1:] for line in lines[begin:end]]
    else:
        rows = [line.split() for line in lines]
    first = dict.fromkeys(lower(clean(row[0])) for row in rows if row and not re.match(r"[<$#]", row[0]))
    words = [word for word in first if spelled_words_of(word) == (word,)]
    if not words:
        raise InputError("holds no word; an ARPA model or one word a line was expected", path)
    return words
