"""Characters and subwords: vocabulary files of models, and words spelled with them."""

import io
import json

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lang.model_langs import chars_lang, read_vocabulary
from wfst_bias.lang.spellers import CharSpeller, PieceSpeller
from wfst_bias.lang.token_files import model_tokens, read_model_tokens
from wfst_bias.lang.units import Units


@pytest.mark.parametrize(
    "symbols, table, column",
    [
        (["<pad>", "<s>", "|", "E"], ("<blk>", "<s>", "|", "E"), (0, 1, 2, 3)),  # wav2vec2
        ([" ", "a", "b"], ("<blk>", "|", "a", "b"), (3, 0, 1, 2)),  # NeMo: blank comes after the tokens
        (["a", "|", "[PAD]"], ("<blk>", "a", "|"), (2, 0, 1)),
    ],
)
def test_blank_goes_first(symbols, table, column):
    tokens = model_tokens(symbols)
    assert (tokens.table.symbols, tokens.column) == (table, column)


@pytest.mark.parametrize(
    "name, text",
    [
        ("vocab.json", json.dumps({"|": 1, "<pad>": 0, "a": 2})),
        ("labels.json", json.dumps(["<pad>", "|", "a"])),
        ("tokens.txt", "<blk> 0\n| 1\na 2\n"),
        ("tokens.txt", "<blk> 0\n| 1\na 2\n#0 3\n#1 4\n"),  # icefall: symbols of its lexicon after the tokens
        ("vocab.txt", " \na\n"),
    ],
)
def test_vocabulary_files(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read_model_tokens(tmp_path / name).table.symbols == ("<blk>", "|", "a")


@pytest.mark.parametrize(
    "text, options, message",
    [
        ('{"a": 0, "b": 2}', {}, "ids are not 0, 1, 2"),
        ("{", {}, "is no JSON"),
        ("a\n", {}, "holds 1 tokens"),
        ("a\nb\n", {"blank": "c"}, "no token 'c' for blank"),
        (" \n|\na\n", {}, "two tokens '|'"),
        ('{"eng": {"a": 0}}', {}, "a vocabulary for each language; keep one in it, that of 'eng' or another"),
    ],
)
def test_bad_vocabularies(tmp_path, text, options, message):
    (tmp_path / "vocab").write_text(text)
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        read_model_tokens(tmp_path / "vocab", **options)


@pytest.mark.parametrize(
    "num_outputs, table", [(4, ("<blk>", "|", "<s>", "</s>")), (3, ("<blk>", "|", "<s>")), (2, ("<blk>", "|"))]
)
def test_tokens_that_a_fine_tuning_added(tmp_path, num_outputs, table):
    """They are in a file of their own, and the model has outputs for all of them or not."""
    files = {
        "vocab": {"|": 0, "[PAD]": 1},
        "added_tokens": {"<s>": 2, "</s>": 3},
        "config": {"vocab_size": num_outputs},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert read_model_tokens(tmp_path / "vocab.json").table.symbols == table


def test_words_of_an_arpa_model_and_of_a_word_list(tmp_path):
    arpa = "\\data\\\nngram 1=4\nngram 2=1\n\n\\1-grams:\n-1 <s>\n-1 </s>\n-1 New\n-1 $DRUG\n-1 york\n\n\\2-grams:\n-1 new york\n\\end\\\n"
    (tmp_path / "lm.arpa").write_text(arpa)
    (tmp_path / "words.txt").write_text("<eps> 0\nnew 1\nyork 2\n#0 3\n")
    assert read_vocabulary(tmp_path / "lm.arpa") == read_vocabulary(tmp_path / "words.txt") == ["new", "york"]


def test_words_are_spelled_in_the_case_of_the_model(tmp_path):
    (tmp_path / "vocab.json").write_text(json.dumps(["<pad>", "|", "N", "E", "W"]))
    (tmp_path / "words").write_text("new\nnewt\n")
    lang, unspelled = chars_lang(tmp_path / "vocab.json", tmp_path / "words")
    assert lang.lexicon.entries == {"new": (("N", "E", "W"),)} and unspelled == 1
    assert CharSpeller(lang.units).pronounce(["we"]) == {"we": (("W", "E"),)}


def test_a_model_without_a_token_between_words_is_an_error(tmp_path):
    (tmp_path / "vocab").write_text("a\nb\n")
    (tmp_path / "words").write_text("ab\n")
    with pytest.raises(InputError, match="no token between words .*--boundary"):
        chars_lang(tmp_path / "vocab", tmp_path / "words")


@pytest.fixture(scope="session")
def piece_model():
    """A sentencepiece BPE model of two hundred pieces."""
    import sentencepiece

    words = "useful used us the bus is full of useful things just as usual and the house is used by us all".split()
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([" ".join(words)] * 20 + words * 5),
        model_writer=model,
        vocab_size=60,
        model_type="bpe",
        minloglevel=2,
    )
    return model.getvalue()


def test_pieces_give_the_best_spellings_of_words(piece_model):
    speller = PieceSpeller(piece_model, Units("subwords", SymbolTable(("<blk>",))), num_best=4)
    pieces = tuple(speller.model.id_to_piece(i) for i in range(len(speller.model)))
    speller = PieceSpeller(piece_model, Units("subwords", SymbolTable(("<blk>", *pieces)), word_start="▁"), 4)
    spellings = speller.pronounce(["useful", "日本"])
    assert spellings["useful"][0] == tuple(speller.model.encode("useful", out_type=str))
    assert 1 < len(set(spellings["useful"])) == len(spellings["useful"]) <= 4
    assert all("".join(spelling) == "▁useful" for spelling in spellings["useful"])
    assert spellings["日本"] == ()
