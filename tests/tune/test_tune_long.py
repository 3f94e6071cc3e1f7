"""Tuning on a recording that is searched in segments."""

import torch

from wfst_bias.acoustic.models import load_model
from wfst_bias.data.cuts import read_data
from wfst_bias.entities.lists import read_entities
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.tune.lists import OneList
from wfst_bias.tune.tuner import Tuner, dev_emissions
from wfst_bias.tune.weights import Weights


def test_a_trial_counts_whole_utterances_from_the_segments_that_decode_has(world, long_speech, long_folder):
    base = read_base(world / "base")
    entities = read_entities(long_speech.names)
    lists = OneList(base, speller_of(base).spell(entities))
    model = load_model(long_speech.model, torch.device("cpu"))
    biasing = lists.plain(Weights().search, Weights().boost)
    with Recognizer(model=model, biasing=biasing) as recognizer:
        emissions = dev_emissions(read_data(long_speech.data), recognizer, biasing, 4)
    names = [name for batch in emissions.batches for name in batch.searched.names]
    assert names == [line.split()[0] for line in (long_folder / "segments").read_text().splitlines()]
    texts = {name: f"{text} indeed" for name, text in long_speech.texts.items()}
    phrases = ScoredPhrases(entity.words for entity in entities)
    score = Tuner(lists, emissions, texts, dict.fromkeys(texts, phrases)).score(Weights())
    assert (score.num_utterances, score.counts.hits) == (2, 11)
    assert (score.counts.unbiased_errors, score.counts.biased_errors) == (2, 0)


def test_the_command_tunes_on_long_recordings(world, long_speech, run, tmp_path):
    arguments = (world / "base", long_speech.names, long_speech.data, tmp_path / "tuned.conf")
    result = run("tune", *arguments, "--model", long_speech.model)
    assert result.exit_code == 0, result.output
    first, *_ = result.output.splitlines()
    assert first.startswith("F1 100.00, WER 0.00, U-WER 0.00, B-WER 0.00, 0.0 false alarms an hour")
