"""The scripts of benchmarks/ import, and every name that they import from the package exists."""

import ast
import importlib
import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_imports(script, monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    module = importlib.import_module(script)
    assert Path(module.__file__) == FOLDER / f"{script}.py"


@pytest.mark.parametrize("script", FILES)
def test_names_from_the_package_exist(script):
    """Those that a function imports when it is called, too."""
    missing = [
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse((FOLDER / script).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "wfst_bias"
        for alias in node.names
        if not hasattr(importlib.import_module(node.module), alias.name)
    ]
    assert missing == []


@pytest.mark.parametrize("script", ["compare_peers", "search"])
def test_a_benchmark_explains_its_options(script, monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(FOLDER / f"{script}.py"), run_name="__main__")
    assert not end.value.code and capsys.readouterr().out.startswith("usage:")
