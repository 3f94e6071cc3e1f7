"""Tuning, on emissions that are made from known words."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from helpers.emissions import emissions
from wfst_bias.acoustic.archive import write_archive
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import SearchConfig
from wfst_bias.entities.entity import Entity
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.second_pass.chain import Chain, Rescoring
from wfst_bias.second_pass.config import ChainConfig, RescoringConfig
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer
from wfst_bias.tune.lists import OneList
from wfst_bias.tune.tuner import Caps, DevEmissions, Tuner, write_config
from wfst_bias.tune.weights import Weights, with_rescoring

# said, heard
SPOKEN = (
    ("we met zelenskyy", "W IY <wb> M EH T <wb> Z EH L EH N S K IY"),
    ("call whittemore", "K AO L <wb> W IH T AH M AO R"),
    ("the city", "DH AH <wb> S IH T IY"),
    ("the city", "DH AH <wb> S IH D IY"),
)
TEXTS = {f"utt{i}": text for i, (text, _) in enumerate(SPOKEN)}
TIMID = Weights(ClassConfig(bonus=-20.0))


@pytest.fixture(scope="module")
def tuner(world):
    base = read_base(world / "base")
    outcomes = speller_of(base).spell([Entity("Zelenskyy"), Entity("Whittemore"), Entity("Citty")])
    spoken = emissions(base.lang.tokens, *(heard for _, heard in SPOKEN), sharpness=2.5)
    return tuner_of_list(base, outcomes, DevEmissions([BatchEmissions.precomputed(spoken)], 0.1))


def tuner_of_list(base, spelled, emissions, texts=TEXTS, **options):
    phrases = ScoredPhrases(outcome.entity.words for outcome in spelled)
    return Tuner(OneList(base, spelled), emissions, texts, dict.fromkeys(texts, phrases), **options)


def test_a_bonus_that_finds_no_phrase_is_raised(tuner):
    first, *_, best = trials = list(tuner.tuned(TIMID))
    assert first.weights == TIMID and first.score.rates["recall"].value < 100.0
    assert best.score.rates["F1"].value == 100.0 and best.weights.entity_class.bonus > -20.0
    better = [trial.score.rates["F1"].value for trial in trials]
    assert better == sorted(better)
    assert best.score.rates["U-WER"].value <= tuner.score(TIMID, with_list=False).rates["U-WER"].value + 0.2


def test_the_best_weights_are_what_they_are_said_to_be(tuner):
    *_, best = tuner.tuned(TIMID)
    assert tuner.score(best.weights) == best.score


def test_the_weight_of_rescoring_is_tuned_where_it_is_a_stage(world, run, tmp_path):
    """The network that is searched takes a city for a station; the other one does not."""
    base = read_base(world / "base")
    said = [heard for _, heard in SPOKEN]
    station = emissions(base.lang.tokens, *said[:3], "DH AH <wb> S T EY SH IY", sharpness=1.0)
    city = emissions(base.lang.tokens, *said, sharpness=8.0)
    entities = [Entity("Zelenskyy"), Entity("Whittemore")]
    heard = DevEmissions([BatchEmissions.precomputed(station, phones=city)], 0.1)
    pronunciations = Pronunciations(base.lang, entities, base.known_words)
    rescoring = Rescoring(PhoneRescorer(pronunciations), 100)
    listening = tuner_of_list(
        base,
        speller_of(base).spell(entities),
        heard,
        second_pass=Chain((rescoring,)),
        pronunciations=pronunciations,
    )
    wide = SearchConfig(output_beam=12.0)
    first, *_, best = trials = list(listening.tuned(Weights(search=wide, rescore=RescoringConfig(weight=0.3))))
    assert first.weights.rescore.weight == 0.0 < best.weights.rescore.weight
    assert best.score.rates["WER"].value < listening.score(with_rescoring(best.weights, 0.0)).rates["WER"].value
    write_config(tmp_path / "tuned.conf", trials, "test", {"": ChainConfig("rescore,lookup", phone_model="hama")})
    lines = (tmp_path / "tuned.conf").read_text().splitlines()
    assert f"--rescore-weight={best.weights.rescore.weight:g}" in lines and "--rescore-measure=emissions" in lines
    assert lines[-2:] == ["--stages=rescore,lookup", "--phone-model=hama"]


def test_caps_that_nothing_keeps_are_told(tuner):
    with pytest.raises(InputError, match="no weights keep U-WER at -.*--max-u-wer-rise"):
        list(tuner.tuned(TIMID, Caps(u_wer_rise=-100.0)))


def test_a_list_that_nobody_says_is_told(world, tuner):
    base = read_base(world / "base")
    spoken = DevEmissions([BatchEmissions.precomputed(emissions(base.lang.tokens, SPOKEN[2][1]))], 0.1)
    unspoken = tuner_of_list(base, speller_of(base).spell([Entity("Zelenskyy")]), spoken, {"utt0": "the city"})
    with pytest.raises(InputError, match="the texts have no phrase of the list"):
        next(unspoken.tuned(TIMID))


def test_a_cap_on_false_alarms_is_kept(tuner):
    for alarms in (0.0, 1000.0):
        *_, best = tuner.tuned(TIMID, Caps(false_alarms=alarms, u_wer_rise=100.0))
        assert best.score.false_alarms_per_hour <= alarms


def test_the_file_is_read_as_a_config(tuner, world, run, tmp_path):
    trials = list(tuner.tuned(TIMID))
    write_config(tmp_path / "tuned.conf", trials, "tuned on a test")
    text = (tmp_path / "tuned.conf").read_text()
    assert text.startswith("# tuned on a test\n# F1 100.00")
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    arguments = world / "base", tmp_path / "names.txt", tmp_path / "graph", "--config", tmp_path / "tuned.conf"
    assert run("graph", "compile", *arguments).exit_code == 0
    bonus = trials[-1].weights.entity_class.bonus
    assert f'"bonus": {bonus}' in (tmp_path / "graph" / "meta.json").read_text()
    assert run("graph", "compile", *arguments, "--class-bonus", 1.5).exit_code == 0
    assert '"bonus": 1.5' in (tmp_path / "graph" / "meta.json").read_text()


@pytest.mark.parametrize("line", ["--class-bonus 4", "class-bonus=4", "--class-malus=4"])
def test_a_config_that_cannot_be_read(world, run, tmp_path, line):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    (tmp_path / "my.conf").write_text(f"# mine\n{line}\n")
    result = run(
        "graph", "compile", world / "base", tmp_path / "names.txt", tmp_path / "graph", "--config", tmp_path / "my.conf"
    )
    assert result.exit_code == 1 and f"my.conf:2: found '{line}'" in result.output


def test_a_value_of_a_config_that_is_none(world, run, tmp_path):
    (tmp_path / "my.conf").write_text("--class-bonus=4\n--boost-alpha=high\n")
    result = run("decode", world / "base", "data", tmp_path / "out", "--config", tmp_path / "my.conf")
    assert (
        result.exit_code == 1 and "my.conf:2: found '--boost-alpha=high'; 'high' is not a valid float" in result.output
    )


def test_the_command(world, speech, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    arguments = world / "base", tmp_path / "names.txt", speech, tmp_path / "tuned.conf", "--max-u-wer-rise", 100
    result = run("tune", *arguments, "--max-false-alarms", 1e6)
    assert result.exit_code == 0, result.output
    assert "--class-bonus=" in (tmp_path / "tuned.conf").read_text()
    decoded = run("decode", world / "base", speech, tmp_path / "out", "--config", tmp_path / "tuned.conf")
    assert decoded.exit_code == 0, decoded.output


NOISY = (
    ("we met zelenskyy", "W IY <wb> M EH T <wb> Z EH L IH N S K IY", ["Zelenskyy", "Kitty"]),
    ("call whittemore", "K AO L <wb> W IH T AH M AO", ["Whittemore"]),
    ("the city", "DH AH <wb> K IH T IY", ["Kitty", "Whittemore"]),
    ("the city", "DH AH <wb> S IH D IY", ["Cydie", "Zelenskyy"]),
    ("call ann", "K AO L <wb> AE N", ["Anne", "Nan"]),
    ("the train to the city", "DH AH <wb> T R EY N <wb> T UW <wb> DH AH <wb> S T EY SH IY", []),
)


@pytest.fixture(scope="module")
def noisy(world, tmp_path_factory):
    """Speech with noise in its emissions, and a list for each utterance: data, archive and lists."""
    folder = tmp_path_factory.mktemp("noisy")
    tokens = read_base(world / "base").lang.tokens
    spoken = emissions(tokens, *(heard for _, heard, _ in NOISY), sharpness=2.5)
    noise = torch.randn(spoken.log_probs.shape, generator=torch.Generator().manual_seed(3))
    spoken = replace(spoken, log_probs=(spoken.log_probs + noise).log_softmax(-1))
    write_archive(folder / "archive", SimpleNamespace(tokens=tokens, frame_shift=0.02), "hama", [spoken])
    (folder / "wav").mkdir()
    rows = {"wav.scp": "", "text": "", "lists.tsv": "", "utt2spk": ""}
    for i, (text, _, phrases) in enumerate(NOISY):
        name = f"utt{i}"
        samples = np.zeros(int(spoken.lengths[i]) * 320, np.float32)
        soundfile.write(str(folder / "wav" / f"{name}.wav"), samples, 16000)
        rows["wav.scp"] += f"{name} wav/{name}.wav\n"
        rows["text"] += f"{name} {text}\n"
        rows["utt2spk"] += f"{name} speaker{i % 2}\n"
        rows["lists.tsv"] += f"{name}\t{text}\t[]\t{json.dumps(phrases)}\n"
    (folder / "data").mkdir()
    (folder / "wav").rename(folder / "data" / "wav")
    for name, content in rows.items():
        (folder / ("" if name == "lists.tsv" else "data") / name).write_text(content)
    (folder / "names.txt").write_text("Zelenskyy\nWhittemore\nKitty\nCydie\n")
    (folder / "map").write_text("speaker0 names.txt\nspeaker1 -\n")
    return folder


STAGES = ("--stages", "rescore,verify,lookup", "--verify-min-confidence", 0.7, "--lookup-min-posterior", 0.1)


@pytest.mark.parametrize("lists", ["of utterances", "of speakers", "one"])
@pytest.mark.parametrize("more", [STAGES, ("--gate-evidence", 0.3)], ids=["second pass", "gates"])
def test_what_is_tuned_is_what_is_decoded(world, noisy, run, tmp_path, lists, more):
    """The score of the weights that were found is that of the corpus decoded with them."""
    data, conf = noisy / "data", tmp_path / "tuned.conf"
    model = ("--model", f"archive:{noisy / 'archive' / 'emissions.npz'}")
    own = {
        "of utterances": ("--biasing", noisy / "lists.tsv"),
        "of speakers": ("--entities-by", "speaker", noisy / "map"),
        "one": (),
    }[lists]
    listed = () if own else (noisy / "names.txt",)
    limits = ("--max-u-wer-rise", 100, "--max-false-alarms", 1e6)
    tuned = run("tune", world / "base", *listed, data, conf, *model, *own, *more, *limits)
    assert tuned.exit_code == 0, tuned.output
    graph = world / "base"
    if not own:
        graph = tmp_path / "graph"
        assert run("graph", "compile", world / "base", *listed, graph, "--config", conf).exit_code == 0
    decoded = run("decode", graph, data, tmp_path / "decoded", *model, *own, "--config", conf)
    assert decoded.exit_code == 0, decoded.output
    by = ("--biasing", noisy / "lists.tsv") if lists == "of utterances" else ("--entities", noisy / "names.txt")
    run("score", data, tmp_path / "decoded", *by, "--json", tmp_path / "score.json")
    score = json.loads((tmp_path / "score.json").read_text())
    best = [line for line in tuned.output.splitlines() if line.startswith("F1 ")][-1]
    assert f"WER {score['WER']['value']:.2f}" in best.split(", ")
    assert score["WER"]["value"] > 0.0
    if lists != "of speakers":  # of these, 'score' has one list only
        assert f"F1 {score['F1']['value']:.2f}" in best.split(", ")
        assert f"{score['false_alarms_per_hour']:.1f} false alarms an hour" in best


def test_lists_are_named_once(world, noisy, run, tmp_path):
    own = ("--biasing", noisy / "lists.tsv")
    result = run("tune", world / "base", noisy / "names.txt", noisy / "data", tmp_path / "tuned.conf", *own)
    assert result.exit_code == 2 and "give a LIST, or lists of utterances" in result.output
    result = run("tune", world / "base", noisy / "data", tmp_path / "tuned.conf")
    assert result.exit_code == 2 and "give a LIST, or lists of utterances" in result.output
