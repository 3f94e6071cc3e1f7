"""Archives: emissions of other programs, lattices of words."""

import io
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from fuzz.graphs import files_in
from fuzz.mutations import BINARY_TOKENS, TEXT_TOKENS
from fuzz.target import Case, Target
from fuzz.text import names
from wfst_bias.acoustic.archive import ArchiveModel
from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.lattice.archive import lattice_terms, lattice_text
from wfst_bias.lattice.stored import copy_lattices, stored_lattices
from wfst_bias.lattice.word_lattice import WordLattice

_TOKENS = (*TEXT_TOKENS, *BINARY_TOKENS)
_TABLE = b"<blk> 0\na 1\nb 2\nc 3\n"
_UTTERANCES = ("u1", "u2")
_LATTICE = b"""u1
0 1 1 -1.5,2.25,1_1_2
0 1 2 -0.5,3,1_3_3
1 2 3 0,1,4_4
2 0,0,1

u2
0 1 1
1 0,0.5,

"""
_WORDS = b"<eps> 0\none 1\ntwo 2\nthree 3\n"


def _matrix(num_frames=5):
    frames = np.arange(num_frames * 4, dtype=np.float32).reshape(-1, 4) % 7
    return frames - np.log(np.exp(frames).sum(axis=1, keepdims=True))


def _emissions(folder):
    path = next(folder / name for name in ("a.npz", "a.ark", "a.scp", "a.jsonl") if (folder / name).is_file())
    model = ArchiveModel(path)
    found = compute_emissions(model, _UTTERANCES, [np.zeros(3200, np.float32)] * 2)
    assert found.log_probs.shape[2] == len(model.tokens) and list(found.names) == list(_UTTERANCES)
    return found.log_probs.shape


@lru_cache(None)
def _stored():
    """Archives of the same matrices, by their form."""
    import kaldi_native_io

    packed = io.BytesIO()
    np.savez(packed, **{name: _matrix() for name in _UTTERANCES})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("ark", "ark,t"):
            out = folder / kind.replace(",", "-")
            with kaldi_native_io.FloatMatrixWriter(f"{kind}:{out}") as writer:
                for utterance in _UTTERANCES:
                    writer.write(utterance, _matrix())
        arks = files_in(folder)
    others = {"tokens.txt": _TABLE, "frame_shift": b"0.04\n"}
    return {
        "npz": [{"a.npz": packed.getvalue(), **others}],
        "ark": [{"a.ark": arks["ark"], **others}, {"a.ark": arks["ark-t"], **others}],
    }


def lattices_of(stored):
    return [(lattice.name, lattice.num_arcs, phrases) for lattice, phrases in stored]


def _lattice_file(folder):
    return lattices_of(stored_lattices(folder / "lat.txt", folder / "words.txt"))


def _lattice_folder(folder):
    return lattices_of(stored_lattices(folder))


def _k2_file(folder):
    return lattices_of(stored_lattices(folder / "lat.pt", folder / "words.txt"))


def _lattice_of(name, words, phrases):
    """The lattice of one path with a word an arc."""
    size = len(words) + 1
    return WordLattice(
        name=name,
        src=np.arange(size, dtype=np.int32),
        dst=np.arange(1, size + 1, dtype=np.int32),
        words=np.array([*words, 0], np.int32),
        phrases=np.array([*phrases, -1], np.int32),
        terms=np.arange(size * 4, dtype=np.float32).reshape(-1, 4) / 8,
        tokens=np.arange(size, dtype=np.int32),
        splits=np.arange(size + 1),
        sources=np.zeros(0, np.int64),
        beam=8.0,
    )


@lru_cache(None)
def _lattice_folders():
    import gzip

    lattices = [_lattice_of("u1", [1, 2], [0, -1]), _lattice_of("u2", [3], [1])]
    meta = b'{"lattices": "words", "search": {"acoustic_scale": 1.0}}'
    texts = "".join(lattice_text(one, 1.0) for one in lattices)
    terms = "".join(lattice_terms(one, {0: "One", 1: "Three"}) for one in lattices)
    files = {"meta.json": meta, "words.txt": _WORDS, "num_jobs": b"1\n"}
    files.update({"lat.1.gz": gzip.compress(texts.encode()), "terms.1.jsonl.gz": gzip.compress(terms.encode())})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "in"
        folder.mkdir()
        for file, content in files.items():
            (folder / file).write_bytes(content)
        copy_lattices(stored_lattices(folder), Path(name) / "lat.pt")
        return {"folder": [files], "k2": [{"lat.pt": (Path(name) / "lat.pt").read_bytes(), "words.txt": _WORDS}]}


@st.composite
def _known_lattices(draw):
    """An archive as lattice-copy writes it, with other spaces and line ends."""
    utterances = draw(st.lists(names, unique=True, max_size=3))
    gap, end = draw(st.sampled_from([" ", "\t", "  "])), draw(st.sampled_from(["\n", " \n", "\r\n"]))
    text, expected = "", []
    for name in utterances:
        count = draw(st.integers(1, 4))
        words = [draw(st.integers(0, 3)) for _ in range(count)]
        rows = [name, *(gap.join((str(i), str(i + 1), str(word), "1.5,-2,1_2")) for i, word in enumerate(words))]
        rows += [f"{count}{gap}0,0,1", ""]
        text += "".join(row + end for row in rows)
        expected.append((name, count + 1, ()))
    return Case({"lat.txt": text.encode(), "words.txt": _WORDS}, expected)


TARGETS = (
    Target("archive/npz", _emissions, lambda: _stored()["npz"], tokens=_TOKENS),
    Target("archive/ark", _emissions, lambda: _stored()["ark"], tokens=_TOKENS),
    Target("lattice/text", _lattice_file, lambda: [{"lat.txt": _LATTICE, "words.txt": _WORDS}]),
    Target("lattice/known", _lattice_file, cases=_known_lattices(), share=0.1),
    Target("lattice/folder", _lattice_folder, lambda: _lattice_folders()["folder"]),
    Target("lattice/k2", _k2_file, lambda: _lattice_folders()["k2"], tokens=_TOKENS, share=0.3),
)
