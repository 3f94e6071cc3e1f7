"""Decode folders written by hand."""

import json

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import UNUSABLE, USED, Outcome
from wfst_bias.entities.spelled_list import SpelledList

REFERENCES = {
    "u1": "please call whittemore at noon",
    "u2": "we met zelenskyy at the station in the rain a little after seven in the evening",
    "u3": "the train to new york was late",
    "u4": "nobody was there",
    "u5": "put it in the car",
}
WITHOUT = {
    "u1": "please call with more at noon",
    "u2": "we met the landscape at the station in the rain a little after seven in the evening",
    "u3": "the train to new york was late",
    "u4": "nobody was there",
    "u5": "put it in the car",
}
WITH = {
    **WITHOUT,
    "u1": "please call whittemore at noon",
    "u2": "we met zelenskyy at the station in the rain a little after seven in the evening",
    "u4": "whittemore was there",
}
NAMES = ("Whittemore", "Zelenskyy", "New York", "Quincy")


def write_folder(path, texts, graph=None, entities=(), stages=None, **meta):
    """A decode folder as ``wfst-bias decode`` leaves it, without lattices.

    Args:
      stages: texts of the search and of each stage behind it, by name, the last one ``texts``.
    """
    path.mkdir(parents=True)
    lines = lambda some: "".join(f"{name} {text}\n" for name, text in some.items())
    (path / "text").write_text(lines(texts))
    for stage, some in (stages or {}).items():
        (path / f"text.{stage}").write_text(lines(some))
    (path / "entities.jsonl").write_text("".join(json.dumps(row) + "\n" for row in entities))
    if stages:
        meta["stages"] = {"stages": ",".join(list(stages)[1:])}
    number = (graph / "report.tsv").read_text().count(f"\t{USED}\t") if graph else 0
    content = {"kind": "decode", "audio_seconds": 36.0, "graph": str(graph), "num_phrases": number, **meta}
    (path / "meta.json").write_text(json.dumps(content))
    return path


def write_graph(path, phrases, unusable=()):
    """What a report reads of a graph folder."""
    path.mkdir(parents=True)
    outcomes = [Outcome(Entity(phrase), USED) for phrase in phrases]
    outcomes += [Outcome(Entity(phrase), UNUSABLE) for phrase in unusable]
    spelled = SpelledList.of(tuple(outcomes))
    spelled.write(path / "spelled.jsonl")
    (path / "report.tsv").write_text(spelled.report)
    return path


def evidence(utterance, phrase, first_word, num_words=1, **more):
    row = {"utterance": utterance, "phrase": phrase, "first_word": first_word, "num_words": num_words}
    row.update(start=0.1, way="list", units=["W", "IH", "T"], gap=-3.0, boost=0.5, evidence=0.37, rival=None)
    return {**row, "confidence": 0.2, "confidence_with_list": 0.6, **more}


def write_data(path):
    """The texts of a data folder."""
    path.mkdir()
    (path / "text").write_text("".join(f"{name} {text}\n" for name, text in REFERENCES.items()))
    return path


def two_folders(path, data):
    """One without a list, and one with a list of four names."""
    rival = {"words": "nobody", "instead_of": "whittemore", "acoustic": -2.5, "total": 1.25}
    rows = [
        evidence("u1", "Whittemore", 2),
        evidence("u2", "Zelenskyy", 2),
        evidence("u3", "New York", 3, 2),
        evidence("u4", "Whittemore", 0, rival=rival, confidence_with_list=0.91),
    ]
    graph = write_graph(path / "graph_4", NAMES)
    none = write_folder(path / "decode_none", WITHOUT, data=str(data))
    return [none, write_folder(path / "decode_4", WITH, graph, rows, data=str(data))]
