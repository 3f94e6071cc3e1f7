"""Utterances that failed to decode, in a report."""

import json

from helpers.decode_folders import WITH, two_folders, write_data


def test_failed_utterances_are_named_and_no_change(run, tmp_path):
    data = write_data(tmp_path / "data")
    none, names = two_folders(tmp_path, data)
    (names / "text").write_text("".join(f"{name} {text}\n" for name, text in WITH.items() if name != "u2"))
    (names / "failed.jsonl").write_text(json.dumps({"utterance": "u2", "reason": "is not audio"}) + "\n")
    result = run("report", none, names, tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    assert "2 changed utterances" in result.output  # u1 and u4, not u2
    page = (tmp_path / "r.html").read_text()
    assert page.count("1 utterance in failed.jsonl left out above") == 1 and "their words as deletions WER is" in page
