"""What 'entities check' says of a phrase, and what it says nothing of."""

import json
import math

import pytest

from wfst_bias.core.symbols import SymbolTable
from wfst_bias.entities.check import check
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.findings import KINDS, SEVERITIES
from wfst_bias.entities.speller import Speller
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.graph.checked_list import check_list
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import Units

SAID = {
    "ran": "R AE N",
    "can": "K AE N",
    "it's": "IH T S",
    "philip": "F IH L IH P",
    "knoll": "N OW L",
    "will": "W IH L",
    "cran": "K R AE N",
    "kanitz": "K AE N IH T S",
    "philipp": "F IH L IH P",
    "phillip": "F IH L IH P",
    "noll": "N OW L",
    "ayn": "AY N",
    "gesner": "G EH S N ER",
    "newton": "N UW T AH N",
    "new": "N UW",
    "ton": "T AH N",
}
PROBABILITIES = {"ran": 1e-4, "can": 1e-3, "it's": 2e-3, "philip": 2e-5, "knoll": 1e-9, "will": 2e-3, "newton": 1e-3}
LANG = Lang(hama_units(), Lexicon({word: (tuple(said.split()),) for word, said in SAID.items()}))
LOG_PROBS = {word: math.log(p) for word, p in PROBABILITIES.items()}


def findings(*entities, lang=LANG, log_probs=LOG_PROBS, reader=None):
    entities = [e if isinstance(e, Entity) else Entity(e, line=i) for i, e in enumerate(entities, 1)]
    speller = Speller(lang, set(log_probs), g2p=reader or HamaG2P())
    return check(speller.spell(entities), lang, log_probs)


@pytest.mark.parametrize(
    "phrase, severity, kind, message",
    [
        ("日本", "error", "unusable", "'日本' cannot be spelled: 日本; write it in letters"),
        ("...", "error", "unusable", "'...' has no letters"),
        (
            "Philipp",
            "warning",
            "homophone",
            "'Philipp' sounds exactly like 'philip', one word in 50,000: it has no bonus",
        ),
        ("Noll", "note", "homophone", "'Noll' sounds exactly like 'knoll', one word in 1,000,000,000"),
        (
            "Ayn",
            "warning",
            "short",
            "'Ayn' is short, AY N, and may be found where nobody said it; list it in longer phr",
        ),
        ("Will", "warning", "common-word", "'Will' is a word that everybody says, one word in 500, and found wherever"),
        ("Wíll", "warning", "common-word", "'Wíll' is a word that everybody says, one word in 500, and found wherever"),
        ("Kanitz", "warning", "two-words", "'Kanitz' sounds like \"can it's\" but for a pause, and may be found"),
        (
            "New Ton",
            "warning",
            "two-words",
            "'New Ton' sounds like 'newton' but for a pause, and may be found in its place",
        ),
        (
            "Cran",
            "note",
            "near-word",
            "'Cran' is one unit from 'can', one word in 1,000, and may be found in its place",
        ),
        ("Sotero", "note", "guessed", "'Sotero' is read as S OW T EY R OW (no lexicon has sotero); give its pron"),
    ],
)
def test_a_phrase_by_itself(phrase, severity, kind, message):
    (finding,) = findings(phrase)
    assert (finding.severity, finding.kind, finding.entity.written) == (severity, kind, phrase)
    assert finding.message.startswith(message)


@pytest.mark.parametrize("phrase", ["Gesner", "Gesner Kanitz", "Ayn Noll", "New Noll"])
def test_what_nothing_is_wrong_with(phrase):
    assert findings(phrase) == []


def test_letters_that_are_named_are_not_the_word_that_they_spell():
    kinds = {phrase: [f.kind for f in findings("Gesner", phrase, log_probs={"it": -3.0})] for phrase in ("It", "IT")}
    assert "common-word" in kinds["It"] and "common-word" not in kinds["IT"]


@pytest.mark.parametrize(
    "spoken, near",
    [
        ("S T OW N", "S T OW"),
        ("S T OW N", "S T OW N Z"),
        ("S T OW N", "S T R OW N"),
        ("S T OW N", "Z T OW N"),
        ("S T OW N", "S T OW D"),
        ("S T OW N", "T S OW N"),
        ("S T OW N", "S T OW N Z D"),
        ("S T OW N Z", "S T OW N"),  # long enough
    ],
)
def test_a_word_is_near_that_has_one_unit_more_or_less_or_another(spoken, near):
    lang = Lang(LANG.units, Lexicon({"near": (tuple(near.split()),), "gesner": (tuple(spoken.split()),)}))
    found = findings("gesner", lang=lang, log_probs={"near": -5.0})
    is_near = spoken == "S T OW N" and near not in ("T S OW N", "S T OW N Z D")
    assert [f.kind for f in found] == ["near-word"] * is_near


@pytest.mark.parametrize("log_prob, kinds", [(-10.0, ["near-word"]), (-12.0, [])])
def test_a_rare_word_near_by_is_no_risk(log_prob, kinds):
    assert [f.kind for f in findings("Cran", log_probs={"can": log_prob})] == kinds


@pytest.mark.parametrize("phrase", ["Ayn", "Will", "Kanitz", "Cran", "Philipp"])
def test_a_weight_below_0_takes_a_risk_away(phrase):
    assert findings(Entity(phrase, -1.0)) == []


def test_phrases_that_are_the_same_or_sound_the_same():
    found = findings("Gesner", "gesner", "Phillip", "Philipp", log_probs={"can": -5.0})
    assert [(f.entity.line, f.severity, f.kind, f.message.partition(";")[0]) for f in found] == [
        (2, "warning", "duplicate", "'gesner' is the same words as line 1, whose weight counts"),
        (4, "warning", "sounds-alike", "'Philipp' sounds like 'Phillip' of line 3: only one of them is found"),
    ]
    some = Entity("Philipp", line=2, pronunciations=(tuple("F IH L EH P".split()),))
    (finding,) = findings(Entity("Phillip", line=1), some, log_probs={"can": -5.0})
    assert finding.severity == "note" and "'Phillip' of line 1 in 1 of its 2 pronunciations" in finding.message
    in_classes = [Entity("Phillip", line=1), Entity("Philipp", line=2, entity_class="$PERSON")]
    assert findings(*in_classes, log_probs={"can": -5.0}) == []


def test_what_of_a_phrase_cannot_be_used():
    some = Entity("Gesner", pronunciations=(("G", "Q7", "N"), ("G", "EH1", "S", "N", "ER0")))
    assert [(f.severity, f.kind, f.message) for f in findings(some)] == [
        ("warning", "dropped", "'Gesner': its pronunciation has Q7, which the model does not; it is left out")
    ]
    some = Entity("Gesner", spoken=("gesner", "日本 gesner"))
    assert [(f.kind, f.message) for f in findings(some) if f.kind != "guessed"] == [
        ("dropped", "'Gesner': its form '日本 gesner' cannot be pronounced and is left out; write it in letters")
    ]


WEIGHTS = {
    "a score of another system": ([1, 2, 15, 12], "warning", 3, "2 weights are beyond 8 nats, as 15 of 'c' is"),
    "against a phrase": ([-1, -2, 0, -12], "warning", 4, "1 weight is below -8 nats, as -12 of 'd' is"),
    "probabilities": ([0.1, 0.9, 0.5, 0.3, 0.7], "warning", 1, "all weights are between 0 and 1"),
    "all the same": ([1.5] * 5, "note", 1, "all weights are 1.5: that is what --class-bonus is for"),
    "nats": ([1, 2, 3, -1, 2], None, 0, ""),
    "few": ([0.5, 0.25], None, 0, ""),
    "none": ([0] * 6, None, 0, ""),
    "the same but one": ([2] * 5 + [0], None, 0, ""),
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_weights_that_look_like_another_scale(case):
    weights, severity, line, message = WEIGHTS[case]
    found = findings(*(Entity("abcdef"[i], weight, i + 1) for i, weight in enumerate(weights)))
    found = [f for f in found if f.kind == "weight"]
    assert [(f.severity, f.entity.line) for f in found] == ([(severity, line)] if severity else [])
    assert all(f.message.startswith(message) for f in found)


def test_letters_are_units_too():
    letters = Units("chars", SymbolTable(("<blk>", "|", *"abcdefghijklmnopqrstuvwxyz'")), "|")
    lang = Lang(letters, Lexicon({word: (tuple(word),) for word in ("now", "here", "stone")}))
    spell = type("", (), {"spells": True, "pronounce": lambda self, words: {word: (tuple(word),) for word in words}})()
    log_probs = {"now": -6.0, "here": -6.5, "stone": -7.0}
    found = findings("nowhere", "tone", "abc", "zelenskyy", lang=lang, log_probs=log_probs, reader=spell)
    assert [(f.entity.written, f.kind) for f in found] == [
        ("nowhere", "two-words"),
        ("tone", "near-word"),
        ("abc", "short"),
    ]


def test_of_a_phrase_in_subwords_the_letters_count():
    pieces = Units("subwords", SymbolTable(("<blk>", "▁zelenskyy", "▁the", "▁t", "he")), word_start="▁")
    exact = {"zelenskyy": ("▁zelenskyy",), "the": ("▁the",), "teh": ("▁t", "he"), "thehe": ("▁the", "he")}
    lang = Lang(pieces, Lexicon({word: (units,) for word, units in exact.items()}))
    found = findings("zelenskyy", "teh", "thehe", lang=lang, log_probs={"the": -3.0})
    assert [(f.entity.written, f.kind) for f in found] == [("teh", "short")]


def test_a_checked_list_tells_all_in_json_and_the_first_of_each_kind_in_text(world, tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("Zelenskyy\nzelenskyy\n日本\n" + "".join(f"Zelenskyy {'x' * i}\n" for i in range(1, 15)))
    checked = check_list(path, world / "base", g2g=G2GConfig(variants=2))
    content = json.loads(checked.to_json())
    assert content["statuses"] == {"used": 15, "duplicate": 1, "unusable": 1}
    assert [row["line"] for row in content["phrases"]] == list(range(1, 18))
    first = dict(content["phrases"][0])
    del first["false_alarms_per_hour"]
    exact, *variants = first.pop("pronunciations")
    assert exact == {"units": "Z EH L EH N S K IY", "score": 0.0, "homophones": []}
    assert len(variants) == 2 and all(variant["score"] < 0 for variant in variants)
    assert first == {
        "line": 1,
        "phrase": "Zelenskyy",
        "class": "<class>",
        "weight": 0.0,
        "status": "used",
        "spoken": ["zelenskyy"],
        "unknown_words": ["zelenskyy"],
        "note": "",
    }
    rates = [row["false_alarms_per_hour"] for row in content["phrases"]]
    assert rates[0] == max(rates) > 0.0 == rates[1] == rates[2]
    assert content["false_alarms_per_hour"] == pytest.approx(sum(rates), abs=1e-3)
    error = next(f for f in content["findings"] if f["severity"] == "error")
    assert (error["kind"], error["line"], error["phrase"]) == ("unusable", 3, "日本")
    assert {f["severity"] for f in content["findings"]} <= set(SEVERITIES)
    assert {f["kind"] for f in content["findings"]} <= set(KINDS)
    text = checked.text()
    assert text.startswith(f"{path}: 17 phrases: 15 used, 1 duplicate, 1 unusable\n\nerror    unusable")
    assert f"{path}:3: error: '日本' cannot be spelled" in text
    num_guessed = sum(f["kind"] == "guessed" for f in content["findings"])
    assert text.count("[guessed]") == 10 and f"... and {num_guessed - 10} more" in text
    predicted = text.split("\n\n")[-1].splitlines()
    assert predicted[0].startswith("predicted false alarms an hour where nobody says any of it, before verification: ")
    assert predicted[1].startswith(f"{path}:1: 'Zelenskyy': ") and len(predicted) == 11
    assert checked.fails() and checked.fails(strict=True)
