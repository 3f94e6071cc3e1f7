"""Sentences of a domain, and that their parts have nothing in common."""

from pathlib import Path

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import words_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.split import Part, split_list
from wfst_bias.synth.templates import filled

RECIPES = Path(__file__).parents[2] / "egs"
TEMPLATES = "# doctors\n\nWe stopped $DRUG because of $DISEASE.\nGive $DRUG now.\n"
PHRASES = [
    *(Entity(name, entity_class="$DRUG") for name in ("Elavil", "Losec")),
    *(Entity(name, entity_class="$DISEASE") for name in ("gout", "measles", "German measles")),
]


@pytest.fixture
def templates(tmp_path):
    path = tmp_path / "templates.txt"
    path.write_text(TEMPLATES)
    return path


def test_slots_are_filled_with_phrases_of_their_class(templates):
    sentences = filled(templates, PHRASES, 8, seed=3)
    assert len(sentences) == 8 and sum(s.startswith("Give") for s in sentences) == 4
    assert sum("Elavil" in s for s in sentences) == sum("Losec" in s for s in sentences) == 4
    assert all("$" not in s and "#" not in s for s in sentences)
    assert sentences == filled(templates, PHRASES, 8, seed=3) != filled(templates, PHRASES, 8, seed=4)


@pytest.mark.parametrize("recipe, domain", [("medical", "medicine"), ("parliament", "parliament")])
def test_the_parts_of_a_recipe_share_neither_template_nor_name(recipe, domain):
    phrases = read_entities(domain)
    rows = RECIPES / recipe / "conf" / "templates.txt"
    carriers = [set(), set()]
    for number in (1, 2):
        sentences = filled(rows, phrases, 300, Part(number, 2))
        own, others = split_list(phrases, Part(number, 2))
        foreign, listed = PhraseList(e.words for e in others), PhraseList(e.words for e in own)
        for sentence in map(words_of, sentences):
            assert not foreign.occurrences(sentence)
            spans = listed.occurrences(sentence)
            assert spans
            inside = {i for start, end in spans for i in range(start, end)}
            carriers[number - 1].add(tuple(word for i, word in enumerate(sentence) if i not in inside))
    assert not carriers[0] & carriers[1] and min(map(len, carriers)) >= 50


def test_what_cannot_be_filled_is_rejected(templates):
    with pytest.raises(InputError, match=r"has the slot \$DISEASE, but the list has no phrase of that class"):
        filled(templates, PHRASES[:2], 3)
    with pytest.raises(InputError, match="has no template for part 3"):
        filled(templates, PHRASES, 3, Part(3, 3))
    templates.write_text("We stopped $DRUG.\nHe has gout and takes $DRUG.\n")
    with pytest.raises(InputError, match="templates.txt:2: has 'gout', a phrase of the list"):
        filled(templates, PHRASES, 3)
