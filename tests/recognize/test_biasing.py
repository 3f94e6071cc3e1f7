"""A list for each utterance."""

import json
from dataclasses import replace
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lhotse import MonoCut, Recording, SupervisionSegment

from helpers.emissions import ANN_WHITTEMORE, CITY, GIVING, ZELENSKYY, emissions
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import best_paths
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import ListPerUtterance
from wfst_bias.recognize.utterance_lists import lists_by_field, lists_of_utterances

SAID = (ZELENSKYY, ANN_WHITTEMORE, CITY)
PHRASES = ("Zelenskyy", "Ann Whittemore", "Ann", "Whit", "city", "Zell", "Met", "Kitty")


def cut(name, speaker="anna", **custom):
    recording = Recording(name, [], 16000, 16000, 1.0)
    supervision = SupervisionSegment(name, name, 0.0, 1.0, speaker=speaker)
    return MonoCut(name, 0.0, 1.0, 0, recording=recording, supervisions=[supervision], custom=custom)


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture(scope="module")
def classed_base(world, run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("classed") / "base"
    result = run("graph", "base", world / "lang", world / "lm.arpa.gz", folder, "--class", "$PERSON")
    assert result.exit_code == 0, result.output
    return read_base(folder)


@pytest.fixture(scope="module")
def speller(base):
    return speller_of(base)


def biasing_file(folder, *rows):
    path = folder / "biasing.tsv"
    path.write_text("".join(f"{name}\ttext\t[]\t{json.dumps(phrases)}\n" for name, phrases in rows))
    return path


def transcribed(base, speller, path, names, texts, search=SearchConfig()):
    lists, list_of = lists_of_utterances(path)
    biasing = ListPerUtterance(base, lists, list_of, speller, search=search)
    decoder, gates = biasing.decoder_of([cut(name) for name in names])
    return best_paths(decoder.lattices(without_ties(emissions(base.lang.tokens, *texts), texts), gates), decoder)


def without_ties(batch, texts):
    """The same with noise that depends on the text alone: of two paths one is better."""
    log_probs = batch.log_probs.clone()
    for row, text in zip(log_probs, texts):
        noise = torch.randn(200, row.shape[1], generator=torch.Generator().manual_seed(len(text)))
        row += noise[: len(row)]
    return replace(batch, log_probs=log_probs)


def test_each_utterance_has_its_own_list_only(base, speller, tmp_path):
    path = biasing_file(tmp_path, ("one", ["Zelenskyy"]), ("two", ["Ann Whittemore"]), ("none", []))
    one, two, none = transcribed(base, speller, path, ["one", "two", "none"], [ZELENSKYY] * 3)
    assert one.marked() == "we met [Zelenskyy]"
    assert "zelenskyy" not in two.text + none.text


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(SAID), st.lists(st.sampled_from(PHRASES), max_size=5, unique=True)),
        min_size=2,
        max_size=6,
    ),
    st.sampled_from([SearchConfig(), SearchConfig(search_beam=6, min_active=1, max_active=40)]),
)
def test_a_batch_is_each_utterance_alone_with_its_list(base, speller, tmp_path_factory, batch, search):
    names = [f"utt{i}" for i in range(len(batch))]
    path = biasing_file(
        tmp_path_factory.mktemp("lists"), *((name, phrases) for name, (_, phrases) in zip(names, batch))
    )
    together = transcribed(base, speller, path, names, [text for text, _ in batch], search)
    for i, (text, _) in enumerate(batch):
        (alone,) = transcribed(base, speller, path, [names[i]], [text], search)
        assert (alone.words, alone.entities) == (together[i].words, together[i].entities)
        assert alone.score == pytest.approx(together[i].score, abs=1e-3)


def test_a_list_that_is_shared_stands_once_in_the_graph(base, speller, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    (tmp_path / "speakers").write_text("anna names.txt\nbert -\n")
    lists, list_of = lists_by_field("speaker", tmp_path / "speakers")
    biasing = ListPerUtterance(base, lists, list_of, speller)
    decoder, gates = biasing.decoder_of([cut("a1"), cut("b1", "bert"), cut("a2"), cut("a3")])
    assert (decoder.graph.num_gates, list(gates)) == (1, [0, -1, 0, 0])


def test_classes_of_a_list_of_a_speaker_stand_behind_one_gate(classed_base, tmp_path):
    (tmp_path / "anna.tsv").write_text("phrase\tclass\nZelenskyy\t$PERSON\nKitty\t\n")
    (tmp_path / "bert.txt").write_text("Whittemore\n")
    (tmp_path / "speakers").write_text("anna anna.tsv\nbert bert.txt\n")
    with pytest.raises(InputError, match=r"anna.tsv:2: the base has no class '\$PERSON' \(it has: none\)"):
        lists_by_field("speaker", tmp_path / "speakers")
    lists, list_of = lists_by_field("speaker", tmp_path / "speakers", classed_base.class_names)
    biasing = ListPerUtterance(classed_base, lists, list_of, speller_of(classed_base))
    decoder, gates = biasing.decoder_of([cut("b", "bert"), cut("a"), cut("a2")])
    assert list(gates) == [0, 1, 1] and [part.gate for part in decoder.graph.lists] == [0, 1, 1]
    said = without_ties(emissions(classed_base.lang.tokens, *[ZELENSKYY] * 3), [ZELENSKYY] * 3)
    bert, *anna = best_paths(decoder.lattices(said, gates), decoder)
    assert "zelenskyy" not in bert.text
    assert [[(e.phrase, e.entity_class) for e in each.entities] for each in anna] == [[("Zelenskyy", "$PERSON")]] * 2


def test_lists_by_a_field_of_the_cuts(tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    (tmp_path / "map").write_text("m1 names.txt\nm2 -\n")
    _, list_of = lists_by_field("meeting", tmp_path / "map")
    assert [e.written for e in list_of(cut("a", meeting="m1"))] == ["Zelenskyy"]
    assert list_of(cut("b", meeting="m2")) == ()
    with pytest.raises(InputError, match="map: has no line for meeting 'm3' of utterance 'c'; add it"):
        list_of(cut("c", meeting="m3"))


@pytest.mark.parametrize(
    "text, message",
    [
        ("anna\n", ":1: found 'anna'; expected 'VALUE LIST'"),
        ("anna -\nanna -\n", ":2: 'anna' has a list already"),
        ("", ": is empty; write a line"),
        ("anna lost.txt\n", ":1: names the list .*lost.txt"),
    ],
)
def test_bad_maps(tmp_path, text, message):
    (tmp_path / "map").write_text(text)
    with pytest.raises(InputError, match=message.replace("'", ".")):
        lists_by_field("speaker", tmp_path / "map")


def test_an_utterance_without_a_row_is_an_error(tmp_path):
    _, list_of = lists_of_utterances(biasing_file(tmp_path, ("one", ["Zelenskyy"])))
    with pytest.raises(InputError, match="has no row for utterance 'two'"):
        list_of(cut("two"))


@pytest.mark.parametrize(
    "row",
    ["utt\ttext\t[]", "utt\ttext\t[]\t{}", "utt\ttext\t[]\t[1]", "utt\ttext\tx\t[]"],
    ids=["columns", "no list", "a number", "no JSON"],
)
def test_bad_rows_name_their_line(tmp_path, row):
    path = biasing_file(tmp_path, ("one", ["Zelenskyy"]))
    path.write_text(path.read_text() + row + "\n")
    with pytest.raises(InputError, match="biasing.tsv:2: found"):
        lists_of_utterances(path)


def test_decode_with_a_list_for_each_utterance(run, world, speech, tmp_path):
    names = [line.split()[0] for line in (speech / "wav.scp").read_text().splitlines()]
    path = biasing_file(tmp_path, (names[0], ["Zelenskyy", "日本"]), (names[1], ["Whittemore", "Zelenskyy"]))
    result = run("decode", world / "base", speech, tmp_path / "own", "--biasing", path)
    assert result.exit_code == 0, result.output
    assert "not used: 1 of the phrases: '日本' cannot be spelled" in result.output
    assert "zelenskyy" in (tmp_path / "own" / "text").read_text()
    assert "whittemore" in (tmp_path / "own" / "text").read_text()
    words = dict(line.split() for line in islice(open(tmp_path / "own" / "words.txt"), 10**6))
    assert {"zelenskyy", "whittemore"} <= words.keys()
    speakers = {line.split()[1] for line in (speech / "utt2spk").read_text().splitlines()}
    (tmp_path / "list.csv").write_text("id,name\n1,Zelenskyy\n")
    (tmp_path / "map").write_text("".join(f"{speaker} list.csv\n" for speaker in speakers))
    by_speaker = ("--entities-by", "speaker", tmp_path / "map", "--format", "csv:name")
    result = run("decode", world / "base", speech, tmp_path / "by", *by_speaker)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "by" / "text").read_text()
    assert "zelenskyy" in text and "whittemore" not in text


def test_a_field_that_no_cut_has_is_told(tmp_path):
    (tmp_path / "map").write_text("anna -\n")
    _, list_of = lists_by_field("speker", tmp_path / "map")
    with pytest.raises(InputError, match="has no 'speker'; lists go by speaker, recording, utterance"):
        list_of(cut("a"))


def test_options_of_a_class_belong_to_the_compiler_of_a_graph(run, world, speech, tmp_path):
    result = run("decode", world / "base", speech, tmp_path / "out", "--class-bonus", 9)
    assert result.exit_code == 2 and "give them to 'graph compile'" in result.output


def test_lists_of_a_batch_have_their_own_gates(base, tmp_path):
    (tmp_path / "strict.tsv").write_text("phrase\tgate\tweight\nZelenskyy\t0.9\t3\n")
    (tmp_path / "mild.tsv").write_text("phrase\tgate\tweight\nZelenskyy\t0.1\t3\n")
    (tmp_path / "open.tsv").write_text("phrase\tweight\nZelenskyy\t3\n")
    (tmp_path / "speakers").write_text("anna strict.tsv\nbert mild.tsv\ncleo open.tsv\ndora -\n")
    lists, list_of = lists_by_field("speaker", tmp_path / "speakers")
    biasing = ListPerUtterance(base, lists, list_of, speller_of(base), boost=GIVING, gate=GateConfig(0.5))
    assert biasing.meta["gate"] == {"evidence": 0.5}
    decoder, gates = biasing.decoder_of([cut(name, name) for name in ("anna", "bert", "cleo", "dora")])
    weak = ZELENSKYY.replace("S K", "F K")
    batch = without_ties(emissions(base.lang.tokens, *[weak] * 4), [weak] * 4)
    anna, bert, cleo, dora = gated_paths(decoder.lattices(batch, gates), decoder)[0]
    assert [("zelenskyy" in t.text, len(t.rejected)) for t in (anna, bert, cleo)] == [(False, 1), (True, 0), (False, 1)]
    assert anna.text == cleo.text == dora.text and not dora.rejected
