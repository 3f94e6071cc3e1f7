"""Lists as people write them: comments, one line, bullets, weights in other ways; each interpretation is told."""

import logging

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.list_files import weights
from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.documents import own_line
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.notices import Notice


def phrases(read):
    return [entity.written for entity in read.entities]


def test_comments_are_no_phrases_and_are_told_with_their_lines(read):
    listed = read("# drugs\nAvastin\n\n // more\nKeytruda # new\n#metoo\nC#\nMotel #6\nWe are # 1\n; end\n#\n")
    assert [(e.written, e.line) for e in listed.entities] == [
        ("Avastin", 2),
        ("Keytruda", 5),
        ("#metoo", 6),
        ("C#", 7),
        ("Motel #6", 8),
        ("We are # 1", 9),
    ]
    comments, trailing = listed.notices
    assert comments.lines == (1, 4, 10, 11) and comments.is_left_out and "'# drugs'" in str(comments)
    assert trailing.lines == (5,) and not trailing.is_left_out and "'Keytruda'" in str(trailing)
    assert "list.txt:1: " in str(comments) and "(so are lines 4, 10, 11)" in str(comments)


def test_a_hash_before_words_may_be_a_comment_and_is_told(read):
    listed = read("#names of us\nAvastin\n")
    assert phrases(listed) == ["#names of us", "Avastin"] and listed.notices[0].lines == (1,)


def test_each_line_is_a_phrase_where_the_format_says_so(read):
    text = "# drugs\n- a\n1. b\nd:10\ne, f\n[unk] x\n"
    assert phrases(read(text, "lines")) == ["# drugs", "- a", "1. b", "d:10", "e, f", "[unk] x"]


@pytest.mark.parametrize(
    "text",
    [
        "Avastin, Angela Merkel, Łódź\n",
        "Avastin;Angela Merkel;Łódź",
        "Avastin | Angela Merkel | Łódź |\n",
        "Avastin\tAngela Merkel\tŁódź\n",
        "Avastin、Angela Merkel、Łódź\n",
        '"Avastin","Angela Merkel",Łódź\n',
    ],
)
def test_the_only_line_is_split_at_its_separators(read, text):
    listed = read(text)
    assert phrases(listed) == ["Avastin", "Angela Merkel", "Łódź"] and {e.line for e in listed.entities} == {1}
    (notice,) = listed.notices
    assert "the only line is taken for 3 phrases: 'Avastin', " in str(notice) and "--format lines" in str(notice)


def test_several_lines_with_commas_are_phrases_and_it_is_told(read):
    for text in ("Merkel, Angela\nCurie, Marie\n", "a, b, c\nd\n"):
        listed = read(text)
        assert phrases(listed) == text.splitlines() and "--format separated" in str(listed.notices[0])
    assert phrases(read("a, b, c\nd; 'e'\n", "separated")) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_usual_line_ends_need_no_notice(read, end):
    assert read(end.join(["\ufeffAvastin", "", "Keytruda", ""])).notices == ()
    assert phrases(read(end.join(["\ufeffAvastin", "", "Keytruda", ""]))) == ["Avastin", "Keytruda"]


@pytest.mark.parametrize("end", ["\r", "\v", "\f", "\x1e", "\x85", "\u2028", "\u2029"])
def test_rare_line_ends_among_others_are_line_ends_and_told(read, end):
    listed = read(f"Avastin{end}New York\nKeytruda\n")
    assert phrases(listed) == ["Avastin", "New York", "Keytruda"] and listed.notices[0].lines == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "- Avastin\n- New York\n",
        "* Avastin\n* New York\n",
        "•Avastin\n•\tNew York\n",
        "1. Avastin\n2. New York\n",
        "1) Avastin\n1) New York\n",
        "(1) Avastin\n(2) New York\n",
        "- [x] Avastin\n- [ ] New York\n",
        "Avastin,\nNew York\n",
        '"Avastin"\n"New York"\n',
        "“Avastin”\n“New York”\n",
        '---\ndrugs:\n  - "Avastin"\n  - New York\n',
    ],
)
def test_bullets_numbers_and_quotation_marks_are_no_part_of_phrases(read, text):
    listed = read(text)
    assert phrases(listed) == ["Avastin", "New York"] and listed.notices


def test_numbers_that_do_not_count_the_lines_are_parts_of_phrases(read):
    assert phrases(read("1. FC Köln\n4. Liga\n")) == ["1. FC Köln", "4. Liga"]
    assert phrases(read("7 Up\n50 Cent\n3 Doors\n")) == ["7 Up", "50 Cent", "3 Doors"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Avastin:10\nNew York:1\n", [("Avastin", 4.5), ("New York", 0.0)]),
        ("Avastin^10\nNew York\n", [("Avastin", 2.0), ("New York", 0.0)]),
        ("Avastin, 10\nNew York, -5\n", [("Avastin", 2.0), ("New York", -1.0)]),
        ("Avastin|100\nNew York|50\n", [("Avastin", 8.0), ("New York", 4.0)]),
        ("Avastin    3\nNew York    1.5\n", [("Avastin", 3.0), ("New York", 1.5)]),
        ("Avastin 1.5\nNew York 2.0\n", [("Avastin", 1.5), ("New York", 2.0)]),
        ('"Avastin": 3\n"New York": 5\n', [("Avastin", 1.0), ("New York", 2.0)]),
        ("Avastin; 3", [("Avastin", 3.0)]),
    ],
)
def test_weights_behind_other_signs_are_told_with_their_scale(read, text, expected):
    listed = read(text)
    assert weights(listed) == expected
    assert "--format weighted:SCALE" in str(listed.notices[0]) and "--format lines" in str(listed.notices[0])


@pytest.mark.parametrize(
    "text",
    ["Boeing 747\nBoeing 737\n", "GPT 3.5\nGPT 4.5\n", "Python 3.11\nNumPy\n", "New York:2\nAvastin\nKeytruda\n"],
)
def test_numbers_that_may_be_weights_stay_and_are_told(read, text):
    listed = read(text)
    assert phrases(listed) == text.splitlines() and "--format weighted" in str(listed.notices[0])
    assert listed.notices[0].lines[0] == 1


def test_phrases_with_numbers_and_signs_need_no_notice(read):
    texts = ["Psalm 23:4\nJohn 3:16\n", "Area 51\nNew York\n", "Motel #6\nC#\n", "AC/DC\nEbay\n", "A.B.C.\nB+\n"]
    assert [(phrases(read(text)), read(text).notices) for text in texts] == [(t.splitlines(), ()) for t in texts]


def test_weights_of_a_scale_that_is_named(read):
    text = "Avastin:10\nNew York\t20\nKeytruda 5\nAustin\n"
    assert weights(read(text, "weighted:google-boost")) == [
        ("Avastin", 2.0),
        ("New York", 4.0),
        ("Keytruda", 1.0),
        ("Austin", 0.0),
    ]
    assert weights(read(text, "weighted"))[2] == ("Keytruda", 5.0)
    with pytest.raises(InputError, match="no scale 'x'; nats, context-score"):
        read(text, "weighted:x")
    with pytest.raises(InputError, match="list.txt:1: weight '30' is beyond 20 nats"):
        read("Avastin:30\n", "weighted")


def test_identifiers_are_phrases_and_spellings_of_nemo_are_told(read):
    listed = read("account_id\nmax_len\nget_all_users\n")
    assert phrases(listed) == ["account_id", "max_len", "get_all_users"] and listed.entities[0].words == (
        "account",
        "id",
    )
    assert listed.entities[0].spoken == () and "--format nemo-spellings" in str(listed.notices[0])
    spellings = read("gpu_gpu_g p u\navastin_a vastin\n")
    assert [e.spoken for e in spellings.entities] == [("gpu", "g p u"), ("a vastin",)]
    assert "nemo-spellings" in str(spellings.notices[0])
    assert [e.spoken for e in read("account_id\n", "nemo-spellings").entities] == [("id",)]


def test_marks_of_grammars_are_no_phrases(read):
    for text in ('["avastin", "[unk]"]', "[unk]\navastin\n", "<s>\navastin\n<UNK>\n"):
        listed = read(text)
        assert phrases(listed) == ["avastin"] and any(n.is_left_out and "no phrase" in str(n) for n in listed.notices)
    with pytest.raises(InputError, match="holds no phrase"):
        read('["[unk]"]')


def test_parameters_of_a_url(read):
    listed = read("https://x.org/listen?model=nova&keyterm=New+York&keyterm=C%2B%2B&keywords=Avastin:3&keyterm=AT&T\n")
    assert weights(listed) == [("New York", 0.0), ("C++", 0.0), ("Avastin", 1.0), ("AT&T", 0.0)]
    texts = " ".join(map(str, listed.notices))
    assert "'model=nova'" in texts and "'+' between letters is taken for a space" in texts and "deepgram" in texts


@pytest.mark.parametrize(
    "name, text",
    [
        ("list.json", '{"phrases": [{"value": "Avastin", "boost": 5}]}'),
        ("list.txt", "Avastin :2.0\n"),
        ("list.txt", "keyterm=Avastin\n"),
        ("list.txt", "Phrase\tDisplayAs\nAvastin\tAVASTIN\n"),
    ],
)
def test_a_format_of_another_program_is_told_with_an_example(read, name, text):
    listed = read(text, name=name)
    (notice,) = listed.notices
    assert phrases(listed) == ["Avastin"] and "the format is taken for" in str(notice) and "'Avastin'" in str(notice)
    assert "--format" in str(notice)


def test_csv_files_of_one_column_or_one_line(read):
    assert phrases(read("Avastin\nNew York\n", name="a.csv")) == ["Avastin", "New York"]
    listed = read('name\n"Avastin"\n"York, New"\n', name="a.csv")
    assert phrases(listed) == ["Avastin", "York, New"] and listed.notices[0].is_left_out
    assert phrases(read("Avastin,Keytruda\n", name="a.csv")) == ["Avastin", "Keytruda"]
    with pytest.raises(InputError, match=r"--format csv:COLUMN \(its first row has name, x\)"):
        read("name,x\nAvastin,1\n", name="a.csv")


@pytest.mark.parametrize(
    "text, expected",
    [
        ('{"Avastin": 2, "New York": 8}', [("Avastin", 2.0), ("New York", 8.0)]),
        ('[["Avastin", 20],\n ["New York", 10]]', [("Avastin", 4.0), ("New York", 2.0)]),
        ('[["Avastin"],\n ["New York"]]', [("Avastin", 0.0), ("New York", 0.0)]),
        ('["Avastin", ["New York"]]', [("Avastin", 0.0), ("New York", 0.0)]),
        ('{"text": "Avastin", "weight": 2}\n{"text": "New York"}', [("Avastin", 2.0), ("New York", 0.0)]),
        ('{"text": "Avastin", "id": 2}\n{"text": "New York"}', [("Avastin", 0.0), ("New York", 0.0)]),
        ('["Avastin"]\n["New York"]\n', [("Avastin", 0.0), ("New York", 0.0)]),
        ('// list\n["Avastin",\n# more\n "New York"]', [("Avastin", 0.0), ("New York", 0.0)]),
        ('{"word_boost": ["Avastin", "New York"], "boost_param": "high"}', [("Avastin", 0.0), ("New York", 0.0)]),
    ],
)
def test_json_of_ones_own(read, text, expected):
    listed = read(text, name="list.json")
    assert weights(listed) == expected and listed.notices
    assert {entity.line for entity in listed.entities} <= set(range(1, text.count("\n") + 2))


@pytest.mark.parametrize(
    "text, message",
    [
        ('["Avastin",\n "New York",\n]', r"is not JSON .*; take out the comma before the closing bracket"),
        ('{"hotwords": ["Avastin", ]}', "take out the comma before"),
        ("['Avastin', 'New York']", "put each string into double quotation marks"),
        ("[Avastin, New York]", "double quotation marks, .*, or name --format lines"),
        ("{braces}\nAvastin\n", "name --format lines"),
        ('[{"text": "a", "phrase": "b"}]', "a hotword is {.*}; a phrase was expected"),
    ],
)
def test_what_is_nearly_json_is_an_error_that_says_what_to_do(read, text, message):
    with pytest.raises(InputError, match=message):
        read(text)


def test_notices_are_logged_once(read, tmp_path, caplog):
    read("# one\nAvastin\n")
    with caplog.at_level(logging.WARNING, "wfst_bias"):
        assert [e.written for e in read_entities(tmp_path / "list.txt")] == ["Avastin"]
        read_entities(tmp_path / "list.txt")
    assert [r.message.partition(": ")[0] for r in caplog.records] == [f"{tmp_path / 'list.txt'}:1"]


def test_a_notice_names_some_lines_only():
    assert str(Notice("taken", None, tuple(range(1, 20)))).endswith("taken (so are lines 2, 3, 4, 5, 6 and 13 more)")


WORD = st.text("abcdefgßéжक", min_size=2, max_size=6)
PHRASE = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
WRITERS = {
    "plain": lambda p: "".join(f"{one}\n" for one in p),
    "crlf": lambda p: "\ufeff" + "".join(f"{one}\r\n" for one in p),
    "cr": lambda p: "\r".join(p),
    "comments": lambda p: "# list\n" + "".join(f"{one}\n\n" for one in p) + "// end",
    "commas": lambda p: ", ".join(p),
    "bullets": lambda p: "".join(f"- {one}\n" for one in p),
    "numbers": lambda p: "".join(f"{i}. {one}\n" for i, one in enumerate(p, 1)),
    "quotes": lambda p: "".join(f'"{one}"\n' for one in p),
    "colons": lambda p: "".join(f"{one}:2\n" for one in p),
    "carets": lambda p: "".join(f"{one}^3\n" for one in p),
    "tabs": lambda p: "".join(f"{one}\t1.5\n" for one in p),
    "sherpa": lambda p: "".join(f"{one} :2.0\n" for one in p),
    "url": lambda p: "&".join(f"keyterm={one.replace(' ', '%20')}" for one in p),
    "jsonl": lambda p: "".join(own_line(Entity(one)) for one in p),
    "tsv": lambda p: "phrase\tweight\n" + "".join(f"{one}\t1\n" for one in p),
    "unk": lambda p: "[unk]\n" + "".join(f"{one}\n" for one in p),
}


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PHRASE, min_size=3, max_size=6), st.sampled_from(sorted(WRITERS)))
def test_each_phrase_that_goes_in_comes_out(read, given_phrases, writer):
    assert phrases(read(WRITERS[writer](given_phrases))) == given_phrases


LINE = st.text(st.sampled_from("ab1 2#-*.,;:|^_\t\"'/[]<>()@=&+%\v\u2028•"), max_size=8)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(LINE, min_size=1, max_size=5), st.sampled_from(["auto", "plain", "lines", "separated", "weighted:nats"])
)
def test_a_line_is_a_phrase_or_is_told_or_is_an_error(read, lines, format_name):
    try:
        listed = read("\n".join(lines), format_name)
    except InputError as error:
        assert error.path.endswith("list.txt")
        return
    told = {line for notice in listed.notices for line in notice.lines}
    used = {entity.line for entity in listed.entities}
    with_letters = {i for i, text in enumerate(lines, 1) if any(c.isalnum() for c in text)}
    assert with_letters <= told | used
    if format_name in ("auto", "plain"):  # what is no phrase of its own is told
        changed = {e.line for e in listed.entities if e.written != lines[e.line - 1].partition("\t")[0].strip()}
        assert changed <= told or len(told) > 0
