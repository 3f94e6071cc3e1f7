"""What benchmarks/recall_against_false_alarms.py counts and shows, and flashlight's decoder with a boosted list."""

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from peers.flashlight_lexicon import BoostedUnigrams, KnownWords, by_unigram, list_entries, with_unigrams
from recall_curve import best_within, by_system, joined_texts, plot, point_of, tables

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK, WORD_BOUNDARY, SymbolTable
from wfst_bias.decode.config import SearchConfig
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import USED, Outcome
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import PHONES, Units
from wfst_bias.lm.arpa import arpa_ngrams

ARPA = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-99\t<s>\t-0.3
-0.6\t</s>
-0.5\ttan\t-0.2
-1.5\tnat\t-0.1

\\2-grams:
-0.1\t<s> tan
-0.2\ttan </s>

\\end\\
"""


def point(system, setting, texts, references):
    return point_of("speech", system, setting, texts, references, ["anna", "ota"], {"anna", "to"}, 0.5, 1.0)


@pytest.fixture
def points():
    references = {"u": "anna came to ota", "v": "to anna", "w": "nobody"}
    return [
        point("b", 2.0, {"u": "anna came to ota", "v": "to anna", "w": "ota"}, references),
        point("b", 1.0, {"u": "anna came to a", "v": "ota anna"}, references),
        point("a", 1.0, {"u": "ota came to anna", "v": "to", "w": "nobody"}, references),
    ]


def test_hits_and_false_alarms_are_counted(points):
    assert [(one.spoken, one.hits, one.false_alarms) for one in points] == [(3, 3, 1), (3, 2, 1), (3, 0, 2)]
    assert [one.unknown for one in points] == [(1, 1, 1), (1, 0, 1), (1, 0, 1)]  # ota
    assert [(one.words, one.errors) for one in points] == [(7, 1), (7, 3), (7, 3)]
    assert points[1].recall == pytest.approx(200 / 3) and points[1].false_alarms_per_hour == 2.0
    assert points[1].wer == pytest.approx(300 / 7)


def test_segments_of_an_utterance_are_one_text():
    assert joined_texts([("u", "a b"), ("v", ""), ("u", ""), ("u", "c")]) == {"u": "a b c", "v": ""}


def test_points_are_ordered_and_the_best_recall_within_a_budget_is_found(points):
    systems = by_system(points, "speech")
    assert {name: [one.setting for one in some] for name, some in systems.items()} == {"a": [1.0], "b": [1.0, 2.0]}
    assert best_within(systems["b"], 2.0) == 100.0 and math.isnan(best_within(systems["a"], 3.9))
    rows = [line.split("|") for line in tables(points).splitlines() if line.startswith("| ")]
    assert [[cell.strip() for cell in row[1:-1]] for row in rows[1:]] == [
        ["a", *["0.0"] * 6],
        ["b", *["100.0"] * 6],
    ]


def test_the_plot_has_a_line_for_each_system(points):
    picture = plot(points, "recall").picture(".svg").decode()
    assert ">a</text>" in picture and ">b</text>" in picture and ">recall, %</text>" in picture


def outcome(word, pronunciations, scores):
    units = tuple(tuple(one.split()) for one in pronunciations)
    return Outcome(Entity(word), USED, 0, (), units, scores, ((),) * len(units))


ANNA = outcome("anna", ("AE N AH", "AA N AH", "AE N AA"), (0.0, 0.0, -2.0))


def test_pronunciations_with_the_same_score_are_one_entry():
    assert list_entries([ANNA]) == {
        "anna#1": (0.0, [("AE", "N", "AH"), ("AA", "N", "AH")]),
        "anna#2": (-2.0, [("AE", "N", "AA")]),
    }


def test_unigrams_are_added_and_the_model_stays(tmp_path):
    path = tmp_path / "lm.arpa"
    path.write_text(with_unigrams(ARPA, {"anna#1": -1.0, "anna#2": -3.0}))
    rows = [row for ngrams in arpa_ngrams(path) for row in ngrams.rows]
    assert rows[4:6] == [["-0.4343", "anna#1", "0"], ["-1.3029", "anna#2", "0"]]
    path.write_text(ARPA)
    assert rows[:4] + rows[6:] == [row for ngrams in arpa_ngrams(path) for row in ngrams.rows]
    with pytest.raises(InputError, match="above 0"):
        with_unigrams(ARPA, {"anna#1": 0.1})


def test_words_of_a_model_are_ordered_by_their_unigrams():
    assert by_unigram(ARPA) == ["tan", "</s>", "nat", "<s>"]


def log_probs(tokens, frames, sure=0.9):
    """Emissions in which each frame has a likely token."""
    rest = (1 - sure) / (len(tokens) - 1)
    result = np.full((len(frames), len(tokens)), rest, np.float32)
    result[np.arange(len(frames)), [tokens[one] for one in frames]] = sure
    return np.log(result)


def test_flashlight_finds_a_listed_word_once_its_unigram_is_boosted(tmp_path):
    pytest.importorskip("flashlight")
    path = tmp_path / "lm.arpa"
    path.write_text(ARPA)
    tokens = SymbolTable((BLANK, WORD_BOUNDARY, "AA", "AE", "AH", "N", "T"))
    lexicon = Lexicon({"tan": (("T", "AE", "N"),), "nat": (("N", "AE", "T"),)})
    lang = Lang(Units(PHONES, tokens, WORD_BOUNDARY), lexicon)
    known = KnownWords.read(lang, {"tan", "nat"}, path)
    peer = BoostedUnigrams(known, [ANNA], SearchConfig(acoustic_scale=1.0), (50, 50.0))
    assert peer.dropped == 0
    frames = ["T", "AE", BLANK, "N", WORD_BOUNDARY, "AE", "N", "N", "AH", BLANK]
    texts = {unigram: peer.text(peer.boosted(unigram), log_probs(tokens, frames)) for unigram in (-30.0, -1.0)}
    assert texts == {-30.0: "tan", -1.0: "tan anna"}
