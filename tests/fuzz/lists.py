"""Entity lists: each format by its name, and recognized by its content."""

import csv
import io
import json
import math
from urllib.parse import quote

from hypothesis import strategies as st

from fuzz.mutations import TEXT_TOKENS
from fuzz.target import Case, Target
from fuzz.text import texts, words
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import clean
from wfst_bias.entities.formats.source import Source
from wfst_bias.entities.formats.tables import is_aws_table, is_own_table
from wfst_bias.entities.lists import AUTO, FORMATS, read_list

_SEEDS = {
    "plain": [
        "Anna\nO'Neil\t1.5\nfoo bar\n",
        "# names\n- Zelenskyy\n- \u0141\u00f3d\u017a\n",
        "Anna, Bob; Carl\n",
        "Anna:10\nBob:5\n",
    ],
    "lines": ["Anna\n# Bob\nAT&T 5\n"],
    "separated": ["Anna, Bob, 'Carl'\nDora; Emil\n"],
    "jsonl": [
        '{"phrase": "Anna", "weight": 2.0}\n{"phrase": "NATO", "spoken": ["nato", "n a t o"], "pronunciation": "N EY T OW", '
        '"class": "$ORG", "gate": 0.5, "display": "N.A.T.O."}\n'
    ],
    "speechmatics": [
        '{"transcription_config": {"additional_vocab": ["Anna", {"content": "gnocchi", "sounds_like": ["nyokki"]}]}}'
    ],
    "gladia": [
        '{"custom_vocabulary_config": {"vocabulary": ["Anna", {"value": "Bob", "pronunciations": ["bop"], "intensity": 0.7}], "default_intensity": 0.4}}'
    ],
    "azure": ['{"phraseList": {"phrases": ["Anna", "Bob Carl"], "biasingWeight": 1.5}}'],
    "ibm": [
        '{"words": [{"word": "HHonors", "sounds_like": ["hilton honors"], "display_as": "HHonors"}, {"word": "IEEE"}]}'
    ],
    "google": [
        '{"phrases": [{"value": "Anna", "boost": 10}, {"value": "call ${names}"}], "customClasses": [{"customClassId": "names", "items": [{"value": "Bob"}]}]}'
    ],
    "strings": ['["Anna", "Bob", "[unk]"]', '{"hotwords": ["Anna", "Bob"], "hotword_weight": 12}'],
    "aws": [
        "Phrase\tIPA\tSoundsLike\tDisplayAs\nLos-Angeles\t\t\tLos Angeles\nF.B.I.\t\tf-b-i\tFBI\nnew\tn\u02c8u\u02d0\t\t\n"
    ],
    "tsv": ["phrase\tweight\tspoken\tpronunciation\tdisplay\nAnna\t1.5\tanna|ana\tAE N AH\tANNA\nBob\t\t\t\t\n"],
    "sherpa": ["\u2581AN NA :2.0 #0.25 @Anna\nBOB CARL :1.5\n", "anna :2\nbob\n"],
    "deepgram": ["keyterm=Anna%20Smith\nkeywords=Bob:2\n", "keywords=Anna:1.5&keyterm=Bob\n"],
    "nemo-spellings": ["gpu_g p u_gpu\nnvidia_in video_envidia\n"],
    "nemo": ["Anna\t40\nBob Carl\t-20\n"],
    "csv:name": ['name,age\nAnna,5\n"Smith, Bob",7\n', 'id;name\n1;Anna\n2;"Bob ""B"" Carl"\n'],
    "weighted:nats": ["Anna:2\nBob^1.5\nfoo bar 3\n"],
}
_TOKENS = (
    *TEXT_TOKENS,
    *(
        key.encode()
        for key in (
            "[unk]",
            "- ",
            "* ",
            "1. ",
            '"',
            "\t",
            ", ",
            "keyterm=",
            "Phrase\t",
            "phrase\t",
            ":2",
            " :1.5",
            "^3",
        )
    ),
    *(
        f'"{key}":'.encode()
        for key in ("phrase", "weight", "boost", "value", "items", "words", "spoken", "phrases", "content")
    ),
)


def _checked(read):
    """The entities and notices of a list, if they are well formed."""
    for entity in read.entities:
        assert entity.written.strip() and "\n" not in entity.written and entity.written.encode(), entity
        assert math.isfinite(entity.weight) and (entity.gate is None or 0 < entity.gate <= 1), entity
    for notice in read.notices:
        assert notice.lines and str(notice).encode("utf-8", "backslashreplace"), notice
    return read


def _recognized(folder):
    """Read a list whose format is not named: each line is a phrase, or a notice tells what it was taken for."""
    path = folder / "list"
    read = _checked(read_list(path, AUTO))
    source = Source.read(path)
    if not source.is_json and source.rows and not is_aws_table(source) and not is_own_table(source):
        told = {entity.line for entity in read.entities}.union(*(notice.lines for notice in read.notices))
        lost = [row for row in source.rows if row[0] not in told]
        assert not lost, f"lines without a phrase or a notice: {lost[:3]}"
    return read


def _either(name):
    """Read a list under its name, and without one."""

    def read(folder):
        try:
            _recognized(folder)
        except InputError as error:
            assert str(folder) in str(error)
        return _checked(read_list(folder / "list", name))

    return read


def _phrases(folder, name):
    return [(clean(entity.written), round(entity.weight, 4)) for entity in read_list(folder / "list", name).entities]


_WRITERS = {
    # a phrase and its weight in nats, if any, as a line of each format
    "plain": (lambda p, w: f"{p}\t{w}" if w else p, {}),
    "lines": (lambda p, w: p, {"weight": False}),
    "nemo": (lambda p, w: f"{p}\t{w / 0.08:g}", {"always": True}),
    "sherpa": (lambda p, w: f"{p} :{1.5 + w / 2:g}" if w else p, {}),
    "deepgram": (lambda p, w: f"keywords={quote(p)}:{1 + 2 * w:g}" if w else f"keyterm={quote(p)}", {}),
    "jsonl": (lambda p, w: json.dumps({"phrase": p, **({"weight": w} if w else {})}), {}),
}
_WEIGHTS = st.sampled_from([0.0, 0.0, 1.0, 2.0, -1.0])


@st.composite
def _known(draw, name):
    """A list in a format of lines."""
    write, how = _WRITERS[name]
    rows, expected = [], []
    phrases = draw(
        st.lists(st.lists(words, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4, unique_by=clean)
    )
    for phrase in phrases:
        weight = draw(_WEIGHTS) if how.get("weight", True) else 0.0
        weight = weight or (1.0 if how.get("always") else 0.0)
        rows.append(write(phrase, weight))
        expected.append((clean(phrase), weight))
    extra = ["", " ", "# a comment"] if name != "lines" else ["", " "]
    return Case({"list": draw(texts(rows, extra))}, expected)


@st.composite
def _known_csv(draw):
    """A CSV file as spreadsheets write it."""
    phrases = draw(
        st.lists(
            st.lists(words, min_size=1, max_size=3), min_size=1, max_size=4, unique_by=lambda p: clean(" ".join(p))
        )
    )
    sign = draw(st.sampled_from([",", ";", "\t"]))
    inner = draw(st.sampled_from([" ", ", ", ' "x" ']))
    stream = io.StringIO()
    rows = csv.writer(stream, delimiter=sign, lineterminator=draw(st.sampled_from(["\r\n", "\n"])))
    rows.writerow(["id", "name"])
    for number, phrase in enumerate(phrases):
        rows.writerow([number, inner.join(phrase)])
    return Case({"list": stream.getvalue().encode()}, [(clean(inner.join(phrase)), 0.0) for phrase in phrases])


@st.composite
def _known_auto(draw):
    """Phrases a line, in a file whose format is not named."""
    phrases = draw(
        st.lists(st.lists(words, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=5, unique_by=clean)
    )
    return Case({"list": draw(texts(phrases, ["", " ", "# a comment"]))}, [clean(phrase) for phrase in phrases])


def _auto(folder):
    """The phrases of a list; those of lines with a notice as they stand in the file."""
    read = _recognized(folder)
    told = {line for notice in read.notices for line in notice.lines}
    found = [(entity.line, clean(entity.written)) for entity in read.entities if entity.line not in told]
    kept = [(line, clean(text)) for line, text in lines_of(folder / "list") if line in told]
    return [text for _, text in sorted(found + kept) if text and text != "# a comment"]


_DOCUMENTS = {
    "strings": lambda phrases: phrases,
    "azure": lambda phrases: {"phraseList": {"phrases": phrases}},
    "google": lambda phrases: {"phrases": [{"value": phrase} for phrase in phrases]},
    "speechmatics": lambda phrases: {"additional_vocab": [{"content": phrase} for phrase in phrases]},
    "gladia": lambda phrases: {"custom_vocabulary": phrases},
    "ibm": lambda phrases: {"words": [{"word": phrase} for phrase in phrases]},
}


@st.composite
def _known_document(draw):
    name = draw(st.sampled_from(sorted(_DOCUMENTS)))
    phrases = draw(
        st.lists(st.lists(words, min_size=1, max_size=3).map(" ".join), min_size=1, max_size=4, unique_by=clean)
    )
    content = json.dumps(
        _DOCUMENTS[name](phrases), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))
    )
    return Case(
        {"list": draw(texts(content.split("\n"))), "name": name.encode()}, [(clean(phrase), 0.0) for phrase in phrases]
    )


def _document(folder):
    found = _phrases(folder, (folder / "name").read_text())
    assert found == _phrases(folder, AUTO)
    return found


def _seeds(texts_of_format):
    return lambda: [{"list": text.encode()} for text in texts_of_format]


TARGETS = (
    Target(
        "list/auto", _recognized, _seeds([text for one in _SEEDS.values() for text in one]), tokens=_TOKENS, share=3
    ),
    *(
        Target(f"list/{name.replace(':', '-')}", _either(name), _seeds(one), tokens=_TOKENS)
        for name, one in _SEEDS.items()
    ),
    *(
        Target(f"list/known-{name}", lambda folder, name=name: _phrases(folder, name), cases=_known(name), share=0.15)
        for name in _WRITERS
    ),
    Target("list/known-auto", _auto, cases=_known_auto(), share=0.3),
    Target("list/known-csv", lambda folder: _phrases(folder, "csv:name"), cases=_known_csv(), share=0.15),
    Target("list/known-json", _document, cases=_known_document(), share=0.15),
)
assert {known.name for known in FORMATS} <= _SEEDS.keys()
