"""Vocabularies of acoustic models as other programs write them: the tokens of the columns of their output."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.core.errors import InputError, content_errors
from wfst_bias.core.files import lines_of, read_json
from wfst_bias.core.symbols import BLANK, SymbolTable

BLANKS = (BLANK, "<blank>", "<pad>", "[PAD]", "<ctc_blank>", "<ctc>", "<eps>", "_")
BOUNDARY = "|"
TOKEN_FILES = ("tokens.txt", "vocab.txt", "vocab.json", "units.txt", "tokenizer.json")

_TOKEN_ID = re.compile(r"(.+?)[ \t]+(\d{1,18})[ \t]*|[ \t](\d{1,18})[ \t]*", re.ASCII)
_ID_TOKEN = re.compile(r"[ \t]*(\d{1,18})[ \t](.+)", re.ASCII)
_PIECE_SCORE = re.compile(r"(.+)\t(-?\d+(?:\.\d+)?(?:e[-+]?\d+)?)", re.ASCII)
_DISAMBIGUATION = re.compile(r"#\d+")
_JSON = re.compile(r'\s*[\[{]\s*["\[{\]}]')
_LISTS = ("labels", "vocabulary", "tokens", "vocab")  # of tokens, in a JSON object
_EXPECTED = "a token for each output of the model was expected"


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
    if not all(isinstance(symbol, str) for symbol in symbols):
        raise InputError(f"holds what is no token; {_EXPECTED}")
    if blank is not None and blank not in symbols:
        raise InputError(f"has no token {blank!r} for blank; name the one it has with --blank")
    found = blank if blank is not None else next((b for b in BLANKS if b in symbols), None)
    if found is None:
        symbols = [*symbols, BLANK]
        found = BLANK
    first = list(symbols).index(found)
    column = (first, *(i for i in range(len(symbols)) if i != first))
    named = [BLANK] + [_in_table(symbols[i]) or f"<{i}>" for i in column[1:]]
    twice = next((symbol for symbol, count in Counter(named).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"has two tokens {twice!r}; make them different")
    return ModelTokens(SymbolTable(tuple(named)), column)


def _in_table(symbol: str) -> str:
    """A token without what divides the lines and fields of a table: blanks are :data:`BOUNDARY`, line ends are named."""
    return re.sub("[\n\r]", lambda found: f"<0x{ord(found[0]):02X}>", re.sub("[ \t]", BOUNDARY, symbol))


def read_model_tokens(path: Path, blank: Optional[str] = None) -> ModelTokens:
    """Read the tokens of a vocabulary file.

    Args:
      path: JSON: an object of ids or array (``vocab.json`` of wav2vec2, with ``added_tokens.json`` and ``config.json``
        in the same folder, if any; ``labels`` of DeepSpeech), or ``tokenizer.json`` of transformers. Or lines: ``TOKEN
        ID`` (``tokens.txt`` of sherpa and icefall, ``units.txt`` of WeNet and ESPnet, ``phones.txt`` of Kaldi), ``ID
        TOKEN``, ``PIECE SCORE`` (``.vocab`` of sentencepiece), or a token (``vocab.txt`` of NeMo, ``tokens.txt`` of
        ESPnet).

    Raises:
      InputError: it is none of these, or a token or an id is missing or there twice.
    """
    lines = list(lines_of(path))
    while lines and not lines[-1][1]:
        lines.pop()
    content = _json_of(lines, Path(path))
    symbols = _of_lines(lines, path) if content is None else _of_json(content, Path(path))
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


def _json_of(lines: List[Tuple[int, str]], path: Path) -> Any:
    """The JSON value of a file, None where it holds lines; these may begin with a token such as ``[PAD]``."""
    text = "\n".join(line for _, line in lines)
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _distinct(pairs, path))
    except (ValueError, RecursionError) as error:
        if path.suffix == ".json" or len(lines) < 2 or _JSON.match(text):
            raise InputError(f"is no JSON ({error}); an object of tokens and ids was expected", path) from None
        return None


def _distinct(pairs: List[Tuple[str, Any]], path: Path) -> Dict[str, Any]:
    twice = next((key for key, count in Counter(key for key, _ in pairs).items() if count > 1), None)
    if twice is not None:
        raise InputError(f"has two tokens {twice!r}; make them different", path)
    return dict(pairs)


def _of_json(content: Any, path: Path) -> List[str]:
    model = content.get("model") if isinstance(content, dict) else None
    if isinstance(model, dict) and "vocab" in model:  # tokenizer.json
        vocab = model["vocab"]
        ids = vocab if isinstance(vocab, dict) else {symbol: i for i, symbol in enumerate(_symbols(vocab, path))}
        return _in_order(_outputs({**ids, **_added(content.get("added_tokens") or [], path)}, path), path)
    if isinstance(content, dict):
        named = next((content[name] for name in _LISTS if isinstance(content.get(name), (list, dict))), None)
        content = named if named is not None and len(content) < len(named) else content
    if isinstance(content, list):
        return _symbols(content, path)
    if content and all(isinstance(symbol, str) and re.fullmatch(r"[0-9]{1,18}", i) for i, symbol in content.items()):
        return _in_order(_ids(((symbol, i) for i, symbol in content.items()), path), path)
    language = next((symbol for symbol, i in content.items() if isinstance(i, dict)), None)
    if language is not None:
        raise InputError(f"has a vocabulary for each language; keep one in it, that of {language!r} or another", path)
    added = path.with_name("added_tokens.json")
    if path.name == "vocab.json" and added.is_file() and path.with_name("config.json").is_file():
        with content_errors(added, advice="give that of the model"):
            content = {**content, **read_json(added)}
        return _in_order(_outputs(content, path), path)
    return _in_order(_checked_ids(content, path), path)


def _added(tokens: Any, path: Path) -> Dict[str, Any]:
    """The ids of the additional tokens of ``tokenizer.json``."""
    if not isinstance(tokens, list) or not all(
        isinstance(one, dict) and isinstance(one.get("content"), str) and "id" in one for one in tokens
    ):
        raise InputError("its added_tokens are no array of objects with 'id' and 'content'", path)
    return {one["content"]: one["id"] for one in tokens}


def _symbols(content: Any, path: Path) -> List[str]:
    """The tokens of an array, each with a score or without."""
    if not isinstance(content, list):
        raise InputError(f"its vocabulary is neither an object nor an array; {_EXPECTED}", path)
    symbols = [one[0] if isinstance(one, list) and len(one) == 2 else one for one in content]
    strange = next((one for one in symbols if not isinstance(one, str)), None)
    if strange is not None:
        raise InputError(f"holds {json.dumps(strange)[:40]}, which is no token; {_EXPECTED}", path)
    return symbols


def _checked_ids(ids: Dict[str, Any], path: Path) -> Dict[str, int]:
    strange = next((symbol for symbol, i in ids.items() if type(i) is not int), None)
    if strange is not None:
        raise InputError(f"has {json.dumps(ids[strange])[:40]} for the id of {strange!r}; {_EXPECTED}", path)
    return ids


def _outputs(ids: Dict[str, Any], path: Path) -> Dict[str, int]:
    """The ids that are outputs of the model, where ``config.json`` says how many it has."""
    config = path.with_name("config.json")
    with content_errors(config, advice="give the config of the model"):
        num_outputs = int(read_json(config).get("vocab_size", len(ids))) if config.is_file() else len(ids)
    return {symbol: i for symbol, i in _checked_ids(ids, path).items() if i < num_outputs}


def _of_lines(lines: List[Tuple[int, str]], path: Path) -> List[str]:
    """The tokens of a file of lines, in the order of the columns."""
    full = [(number, line) for number, line in lines if line.strip(" \t") or line == " "]
    numbered = [_TOKEN_ID.fullmatch(line) for _, line in full]
    num_numbered = sum(map(bool, numbered))
    if numbered and num_numbered == len(full):
        pairs = [(match[1] or " ", match[2] or match[3]) for match in numbered if match]
        id_first = [_ID_TOKEN.fullmatch(line) for _, line in full]
        if all(id_first) and not _is_range([i for _, i in pairs]):  # tokens that are numbers, too
            pairs = [(match[2], match[1]) for match in id_first if match]
        return _in_order(_ids(pairs, path), path)
    for form, token, other in ((_ID_TOKEN, 2, 1), (_PIECE_SCORE, 1, 0)):
        matches = [match for _, line in full if (match := form.fullmatch(line))]
        if matches and len(matches) == len(full):
            if other:
                return _in_order(
                    _ids([(match[token].rstrip(" \t") or " ", match[other]) for match in matches], path), path
                )
            return [match[token] for match in matches]
    if 2 * num_numbered > len(full):
        number, line = next(row for row, match in zip(full, numbered) if not match)
        raise InputError(f"found {line!r}; expected 'TOKEN ID' as in the other lines", path, number)
    empty = next((number for number, line in lines if not line), None)
    if empty is not None:
        raise InputError(
            f"is empty, but a token is in each line; remove it, or write its token ({_EXPECTED})", path, empty
        )
    return [line.strip(" \t") or " " for _, line in lines]


def _is_range(ids: List[str]) -> bool:
    return sorted(map(int, ids)) == list(range(len(ids)))


def _ids(pairs: Iterable[Tuple[str, str]], path: Path) -> Dict[str, int]:
    """The id of each token, without the disambiguation symbols of a lexicon that icefall and Kaldi number after them."""
    ids: Dict[str, int] = {}
    token_of: Dict[int, str] = {}
    for symbol, text in pairs:
        if symbol in ids:
            raise InputError(f"has two tokens {symbol!r}, with ids {ids[symbol]} and {text}; make them different", path)
        if int(text) in token_of:
            raise InputError(f"has the id {text} for both {token_of[int(text)]!r} and {symbol!r}; {_EXPECTED}", path)
        ids[symbol], token_of[int(text)] = int(text), symbol
    return {symbol: i for symbol, i in ids.items() if not _DISAMBIGUATION.fullmatch(symbol)}


def _in_order(ids: Dict[str, int], path: Path) -> List[str]:
    """The tokens in the order of their ids; where these begin at 1 (ESPnet) and none is a blank, blank is 0."""
    if ids and min(ids.values()) == 1 and not any(blank in ids for blank in BLANKS):
        ids = {**ids, BLANK: 0}
    missing = next((i for i, found in enumerate(sorted(ids.values())) if i != found), None)
    if missing is not None:
        raise InputError(f"its ids are not 0, 1, 2 and so on: {missing} is missing or there twice; {_EXPECTED}", path)
    return sorted(ids, key=ids.__getitem__)
