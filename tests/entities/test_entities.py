import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.outcome import COMBINED, DUPLICATE, UNUSABLE, USED
from wfst_bias.entities.pool import pool_lists
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.spelling import spellings
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon

LANG = Lang(
    hama_units(),
    Lexicon(
        {
            "new": (("N", "UW"), ("N", "Y", "UW")),
            "york": (("Y", "AO", "R", "K"),),
            "philip": (("F", "IH", "L", "IH", "P"),),
        }
    ),
)


def outcomes(*phrases, known=("new", "york", "philip")):
    entities = [Entity(p, line=i) for i, p in enumerate(phrases, 1)]
    return Speller(LANG, set(known)).spell(entities)


def test_list_with_weights_and_blank_lines(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("New York\n\nZelenskyy\t2.5\n")
    assert read_entities(path) == [Entity("New York", 0.0, 1), Entity("Zelenskyy", 2.5, 3)]


@pytest.mark.parametrize(
    "text, where, message",
    [
        ("New York\nBerlin\tx\n", ":2: ", "weight 'x' is not a number; write 'PHRASE<TAB>2.0'"),
        ("Berlin\tnan\n", ":1: ", "is not a number"),
        ("Berlin\t1\t2\n", ":1: ", "3 columns"),
        ("Berlin\t1e9\n", ":1: ", "beyond 20 nats"),
        ("\n\n", ": ", "holds no phrase"),
    ],
)
def test_bad_list(tmp_path, text, where, message):
    path = tmp_path / "names.txt"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_entities(path)
    assert str(error.value).startswith(f"{path}{where}") and message in str(error.value)


def test_list_that_is_no_text(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes(b"Berlin\nZo\xeb\n")
    with pytest.raises(InputError, match=r"names.txt:2: is not UTF-8"):
        read_entities(path)


def test_marks_that_editors_leave_are_no_part_of_a_phrase(tmp_path):
    path = tmp_path / "names.txt"
    path.write_bytes("Zelensky\u200by\r\nYork\r\n".encode("utf-8-sig"))
    assert [entity.words for entity in read_entities(path)] == [("zelenskyy",), ("york",)]


def test_a_word_that_is_too_long_to_be_read_is_told():
    (outcome,) = outcomes("a" * 40)
    assert outcome.status == UNUSABLE and "give its pronunciation" in outcome.note


def test_a_phrase_has_every_combination_of_its_words():
    (outcome,) = outcomes("New York")
    assert outcome.status == USED and outcome.unknown_words == ()
    assert outcome.pronunciations == (
        ("N", "UW", "<wb>", "Y", "AO", "R", "K"),
        ("N", "Y", "UW", "<wb>", "Y", "AO", "R", "K"),
    )


def test_an_unknown_word_is_read_by_the_g2p_in_plain_letters():
    (outcome,) = outcomes("Žělenskyy")
    assert outcome.unknown_words == ("žělenskyy",)
    assert outcome.pronunciations == (tuple("Z EH L EH N S K IY".split()),)


def test_accents_make_no_other_word():
    (york,) = outcomes("Yörk")
    assert york.unknown_words == () and york.homophones == ((),)
    assert [s.score for s in spellings(SpelledList.of([york]), bonus=2.5)] == [2.5]


def test_what_cannot_be_used_says_why():
    rows = outcomes("York", "日本", "york", "!!!", "Air 日本")
    assert [o.status for o in rows] == [USED, UNUSABLE, DUPLICATE, UNUSABLE, UNUSABLE]
    assert [o.note for o in rows][1:] == [
        "cannot be spelled: 日本; write it in letters, as it is spoken",
        "the same words as line 1, whose weight counts",
        "has no letters; write it as it is spoken",
        "cannot be spelled: 日本; write it in letters, as it is spoken",
    ]
    assert len({row.count("\t") for row in SpelledList.of(rows).report.splitlines()}) == 1


def units_of(outcome):
    return [" ".join(units) for units in outcome.pronunciations]


def test_rows_with_the_same_words_are_one_phrase_with_all_spoken_forms_and_pronunciations():
    rows = [
        Entity("Yorick", 1.0, 1, spoken=("york",)),
        Entity("yorick", 3.0, 2, spoken=("philip",), display="Y.", gate=0.5),
        Entity("Yorick", 1.0, 3, spoken=("york",), pronunciations=(("N", "UW"),)),
        Entity("Yorick", 1.0, 4, spoken=("philip",)),
    ]
    first, second, third, fourth = Speller(LANG).spell(rows)
    assert sorted(units_of(first)) == ["F IH L IH P", "N UW", "Y AO R K"]
    assert (first.status, first.entity.weight, first.entity.display, first.entity.gate) == (USED, 1.0, "Y.", 0.5)
    assert [(o.status, o.note) for o in (second, third, fourth)] == [
        (COMBINED, "combined with line 1, whose weight counts, not the 3 of this one"),
        (COMBINED, "combined with line 1, whose weight counts"),
        (DUPLICATE, "the same words as line 1, whose weight counts"),
    ]


def test_a_row_without_a_spoken_form_says_that_the_phrase_is_spoken_as_it_is_written():
    first, second = Speller(LANG).spell([Entity("York", line=1, spoken=("philip",)), Entity("York", line=2)])
    assert sorted(units_of(first)) == ["F IH L IH P", "Y AO R K"] and second.status == COMBINED
    first, second = Speller(LANG).spell([Entity("日本", line=1), Entity("日本", line=2, spoken=("new",))])
    assert "N UW" in units_of(first) and second.status == COMBINED


def test_bonus_is_not_paid_where_a_word_of_the_model_sounds_the_same():
    (philipp,) = outcomes("Philipp")
    assert philipp.homophones == (("philip",),)
    assert [s.score for s in spellings(SpelledList.of([philipp]), bonus=2.5)] == [0.0]
    assert [s.score for s in spellings(SpelledList.of(outcomes("Philip")), bonus=2.5)] == [2.5]
    assert [s.score for s in spellings(SpelledList.of(outcomes("Philipp", known=())), bonus=2.5)] == [2.5]


def test_of_two_phrases_that_sound_alike_the_first_wins_and_the_second_is_told():
    first, second = rows = outcomes("Philipp", "Phillip", known=())
    assert first.pronunciations == second.pronunciations
    assert first.note == "" and "sounds like 'Philipp' of line 1" in second.note
    a, b = spellings(SpelledList.of(rows), bonus=0.0)
    assert a.score > b.score


def test_pool_is_all_rare_words_and_the_distractors_asked_for(tmp_path):
    path = tmp_path / "biasing.tsv"
    path.write_text('u1\ta steel\t["steel"]\t["steel", "zz", "yy"]\nu2\tb\t[]\t["xx", "steel"]\n')
    pooled = pool_lists(path, 2)
    assert pooled[0] == "steel" and len(pooled) == 3 and set(pooled[1:]) < {"xx", "yy", "zz"}
    with pytest.raises(InputError, match="3 distractors, 4 were asked for"):
        pool_lists(path, 4)
    path.write_text("u1\ta steel\n")
    with pytest.raises(InputError, match=":1: found 2 columns"):
        pool_lists(path, 0)


def spelled(*entities):
    return Speller(LANG, {"new", "york"}).spell(entities)


def test_a_phrase_is_said_as_the_list_says_it():
    (york,) = spelled(Entity("NY", spoken=("new york", "york")))
    plain, short = outcomes("New York", "York")
    assert york.status == USED and york.pronunciations == (*plain.pronunciations, *short.pronunciations)
    # what cannot be read is no harm where it is told how it is said
    (number,) = spelled(Entity("747", spoken=("new",)))
    assert number.status == USED and number.entity.words == ("747",)


def test_pronunciations_of_the_list_come_first_without_their_stress():
    (york,) = spelled(Entity("York", pronunciations=(("Y", "AO1", "R"),)))
    (plain,) = outcomes("York")
    assert york.pronunciations == (("Y", "AO", "R"), *plain.pronunciations)
    (foreign,) = spelled(Entity("York", pronunciations=(("Y", "Q7"),)))
    assert foreign.pronunciations == plain.pronunciations
    assert "its pronunciation has Q7, which the model does not; it is left out" in foreign.note


def test_a_list_in_python_is_read_as_a_file_is(tmp_path):
    entities = ["New York", Entity("Zelenskyy", 2.5, line=7)]
    assert read_entities(entities) == [Entity("New York", line=1), entities[1]]
    assert read_entities(word for word in ["NEW YORK CITY"]) == [Entity("NEW YORK CITY", line=1, all_caps=True)]
    (tmp_path / "names.txt").write_text("New York\n")
    assert read_entities(str(tmp_path / "names.txt")) == read_entities(tmp_path / "names.txt")


@pytest.mark.parametrize(
    "wrong, message",
    [
        (7, "found 7; a list of phrases .str. and Entity, or the path of a list, was expected"),
        (b"names.txt", "found b'names.txt'; a list of phrases"),
        (Entity("York"), "; a list of phrases"),
        (["York", None], "entry 2 of the list is None; give a phrase .str. or an Entity"),
        (["York", " "], "entry 2 of the list is ' '"),
        (["York", "Bonn\t2.0"], "entry 2 of the list is 'Bonn.t2.0', with a line break or tab inside"),
        (["York\nBonn"], "with a line break or tab inside; give one phrase"),
        ({"York": 2.0}, "found {'York': 2.0}; .* Entity.'PHRASE', weight=2.0."),
        ([], "the list is empty; give at least one phrase"),
    ],
)
def test_what_is_no_list_is_an_error(wrong, message):
    with pytest.raises(InputError, match=message):
        read_entities(wrong)


def test_fields_of_older_graph_folders_are_read():
    entity = Entity("NEW YORK CITY", all_caps=True)
    assert Entity.from_json(entity.to_json().replace("all_caps", "shouted")) == entity
