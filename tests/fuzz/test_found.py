"""Inputs that once made a reader fail otherwise than by an error that says what to do."""

import io
import json
import struct
import zipfile

import pytest

from fuzz.catalog import targets
from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.data.kaldi_tables import span_of
from wfst_bias.data.recordings import audio_recording
from wfst_bias.entities.lists import read_entities
from wfst_bias.entities.spelled_list import SpelledList

_DEEP = b"[" * 100_000

FOUND = [
    ("options/json", {"a.json": _DEEP}, "a.json: is not JSON"),
    ("options/json", {"a.json": b"1" * 5000}, "a.json: is not JSON"),
    ("options/toml", {"a.toml": b"a = " + _DEEP}, "a.toml: is not TOML"),
    ("options/evidence", {"model.json": b"[]"}, "model.json: is no evidence model"),
    (
        "options/evidence",
        {"model.json": b'{"format": "evidence-1", "features": {}, "false_ratios": [1' + b"0" * 400 + b"]}"},
        "model.json: is no evidence model",
    ),
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

FOUND += [
    ("options/domain", {"domain.toml": b'[[lists]]\nfile = "a"\nweight = 1' + b"0" * 400}, "domain.toml: [[lists]] weight"),
    ("list/aws", {"list": b"Phrase\tIPA\tSoundsLike\tDisplayAs\nA\n-\n"}, "list:3: the Phrase is '-'"),
    ("model/tokens", {"vocab.json": _DEEP}, "vocab.json: is no JSON"),
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
    (
        "lattice/folder",
        "terms.1.jsonl.gz",
        b'{"utterance": "u1", "beam": 1, "boost": ["a", 1, 1], "list": [1, 1, 1], "phrases": [null, null, null]}',
        "terms.1.jsonl.gz",
    ),
    ("data/decoded", "d/text", b"u1 a b\n \n", "text:2: found ' '"),
    ("data/decoded", "d/meta.json", b"[]", "meta.json: is not as it was written"),
    ("data/decoded", "d/entities.jsonl", b'{"utterance": "u1"}\n', "entities.jsonl:1: found"),
    ("data/decoded", "d/entities.jsonl", b"{\n", "entities.jsonl:1: is not as it was written"),
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


@pytest.mark.parametrize(
    "change, reason",
    [({"sampling_rate": 0}, "is not as it was written"), ({"duration": "a"}, "is not as it was written")],
    ids=["rate", "duration"],
)
def test_a_cut_with_a_value_of_another_kind_fails_alone(change, reason, tmp_path):
    rows = [json.loads(line) for line in targets()["data/manifest"].folders[0]["cuts.jsonl"].splitlines()]
    rows[0]["recording"].update(change)
    (tmp_path / "cuts.jsonl").write_text("".join(json.dumps(row) + "\n\n" for row in rows))
    failures = []
    cuts = list(read_data(tmp_path / "cuts.jsonl", on_failure=failures.append))
    assert [cut.id for cut in cuts] == ["u2"]
    assert [(failure.utterance, failure.line) for failure in failures] == [("u1", 1)] and reason in failures[0].reason


def test_a_question_mark_in_a_parameter_is_no_end_of_an_address(tmp_path):
    path = tmp_path / "list"
    path.write_text("keywords=Who?:2&keyterm=What%20now?\nhttps://a.com/listen?keyterm=Anna\n")
    assert [(entity.written, entity.line) for entity in read_entities(path, "deepgram")] == [
        ("Who?", 1),
        ("What now?", 1),
        ("Anna", 2),
    ]


def test_doubled_quotation_marks_of_csv_are_one_whatever_the_header_is(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text('id,name\n1,"Bob ""B"" Carl"\n')
    assert [entity.written for entity in read_entities(path, "csv:name")] == ['Bob "B" Carl']


@pytest.mark.parametrize("seconds", ["inf", "nan", "1e305"])
def test_an_endless_duration_is_not_believed(seconds, tmp_path):
    files = targets()["data/kaldi"].folders[1]
    for name, content in {**files, "utt2dur": f"u1 {seconds}\nu2 0.05\n".encode()}.items():
        (tmp_path / name).write_bytes(content)
    cuts = list(read_data(tmp_path, on_failure=lambda failure: None))
    assert [round(cut.duration, 3) for cut in cuts[:2]] == [0.05, 0.05]


@pytest.mark.parametrize("name", ["wav", "flac", "sphere"])
def test_a_file_of_audio_that_is_only_a_begin_is_named(name, tmp_path):
    (content,) = targets()[f"audio/{name}"].folders[0].values()
    (tmp_path / "a.bin").write_bytes(content[:20])
    with pytest.raises(InputError, match="a.bin: "):
        audio_recording(tmp_path / "a.bin", "key")


def test_a_changed_byte_in_k2_lattices_does_not_end_the_process(tmp_path):
    files = targets()["lattice/k2"].folders[0]
    with zipfile.ZipFile(io.BytesIO(files["lat.pt"])) as packed:
        (begin,) = [one.header_offset for one in packed.infolist() if one.filename.endswith("/data/0")]
    content = bytearray(files["lat.pt"])
    content[begin + 30 + sum(struct.unpack_from("<HH", content, begin + 26)) + 4] ^= 8  # within its data
    test_a_broken_file_is_named("lattice/k2", {**files, "lat.pt": bytes(content)}, "lat.pt: ", tmp_path)


def test_a_line_of_many_digits_is_a_phrase(tmp_path):
    path = tmp_path / "list"
    path.write_text("9" * 5000 + " one\n" + "9" * 5000 + " two\n")
    assert len(read_entities(path)) == 2


def test_a_text_that_is_a_number_is_named(tmp_path):
    (content,) = (files for files in targets()["data/manifest"].folders[0].values() if files.startswith(b"{"))
    lines = content.decode().splitlines()
    row = json.loads(lines[1])
    row["supervisions"][0]["text"] = 0.03
    (tmp_path / "cuts.jsonl").write_text(f"{lines[0]}\n{json.dumps(row)}\n")
    failures = []
    assert len(list(read_data(tmp_path / "cuts.jsonl", on_failure=failures.append))) == 1
    assert [(one.line, "0.03" in one.reason) for one in failures] == [(2, True)]


def test_a_rate_that_no_audio_has_is_an_error(tmp_path):
    wav = bytearray(targets()["audio/wav"].folders[0]["a.wav"])
    wav[24:28] = struct.pack("<I", 1_634_074_624)
    (tmp_path / "a.wav").write_bytes(wav)
    cut = audio_recording(tmp_path / "a.wav", "key").to_cut()
    with pytest.raises(InputError, match="1634074624 samples a second"):
        load_audio(cut, 16000)


def test_a_line_of_segments_with_nothing_but_a_separator_is_named(tmp_path):
    with pytest.raises(InputError, match="segments:3: found u"):
        span_of("u", "\x1c", tmp_path / "segments", 3)


def test_a_note_of_a_spelled_list_that_is_a_number_is_named(tmp_path):
    folder = targets()["graph/compiled-text"].folders[0]
    (name,) = (name for name in folder if name.endswith("spelled.jsonl"))
    header, first, *others = folder[name].decode().splitlines()
    lines = [header, json.dumps({**json.loads(first), "note": 0.5}), *others]
    (tmp_path / "spelled.jsonl").write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(InputError, match="spelled.jsonl:2: is no line of a spelled list"):
        SpelledList.read(tmp_path / "spelled.jsonl")
