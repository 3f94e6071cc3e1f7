"""Inputs that once made a reader fail otherwise than by an error that says what to do."""

import pytest

from fuzz.catalog import targets
from wfst_bias.core.errors import InputError

_DEEP = b"[" * 100_000

FOUND = [
    ("options/json", {"a.json": _DEEP}, "a.json: is not JSON"),
    ("options/json", {"a.json": b"1" * 5000}, "a.json: is not JSON"),
    ("options/toml", {"a.toml": b"a = " + _DEEP}, "a.toml: is not TOML"),
    ("options/evidence", {"model.json": b"[]"}, "model.json: is no evidence model"),
    ("options/evidence", {"model.json": b'{"format": 1, "features": []}'}, "model.json: is no evidence model"),
]


@pytest.mark.parametrize("target, files, message", FOUND, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_file_is_named(target, files, message, tmp_path):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        targets()[target].read(tmp_path)
    assert message in str(error.value)
