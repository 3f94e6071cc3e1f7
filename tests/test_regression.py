"""Records of two commits, compared digit by digit."""

import gzip
import io
import json
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "regression.py"
ENTITY = {"utterance": "utt", "phrase": "Archie", "rival": {"text": "achieve"}, "score": 1.5}
META = {"kind": "decode", "num_refused": 0, "search_real_time_factor": 0.1}


@pytest.fixture
def folders(tmp_path):
    """Two equal records but for the times of their runs."""
    for name, seconds in (("a", 0.1), ("b", 0.2)):
        decode = tmp_path / name / "base"
        decode.mkdir(parents=True)
        (decode / "text").write_text("utt i have achieve\nutt_2 no doubt\n")
        (decode / "ctm").write_text("utt 1 0.00 0.50 i 0.9876\nutt 1 0.50 0.20 have 0.5000\n")
        (decode / "entities.jsonl").write_text(json.dumps(ENTITY) + "\n")
        (decode / "meta.json").write_text(json.dumps({**META, "search_real_time_factor": seconds}))
        write_lattice(decode, "utt\n0 1 i 1.5,2.5\n1\n", level=int(seconds * 10))
    return tmp_path / "a", tmp_path / "b"


def write_lattice(decode, text, level=9):
    (decode / "lat.1.gz").write_bytes(gzip.compress(text.encode(), level))


def compare(folders, *renamed):
    """Exit code and output of the script."""
    output, code = io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(output):
        options = ["--renamed", *renamed] if renamed else []
        patch.setattr(sys, "argv", [str(SCRIPT), "compare", *map(str, folders), *options])
        try:
            runpy.run_path(str(SCRIPT), run_name="__main__")
        except SystemExit as end:
            code = end.code
    return (1, output.getvalue() + code) if isinstance(code, str) else (code or 0, output.getvalue())


def test_times_and_compression_do_not_count(folders):
    code, output = compare(folders)
    assert code == 0
    files = ("ctm", "entities.jsonl", "lat.1.gz", "meta.json", "text")
    assert output.splitlines() == [f"base/{name}: equal" for name in files]


def test_a_digit_counts(folders):
    ctm = folders[1] / "base" / "ctm"
    ctm.write_text(ctm.read_text().replace("0.5000", "0.5001"))
    code, output = compare(folders)
    assert code == 1
    assert "base/ctm: 1 lines differ, the first is 2:" in output
    assert "A utt 1 0.50 0.20 have 0.5000" in output and "B utt 1 0.50 0.20 have 0.5001" in output
    assert output.count("equal") == 4


@pytest.mark.parametrize("changed", ["1.50", "2", "1.5000000000000002", '"1.5"'])
def test_a_number_in_json_counts_as_it_is_written(folders, changed):
    row = json.dumps(ENTITY).replace("1.5", changed)
    (folders[1] / "base" / "entities.jsonl").write_text(row + "\n")
    code, output = compare(folders)
    assert code == 1 and "base/entities.jsonl: 1 lines differ" in output


def test_a_digit_in_a_lattice_counts(folders):
    write_lattice(folders[1] / "base", "utt\n0 1 i 1.5,2.6\n1\n")
    code, output = compare(folders)
    assert code == 1 and "base/lat.1.gz: 1 lines differ, the first is 2:" in output


def test_lines_at_the_end_count(folders):
    with open(folders[1] / "base" / "text", "a") as text:
        text.write("utt_3\n")
    code, output = compare(folders)
    assert code == 1 and "base/text: 1 lines differ, the first is 3:\n  A (no line)\n  B utt_3" in output


def test_fields_and_files_are_renamed_by_a_table(folders):
    a, b = (folder / "base" for folder in folders)
    (a / "refused.jsonl").write_text('{"utterance": "utt"}\n')
    (b / "rejected.jsonl").write_text('{"utterance": "utt"}\n')
    renamed = {"utterance": "utt", "competitor": {"text": "achieve"}, "phrase": "Archie", "score": 1.5}
    (b / "entities.jsonl").write_text(json.dumps(renamed) + "\n")
    (b / "meta.json").write_text(json.dumps({"num_rejected": 0, "kind": "decode"}))
    table = ("refused.jsonl=rejected.jsonl", "rival=competitor", "num_refused=num_rejected")
    code, output = compare(folders, *table)
    assert code == 0, output
    assert "base/rejected.jsonl: equal" in output
    code, output = compare(folders, *table[:2])
    assert code == 1 and "base/meta.json: " in output and "base/entities.jsonl: equal" in output


@pytest.mark.parametrize("side", [0, 1])
def test_a_missing_file_is_a_difference(folders, side):
    (folders[side] / "base" / "ctm").unlink()
    code, output = compare(folders)
    assert code == 1 and f"base/ctm: missing in {folders[side]}" in output


def test_nothing_to_compare_is_no_success(tmp_path):
    code, output = compare((tmp_path, tmp_path / "none"))
    assert code == 1 and "make them with 'record'" in output
