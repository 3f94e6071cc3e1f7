"""Lexicon lookup in transcripts of phones that are known."""

import json
from dataclasses import replace

import pytest
import torch

from helpers.emissions import emissions
from wfst_bias.core.errors import InputError
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript, Word
from wfst_bias.entities.entity import Entity
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.models import LexiconOnly
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.second_pass.config import LOOKUP, LookupConfig
from wfst_bias.second_pass.lookup import Lookup
from wfst_bias.second_pass.pronunciations import Pronunciations

UNITS = hama_units()
LEXICON = """
we W IY
met M EH T
cell S EH L
lens L EH N Z
key K IY
celebes S EH L AH B IY Z
zelenskyy Z EH L EH N S K IY
sellenskyy S EH L EH N S K IY
ann AE N
whittemore W IH T M AO R
and AE N D
with W IH TH
more M AO R
ottawa AA T AH W AA
bah B AA
"""
ENTITIES = (Entity("Zelenskyy"), Entity("Ann Whittemore"), Entity("bah"), Entity("Ottawa"))


@pytest.fixture(scope="module")
def lang():
    pairs = (line.split(maxsplit=1) for line in LEXICON.strip().splitlines())
    return Lang(UNITS, Lexicon.of_pairs((word, tuple(phones.split())) for word, phones in pairs))


@pytest.fixture(scope="module")
def lookup_with(lang):
    def make(entities=ENTITIES, known=("we", "met"), **config):
        pronunciations = Pronunciations(lang, entities, set(known), g2p=LexiconOnly())
        return Lookup(pronunciations, LookupConfig(**config))

    return make


def transcript(text, name="utt0", entities=()):
    return Transcript(name, tuple(Word(word, 0.0, 0.0) for word in text.split()), tuple(entities), 0.0)


def corrected(lookup, written, recognized, **options):
    ((found, replacements),) = lookup.corrected([transcript(written)], emissions(UNITS.tokens, recognized, **options))
    return found, replacements


ZELENSKYY = "W IY <wb> M EH T <wb> Z EH L EH N S K IY"


def test_one_word_is_replaced(lookup_with):
    found, (replacement,) = corrected(lookup_with(), "we met celebes", ZELENSKYY)
    assert found.text == "we met zelenskyy"
    assert (replacement.words, replacement.phrase) == ("celebes", "Zelenskyy")
    assert replacement.phones == tuple("Z EH L EH N S K IY".split())
    # Z is the eighth token: two frames of 20 ms and a blank each
    assert (replacement.start, replacement.end) == (pytest.approx(7 * 0.06), pytest.approx(14 * 0.06 + 0.04))
    (entity,) = found.entities
    assert (entity.phrase, entity.found_by, entity.first_word, entity.num_words) == ("Zelenskyy", LOOKUP, 2, 1)


def test_neighbouring_words_are_replaced(lookup_with):
    found, (replacement,) = corrected(lookup_with(), "we met cell lens key", ZELENSKYY)
    assert (found.text, replacement.words) == ("we met zelenskyy", "cell lens key")
    found, none = corrected(lookup_with(max_words=2), "we met cell lens key", ZELENSKYY)
    assert (found.text, none) == ("we met cell lens key", ())


def test_words_of_a_phrase_have_their_times(lookup_with):
    found, _ = corrected(lookup_with(), "and with more", "AE N <wb> W IH T M AO R")
    assert found.text == "ann whittemore"
    ann, whittemore = found.words
    assert (ann.start, ann.end) == (0.0, pytest.approx(0.1))
    assert (whittemore.start, whittemore.end) == (pytest.approx(0.18), pytest.approx(0.52))
    assert found.entities[0].num_words == 2


def test_recognized_words_stay(lookup_with):
    for text, recognized in (
        ("we met zelenskyy", ZELENSKYY),
        ("cell lens key", "S EH L <wb> L EH N Z <wb> K IY"),
        ("we met celebes", ZELENSKYY.replace("S K IY", "Z K IY")),
    ):
        found, none = corrected(lookup_with(), text, recognized)
        assert (found.text, none) == (text, ())


def test_a_phrase_of_two_phones_is_too_short(lookup_with):
    assert corrected(lookup_with(), "we key", "W IY <wb> B AA")[1] == ()
    assert corrected(lookup_with(min_phones=2), "we key", "W IY <wb> B AA")[0].text == "we bah"


def test_phones_must_stand_between_boundaries(lookup_with):
    recognized = "W IY <wb> M EH T Z EH L EH N S K IY"
    assert corrected(lookup_with(), "we met celebes", recognized)[1] == ()
    assert corrected(lookup_with(whole_words=False), "we met celebes", recognized)[0].text == "we met zelenskyy"


def test_phones_must_be_sure(lookup_with):
    assert corrected(lookup_with(), "we met celebes", ZELENSKYY, sharpness=2.0)[1] == ()
    unsure = lookup_with(min_posterior=0.0)
    (replacement,) = corrected(unsure, "we met celebes", ZELENSKYY, sharpness=2.0)[1]
    assert replacement.posterior == pytest.approx(torch.tensor([2.0] + [0.0] * 40).softmax(0)[0].item(), rel=1e-4)


def test_words_that_may_have_been_spoken_stay(lookup_with):
    """The phrase is a little likelier to the network than the word of the transcript."""
    batch = emissions(UNITS.tokens, ZELENSKYY.replace("Z EH L EH N S", "S EH L EH N S"))
    frames = batch.log_probs[0]
    frames[21:23, UNITS.tokens["Z"]] = frames[21:23].amax(dim=1) + 0.4
    entities = (Entity("Zelenskyy"),)
    for min_lead, text in ((0.7, "we met zelenskyy"), (0.9, "we met sellenskyy")):
        lookup = lookup_with(entities, min_lead=min_lead)
        ((found, rows),) = lookup.corrected([transcript("we met sellenskyy")], replace(batch, log_probs=frames[None]))
        assert found.text == text
        assert [row.lead for row in rows] == ([pytest.approx(0.8, abs=1e-3)] if rows else [])


def test_the_list_of_an_utterance_alone_is_looked_up_in(lookup_with):
    lookup, batch = lookup_with(), emissions(UNITS.tokens, ZELENSKYY, ZELENSKYY)
    before = [transcript("we met celebes", name) for name in ("utt0", "utt1")]
    found = lookup.corrected(before, batch, [ENTITIES[1:], ENTITIES[:1]])
    assert [one.text for one, _ in found] == ["we met celebes", "we met zelenskyy"]


def test_variants_are_looked_up_only_where_asked_for(lang):
    spoken = ("we met more", "W IY <wb> M EH T <wb> HH W IH T M AO R")
    pronunciations = Pronunciations(lang, (Entity("Whittemore"),), {"we", "met"}, G2GConfig(variants=5), LexiconOnly())
    assert corrected(Lookup(pronunciations), *spoken)[1] == ()
    assert corrected(Lookup(pronunciations, LookupConfig(variants=True)), *spoken)[0].text == "we met whittemore"


def test_phrases_with_a_negative_weight_are_not_looked_up(lookup_with):
    lookup = lookup_with((Entity("Zelenskyy", weight=-2.0),))
    assert corrected(lookup, "we met celebes", ZELENSKYY)[1] == ()


def test_phrases_of_the_list_stay(lookup_with):
    ottawa = FoundEntity("Ottawa", "Ottawa", "<class>", 2, 1, 0.5, 0.9, LIST, ("AA",), -3.0, 0.0, 0.0)
    batch = emissions(UNITS.tokens, ZELENSKYY)
    before = transcript("we met ottawa", entities=[ottawa])
    ((found, none),) = lookup_with().corrected([before], batch)
    assert (found, none) == (before, ())
    ((found, _),) = lookup_with(keep_listed=False).corrected([before], batch)
    assert found.text == "we met zelenskyy"
    assert [entity.phrase for entity in found.entities] == ["Zelenskyy"]


def test_other_entities_move_with_their_words(lookup_with):
    ottawa = FoundEntity("Ottawa", "Ottawa", "<class>", 3, 1, 0.5, 0.9, LIST, ("AA",), -3.0, 0.0, 0.0)
    before = transcript("cell lens key ottawa", entities=[ottawa])
    recognized = "Z EH L EH N S K IY <wb> AA T AH W AA"
    ((found, _),) = lookup_with().corrected([before], emissions(UNITS.tokens, recognized))
    assert found.text == "zelenskyy ottawa"
    assert [(entity.phrase, entity.first_word) for entity in found.entities] == [("Zelenskyy", 0), ("Ottawa", 1)]
    assert found.display == "Zelenskyy Ottawa"


def test_a_homophone_of_another_word_is_not_looked_up(lookup_with):
    entities = (Entity("Sellers", pronunciations=(("S", "EH", "L"),)),)
    lookup = lookup_with(entities, known=("cell",))
    assert corrected(lookup, "we met key", "W IY <wb> M EH T <wb> S EH L")[1] == ()
    lookup = lookup_with(entities, known=())
    assert corrected(lookup, "we met key", "W IY <wb> M EH T <wb> S EH L")[0].text == "we met sellers"


def test_unpronounceable_words_and_no_words(lookup_with):
    found, (replacement,) = corrected(lookup_with(), "we met xyz", ZELENSKYY)
    assert (found.text, replacement.words) == ("we met zelenskyy", "xyz")
    assert corrected(lookup_with(), "", ZELENSKYY)[0].text == ""
    assert corrected(lookup_with(), "we met celebes", "")[0].text == "we met celebes"


def test_one_frame_is_no_crash(lookup_with):
    batch = emissions(UNITS.tokens, "W")
    batch = replace(batch, log_probs=batch.log_probs[:, :1], lengths=torch.tensor([1]))
    for text in ("we met celebes", ""):
        assert lookup_with().corrected([transcript(text)], batch)[0][0].text == text


def test_a_batch_is_its_utterances_alone(lookup_with):
    spoken = {"we met celebes": ZELENSKYY, "": "", "and with more": "AE N <wb> W IH T <wb> M AO R"}
    batch = emissions(UNITS.tokens, *spoken.values())
    together = lookup_with().corrected([transcript(t, f"utt{i}") for i, t in enumerate(spoken)], batch)
    alone = [corrected(lookup_with(), *pair)[0].words for pair in spoken.items()]
    assert [found.words for found, _ in together] == alone


def test_the_phone_head_of_a_model_is_read(lookup_with):
    phones = emissions(UNITS.tokens, ZELENSKYY)
    subwords = replace(phones, log_probs=torch.zeros_like(phones.log_probs).log_softmax(-1), phones=phones)
    ((found, _),) = lookup_with().corrected([transcript("we met celebes")], subwords)
    assert found.text == "we met zelenskyy"


def test_each_replacement_is_a_line(lookup_with):
    _, rows = corrected(lookup_with(), "we met celebes", ZELENSKYY)
    (row,) = (json.loads(row.to_json()) for row in rows)
    assert row == {
        "utterance": "utt0",
        "start": 0.42,
        "end": 0.88,
        "from": "celebes",
        "to": "Zelenskyy",
        "phones": "Z EH L EH N S K IY",
        "posterior": pytest.approx(0.91, abs=0.01),
        "lead": pytest.approx(66.0),  # six nats in each of eleven frames
    }


@pytest.mark.parametrize("option", [{"min_phones": 0}, {"max_words": 0}, {"min_posterior": 1.5}, {"min_lead": -1.0}])
def test_guards_are_checked_where_they_are_made(option):
    (name,) = option
    with pytest.raises(InputError, match=f"^{name} is"):
        LookupConfig(**option)
