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

_LATTICE = {"words.txt": b"<eps> 0\na 1\n"}
FOUND += [
    ("lattice/text", {**_LATTICE, "lat.txt": b"u1\n0 99999999999 1 0,0,1\n99999999999 0,0,\n\n"}, "lat.txt:2: found"),
    ("lattice/text", {**_LATTICE, "lat.txt": b"u1\n0 1 1 0,0,9999999999\n1 0,0,\n\n"}, "lat.txt:2: found"),
    ("biasing/map", {"map": b"anna " + b"a" * 5000}, "map:1: names the list"),
    ("biasing/tsv", {"b.tsv": b"u1\ttext\t[]\t" + _DEEP}, "b.tsv:1: found"),
    ("results/entities", {"entities.jsonl": b'{"posterior": 0.5}\n'}, "entities.jsonl:1: is not as it was written"),
    ("results/entities", {"failed.jsonl": _DEEP}, "failed.jsonl:1: found"),
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
    ("archive/npz", "tokens.txt", b"a\n", "tokens.txt: holds"),
    ("lattice/folder", "num_jobs", b"999999999", "lat.2.gz: no such file"),
    ("lattice/folder", "num_jobs", b"\xff", "num_jobs:1: is not UTF-8"),
    ("lattice/folder", "meta.json", b'{"lattices": "words"}', "meta.json: is not as it was written"),
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


def test_a_damaged_array_of_emissions_is_named(tmp_path):
    files = targets()["archive/npz"].folders[0]
    content = files["a.npz"].replace(b"\x93NUMPY", b"\x93NUMPX", 1)
    test_a_broken_file_is_named("archive/npz", {**files, "a.npz": content}, "cannot read the array of 'u1'", tmp_path)
