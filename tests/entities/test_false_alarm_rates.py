"""False alarms that are predicted for a list without audio."""

import math

import numpy as np
import pytest

from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.entities.confusions import Confusions, hama_confusions
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.false_alarm_rates import HAMA_RATES, ListScores, predicted_false_alarms
from wfst_bias.entities.ordinary_speech import OrdinarySpeech
from wfst_bias.entities.outcome import USED, Outcome
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.pronunciation_table import PronunciationTable
from wfst_bias.lang.units import Units

SAID = {
    "ran": "R AE N",
    "can": "K AE N",
    "will": "W IH L",
    "look": "L UH K",
    "at": "AE T",
    "about": "AH B AW T",
    "possible": "P AA S AH B AH L",
    "rare": "ZH OY ZH",
}
LANG = Lang(hama_units(), Lexicon({word: (tuple(said.split()),) for word, said in SAID.items()}))
LOG_PROBS = {word: math.log(1e-9 if word == "rare" else 0.1) for word in SAID}
SCORES = ListScores(entry=-10.0, bonus=5.0, length_bonus=2.5, usual_length=6.5)


@pytest.fixture(scope="module")
def heard():
    return OrdinarySpeech.of(LANG, LOG_PROBS)


def phrase(said, weight=0.0, homophones=(), written="x", variants=()):
    pronunciations = [tuple(units.split()) for units in (said, *variants)]
    return Outcome(
        Entity(written, weight=weight),
        USED,
        pronunciations=tuple(pronunciations),
        scores=(0.0, *(-2.0 for _ in variants)),
        homophones=(homophones,) * len(pronunciations),
    )


def rates(heard, *outcomes, scores=SCORES):
    return predicted_false_alarms(SpelledList.of(outcomes), heard, scores)


def test_a_short_phrase_near_common_words_is_found_more_often_than_a_long_odd_one(heard):
    near, odd, long = rates(
        heard, phrase("L UH K AE T"), phrase("ZH OY CH UW ZH"), phrase("Y OY ZH CH UW G IY HH AW TH Y")
    )
    assert near > 10 * odd > 10 * long > 0.0


def test_what_ordinary_words_sound_like_across_their_boundaries_is_heard(heard):
    across, within = "K AE T", "AE T K"  # "look at", but for a vowel; "at can"
    assert np.all(rates(heard, phrase(across), phrase(within)) > 3 * rates(heard, phrase("K AO NG"), phrase("AO TH K")))


def test_confusions_of_the_model_make_similar_phones_likely(heard):
    similar, other = rates(heard, phrase("R EH N"), phrase("R OY N"))  # "ran"
    assert similar > 2 * other


def test_the_rate_follows_weight_bonus_and_size_of_the_list(heard):
    plain, reduced = rates(heard, phrase("K AE T"), phrase("K EH T", weight=-3.0))
    (alone,) = rates(heard, phrase("K EH T"))
    assert reduced == pytest.approx(alone * math.exp(-3.0 * HAMA_RATES.score))
    twice = ListScores(SCORES.entry - math.log(2), SCORES.bonus, SCORES.length_bonus, SCORES.usual_length)
    (of_larger,) = rates(heard, phrase("K AE T"), scores=twice)
    assert of_larger == pytest.approx(plain * 2.0**-HAMA_RATES.score)


def test_a_homophone_of_a_word_has_no_bonus(heard):
    (paid,), (unpaid,) = rates(heard, phrase("K AE T")), rates(heard, phrase("K AE T", homophones=("cat",)))
    bonus = SCORES.bonus + SCORES.length_bonus * (3 / 6.5 - 1)
    assert unpaid == pytest.approx(paid * math.exp(HAMA_RATES.homophone - bonus * HAMA_RATES.score))


def test_of_phrases_that_sound_the_same_the_one_with_the_largest_weight_is_found(heard):
    first, second = rates(heard, phrase("K AE T"), phrase("K AE T"))
    assert first > 0.0 == second
    first, second = rates(heard, phrase("K AE T"), phrase("K AE T", weight=1.0))
    assert second > 0.0 == first


def test_variants_and_boundaries(heard):
    (alone,), (varied,) = rates(heard, phrase("K AE T")), rates(heard, phrase("K AE T", variants=("K EH T",)))
    assert varied > alone
    sounds = [(("L", "UH", "K", "<wb>", "AE", "T"), 0.0), (("L", "UH", "K", "AE", "T"), 0.0)]
    stretches = heard.stretches(PronunciationTable.of_pairs([sounds], heard.units.tokens.ids))
    assert stretches.log_prob[0] == stretches.log_prob[1] and stretches.length.tolist() == [5, 5]


def test_what_is_not_used_is_not_found(heard):
    assert rates(heard, Outcome(Entity("..."), "unusable")).tolist() == [0.0]
    assert rates(heard).tolist() == []


def test_trigrams_of_speech_without_confusions_are_those_of_its_words():
    faultless = Confusions(("-", "AE"), np.array([[0.0, 0.0], [0.0, 1.0]]))
    heard = OrdinarySpeech.of(LANG, LOG_PROBS, faultless)
    np.testing.assert_allclose(np.exp(heard.triple).sum(-1), 1.0)
    np.testing.assert_allclose(np.exp(heard.single).sum(), 1.0)
    ids = [LANG.tokens[unit] for unit in ("L", "UH", "K")]
    assert np.exp(heard.triple[tuple(ids)]) == pytest.approx(1.0, abs=1e-3)
    assert np.exp(heard.single[ids[1]]) == pytest.approx(1 / 24, rel=0.05)  # of seven words with 24 phones
    with pytest.raises(ValueError, match="units are chars"):
        OrdinarySpeech.of(Lang(Units("chars", SymbolTable((BLANK, "a"))), Lexicon({"a": (("a",),)})), {"a": 0.0})


def test_the_table_of_confusions_is_read_as_it_is_written():
    confusions = hama_confusions()
    assert len(confusions.phones) == 40
    np.testing.assert_allclose(confusions.recognized[1:].sum(axis=1), 1.0)
    again = Confusions.from_text(confusions.text())
    np.testing.assert_allclose(again.recognized, confusions.recognized, atol=0.005)  # percent with a decimal
    tokens = SymbolTable((BLANK, "K", "new", "G"))
    shares = confusions.between_tokens(tokens)
    np.testing.assert_allclose(shares[1:].sum(axis=1), 1.0)
    assert shares[2].tolist() == [0.0, 0.0, 1.0, 0.0] and 0.5 < shares[1, 1] < 1.0 and shares[1, 3] > 0.0
