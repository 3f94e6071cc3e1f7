"""Token files as other programs write them."""

import json

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.notes import Notes
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lang.model_langs import chars_lang, read_vocabulary
from wfst_bias.lang.token_files import model_tokens, read_model_tokens


def read(tmp_path, text, name="tokens.txt"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else json.dumps(text).encode())
    return read_model_tokens(path).table.symbols


SAME = {
    "token and id": "<blk> 0\n\u2581a 1\nb 2\n",
    "tabs": "<blk>\t0\n\u2581a\t1\nb\t2",
    "blanks": "<blk>   0 \n\u2581a \t 1\t\nb  2\n\n",
    "CRLF": "<blk> 0\r\n\u2581a 1\r\nb 2\r\n",
    "byte-order mark": "\ufeff<blk> 0\n\u2581a 1\nb 2\n",
    "out of order": "b 2\n<blk> 0\n\u2581a 1\n",
    "id and token": "0 <blk>\n1 \u2581a\n2\tb\n",
    "WeNet": "<blank> 0\n\u2581a 1\nb 2\n",
    "ESPnet, without blank": "\u2581a 1\nb 2\n",
    "Kaldi": "<eps> 0\n\u2581a 1\nb 2\n#0 3\n#1 4\n",
    "a token a line": "<blank>\n\u2581a\nb\n",
    "a token a line, CRLF": "<blank>\r\n\u2581a\r\nb\r\n",
    "brackets": "[PAD]\n\u2581a\nb\n",
    "sentencepiece": "<blank>\t0\n\u2581a\t-1.5\nb\t-2.25\n",
    "sentencepiece, BPE": "<blank>\t0\n\u2581a\t-0\nb\t-1\n",
    "object": {"b": 2, "\u2581a": 1, "<pad>": 0},
    "array": ["<pad>", "\u2581a", "b"],
    "ids to tokens": {"0": "<pad>", "1": "\u2581a", "2": "b"},
    "labels": {"labels": ["_", "\u2581a", "b"]},
    "tokenizer.json": {
        "version": "1.0",
        "added_tokens": [{"id": 0, "content": "<pad>", "special": True}],
        "model": {"type": "BPE", "vocab": {"\u2581a": 1, "b": 2}, "merges": []},
    },
    "tokenizer.json, unigram": {
        "model": {"type": "Unigram", "vocab": [["<pad>", 0.0], ["\u2581a", -1.5], ["b", -2.0]]}
    },
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_files_that_mean_the_same(tmp_path, text):
    assert read(tmp_path, text) == ("<blk>", "\u2581a", "b")


@pytest.mark.parametrize(
    "text, symbols",
    [
        ("<blk> 0\n  1\na 2\n", "<blk> | a"),  # a blank, a blank, the id
        ("<blk> 0\n\t1\na 2\n", "<blk> | a"),
        ("<blk> 0\n \t1\na 2\n", "<blk> | a"),
        ("<blank>\n \na\n", "<blk> | a"),
        ("0 <blk>\n1  \n2 a\n", "<blk> | a"),
        ("<blk> 0\n2 1\n1 2\n", "<blk> 2 1"),  # tokens that are numbers
        ("0 1\n1 2\n<blk> 0\n", "<blk> 0 1"),
        ("<blk>\n1\n0\n", "<blk> 1 0"),
        ("<blk> 0\n# 1\n#a 2\n", "<blk> # #a"),
        ("{ 1\n<blk> 0\n[ 2\n", "<blk> { ["),
        ("[UNK]\n<blk>\n[\n", "<blk> [UNK] ["),
        ("<blk>\na \n\tb\n", "<blk> a b"),
    ],
)
def test_tokens_that_look_like_something_else(tmp_path, text, symbols):
    assert read(tmp_path, text) == tuple(symbols.split(" "))


@pytest.mark.parametrize("token", ["\u3000", "\u00a0", "\u2028", "\x85", "\x1c", "a\u00a0b"], ids=ascii)
def test_other_spaces_are_tokens(tmp_path, token):
    for text in (f"<blk> 0\n  1\n{token} 2\n", f"<blk>\n \n{token}\n", ["<blk>", " ", token]):
        assert read(tmp_path, text) == ("<blk>", "|", token)
    table = SymbolTable(("<blk>", "|", token))
    table.write(tmp_path / "table.txt")
    assert SymbolTable.read(tmp_path / "table.txt", "<blk>") == table


def test_line_ends_are_tokens_of_json(tmp_path):
    table = model_tokens(["<pad>", "\n", "\r", "a b", ""]).table
    assert table.symbols == ("<blk>", "<0x0A>", "<0x0D>", "a|b", "<4>")
    table.write(tmp_path / "table.txt")
    assert SymbolTable.read(tmp_path / "table.txt", "<blk>") == table


@pytest.mark.parametrize(
    "name, text, message",
    [
        ("tokens.txt", "<blk> 0\na 1\nb 3\n", "ids are not 0, 1, 2 and so on: 2 is missing"),
        ("tokens.txt", "a 0\na 1\nb 2\n", "two tokens 'a', with ids 0 and 1"),
        ("tokens.txt", "<blk> 0\na 1\nb 1\n", "has the id 1 for both 'a' and 'b'"),
        ("tokens.txt", "<blk> 0\na 1\nb\nc 3\n", "tokens.txt:3: found 'b'; expected 'TOKEN ID' as in the other lines"),
        ("tokens.txt", "<blank> 1\na 2\n", "ids are not 0, 1, 2 and so on: 0 is missing"),
        ("vocab.txt", "<blk>\na\n\nb\n", "vocab.txt:3: is empty, but a token is in each line"),
        ("vocab.txt", "<blk>\na\na\n", "two tokens 'a'"),
        ("vocab.txt", "<blk>\n \n|\n", "two tokens '|'"),
        ("vocab.txt", "", "holds 0 tokens"),
        ("vocab.json", '{"a": 0, "a": 1}', "two tokens 'a'"),
        ("vocab.json", '{"a": 0, "b": "c"}', "has \"c\" for the id of 'b'"),
        ("vocab.json", '{"a": 0, "b": 1.5}', "has 1.5 for the id of 'b'"),
        ("vocab.json", '{"a": 0, "b": true}', "has true for the id of 'b'"),
        ("vocab.json", '{"a": 0, "b": 0}', "0 is missing or there twice|1 is missing or there twice"),
        ("vocab.json", '["a", 5]', "holds 5, which is no token"),
        ("vocab.json", "{}", "holds 0 tokens"),
        ("vocab.json", "<blk> 0\n", "holds 1 tokens"),
        ("vocab.json", "[PAD]\na\n", "is no JSON"),
        ("tokens.txt", '{"a": 0,\n"b": 1\n', "is no JSON"),
    ],
)
def test_a_bad_file_is_told(tmp_path, name, text, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, text, name)
    assert any(part in str(error.value) for part in message.split(" twice|")) and name in str(error.value)


def test_outputs_of_a_tokenizer(tmp_path):
    """Tokens behind the model's outputs are none of the model."""
    (tmp_path / "config.json").write_text('{"vocab_size": 3}')
    content = {"model": {"vocab": {"<pad>": 0, "a": 1, "b": 2, "c": 3}}, "added_tokens": [{"id": 4, "content": "<s>"}]}
    assert read(tmp_path, content, "tokenizer.json") == ("<blk>", "a", "b")


@pytest.mark.parametrize(
    "change", [str, lambda t: t.replace("\n", "\r\n"), str.upper, lambda t: "\ufeff\\1-grams:\n" + t]
)
def test_words_that_are_left_out_are_told(tmp_path, change):
    text = "\\data\\\nngram 1=6\n\n\\1-grams:\n-1\t<s>\n-1 </s>\n-1\tglen\t-0.2\n-1\tcaf\u00e9\n-1\t$isle\n-1\te-mail\n\n\\2-grams:\n"
    (tmp_path / "lm.arpa").write_bytes(change(text).encode())
    (tmp_path / "vocab.txt").write_text("<blk>\n|\ng\nl\ne\nn\n")
    notes = Notes()
    lang, num_unspelled = chars_lang(tmp_path / "vocab.txt", tmp_path / "lm.arpa", notes=notes)
    assert list(lang.lexicon.entries) == ["glen"] and num_unspelled == 1
    assert [note.partition("lm.arpa: ")[2].lower() for note in notes.texts][-3:] == [
        "symbols left out, which are no words: 1 ($isle)",
        "words left out, which have punctuation or spaces in them: 1 (e-mail)",
        "words left out, the model does not have their letters: 1 (caf\u00e9)",
    ]


def test_a_word_list_with_no_break_spaces(tmp_path):
    (tmp_path / "words").write_text("glen\nben\u00a0nevis\nloch 7\n", encoding="utf-8")
    notes = Notes()
    assert read_vocabulary(tmp_path / "words", notes) == ["glen", "loch"]
    assert notes.texts[0].endswith("words left out, which have punctuation or spaces in them: 1 (ben nevis)")
