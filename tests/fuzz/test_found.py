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

DAMAGED = [  # a file of a folder that commands of ours wrote
    ("graph/lang", "lang.json", b"[]", "lang.json: is not as it was written"),
    ("graph/lang", "lang.json", b'{"units": {}, "checksum": ""}', "is not as it was written"),
    ("graph/base", "unigrams.npy", b"\x93NUMPY\x01\x00\x04\x00 (,\n", "unigrams.npy: is missing or damaged"),
    ("graph/base", "meta.json", b"[]", "was made by another version"),
    ("graph/base", "meta.json", b'{"format": 4, "kind": "base", "units": {}}', "meta.json: has no 'key'"),
    ("graph/compiled", "arcs.npy", b"", "arcs.npy: is missing or damaged"),
    (
        "graph/compiled",
        "entities.jsonl",
        b'{"written": 1, "pronunciations": 2}\n',
        "entities.jsonl:1: is not as it was",
    ),
    ("graph/compiled", "entities.jsonl", b'{"written": "a"\n', "entities.jsonl:1: is not as it was"),
    ("graph/k2", "graph", b"PK\x03\x04", "graph: is no k2 graph"),
    ("graph/openfst", "graph", b"\xd6\xfd\xb2\x7e" + b"\xff" * 40, "graph: is no OpenFst machine"),
]


@pytest.mark.parametrize("target, files, message", FOUND, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_file_is_named(target, files, message, tmp_path):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as error:
        targets()[target].read(tmp_path)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "target, name, content, message", DAMAGED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_damaged_file_of_a_folder_is_named(target, name, content, message, tmp_path):
    files = {**targets()[target].folders[0], name: content}
    test_a_broken_file_is_named(target, files, message, tmp_path)
