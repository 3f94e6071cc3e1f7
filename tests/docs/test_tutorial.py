"""The tutorial runs from its first cell to its last, and finds the names by the list only."""

import os
from pathlib import Path

import pytest

from helpers.doc_blocks import ROOT

nbformat = pytest.importorskip("nbformat", reason="the extra 'docs' is not installed")
nbclient = pytest.importorskip("nbclient", reason="the extra 'docs' is not installed")
pytestmark = pytest.mark.docs
TUTORIAL = ROOT / "egs" / "tutorial.ipynb"
_SECONDS = 600  # a cell on a busy machine


def test_the_tutorial_runs(tmp_path, monkeypatch, cache):
    monkeypatch.setenv("WFST_BIAS_CACHE", os.environ.get("WFST_BIAS_CACHE", str(cache)))
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=":")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(TUTORIAL, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), (
        "strip the outputs: jupyter nbconvert --clear-output"
    )
    nbclient.NotebookClient(notebook, timeout=_SECONDS, startup_timeout=_SECONDS, kernel_name="python3").execute(
        cwd=str(tmp_path)
    )
    written = ["".join(output.get("text", "") for output in cell.get("outputs", [])) for cell in notebook.cells]
    lines = "\n".join(written).splitlines()
    assert "    we met zelenskyy at the station" in lines  # with the list
    assert "we met zelenskyy at the station" not in lines  # without it
    assert any("F1" in text for text in written)
    assert any("image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", []))
    assert list(Path(tmp_path).rglob("report.html"))
