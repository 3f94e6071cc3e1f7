"""Lists of utterances, maps to lists, sentences, tables and results that belong to utterances."""

import json

from hypothesis import strategies as st

from fuzz.target import Case, Target
from fuzz.text import names, texts, words
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity
from wfst_bias.g2p.graphemes import read_table
from wfst_bias.recognize.utterance_lists import lists_by_field, lists_of_map, lists_of_utterances
from wfst_bias.score.predicted import predicted_false_alarms
from wfst_bias.score.texts import failed_utterances, read_hypotheses, read_names
from wfst_bias.synth.synthesis import read_named_sentences
from wfst_bias.synth.templates import filled

_BIASING = b'u1\tcall anna now\t["anna"]\t["anna", "O\'Neil"]\nu2\thello\t[]\t[]\n'
_MAP = b"anna a.txt\nbob b.txt\ncarl -\n"
_TEXT = b"u1 call anna now\nu2\nu3\thello there\n"
_ENTITIES = b'{"utterance": "u1", "posterior": 0.75}\n{"utterance": "u2"}\n'
_FAILED = b'{"utterance": "u1", "reason": "is empty"}\n'
_GRAPHEMES = b"# letters\tsound\tshare\nsch\tSH\t1.0\ne$\t-\t0.5\n^th\tT\t0.9\nw\t=v\t0.8\n"
_TEMPLATES = b"# templates\ncall $NAME now\nhello $NAME and $NAME\nwhat is this\n"
_NAMES = [Entity("Anna", entity_class="$NAME"), Entity("O'Neil", entity_class="$NAME")]


def _biasing(folder):
    rows = read_biasing(folder / "b.tsv")
    lists, _ = lists_of_utterances(folder / "b.tsv")
    assert len(lists) == len(rows)
    return {name: (row.text, row.rare, row.phrases) for name, row in rows.items()}


@st.composite
def _known_biasing(draw):
    rows, expected = [], {}
    for name in draw(st.lists(names, unique=True, min_size=1, max_size=3)):
        text = " ".join(draw(st.lists(words, max_size=3)))
        rare, phrases = (draw(st.lists(words, max_size=3)) for _ in range(2))
        escaped = draw(st.booleans())
        columns = (json.dumps(one, ensure_ascii=escaped) for one in (rare, phrases))
        rows.append("\t".join((name, text, *columns)))
        expected[name] = (text, tuple(rare), tuple(phrases))
    return Case({"b.tsv": draw(texts(rows))}, expected)


def _map(folder):
    lists_of_map(folder / "map")
    return [[entity.written for entity in one] for one in lists_by_field("speaker", folder / "map")[0]]


@st.composite
def _known_text(draw):
    rows, expected = [], {}
    for name in draw(st.lists(names, unique=True, max_size=4)):
        spoken = draw(st.lists(st.text("abcdefgh", min_size=1, max_size=5), max_size=4))
        gap = draw(st.sampled_from([" ", "\t", "  "]))
        rows.append((name + gap + " ".join(spoken)).rstrip() + draw(st.sampled_from(["", " "])))
        expected[name] = tuple(spoken)
    return Case({"text": draw(texts(rows))}, expected)


def _results(folder):
    return failed_utterances(folder), predicted_false_alarms(folder, {"u1", "u2"})


TARGETS = (
    Target("biasing/tsv", _biasing, lambda: [{"b.tsv": _BIASING}]),
    Target("biasing/known", _biasing, cases=_known_biasing(), share=0.1),
    Target("biasing/map", _map, lambda: [{"map": _MAP, "a.txt": b"Anna\n", "b.txt": b"Bob\t1.5\n"}], changes=("map",)),
    Target("results/text", lambda folder: read_hypotheses(folder / "text"), lambda: [{"text": _TEXT}]),
    Target("results/known", lambda folder: read_hypotheses(folder / "text"), cases=_known_text(), share=0.1),
    Target(
        "results/names",
        lambda folder: read_names(folder / "names", {"u1": "", "u2": ""}),
        lambda: [{"names": b"u1\nu2\n"}],
    ),
    Target("results/entities", _results, lambda: [{"entities.jsonl": _ENTITIES, "failed.jsonl": _FAILED}]),
    Target(
        "texts/sentences",
        lambda folder: read_named_sentences(folder / "a"),
        lambda: [{"a": b"u1 call anna\nu2 hello\n"}],
    ),
    Target("texts/templates", lambda folder: filled(folder / "a", _NAMES, 3), lambda: [{"a": _TEMPLATES}], share=0.5),
    Target("texts/graphemes", lambda folder: read_table(folder / "a"), lambda: [{"a": _GRAPHEMES}]),
)
