"""What the commands tell of the phrases of a list that are not used as they were meant."""

from wfst_bias.cli.outcomes import echo_outcomes
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import UNUSABLE, USED, Outcome
from wfst_bias.entities.repeated import united
from wfst_bias.entities.spelled_list import SpelledList


def told(capsys, *outcomes):
    echo_outcomes("names.txt", SpelledList.of(outcomes))
    return capsys.readouterr().err.splitlines()


def outcomes_of(*rows):
    entities = [Entity(written, weight, line) for line, (written, weight) in enumerate(rows, 1)]
    listed, repeats = united(entities)
    return [repeat or Outcome(entity, USED) for entity, repeat in zip(listed, repeats)]


def test_what_is_used_as_it_was_meant_is_not_told(capsys):
    assert told(capsys, *outcomes_of(("Bonn", 0.0), ("Bonn", 0.0), ("Ulm", -3.0), ("Ulm", -3.0), ("Trier", 8.0))) == []


def test_a_phrase_that_cannot_be_used_is_told(capsys):
    assert told(capsys, Outcome(Entity("日本", line=4), UNUSABLE, note="cannot be spelled")) == [
        "wfst-bias: names.txt:4: '日本' cannot be spelled"
    ]


def test_the_weight_of_a_row_that_repeats_a_phrase_is_told(capsys):
    lines = told(capsys, *outcomes_of(("Bonn", 2.0), ("bonn", -1.0), ("BONN", 2.0), ("Ulm", 0.0), ("Ulm", 1.0)))
    assert len(lines) == 2 and "names.txt:2: 'bonn' is the same words as line 1" in lines[0]
    assert "not the -1 of this one" in lines[0] and "not the 1 of this one" in lines[1]
    many = [("Bonn", 1.0)] + [("Bonn", 2.0)] * 7
    assert told(capsys, *outcomes_of(*many))[-1] == "wfst-bias: names.txt: 2 more weights of this kind"


def test_weights_that_decide_alone_are_told(capsys):
    lines = told(capsys, *outcomes_of(("Bonn", 15.0), ("Ulm", -12.0), ("Trier", -20.0)))
    assert len(lines) == 2 and "names.txt:1: 1 weight is beyond 8 nats" in lines[0]
    assert "names.txt:2: 2 weights are below -8 nats, as -12 of 'Ulm' is" in lines[1]
