"""Language models, lexicons, token tables and word lists of other programs."""

import gzip
import json

import numpy as np
from hypothesis import strategies as st

from fuzz.mutations import TEXT_TOKENS
from fuzz.target import Case, Target
from fuzz.text import ascii_words, texts, words
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.core.text import clean, lower, words_of
from wfst_bias.lang.ipa import phones_of_ipa
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.model_langs import read_vocabulary
from wfst_bias.lang.phones import PHONES, phones_of
from wfst_bias.lang.token_files import TOKEN_FILES, read_model_tokens
from wfst_bias.lm.files import read_known_ngrams, read_ngrams

_ARPA = b"""made by hand

\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-99\t<s>\t-0.5
-1.2\t</s>
-0.8\tanna\t-0.3
-0.9\tO'Neil\t-0.2
-1.1\t<unk>

\\2-grams:
-0.4\t<s> anna\t-0.1
-0.5 anna O'Neil
-0.6\tO'Neil </s>

\\3-grams:
-0.2\t<s> anna O'Neil

\\end\\
"""
_LEXICONS = (
    b";;; comment\nANNA  AE1 N AH0\nANNA(2)  AA1 N AH0\no'neil OW N IY1 L\n\xc5\x82\xc3\xb3d\xc5\xba W UH JH\n",
    b"anna 0.8 AE N AH\nanna 0.2 AA N AH #1\n<SIL> SIL\nbob\t1.0\tB_B AA_I B_E\n",
    "anna \u02c8\u00e6 n \u0259\nbob b \u0252 b\n".encode(),
)
_TOKENS = (
    *TEXT_TOKENS,
    b"\\data\\",
    b"\\1-grams:",
    b"\\end\\",
    b"ngram 1=2",
    b"<s>",
    b"(2)",
    b"#1",
    b"SIL",
    b"-99",
    b"\t",
    b"\\",
)
_ICEFALL = b"<blk> 0\n<unk> 1\n\xe2\x96\x81a 2\nb 3\n\xe2\x96\x81 4\n#0 5\n"
_NEMO = b"a\nb\nc\n \n'\n"
_WAV2VEC = b'{"<pad>": 0, "<s>": 1, "|": 2, "a": 3, "B": 4, "\\u00e9": 5}'
_TOKENIZER = b'{"added_tokens": [{"id": 0, "content": "<pad>"}], "model": {"vocab": {"<pad>": 0, "a": 1, "b": 2}}}'
_ARRAY = b'["<blank>", "a", "b", "\\u2581c"]'
_ADDED = {"vocab.json": _WAV2VEC, "added_tokens.json": b'{"<x>": 6}', "config.json": b'{"vocab_size": 7}'}


def _lm(folder):
    path = next(folder / name for name in ("lm.arpa", "lm.arpa.gz") if (folder / name).is_file())
    model = read_ngrams(path)
    known = read_known_ngrams(path, {"<s>", "</s>", "anna"})
    for one in (model, known.model):
        assert np.isfinite(one.log_prob).all() and np.isfinite(one.backoff).all()
    return _ngrams(model)


def _ngrams(model):
    """The words of each n-gram, log10 of its probability and of its backoff weight."""
    found = {}
    for node in range(1, len(model.parent)):
        ids, at = [], node
        while at > 0:
            ids.append(model.words[model.word[at]])
            at = model.parent[at]
        found[tuple(ids[::-1])] = tuple(
            round(float(x / np.log(10)), 3) for x in (model.log_prob[node], model.backoff[node])
        )
    return found


@st.composite
def _known_lm(draw):
    """A bigram model as other toolkits write it."""
    spellings = draw(st.lists(words.filter(lambda w: clean(w) == w), min_size=1, max_size=4, unique=True))
    vocabulary = ["<s>", "</s>", *spellings]
    number = st.integers(1, 400).map(lambda n: -n / 100)
    ones = {(word,): (draw(number), draw(number)) for word in vocabulary}
    pairs = draw(
        st.lists(
            st.tuples(st.sampled_from(vocabulary[:1] + spellings), st.sampled_from(vocabulary[1:])),
            max_size=4,
            unique=True,
        )
    )
    if not pairs:  # the weights of the highest order are not used
        ones = {ngram: (prob, 0.0) for ngram, (prob, _) in ones.items()}
    twos = {pair: (draw(number), 0.0) for pair in pairs}
    gap = draw(st.sampled_from(["\t", " ", "\t "]))
    head = draw(st.sampled_from(["\\data\\", "\\data\\ "]))
    rows = [*draw(st.sampled_from([[], [""], ["# made by a program", ""]])), head]
    sections = [ones, twos] if twos else [ones]
    rows += [f"ngram {order}={len(section)}" for order, section in enumerate(sections, 1)] + [""]
    for order, section in enumerate(sections, 1):
        rows.append(f"\\{order}-grams:")
        for ngram, (prob, backoff) in section.items():
            rows.append(f"{prob:.4f}{gap}{' '.join(ngram)}" + (f"{gap}{backoff:.4f}" if order == 1 else ""))
        rows.append("")
    rows.append("\\end\\")
    content = draw(texts(rows))
    name = draw(st.sampled_from(["lm.arpa", "lm.arpa.gz"]))
    expected = {n: (round(p, 3), round(b, 3)) for n, (p, b) in {**ones, **twos}.items()}
    return Case({name: gzip.compress(content) if name.endswith("gz") else content}, expected)


def _lexicon(folder):
    return read_lexicon(folder / "lexicon.txt", phones_of, phones_of_ipa).entries


@st.composite
def _known_lexicon(draw):
    """A lexicon with several pronunciations of a word."""
    rows, expected = [], {}
    gap, ends = draw(st.sampled_from([" ", "  ", "\t"])), draw(st.sampled_from(["", " "]))
    kind = draw(st.sampled_from(["plain", "alternates"]))
    for word in draw(
        st.lists(
            words.filter(lambda w: words_of(w) == (lower(clean(w)),)),
            min_size=1,
            max_size=4,
            unique_by=lambda w: lower(clean(w)),
        )
    ):
        key = lower(clean(word))
        for number in range(draw(st.integers(1, 2))):
            units = draw(st.lists(st.sampled_from(PHONES[:20]), min_size=2, max_size=4))
            name = f"{word}({number + 1})" if kind == "alternates" and number else word
            rows.append(f"{name}{gap}{' '.join(units)}{ends}")
            if tuple(units) not in expected.setdefault(key, ()):
                expected[key] += (tuple(units),)
    return Case({"lexicon.txt": draw(texts(rows, ["", ";;; comment"]))}, expected)


def _tokens(folder):
    path = next(folder / name for name in TOKEN_FILES if (folder / name).is_file())
    found = read_model_tokens(path)
    assert len(found.table) == len(found.column) == len(set(found.column)) == len(set(found.table.symbols))
    return dict(zip(found.column, found.table.symbols))


@st.composite
def _known_tokens(draw):
    """The tokens of a model in a file of each kind."""
    pieces = draw(st.lists(words, min_size=2, max_size=5, unique=True))
    symbols = ["<blk>", *pieces]
    form = draw(st.sampled_from(["tokens.txt", "vocab.txt", "vocab.json", "array"]))
    if form == "tokens.txt":
        gap = draw(st.sampled_from([" ", "\t"]))
        content = draw(texts([f"{symbol}{gap}{i}" for i, symbol in enumerate(symbols)]))
    elif form == "vocab.txt":
        content = draw(texts(symbols))
    else:
        value = symbols if form == "array" else {symbol: i for i, symbol in enumerate(symbols)}
        content = (
            draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
        )
    return Case({"vocab.json" if form == "array" else form: content}, dict(enumerate(symbols)))


@st.composite
def _known_words(draw):
    spellings = draw(st.lists(ascii_words, min_size=1, max_size=5, unique=True))
    rows = [f"{word} {i}" for i, word in enumerate(spellings)] if draw(st.booleans()) else spellings
    return Case({"words.txt": draw(texts(rows, [""]))}, spellings)


TARGETS = (
    Target("model/arpa", _lm, lambda: [{"lm.arpa": _ARPA}, {"lm.arpa.gz": gzip.compress(_ARPA)}], tokens=_TOKENS),
    Target("model/known-arpa", _lm, cases=_known_lm(), share=0.15),
    Target("model/lexicon", _lexicon, lambda: [{"lexicon.txt": one} for one in _LEXICONS], tokens=_TOKENS),
    Target("model/known-lexicon", _lexicon, cases=_known_lexicon(), share=0.15),
    Target(
        "model/tokens",
        _tokens,
        lambda: [
            {"tokens.txt": _ICEFALL},
            {"vocab.txt": _NEMO},
            {"vocab.json": _WAV2VEC},
            {"vocab.json": _ARRAY},
            {"tokenizer.json": _TOKENIZER},
            _ADDED,
        ],
    ),
    Target("model/known-tokens", _tokens, cases=_known_tokens(), share=0.15),
    Target(
        "model/symbols",
        lambda folder: SymbolTable.read(folder / "words.txt", EPS),
        lambda: [{"words.txt": b"<eps> 0\na 1\nb 2\n"}],
    ),
    Target(
        "model/words",
        lambda folder: read_vocabulary(folder / "words.txt"),
        lambda: [{"words.txt": b"<eps> 0\na 1\nb 2\n"}, {"words.txt": _ARPA}],
    ),
    Target("model/known-words", lambda folder: read_vocabulary(folder / "words.txt"), cases=_known_words(), share=0.15),
)
