"""The language and the sizes of the package: the glossary of CONTRIBUTING.md, held against the source."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

import wfst_bias

PACKAGE = Path(wfst_bias.__file__).parent
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50

# words that no name contains; the glossary of CONTRIBUTING.md has the terms to use
PRIVATE_WORDS = frozenset(
    """heard hear hears hearing said say says saying sayings told tell tells way ways rival rivals refused refusal
    refusals contest contests door doors twin twins upstream beside unambiguous jumps lot chance mend mends mended
    shouted mute branch branches""".split()
)
# words that are private as a whole name only: a part of a longer name may be a reader of files, a left side, a placeholder
PRIVATE_NAMES = frozenset("Place Side member members Member reader readers Reader reading readings Reading".split())

@lru_cache(None)
def _modules():
    """Path relative to the package, number of lines and syntax tree of each module."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found[str(path.relative_to(PACKAGE))] = (len(text.splitlines()), ast.parse(text))
    return found


def _by_room(findings):
    """Group ``(module, finding)`` by room; the room of a top-level module is the package."""
    rooms = {}
    for module, finding in findings:
        rooms.setdefault(module.split("/")[0] if "/" in module else "", set()).add(finding)
    return rooms


def _functions(tree, prefix=""):
    """Qualified names and nodes of all functions and classes."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield prefix + node.name, node
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def _names(tree):
    """Names that a module gives: functions, classes, parameters, fields, locals and aliases of imports."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.asname


def _is_private(name):
    words = {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    return bool(words & PRIVATE_WORDS) or name.strip("_") in PRIVATE_NAMES


def long_modules():
    return _by_room((module, module) for module, (lines, _) in _modules().items() if lines > MAX_MODULE_LINES)


def long_functions():
    return _by_room(
        (module, f"{module}:{name}")
        for module, (_, tree) in _modules().items()
        for name, node in _functions(tree)
        if not isinstance(node, ast.ClassDef) and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    )


def private_names():
    """A module is named by its path, too."""
    return _by_room(
        (module, name)
        for module, (_, tree) in _modules().items()
        for name in {*_names(tree), Path(module).stem}
        if _is_private(name)
    )


def opaque_docstrings():
    """Docstrings that begin with "Of" or "What"."""
    return _by_room(
        (module, f"{module}:{name}")
        for module, (_, tree) in _modules().items()
        for name, node in [("", tree), *_functions(tree)]
        if re.match(r"\s*(Of|What) ", ast.get_docstring(node, clean=False) or "")
    )


@pytest.mark.parametrize("find", [long_modules, long_functions, private_names, opaque_docstrings])
def test_nothing_in_the_package_breaks_the_rule(find):
    assert find() == {}
