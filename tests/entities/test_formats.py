"""Lists of every kind that people have: what becomes of them, and what is said of a line that cannot be read."""

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.formats.documents import own_line
from wfst_bias.entities.formats.scales import LARGEST, SCALES, nats
from wfst_bias.entities.lists import FORMATS, read_entities
from wfst_bias.lang.ipa import arpabet_of_ipa

PLAIN = "Zelenskyy\n\nNew York\t1.5\nbadword\t-3\n"
OWN_TABLE = (
    "phrase\tweight\tdisplay\tspoken\tpronunciation\tclass\tgate\n"
    "NVIDIA\t2\tNVIDIA\tin vidia|en vidia\t\t$COMPANY\t0.2\n"
    "Zelenskyy\t\t\t\tZ AH L EH N S K IY|Z EH L EH N S K IY\n"
)
OWN_LINES = (
    '{"phrase": "NVIDIA", "weight": 2, "spoken": ["in vidia"], "class": "$COMPANY", "gate": 0.2}\n'
    '{"phrase": "Zelenskyy", "pronunciation": "Z AH L EH N S K IY", "display": "Zelenskyj"}\n'
)
SHERPA = "▁HE LL O ▁WORLD :1.5 #0.35 @HELLO_WORLD\nNEW YORK :3.5\nplain\n"
NEMO_SPELLINGS = "nvidia_nvidia_in video\ngpu_gpu_g p u\n"
NEMO_BOOST = "nvidia\t40\nbadword\t-100\n"
DEEPGRAM = "keyterm=Deepgram\nkeywords=snuffleupagus:5\nNew York\n"
AWS = (
    "Phrase\tIPA\tSoundsLike\tDisplayAs\n"
    "Los-Angeles\t\t\tLos Angeles\n"
    "F.B.I.\t\t\tFBI\n"
    "Etienne\t\teh-tee-en\t\n"
    "kuchen\tk uː k ə n\t\t\n"
)
GOOGLE = """{
  "phraseSets": [
    {"boost": 5, "phrases": [
      {"value": "Brian MacKay", "boost": 15},
      {"value": "call ${contacts}"},
      {"value": "never", "boost": -10}
    ]}
  ],
  "customClasses": [
    {"customClassId": "contacts", "items": [{"value": "Ana"}, {"value": "Björk"}]}
  ]
}
"""
AZURE = '{"locales": ["en-US"],\n "phraseList": {"phrases": ["Contoso", "Jessie"], "biasingWeight": 1.5}}'
SPEECHMATICS = """{"type": "transcription", "transcription_config": {"language": "en", "additional_vocab": [
  {"content": "gnocchi", "sounds_like": ["nyohki", "nokey"]},
  "financial crisis"]}}
"""
GLADIA = """{"custom_vocabulary_config": {"vocabulary": [
  "Westeros",
  {"value": "Stark", "intensity": 0.9, "pronunciations": ["stairk"], "language": "de"}],
  "default_intensity": 0.5}}
"""
IBM = """{"words": [
  {"word": "HHonors", "sounds_like": ["hilton honors", "h honors"], "display_as": "HHonors"},
  {"word": "IEEE", "sounds_like": ["i triple e"]}]}
"""
STRINGS = '["looney tunes",\n "anthropomorphic"]\n'


@pytest.fixture
def read(tmp_path):
    def read(text, name="list.txt", format_name="auto"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_entities(tmp_path / name, format_name)

    return read


def brief(entities):
    return [(e.written, round(e.weight, 3), e.line) for e in entities]


@pytest.mark.parametrize("text", [PLAIN, OWN_TABLE, SHERPA, NEMO_SPELLINGS, AWS, GOOGLE, IBM])
def test_every_list_can_be_rewritten_as_ours(read, text):
    entities = read(text)
    again = read("".join(map(own_line, entities)), "own.jsonl")
    assert [replace(e, line=0) for e in again] == [replace(e, line=0) for e in entities]
    assert [Entity.from_json(e.to_json()) for e in entities] == entities


def test_plain(read):
    assert brief(read(PLAIN)) == [("Zelenskyy", 0.0, 1), ("New York", 1.5, 3), ("badword", -3.0, 4)]


@pytest.mark.parametrize("text", [OWN_TABLE, OWN_LINES])
def test_our_own_with_all_that_is_known_of_a_phrase(read, text):
    nvidia, zelenskyy = read(text)
    assert nvidia.written == "NVIDIA" and nvidia.weight == 2.0 and nvidia.entity_class == "$COMPANY"
    assert "in vidia" in nvidia.spoken and nvidia.gate == 0.2
    assert zelenskyy.pronunciations[0] == tuple("Z AH L EH N S K IY".split()) and zelenskyy.gate is None


def test_sherpa_onnx(read):
    hello, york, plain = read(SHERPA)
    assert (hello.written, hello.weight, hello.gate, hello.display) == ("HELLO WORLD", 0.0, 0.35, "HELLO WORLD")
    assert (york.written, york.weight) == ("NEW YORK", 4.0) and plain.written == "plain"


@pytest.mark.parametrize(
    "text",
    ["▁HE LL O ▁WORLD @HELLO_WORLD\n▁HI ▁THERE @HI_THERE\n", "HELLO WORLD @HELLO_WORLD\nHI THERE @HI_THERE\n"],
)
def test_keywords_of_sherpa_onnx_without_numbers(read, text):
    assert [(e.written, e.display, e.spoken) for e in read(text)] == [
        ("HELLO WORLD", "HELLO WORLD", ()),
        ("HI THERE", "HI THERE", ()),
    ]


def test_hotwords_of_sherpa_onnx_in_pieces_without_scores(read):
    assert brief(read("▁HE LL O ▁WORLD\n▁HI\n")) == [("HELLO WORLD", 0.0, 1), ("HI", 0.0, 2)]


def test_nemo(read):
    nvidia, gpu = read(NEMO_SPELLINGS)
    assert nvidia.spoken == ("nvidia", "in video") and gpu.written == "gpu" and gpu.spoken == ("gpu", "g p u")
    assert brief(read(NEMO_BOOST, format_name="nemo")) == [("nvidia", 3.2, 1), ("badword", -8.0, 2)]


def test_deepgram(read):
    assert brief(read(DEEPGRAM)) == [("Deepgram", 0.0, 1), ("snuffleupagus", 2.0, 2), ("New York", 0.0, 3)]
    assert [e.written for e in read("keyterm=New%20York\nkeyterm=caf%C3%A9\nkeyterm=50%\n")] == [
        "New York",
        "café",
        "50%",
    ]


def test_aws(read):
    angeles, fbi, etienne, kuchen = read(AWS)
    assert (angeles.written, angeles.display, angeles.line) == ("Los Angeles", "Los Angeles", 2)
    assert fbi.written == "F.B.I." and fbi.display == "FBI"
    assert etienne.spoken == ("ehteeen",) and kuchen.pronunciations == (tuple("K UW K AH N".split()),)


def test_google_with_its_classes(read):
    assert brief(read(GOOGLE, "adaptation.json")) == [
        ("Brian MacKay", 3.0, 4),
        ("call Ana", 1.0, 5),
        ("call Björk", 1.0, 5),
        ("never", -2.0, 6),
    ]


def test_a_dollar_inside_a_name_is_no_class_of_google(read):
    assert brief(read('{"phrases": [{"value": "A$AP Rocky", "boost": 5}]}')) == [("A$AP Rocky", 1.0, 1)]


def test_azure(read):
    assert brief(read(AZURE)) == [("Contoso", 2.0, 2), ("Jessie", 2.0, 2)]


def test_speechmatics(read):
    gnocchi, crisis = read(SPEECHMATICS)
    assert gnocchi.spoken == ("gnocchi", "nyohki", "nokey") and (gnocchi.line, crisis.line) == (2, 3)
    (bare,) = read('[{"content": "gnocchi", "sounds_like": ["nyohki"]}]')
    assert bare.spoken == ("gnocchi", "nyohki")


def test_gladia(read):
    westeros, stark = read(GLADIA)
    assert westeros.weight == 0.0 and stark.weight == pytest.approx(3.2) and stark.spoken == ("Stark", "stairk")


@pytest.mark.parametrize(
    "text",
    [
        '{"vocabulary": ["Westeros", {"value": "Stark"}]}',
        '["Westeros", {"value": "Stark", "pronunciations": ["stairk"]}]',
        '["Westeros", {"value": "Stark", "intensity": 0.5}]',
    ],
)
def test_a_vocabulary_of_gladia_alone(read, text):
    assert [(e.written, e.weight) for e in read(text)] == [("Westeros", 0.0), ("Stark", 0.0)]


def test_ibm(read):
    honors, ieee = read(IBM)
    assert honors.display == "HHonors" and honors.spoken[1:] == ("hilton honors", "h honors")
    assert ieee.written == "IEEE" and ieee.line == 3


def test_strings_of_pyctcdecode_and_deepgram(read):
    assert brief(read(STRINGS)) == [("looney tunes", 0.0, 1), ("anthropomorphic", 0.0, 2)]
    assert brief(read('{"hotwords": ["a b"], "hotword_weight": 15}')) == [("a b", 2.0, 1)]
    assert brief(read('{"model": "nova-3", "keyterm": ["tretinoin"]}')) == [("tretinoin", 0.0, 1)]
    assert [e.written for e in read('["word", "value", "content"]')] == ["word", "value", "content"]


def test_a_column_of_a_csv_file(read):
    text = 'id,drug,note\n1,"Ozempic",x\n\n2,"Keytruda, new",y\n'
    for column in ("drug", "2"):
        assert brief(read(text, "drugs.csv", f"csv:{column}")) == [("Ozempic", 0.0, 2), ("Keytruda, new", 0.0, 4)]


@pytest.mark.parametrize(
    "text, format_name, message",
    [
        ("a\t1\t2\n", "auto", ":1: 3 columns found; write 'PHRASE' or 'PHRASE<TAB>WEIGHT'"),
        ("good\nbad\tx\n", "auto", ":2: weight 'x' is not a number; write 'PHRASE<TAB>2.0'"),
        ("nvidia\t40\n", "auto", ":1: weight '40' is beyond 20 nats: .* or name --format nemo for a boosting file"),
        ("\t2\n", "auto", ":1: a weight without a phrase"),
        ("phrase\twait\nx\t1\n", "auto", ":1: 'wait' is no column; phrase, weight, display"),
        ("phrase\tweight\nx\t1\t2\n", "auto", ":2: 3 columns found, the header has 2"),
        ("phrase\tweight\n\t1\n", "auto", ":2: the phrase is missing"),
        ("phrase\tweight\nx\tone\n", "auto", ":2: weight 'one' is not a number; write 2.0"),
        ('{"phrase": "x", "weight": null}\n', "auto", ':1: weight None is not a number; write "weight": 2.0'),
        ("phrase\tgate\nx\t1.5\n", "auto", ":2: gate '1.5' is no probability; write 0.25"),
        ('{"phrase": "x"}\n{"phrase": 3}\n', "auto", ":2: phrase is 3; a phrase was expected"),
        ('{"phrase": "x"}\n{"phrase": "y", "wait": 1}\n', "auto", ":2: 'wait' is no key; phrase, weight"),
        ('{"phrase": "x"}\n{"phrase"\n', "auto", r":2: is not JSON \(.*\); write \{\"phrase\": \"...\"\}"),
        ("x :1.5\ny :abc\n", "auto", ":2: score 'abc' is not a number; write 'PHRASE :2.0'"),
        ("x :1.5\ny #7\n", "auto", ":2: threshold 7 is no probability; write 'PHRASE #0.25'"),
        ("x :1.5\n :2.0\n", "auto", ":2: no phrase before ':2.0'"),
        ("gpu_g p u\n_x\n", "auto", ":2: found '_x', of which a part is empty; write 'gpu_g p u_gpu'"),
        ("nvidia 40\n", "nemo", ":1: found 'nvidia 40'; write 'PHRASE<TAB>40'"),
        ("Phrase\tIPA\nx\tq͡!\n", "auto", r":2: IPA 'q͡!': the sign 'q' is not known; leave it empty"),
        ('{"phrases": [{"value": "x",\n "boost": "high"}]}', "auto", ":1: boost 'high' is not a number"),
        ('{"phrases": [{"value": "a"},\n {"value": "call ${who}"}]}', "google", r":2: class '\$\{who\}' has no items"),
        ('{"phraseList": {"phrases": ["a",\n 5]}}', "auto", ":1: phrases is 5; a phrase was expected"),
        (
            '{"additional_vocab": [{"content": "x"},\n {"content": "y", "sounds_like": 3}]}',
            "auto",
            ":2: sounds_like is 3",
        ),
        ('{"words": [{"word": ""}]}', "auto", "word is ''; a phrase was expected"),
        ('{"hotwords": "x"}', "auto", "has no list under 'hotwords', as a list of hotwords has"),
        ('["x",\n "y"', "auto", r":2: is not JSON \(.*\); correct it, or name another --format"),
        ("a,b\n1,2\n", "csv:drug", ":1: has no column 'drug'; it has a, b"),
        ("a,b\n1,\n", "csv:b", ":2: column 'b' is empty"),
        ('"",\n""\n', "csv:1", ":1: all cells are empty; a header, and a phrase in each row, were expected"),
        ("x\n", "word", "no format 'word'; auto, jsonl, speechmatics"),
        ("\n \n", "auto", "holds no phrase; write one phrase a line"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(read, text, format_name, message):
    with pytest.raises(InputError, match=message):
        read(text, format_name=format_name)


def test_phrases_that_look_like_another_format_stay_phrases(read):
    phrases = ["Motel #6", "Psalm 23:4", "C#", "user@example", "snake_case", "C :", "{braces}"]
    assert [e.written for e in read("\n".join(phrases))] == phrases


def test_a_csv_file_wants_a_column(read):
    with pytest.raises(InputError, match="is a CSV file: name the column of the phrases, --format csv:COLUMN"):
        read("a,b\n1,2\n", "x.csv")


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_scales_keep_their_middle_and_their_order_and_have_an_end(scale):
    assert nats(scale.neutral, scale) == 0.0
    assert nats(scale.neutral - 1, scale) < 0.0 < nats(scale.neutral + 0.5, scale) <= LARGEST
    assert nats(1e9, scale) == LARGEST and nats(-1e9, scale) == -LARGEST


@pytest.mark.parametrize(
    "ipa, phones",
    [("ˈtʃɛlsi", "CH EH L S IY"), ("θɔːɹ", "TH AO R"), ("ˈɡaɪ.ɡər", "G AY G ER"), ("", "")],
)
def test_ipa(ipa, phones):
    assert " ".join(arpabet_of_ipa(ipa)) == phones


KEYS = (
    "phrase weight spoken pronunciation class gate display phrases value boost customClasses customClassId items name "
    "phraseList biasingWeight additional_vocab content sounds_like words word display_as custom_vocabulary vocabulary "
    "intensity default_intensity hotwords hotword_weight keyterm"
).split()
_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 0.5, 1e400, 10**400, float("nan")]),
    st.sampled_from(["", " ", "York", "New\nYork", "${a}", "call ${a} in ${York}", "\ud800", "5", "Q7"]),
)
JSON = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON, st.sampled_from(["auto", "csv:1", *(known.name for known in FORMATS)]))
def test_whatever_a_file_holds_it_is_entities_or_an_error_that_names_it(read, value, format_name):
    try:
        entities = read(json.dumps(value), format_name=format_name)
    except InputError as error:
        assert error.path.endswith("list.txt")
    else:
        assert entities and all(1 <= e.line and e.to_json().encode() for e in entities)
        assert not any("\n" in e.written or "\t" in e.written for e in entities)


@pytest.mark.parametrize(
    "text, format_name, message",
    [
        ("[1,\n 2]", "auto", ":1: a hotword is 1; a phrase was expected"),
        ('["a",\n "b",\n [5]]', "auto", r":2: a hotword is 5; a phrase was expected"),
        ('{"phrases":\n null}', "auto", ":1: has no list under 'phrases'"),
        ('{\n"phrases": null}', "google", ':2: has no list of "phrases"'),
        ('{"phrases": [{"value": "a"}],\n "customClasses": 5}', "google", ":2: 5 is no class; write"),
        (
            '{"phrases": ["a"],\n "customClasses": [{"customClassId": "x", "items": ["a"]}]}',
            "google",
            ":2: .* no class",
        ),
        (
            '{"phrases": ["a"],\n "customClasses": [{"customClassId": "x", "items": [{"value": 1}]}]}',
            "google",
            ":2: an item of a class is 1",
        ),
        ('{"phrases": [\n"${a}"], "customClasses": [{"customClassId": "a"}]}', "google", r":2: class '\$\{a\}' has no"),
        ('{"phraseList":\n ["a"]}', "auto", ":1: has no list under 'phrases', as Azure's phraseList has"),
        ('{"phraseList": {"phrases": ["a"],\n "biasingWeight": "x"}}', "auto", ":2: biasingWeight 'x' is not a number"),
        ('{"words": [\n{"word": "x", "display_as": 5}]}', "auto", ":2: display_as is 5; a phrase was expected"),
        ('{"words": [\n{"word": "\\ud800"}]}', "auto", r":2: word is '\\ud800'; a phrase was expected"),
        ("[" * 100_000, "auto", ":1: is not JSON .*; correct it, or name another --format"),
        ('{"phrase": "x", "weight": 1' + "0" * 5000 + "}", "auto", ":1: is not JSON"),
        ('a\n"b\n' + "c" * 200_000, "csv:1", ":3: is not CSV .*; is there a quote that is never closed"),
        ("a\nb\n", "csv:²", ":1: has no column '²'; it has a"),
        ("keyterm=\n", "auto", ":1: a key without a phrase; write 'keyterm=PHRASE'"),
    ],
)
def test_strange_files_are_told_with_their_line(read, text, format_name, message):
    with pytest.raises(InputError, match=message):
        read(text, format_name=format_name)


def test_a_phrase_of_json_has_its_own_line_whatever_stands_before_it(read):
    text = (
        '{"words": [\n{"word": "word"},\n{"word": "a",\n "display_as": "b"},\n{"word": "b"},\n{"word": "caf\\u00E9"}]}'
    )
    assert brief(read(text)) == [("word", 0.0, 2), ("a", 0.0, 3), ("b", 0.0, 5), ("café", 0.0, 6)]


def test_a_class_in_two_places_of_a_phrase_stands_for_all_pairs(read):
    classes = [{"customClassId": "who", "items": [{"value": "Ana"}, {"value": "${who}"}]}]
    text = json.dumps({"phrases": [{"value": "${who} and $who/${who}"}], "customClasses": classes})
    assert [e.written for e in read(text, format_name="google")][:2] == ["Ana and $who/Ana", "Ana and $who/${who}"]


def test_a_key_that_is_on_or_off_is_no_list(read):
    assert brief(read('{"custom_vocabulary": true, "custom_vocabulary_config": {"vocabulary": ["Westeros"]}}')) == [
        ("Westeros", 0.0, 1)
    ]
