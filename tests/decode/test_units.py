"""Models of other units than phones, from their vocabulary to words."""

import io
import json

import pytest
import torch

from helpers.emissions import best_transcript, frames_of
from helpers.phone_bases import phones_folder
from helpers.real_data import DATA
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import SearchConfig
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list, spelled_list, speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.lang.token_files import read_model_tokens

SENTENCES = """
the useful house is just used by us
is the bus full of useful things
all of us used the bus
the house is full of us
"""


@pytest.fixture(scope="module")
def subwords(tmp_path_factory, run):
    """The base of a subword model, and how it spells."""
    import sentencepiece

    folder = tmp_path_factory.mktemp("subwords")
    (folder / "sentences.txt").write_text(SENTENCES)
    model = io.BytesIO()
    options = dict(model_writer=model, vocab_size=50, model_type="bpe", minloglevel=2)
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(SENTENCES.split("\n") * 9), **options)
    (folder / "bpe.model").write_bytes(model.getvalue())
    for command in (
        ("lm", "train", folder / "sentences.txt", folder / "lm.arpa", "--order", 2),
        ("lang", "subwords", folder / "lang", "--model", folder / "bpe.model", "--words", folder / "lm.arpa"),
        ("graph", "base", folder / "lang", folder / "lm.arpa", folder / "base"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return read_base(folder / "base"), sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def spoken(base, processor, text, sharpness=6.0):
    pieces = " ".join(processor.encode(text, out_type=str))
    return frames_of(base.lang.tokens, pieces, sharpness)


def test_subwords_decode_to_their_words_and_times(subwords):
    base, processor = subwords
    transcript = best_transcript(base.plain, base.lang.tokens, spoken(base, processor, "the bus is useful"))
    assert transcript.text == "the bus is useful"
    assert [word.start for word in transcript.words] == sorted(word.start for word in transcript.words)


def test_subwords_follow_a_list(subwords, tmp_path):
    base, processor = subwords
    (tmp_path / "list.txt").write_text("Stubb\nthe Lusebuth\n")
    graph, _ = graph_of_list(base, tmp_path / "list.txt")
    frames = spoken(base, processor, "is the lusebuth full of us")
    assert "lusebuth" not in best_transcript(base.plain, base.lang.tokens, frames).text
    assert best_transcript(graph, base.lang.tokens, frames).marked() == "is [the Lusebuth] full of us"


@pytest.mark.parametrize("text", ["the useful bus", "the house is used", "just useful things"])
def test_a_boosted_us_never_sits_in_useful(subwords, tmp_path, text):
    base, processor = subwords
    (tmp_path / "list.txt").write_text("us\t9\nuse\t9\nful\t9\n")
    graph, _ = graph_of_list(base, tmp_path / "list.txt")
    assert best_transcript(graph, base.lang.tokens, spoken(base, processor, text, sharpness=12.0)).text == text


def test_every_segmentation_of_an_entity_is_found(subwords, tmp_path):
    base, _ = subwords
    (tmp_path / "list.txt").write_text("Lusebuth\n")
    graph, outcomes = graph_of_list(base, tmp_path / "list.txt", g2g=G2GConfig(variants=8, sources="en"))
    pronunciations = outcomes[0].pronunciations
    assert len(pronunciations) > 1 and len({"".join(pronunciation) for pronunciation in pronunciations}) < len(pronunciations)
    for pronunciation in pronunciations:
        frames = frames_of(base.lang.tokens, " ".join(pronunciation), 9.0)
        assert best_transcript(graph, base.lang.tokens, frames).text == "lusebuth"


@pytest.fixture(scope="module")
def logits():
    path = DATA / "pyctcdecode" / "libri_logits.json"
    if not path.is_file():
        pytest.skip(f"no logits at {path}; WFST_BIAS_DATA names the data folder")
    return torch.tensor(json.loads(path.read_text()), dtype=torch.float32)


SENTENCE = "i have a good deal of will you remember and what i have set my mind upon no doubt i shall some day achieve"


def test_real_character_logits_with_a_language_model_and_a_list(logits, run, tmp_path):
    """A NeMo model's characters; the language model knows neither the first nor the last word that is asked for."""
    (tmp_path / "vocab.txt").write_text("\n".join(" abcdefghijklmnopqrstuvwxyz'") + "\n")
    others = (DATA / "text" / "ljspeech.txt").read_text().splitlines()[:4000]
    kept = [line for line in others if "achieve" not in line.lower() and "doubt" not in line.lower()]
    (tmp_path / "sentences.txt").write_text("\n".join(kept) + "\n")
    for command in (
        ("lm", "train", tmp_path / "sentences.txt", tmp_path / "lm.arpa", "--order", 2),
        ("lang", "chars", tmp_path / "lang", "--tokens", tmp_path / "vocab.txt", "--words", tmp_path / "lm.arpa"),
        ("graph", "base", tmp_path / "lang", tmp_path / "lm.arpa", tmp_path / "base"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    tokens = read_model_tokens(tmp_path / "vocab.txt")
    log_probs = logits[:, list(tokens.column)]
    base = read_base(tmp_path / "base")
    without = best_transcript(base.plain, tokens.table, log_probs).text
    assert without.split()[:7] == SENTENCE.split()[:7]
    assert "achieve" not in without and "doubt" not in without
    (tmp_path / "list.txt").write_text("achieve\nno doubt\nArchie\n")
    graph, _ = graph_of_list(base, tmp_path / "list.txt")
    transcript = best_transcript(graph, tokens.table, log_probs)
    assert transcript.text == SENTENCE
    assert [entity.phrase for entity in transcript.entities] == ["no doubt", "achieve"]


@pytest.fixture(scope="module")
def phones(tmp_path_factory, run):
    """A phone model without a token between words, and a lexicon with homophones."""
    return read_base(phones_folder(run, tmp_path_factory.mktemp("phones"), "standard"))


@pytest.mark.parametrize("text", ["a man at art", "no red manor", "mano nor man", "read a tree at a manor"])
def test_words_have_their_times_where_no_token_tells_them_apart(phones, text):
    tokens = phones.lang.tokens
    said = text.replace("read", "red")
    transcript = best_transcript(phones.plain, tokens, frames_of(tokens, " ".join(said.replace(" ", "")), 12.0))
    assert transcript.text == text
    units = [len(word) for word in said.split()]
    ends = [sum(units[: i + 1]) for i in range(len(units))]  # three frames a unit, 40 ms each
    assert [word.end for word in transcript.words] == pytest.approx([0.12 * end for end in ends])


def test_free_frames_hold_no_new_phrase_where_no_token_tells_words_apart(phones, tmp_path):
    tokens = phones.lang.tokens
    (tmp_path / "list.txt").write_text("dent\t9\n")
    graph, _ = graph_of_list(phones, tmp_path / "list.txt")
    frames = frames_of(tokens, " ".join("amanatar"), 30.0)
    for beam in (5.0, 18.0):
        search = SearchConfig(search_beam=beam, min_active=1, max_active=20)
        assert best_transcript(graph, tokens, frames, search).text == "a man at art"


@pytest.mark.parametrize("topology", ["standard", "modified"])
def test_equal_units_in_a_row(phones, run, tmp_path, topology):
    """The modified topology needs no blank between them."""
    folder = phones_folder(run, tmp_path, topology)
    base = read_base(folder)
    frames = frames_of(base.lang.tokens, " ".join("atree"), 12.0)
    touching = frames[[i for i in range(len(frames)) if i != 11]]  # no blank between e and e
    heard = frames if topology == "standard" else touching
    transcript = best_transcript(base.plain, base.lang.tokens, heard)
    assert transcript.text == "a tree" and len(transcript.words) == 2


@pytest.mark.parametrize("seed", range(10))
def test_noise_is_read_in_the_modified_topology(run, phones, tmp_path_factory, seed):
    folder = phones_folder(run, tmp_path_factory.mktemp("modified"), "modified")
    base = read_base(folder)
    noise = 3 * torch.randn(60, len(base.lang.tokens), generator=torch.Generator().manual_seed(seed))
    transcript = best_transcript(base.plain, base.lang.tokens, noise.log_softmax(-1))
    assert len(transcript.text.split()) == len(transcript.words)


def test_an_entity_has_its_time_where_no_token_tells_words_apart(phones, tmp_path):
    tokens = phones.lang.tokens
    (tmp_path / "list.txt").write_text("art dent\nBodkin\n")
    with pytest.raises(InputError, match="list.txt:2: 'Bodkin' .*--lexicon"):
        spelled_list(tmp_path / "list.txt", speller_of(phones), strict=True)
    graph, _ = graph_of_list(phones, tmp_path / "list.txt")
    transcript = best_transcript(graph, tokens, frames_of(tokens, " ".join("redartdentman"), 12.0))
    assert transcript.marked() in ("red [art dent] man", "read [art dent] man")
    (entity,) = transcript.entities
    assert (entity.start, entity.end) == (pytest.approx(0.36), pytest.approx(0.12 * 10))
    assert entity.units == tuple("artdent")
