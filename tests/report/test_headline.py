"""The result of a report as a sentence."""

from pathlib import Path

import pytest

from wfst_bias.report.folders import Comparison, DecodeFolder, ScoringList
from wfst_bias.report.headline import counted, false_alarms_of, headline
from wfst_bias.score.counts import Counts
from wfst_bias.score.ladder import Rung
from wfst_bias.score.report import score_counts

BEFORE, AFTER = (70, 100, 10.04), (94, 100, 7.12)
LIST = {"num_phrases": 1000}


def score(hits, spoken, wer, false_alarms=0):
    """Scores with so many hits, and a WER in hundredths of a percent; None where no word is in the references."""
    words, errors = (0, 0) if wer is None else (10_000, round(100 * wer))
    counts = Counts(0, words, 0, errors, hits, spoken - hits, false_alarms)
    return score_counts([counts])


def compared(*rungs, size=1000, name="names"):
    """A comparison of rungs: folder, counts and meta or, of a stage, its name; folders where they come first."""
    folders, made, stage = [], [], ""
    for folder, numbers, *more in rungs:
        meta = more[0] if more else {}
        stage = meta.pop("stage", "")
        if all(one.label != folder for one in folders):
            folders.append(DecodeFolder(Path(folder), folder, meta))
        made.append(Rung(folder, stage, score(*numbers)))
    return Comparison(ScoringList(name, size, {}), tuple(folders), tuple(made))


def with_list(before, after, **meta):
    return headline([compared(("none", before), ("names", after, {**LIST, **meta}))])


@pytest.mark.parametrize(
    "before, after, expected",
    [
        (BEFORE, AFTER, "94 of 100 spoken phrases are found instead of 70, and WER falls from 10.0 to 7.1 %"),
        (
            BEFORE,
            (60, 100, 12.0),
            "60 of 100 spoken phrases are found instead of 70, and WER rises from 10.0 to 12.0 %",
        ),
        (
            BEFORE,
            (94, 100, 12.0),
            "94 of 100 spoken phrases are found instead of 70, but WER rises from 10.0 to 12.0 %",
        ),
        (BEFORE, (60, 100, 7.0), "60 of 100 spoken phrases are found instead of 70, but WER falls from 10.0 to 7.0 %"),
        (BEFORE, (94, 100, 10.0), "94 of 100 spoken phrases are found instead of 70, and WER stays at 10.0 %"),
        (BEFORE, BEFORE, "70 of 100 spoken phrases are found, as many as without a list, and WER stays at 10.0 %"),
        ((0, 9, 5), (9, 9, 1), "all 9 spoken phrases are found instead of none, and WER falls from 5.0 to 1.0 %"),
        ((1, 2, 5), (2, 2, 5), "both spoken phrases are found instead of 1, and WER stays at 5.0 %"),
        ((9, 9, 5), (9, 9, 4), "all 9 spoken phrases are found, as without a list, and WER falls from 5.0 to 4.0 %"),
        ((0, 9, 5), (0, 9, 5), "none of 9 spoken phrases is found, as without a list, and WER stays at 5.0 %"),
        ((3, 9, 5), (1, 9, 5), "1 of 9 spoken phrases is found instead of 3, and WER stays at 5.0 %"),
        ((0, 1, 5), (1, 1, 5), "the one spoken phrase is found, unlike without a list, and WER stays at 5.0 %"),
        ((1, 1, 5), (0, 1, 5), "the one spoken phrase is not found, unlike without a list, and WER stays at 5.0 %"),
        ((0, 1, 5), (0, 1, 5), "the one spoken phrase is not found, as without a list, and WER stays at 5.0 %"),
        ((7, 9, None), (8, 9, None), "8 of 9 spoken phrases are found instead of 7"),
        # utterances that failed without a list
        ((7, 9, 5), (8, 10, 5), "8 of 10 spoken phrases are found instead of 7 of 9, and WER stays at 5.0 %"),
        (
            (1000, 2000, 5),
            (1200, 2000, 4.04),
            "1,200 of 2,000 spoken phrases are found instead of 1,000, and WER falls from 5.0 to 4.0 %",
        ),
    ],
)
def test_the_numbers_are_compared(before, after, expected):
    assert with_list(before, after) == f"With the list, {expected}"


@pytest.mark.parametrize(
    "before, after, expected",
    [
        ((0, 0, 5, 0), (0, 0, 6, 1), "there is 1 false alarm instead of none, and WER rises from 5.0 to 6.0 %"),
        ((0, 0, 5, 0), (0, 0, 5, 0), "there are no false alarms, as before, and WER stays at 5.0 %"),
        ((0, 0, 5, 3), (0, 0, 5, 0), "there are no false alarms instead of 3, and WER stays at 5.0 %"),
        ((0, 0, None, 3), (0, 0, None, 12), "there are 12 false alarms instead of 3"),
    ],
)
def test_where_no_phrase_is_spoken_false_alarms_are_what_counts(before, after, expected):
    assert with_list(before, after) == f"No phrase of the list is spoken: with the list, {expected}"


def test_one_system_is_not_compared():
    one = compared(("names", (94, 100, 7.1, 2), LIST))
    assert headline([one]) == "94 of 100 spoken phrases are found, and WER is 7.1 %"
    assert false_alarms_of([one]) == "2 false alarms"
    nothing = compared(("names", (0, 0, 7.1, 1), LIST))
    assert headline([nothing]) == "No phrase of the list is spoken: there is 1 false alarm, and WER is 7.1 %"
    sizes = [compared((f"names_{n}", (90, 100, 7.1), LIST), size=n) for n in (10, 1000)]
    found = "90 of 100 spoken phrases are found, and WER is 7.1 %"
    assert headline(sizes) == f"With the largest of 2 lists (1,000 phrases), {found}"


def test_of_several_lists_the_largest_counts():
    sizes = [
        compared(("none", BEFORE), (f"names_{n}", (hits, 100, 8.0), {"num_phrases": n}), size=n)
        for n, hits in ((10_000, 80), (100, 99))
    ]
    rest = "80 of 100 spoken phrases are found instead of 70, and WER falls from 10.0 to 8.0 %"
    assert headline(sizes) == f"With the largest of 2 lists (10,000 phrases), {rest}"
    equal = [compared(("none", BEFORE), (name, AFTER, LIST), name=name) for name in ("people", "cities")]
    assert headline(equal).startswith("With the list people (one of 2), 94 of 100")


def test_a_list_for_each_utterance_or_speaker_is_named_so():
    assert with_list(BEFORE, AFTER, biasing="lists.tsv").startswith("With a list for each utterance, 94 of 100")
    assert with_list(BEFORE, AFTER, entities_by=["speaker", "map"]).startswith("With a list for each speaker, 94 of")


def test_what_was_added_beside_the_list_is_named():
    rungs = [("none", BEFORE), ("names", (80, 100, 9), {**LIST, "adapter": "default", "calibration": "none"})]
    assert headline([compared(*rungs)]).startswith("With the list and the adapter, 80 of 100")
    rungs += [("names", AFTER, {"stage": stage}) for stage in ("rescore", "verify", "lookup")]
    assert headline([compared(*rungs)]).startswith("With the list, the adapter, rescoring and lookup, 94 of 100")
    # verification belongs to the list
    assert headline([compared(*rungs[:2], rungs[3])]).startswith("With the list and the adapter, 94 of 100")


def test_a_list_beside_the_graph_between_them_makes_no_difference():
    beside = ("adapter", (80, 100, 9), {"num_phrases": 0, "beside": "names.txt", "adapter": "default"})
    assert headline([compared(("none", BEFORE), beside, ("names", AFTER, LIST))]).startswith("With the list, 94 of 100")
    other = ("names_a", (80, 100, 9), {"num_phrases": 10})
    assert headline([compared(("none", BEFORE), other, ("names_b", AFTER, LIST))]).startswith("With names_b, 94 of 100")


@pytest.mark.parametrize(
    "first, last",
    [
        (LIST, LIST),
        ({}, {}),
        (LIST, {}),
        ({"model": "hama"}, {**LIST, "model": "onnx:m.onnx"}),
        ({"search": {"search_beam": 8.0}}, {**LIST, "search": {"search_beam": 16.0}}),
        ({"adapter": "default"}, {**LIST, "adapter": "none"}),
    ],
)
def test_where_the_list_is_not_all_that_differs_folders_are_named(first, last):
    better = headline([compared(("one", BEFORE, dict(first)), ("other", AFTER, dict(last)))])
    rest = "94 of 100 spoken phrases are found instead of 70 with one, and WER falls from 10.0 to 7.1 %"
    assert better == f"With other, {rest}"
    same = headline([compared(("one", BEFORE, dict(first)), ("other", BEFORE, dict(last)))])
    assert "are found, as many as with one, and WER stays" in same


def test_another_base_is_another_system(tmp_path):
    metas = []
    for name, content in (
        ("base", '{"key": "a"}'),
        ("same", '{"key": "b", "base": "a"}'),
        ("new", '{"key": "c", "base": "d"}'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "meta.json").write_text(content)
        metas.append({"graph": str(tmp_path / name), **(LIST if name != "base" else {})})
    base, same, new = metas
    assert headline([compared(("none", BEFORE, base), ("names", AFTER, same))]).startswith("With the list, ")
    assert headline([compared(("none", BEFORE, base), ("names", AFTER, new))]).startswith("With names, ")


def test_nouns_are_in_the_plural_where_they_are_not_one():
    assert [counted(number, "rung") for number in (0, 1, 2, 1000)] == ["0 rungs", "1 rung", "2 rungs", "1,000 rungs"]
