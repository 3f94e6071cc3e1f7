"""Speech with the first words of a phrase and without its last ones: what was said is written, and no more."""

import json

import pytest

from helpers.emissions import ANN_WHITTEMORE, decoded, emissions, kaldi_best
from helpers.phone_bases import phones_folder
from helpers.sausages import confidences_of_text
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.explain.explanation import explain
from wfst_bias.fst.ctc import TOPOLOGIES
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import graph_of_list, speller_of
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.draw import dot_of
from wfst_bias.graph.exchange import word_machine
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lattice.frames import kaldi_lattices
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.word_lattice import NO_PHRASE
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognition import SearchedBatch

LIST = "Kitty\nAnn Whittemore Report Foundation\n"
SAID = f"{ANN_WHITTEMORE} <wb> B IH F AO R <wb> F R AY D EY"  # call ann whittemore before friday
FIRST = (("ann",), ("ann", "whittemore"), ("whittemore",), ("ann", "whittemore", "report"), ("foundation",))
TEXT = "call ann whittemore before friday"
ONE_WAY = G2GConfig(variants=0)


@pytest.fixture(scope="module")
def base(world):
    return read_base(world / "base")


@pytest.fixture(scope="module")
def decoder(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "names.txt"
    path.write_text(LIST)
    graph, _ = graph_of_list(base, path, g2g=ONE_WAY)
    return Decoder(graph)


def list_scores(decoder, text):
    """Transcript, and for each word of the best path of the word lattice what the list has in its score."""
    (transcript,), (lattice,) = decoded(decoder, text, sharpness=6.0)
    best = nbest_of(lattice, 1, decoder.graph.words).hypotheses[0]
    assert list(best.words) == transcript.text.split()
    arcs = [arc for arc in best.arcs if lattice.words[arc]]
    return transcript, lattice.terms[arcs, 3].tolist(), lattice.phrases[arcs].tolist(), best


def test_the_first_words_are_words_and_no_entity(base, decoder):
    transcript, in_list, phrases, best = list_scores(decoder, SAID)
    assert transcript.text == TEXT and not transcript.entities
    assert phrases == [NO_PHRASE] * 5 and not best.phrases
    config = ClassConfig()
    # what the class costs and the exit, and neither bonus nor weight
    assert in_list == pytest.approx([0.0, config.entry_score(2) - config.partial_cost, 0.0, 0.0, 0.0], abs=1e-3)
    assert [word.start for word in transcript.words] == sorted({word.start for word in transcript.words})


def test_the_whole_phrase_is_found_as_before(decoder):
    whole = f"{ANN_WHITTEMORE} <wb> R IY P AO R T <wb> F AW N D EY SH AH N"
    transcript, in_list, phrases, _ = list_scores(decoder, whole)
    assert transcript.marked() == "call [Ann Whittemore Report Foundation]"
    assert phrases == [NO_PHRASE] + [1] * 4 and in_list[1] > ClassConfig().entry_score(2)


def test_a_phrase_with_its_last_word_missing_is_left_before_that(decoder):
    text = f"{ANN_WHITTEMORE} <wb> R IY P AO R T <wb> B IH F AO R <wb> F R AY D EY"
    transcript, in_list, _, _ = list_scores(decoder, text)
    assert transcript.text == "call ann whittemore report before friday" and not transcript.entities


def test_lattices_of_others_and_confidences_have_the_words(decoder):
    lattices = decoder.lattices(emissions(decoder.graph.tokens, SAID))
    (transcript,) = best_paths(lattices, decoder)
    name, _, words, score = kaldi_best(kaldi_lattices(lattices, decoder)[0])
    assert " ".join(decoder.graph.words.symbols[word] for word in words) == TEXT
    assert score == pytest.approx(transcript.score, abs=1e-2)
    _, (lattice,) = decoded(decoder, SAID, sharpness=8.0)
    confidences = confidences_of_text(lattice, TEXT.split(), decoder.graph)
    assert all(one.plain > 0.9 and one.plain == pytest.approx(one.boosted, abs=0.1) for one in confidences)


def test_a_phrase_that_its_gate_rejects_may_leave_its_first_words(base, tmp_path):
    (tmp_path / "list.jsonl").write_text(
        json.dumps({"phrase": "Ann Whittemore Report", "gate": 0.9, "weight": 15}) + "\n"
    )
    graph, _ = graph_of_list(base, tmp_path / "list.jsonl", g2g=ONE_WAY)
    decoder = Decoder(graph)
    weak = f"{ANN_WHITTEMORE} <wb> R IY P"  # nothing of the other units
    lattices = decoder.lattices(emissions(graph.tokens, weak, sharpness=8.0))
    ((found,),) = [one.entities for one in best_paths(lattices, decoder)]
    assert found.phrase == "Ann Whittemore Report" and found.is_below_gate
    ((transcript,), _) = gated_paths(lattices, decoder)
    assert transcript.text.startswith("call ann whittemore") and not transcript.entities
    assert [one.phrase for one in transcript.rejected] == ["Ann Whittemore Report"]


def test_a_list_of_its_own_has_its_own_first_words(base, decoder):
    speller = speller_of(base, g2g=ONE_WAY)
    lists = [compile_list(base, speller.spell([Entity(phrase)])) for phrase in ("Ann Whittemore Report", "Kitty Olson")]
    own = Decoder(base.with_entities(*lists, gates=[0, 1]))
    lattices = own.lattices(emissions(base.lang.tokens, SAID, SAID), gates=[0, 1])
    first, second = best_paths(lattices, own)
    assert first.text == TEXT and "whittemore" not in second.text


def test_a_word_in_the_middle_is_a_word(decoder):
    transcript, in_list, _, _ = list_scores(decoder, "K AO L <wb> W IH T M AO R <wb> B IH F AO R <wb> F R AY D EY")
    assert transcript.text == "call whittemore before friday" and not transcript.entities
    assert in_list[1] == pytest.approx(ClassConfig().entry_score(2) - ClassConfig().partial_cost, abs=1e-3)


def test_a_phrase_inside_the_first_words_is_an_entity(base, tmp_path):
    (tmp_path / "list.txt").write_text("Ann Whittemore Report\nWhittemore\n")
    graph, _ = graph_of_list(base, tmp_path / "list.txt", ClassConfig(bonus=0.0, length_bonus=0.0), g2g=ONE_WAY)
    (transcript,) = best_paths(Decoder(graph).lattices(emissions(graph.tokens, SAID)), Decoder(graph))
    assert transcript.text == TEXT and [one.phrase for one in transcript.entities] == ["Whittemore"]


def test_an_explanation_names_what_the_phrase_lost_to(decoder):
    spoken = BatchEmissions.precomputed(emissions(decoder.graph.tokens, SAID, sharpness=2.5))
    explanation = explain(SearchedBatch.search(spoken, decoder, [-1]), [1])
    assert explanation.transcript.text == TEXT and not explanation.found
    # both have the same units up to the end of the first words, where one leaves with all that the list paid before
    config = ClassConfig()
    paid = config.bonus + config.length_bonus * 0.5  # of a long phrase
    difference = explanation.comparison.difference
    assert difference.list == pytest.approx(paid + config.partial_cost, abs=1e-3)
    assert difference.acoustic < -10 and explanation.comparison.margin < 0


def test_a_graph_folder_keeps_them(world, run, base, decoder, tmp_path):
    (tmp_path / "names.txt").write_text(LIST)
    made = run("graph", "compile", world / "base", tmp_path / "names.txt", tmp_path / "graph", "--g2g-variants", 0)
    assert made.exit_code == 0, made.output
    graph = read_decoding(tmp_path / "graph")
    assert graph.phrases == decoder.graph.phrases and graph.lists == decoder.graph.lists
    assert graph.lists[0].partial_phrases == FIRST
    read = Decoder(graph)
    assert best_paths(read.lattices(emissions(graph.tokens, SAID)), read)[0].text == TEXT


def test_other_programs_get_their_words(decoder):
    machine = word_machine(decoder.graph)
    assert machine.olabel.max() < len(decoder.graph.words)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_where_no_token_tells_words_apart(run, tmp_path, topology):
    base = read_base(phones_folder(run, tmp_path, topology))
    (tmp_path / "list.txt").write_text("tree dent manor\n")
    graph, spelled = graph_of_list(base, tmp_path / "list.txt", g2g=ONE_WAY)
    assert graph.lists[0].partial_phrases == (("tree",), ("tree", "dent"), ("dent",))
    decoder = Decoder(graph, SearchConfig(search_beam=40.0))
    batch = emissions(graph.tokens, " ".join("readatreedentatamanor"), sharpness=9.0)
    transcript = best_paths(decoder.lattices(batch), decoder)[0]
    assert transcript.text == "read a tree dent at a manor" and not transcript.entities
    assert "tree dent" in dot_of(graph)
