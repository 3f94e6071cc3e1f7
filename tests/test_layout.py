"""The rooms of the package: imports point downwards only, so there is no cycle between them."""

import ast
from pathlib import Path

import pytest

import wfst_bias

# from the bottom to the top
ROOMS = """core fst lang lm g2p entities graph acoustic adapter decode lattice evidence second_pass data score recognize corpus explain
tune report synth training cli""".split()
PACKAGE = Path(wfst_bias.__file__).parent


def _imported_modules(node):
    """The dotted names of the modules that an import statement names."""
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def _imported_rooms(path):
    """The rooms that a module imports, within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for name in _imported_modules(node):
            parts = name.split(".")
            if parts[0] == "wfst_bias" and len(parts) > 1:
                yield parts[1]


def test_each_folder_is_a_room():
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_those_below(room):
    upwards = {
        (str(path.relative_to(PACKAGE)), imported)
        for path in (PACKAGE / room).rglob("*.py")
        for imported in _imported_rooms(path)
        if ROOMS.index(imported) > ROOMS.index(room)
    }
    assert upwards == set()


def test_no_test_module_imports_another():
    """Shared fixtures are in conftest.py, everything else that is shared is in tests/helpers."""
    tests = Path(__file__).parent
    modules = {path.stem for path in tests.rglob("*.py") if path.stem.startswith("test_") or path.stem == "conftest"}
    imported = {
        (str(path.relative_to(tests)), name)
        for path in tests.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in _imported_modules(node)
        if name.split(".")[-1] in modules
    }
    assert imported == set()
