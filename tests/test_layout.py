"""The rooms of the package: imports point downwards only, so there is no cycle between them."""

import ast
from pathlib import Path

import pytest

import wfst_bias

# from the bottom to the top
ROOMS = """core fst lang lm g2p entities graph acoustic adapter decode lattice second_pass data score recognize explain
tune report synth training cli""".split()
PACKAGE = Path(wfst_bias.__file__).parent


def _imported_rooms(path):
    """The rooms that a module imports, within functions too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
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
