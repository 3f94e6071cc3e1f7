"""Lists as spreadsheets, address books and other programs export them: decimal commas, escapes, empty cells, counts."""

import pytest

from helpers.list_files import weights
from wfst_bias.core.errors import InputError


@pytest.mark.parametrize("between", ["\t", ";", "; ", " = ", "    ", " ", " | "])
def test_weights_with_a_decimal_comma(read, between):
    text = "".join(f"{phrase}{between}{weight}\n" for phrase, weight in [("Avastin", "2,5"), ("New York", "-0,75")])
    assert weights(read(text)) == [("Avastin", 2.5), ("New York", -0.75)]
    assert weights(read(f"{text}Bonn{between}3\n")) == [("Avastin", 2.5), ("New York", -0.75), ("Bonn", 3.0)]
    assert weights(read(f"{text}Area\n")) == [("Avastin", 2.5), ("New York", -0.75), ("Area", 0.0)]


def test_weights_with_a_decimal_comma_in_a_table_and_in_json(read):
    assert weights(read("phrase\tweight\nAvastin\t1,5\n")) == [("Avastin", 1.5)]
    assert weights(read('{"phrase": "Avastin", "weight": "1,5"}\n')) == [("Avastin", 1.5)]
    with pytest.raises(InputError, match="'1,000' is not a number"):
        read("Avastin\t1,000\n")


def test_weights_in_brackets_have_a_point(read):
    listed = read("Avastin (2.5)\nNew York (0.5)\n")
    assert weights(listed) == [("Avastin", 2.5), ("New York", 0.5)] and "--format lines" in str(listed.notices[0])
    years = read("Solaris (1972)\nStalker (1979)\n")
    assert weights(years) == [("Solaris (1972)", 0.0), ("Stalker (1979)", 0.0)] and not years.notices


def test_hot_words_with_weights_on_one_line(read):
    listed = read("avastin:5.0,keytruda:-3.0\n")
    assert weights(listed) == [("avastin", 2.0), ("keytruda", -2.0)]
    assert len(listed.notices) == 2 and "so is" not in str(listed.notices[1])


def test_weights_behind_other_signs_than_most_are_taken_or_told(read):
    listed = read("Avastin:3\nNew York 2.5\nBonn\t2\nArea 51\nKeytruda: 5\n")
    assert weights(listed) == [
        ("Avastin", 1.0),
        ("New York 2.5", 0.0),
        ("Bonn", 0.5),
        ("Area 51", 0.0),
        ("Keytruda", 2.0),
    ]
    assert [notice.lines for notice in listed.notices] == [(1, 3, 5), (2,)]
    tabs = read("Avastin\t3\nNew York: 2.5\nBonn\t2\n")
    assert weights(tabs) == [("Avastin", 3.0), ("New York: 2.5", 0.0), ("Bonn", 2.0)]
    assert [notice.lines for notice in tabs.notices] == [(2,)]


@pytest.mark.parametrize("text", ["2.5 Avastin\n1.5 New York\n", "     12 Avastin\n      3 New York\n"])
def test_numbers_before_phrases_that_may_be_weights_or_counts_are_told(read, text):
    listed = read(text)
    assert [entity.written for entity in listed.entities] == [line.strip() for line in text.splitlines()]
    assert "the number before it" in str(listed.notices[0])


def test_a_weight_beyond_all_scales_says_what_it_would_do(read):
    with pytest.raises(InputError, match="would be found in everything"):
        read("Avastin\t30\n")
    with pytest.raises(InputError, match="would never be found"):
        read("Avastin\t-30\n")


def test_escapes_of_html_are_the_signs_that_they_stand_for(read):
    listed = read("AT&amp;T\nL&#39;Aquila\nCaf&eacute;\nR&D; Co\nQ&A\n")
    assert [entity.written for entity in listed.entities] == ["AT&T", "L'Aquila", "Café", "R&D; Co", "Q&A"]
    assert listed.notices[0].lines == (1, 2, 3) and "'AT&T'" in str(listed.notices[0])
    assert [entity.written for entity in read("AT&amp;T\n", "lines").entities] == ["AT&amp;T"]


def test_a_display_of_sherpa_onnx_with_spaces(read):
    listed = read("HELLO WORLD :2.0 @Hello, World\nBONN @Bonn am Rhein :2.5 #0.3\n")
    assert [(e.written, e.weight, e.display, e.gate) for e in listed.entities] == [
        ("HELLO WORLD", 1.0, "Hello, World", None),
        ("BONN", 2.0, "Bonn am Rhein", 0.3),
    ]


def test_rows_of_an_address_book_without_the_column_are_told(read):
    text = "Name;Company;Phone\r\n;Acme & Co.;1\r\nO'Brien, Pat;;2\r\n\"Müller; Jörg\";;\r\n"
    listed = read(text, "csv:Name", "book.csv")
    assert [(entity.written, entity.line) for entity in listed.entities] == [("O'Brien, Pat", 3), ("Müller; Jörg", 4)]
    assert listed.notices[0].lines == (2,) and listed.notices[0].is_left_out


def test_weights_that_no_float_holds_are_an_error(read):
    for text in ('{"Avastin": 1%s}', '["Avastin", ["New York", 1%s]]', '["Avastin", {"text": "New York", "weight": 1%s}]'):
        with pytest.raises(InputError):
            read(text % ("0" * 400))
