"""What torch.load may unpickle is decided where it is called: its default changed with torch 2.6."""

import ast
from pathlib import Path

import wfst_bias


def test_each_call_says_whether_it_reads_weights_only():
    calls = [
        (path.name, node.lineno, {keyword.arg for keyword in node.keywords})
        for path in Path(wfst_bias.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load"
    ]
    assert calls and [call for call in calls if "weights_only" not in call[2]] == []
