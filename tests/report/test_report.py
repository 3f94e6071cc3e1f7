"""What a report holds, before it is a page."""

import json
import shutil

import pytest

from helpers.decode_folders import NAMES, REFERENCES, WITH, WITHOUT, evidence, write_folder, write_graph
from wfst_bias.core.errors import InputError
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.page import check_page, page_of
from wfst_bias.report.report import make_report
from wfst_bias.report.tables import markdown_of
from wfst_bias.score.ladder import ladder, ladder_json

PLAIN = ReportConfig(lattices=0)


def only_section(report):
    (section,) = report.sections
    return section


def test_the_ladder_is_that_of_score(folders, tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES) + "\n")
    own = make_report(folders, config=PLAIN)
    assert ladder_json(own.rungs) == ladder_json(ladder(REFERENCES, folders, tmp_path / "names.txt"))
    named = make_report(folders, entities=tmp_path / "names.txt", config=PLAIN)
    assert ladder_json(named.rungs) == ladder_json(own.rungs)


def test_what_changed_is_what_the_scores_say(made):
    (step,) = only_section(made).steps
    assert step.num_entities == {"gained": 2, "lost": 0, "alarms": 1, "silenced": 0}
    before, after = step.before.score.counts, step.after.score.counts
    assert after.hits - before.hits == 2 and after.false_alarms - before.false_alarms == 1
    assert {change.utterance: change.kinds for change in step.changes} == {
        "u1": ("gained", "better"),
        "u2": ("gained", "better"),
        "u4": ("alarms", "worse"),
    }
    assert step.added["WER"].value == pytest.approx(
        step.after.score.rates["WER"].value - step.before.score.rates["WER"].value
    )
    assert step.added["F1"].low <= step.added["F1"].value <= step.added["F1"].high


def test_a_rung_that_adds_nothing_adds_nothing_for_certain(tmp_path, data):
    graph = write_graph(tmp_path / "graph", NAMES)
    stages = {"search": WITH, "rescore": WITH, "lookup": {**WITH, "u4": "nobody was there"}}
    one = write_folder(tmp_path / "d", {**WITH, "u4": "nobody was there"}, graph, data=str(data), stages=stages)
    nothing, something = only_section(make_report([one], config=PLAIN)).steps
    assert not nothing.changes and set(map(tuple, (vars(rate).values() for rate in nothing.added.values()))) == {
        (0.0, 0.0, 0.0)
    }
    assert something.num_entities["silenced"] == 1 and something.after.stage == "lookup"


def test_a_false_alarm_has_its_reference_and_evidence(made):
    alarms = dict((folder.label, alarms) for folder, alarms in only_section(made).alarms)
    assert alarms["decode_none"] == ()
    (alarm,) = alarms["decode_4"]
    assert (alarm.utterance, alarm.phrase, alarm.reference, alarm.confidence) == ("u4", "whittemore", "nobody", 0.91)
    assert alarm.evidence["rival"]["words"] == "nobody"


def test_the_surest_false_alarm_comes_first_and_those_without_evidence_last(tmp_path, data):
    texts = {
        **WITHOUT,
        "u3": "quincy train to new york was late",
        "u4": "whittemore was there",
        "u5": "put zelenskyy in the car",
    }
    rows = [evidence("u3", "Quincy", 0, confidence_with_list=0.4), evidence("u5", "Zelenskyy", 1)]
    folder = write_folder(tmp_path / "d", texts, write_graph(tmp_path / "g", NAMES), rows, data=str(data))
    ((_, alarms),) = only_section(make_report([folder], config=PLAIN)).alarms
    assert [alarm.phrase for alarm in alarms] == ["zelenskyy", "quincy", "whittemore"]
    assert [alarm.reference for alarm in alarms] == ["it", "the", "nobody"]


def test_each_list_is_a_ladder_of_its_own_and_no_list_stands_in_all(tmp_path, folders, data):
    graph = write_graph(tmp_path / "graph_2", NAMES[:2])
    small = write_folder(tmp_path / "decode_2", WITH, graph, data=str(data))
    report = make_report([*folders, small], config=PLAIN)
    found = [
        (section.comparison.scored_by.num_phrases, [rung.name.rpartition("/")[2] for rung in section.comparison.rungs])
        for section in report.sections
    ]
    assert found == [(4, ["decode_none", "decode_4"]), (2, ["decode_none", "decode_2"])]
    assert [plot.name for plot in report.plots] == ["ladder", "f1_against_n", "precision_recall"]
    assert "decode_N: 85.71 at 4, 80.00 at 2" in report.plots[1].summary
    assert report.plots[2].summary.startswith(
        "decode_none: precision 100.0 at recall 33.3; decode_N:"
    )  # none at 2 phrases


def test_a_phrase_that_a_graph_could_not_use_is_looked_for_all_the_same(tmp_path, data):
    graphs = write_graph(tmp_path / "all", NAMES), write_graph(tmp_path / "some", NAMES[1:], unusable=NAMES[:1])
    folders = [
        write_folder(tmp_path / f"d_{i}", texts, graph, data=str(data))
        for i, (texts, graph) in enumerate(zip((WITH, WITHOUT), graphs))
    ]
    comparison = only_section(make_report(folders, config=PLAIN)).comparison
    assert comparison.scored_by.num_phrases == 4
    assert [rung.score.counts.misses for rung in comparison.rungs] == [0, 2]  # whittemore and zelenskyy


def test_folders_of_several_weights_are_one_line(tmp_path, data):
    graph = write_graph(tmp_path / "graph", NAMES)
    swept = [
        write_folder(tmp_path / f"bonus_{w}", texts, graph, data=str(data)) for w, texts in ((2, WITHOUT), (3.5, WITH))
    ]
    report = make_report(swept, config=PLAIN)
    _, plot = report.plots
    assert plot.summary == "bonus_N: precision 100.0 at recall 33.3, precision 75.0 at recall 100.0"
    svg = plot.picture(".svg").decode()
    assert all(f">{mark}</text>" in svg for mark in ("2", "3.5", "bonus_N"))


def test_a_list_for_each_utterance(tmp_path, data):
    rows = "".join(f'{name}\t{text}\t[]\t["whittemore", "quincy"]\n' for name, text in REFERENCES.items())
    (tmp_path / "lists.tsv").write_text(rows)
    folder = write_folder(tmp_path / "d", WITH, data=str(data), biasing=str(tmp_path / "lists.tsv"))
    section = only_section(make_report([folder], config=PLAIN))
    assert section.comparison.scored_by.num_phrases == 2
    assert section.comparison.rungs[0].score.counts.hits == 1


def test_plots_are_written_as_png_and_svg(folders, run, tmp_path):
    result = run("report", *folders, tmp_path / "r.html", "--plots", tmp_path / "plots", "--lattices", 0)
    assert result.exit_code == 0, result.output
    assert "2 rows, 3 changed utterances, 1 false alarm;" in result.output
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert names == ["ladder.png", "ladder.svg", "precision_recall.png", "precision_recall.svg"]
    assert (tmp_path / "plots" / "ladder.png").read_bytes()[:4] == b"\x89PNG"


def test_tables_are_written_and_one_list_is_not_counted_as_public_lists_are(folders, run, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\n")
    options = (*folders, tmp_path / "r.html", "--entities", tmp_path / "names.txt", "--lattices", 0)
    result = run("report", *options, "--librispeech", "--tables", tmp_path / "ladder.md")
    assert result.exit_code == 2 and "name them with --biasing" in result.output
    assert not list(tmp_path.glob("*.html")) and not (tmp_path / "ladder.md").exists()
    assert run("report", *options, "--tables", tmp_path / "ladder.md").exit_code == 0
    names = [line.split("|")[2].strip() for line in (tmp_path / "ladder.md").read_text().splitlines()]
    assert names == ["", "---", "decode_none", "decode_4"]


def test_the_same_folders_make_the_same_page(folders):
    assert page_of(make_report(folders, config=PLAIN)) == page_of(make_report(folders, config=PLAIN))


def test_only_some_utterances(folders, tmp_path):
    (tmp_path / "some").write_text("u1\nu4\n")
    report = make_report(folders, utterances=tmp_path / "some", config=PLAIN)
    assert report.rungs[0].score.num_utterances == 2 and report.num_changes == 2


def changed_meta(folder, **changes):
    meta = {**json.loads((folder / "meta.json").read_text()), **changes}
    (folder / "meta.json").write_text(json.dumps(meta))


def assert_rejected(folders, message, **options):
    with pytest.raises(InputError, match=message):
        make_report(folders, **{"config": PLAIN, **options})


def test_what_is_no_decode_folder_is_rejected(folders, data, tmp_path):
    assert_rejected([data], "data: is no decode folder: it has no meta.json; .* name data with --data")
    assert_rejected([tmp_path / "nowhere"], "nowhere: no such decode folder")
    assert_rejected([folders[1], folders[1]], "decode_4: is given twice")
    changed_meta(folders[0], kind="graph")
    assert_rejected(folders, "meta.json: is not of a decode folder")


def test_folders_of_other_data_are_rejected(folders, tmp_path):
    other = shutil.copytree(tmp_path / "data", tmp_path / "other")
    changed_meta(folders[1], data=str(other))
    assert_rejected(
        folders, "decode_4: was decoded from .*other, .*decode_none from .*data; give folders of the same data"
    )
    assert make_report(folders, data=other, config=PLAIN).num_changes == 3
    (folders[1] / "text").write_text("u9 other speech\n")
    assert_rejected(folders, "'u1' of the references is missing", data=other)
    changed_meta(folders[0], data=None)
    assert_rejected(folders, "meta.json: does not have the data that was decoded; name the data with --data")


def test_what_has_gone_is_rejected(folders, tmp_path):
    shutil.rmtree(tmp_path / "graph_4")
    assert_rejected(folders, "graph_4: is not there any more; name the list to score with --entities")
    shutil.rmtree(tmp_path / "data")
    assert_rejected(folders, "data: is not there any more; name its path with --data")


def test_no_list_at_all_is_rejected(folders):
    assert_rejected(
        folders[:1], "no folder was decoded with a list, so there is no entity to find; name a list with --entities"
    )
    changed_meta(folders[1], entities_by=["speaker", "lists.map"])
    assert_rejected(folders, "decode_4: has a list for each speaker; name what to score with --entities or --biasing")


def test_an_utterance_that_is_not_there_is_rejected(folders):
    assert_rejected(folders, "has no utterance 'u9' that is scored", config=ReportConfig(utterances=("u9",)))


def test_attention_needs_an_adapter(folders, data):
    config = ReportConfig(lattices=0, attention=1)
    assert_rejected(folders, "no folder was decoded with an adapter; leave --attention out", config=config)


def test_a_broken_row_of_entities_is_rejected(folders):
    (folders[1] / "entities.jsonl").write_text('{"utterance": "u1"}\n')
    assert_rejected(folders, "entities.jsonl:1: is no entity with its position; decode anew")


def test_the_page_comes_last(folders, run, tmp_path):
    result = run("report", *folders)
    assert result.exit_code == 1 and "decode_4: is not to be a page; name the file of the page last" in result.output
    with pytest.raises(InputError):
        check_page(tmp_path / "report.pdf")


def write_biasing(path):
    """A list for each utterance, with its rare words."""
    rare = {"u1": ["whittemore"], "u2": ["zelenskyy"], "u3": ["york"], "u4": [], "u5": []}
    rows = [
        f"{name}\t{REFERENCES[name]}\t{json.dumps(words)}\t{json.dumps([*words, 'quincy', 'whittemore'])}\n"
        for name, words in rare.items()
    ]
    path.write_text("".join(rows))
    return path


def test_words_are_counted_as_the_public_script_does_where_it_is_asked_for(folders, data, tmp_path):
    biasing = write_biasing(tmp_path / "lists.tsv")
    inserted = {**WITH, "u5": "put it in the car quincy"}
    own_lists = write_folder(tmp_path / "own", inserted, data=str(data), biasing=str(biasing))
    one_list, folders = folders, [folders[0], own_lists]
    public = make_report(folders, librispeech=True, config=PLAIN)
    assert ladder_json(public.rungs) == ladder_json(ladder(REFERENCES, folders, biasing=biasing, librispeech=True))
    (step,) = only_section(public).steps
    rates = [rung.score.rates["U-WER"].value for rung in public.rungs]
    assert step.added["U-WER"].value == pytest.approx(rates[1] - rates[0])
    own = make_report(folders, config=PLAIN)
    # a distractor that was not spoken counts as one of the others
    assert own.rungs[1].score.rates["U-WER"].value < rates[1]
    with pytest.raises(InputError, match="has one list for all: without --librispeech"):
        make_report(one_list, librispeech=True, config=PLAIN)


def test_the_ladders_stand_in_a_table_of_markdown(made):
    first, dashes, none, names = markdown_of([only_section(made).comparison]).splitlines()
    cells = lambda line: [cell.strip() for cell in line.strip("|").split("|")]
    assert cells(first)[:3] == ["phrases", "", "WER"] and set(cells(dashes)) == {"---"}
    row = dict(zip(cells(first), cells(names)))
    score = made.rungs[1].score
    assert (row["phrases"], row[""], row["recall"], row["precision"]) == ("4", "decode_4", "100.0", "75.0")
    assert row["WER"].startswith(f"{score.rates['WER'].value:.2f} [{score.rates['WER'].low:.2f}, ")
    assert row["false alarms an hour"] == "100.0"
    # F1 of 1 hit in 3, 50, becomes that of 3 hits and a false alarm, 600 / 7
    assert row["F1 error removed"] == f"{100 * (600 / 7 - 50) / 50:.1f}"
    assert dict(zip(cells(first), cells(none)))["F1 error removed"] == "0.0"
