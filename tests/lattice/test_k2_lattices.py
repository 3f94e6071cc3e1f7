"""Word lattices as k2 has them, and files that are none."""

import zipfile

import k2
import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK
from wfst_bias.lattice.k2_lattices import K2Lattices, k2_lattices, read_k2, write_k2

TEXTS = (CITY, ZELENSKYY, ANN_WHITTEMORE, "")


@pytest.fixture(scope="module")
def stored(decoder):
    """Lattices of :data:`TEXTS`, one without a path among them."""
    _, lattices = decoded(decoder, *TEXTS, sharpness=3.0)
    none = np.zeros(0, np.int64)
    lattices.insert(2, lattices[0].with_arcs(none, none, none))
    names = tuple(entity.written for entity in decoder.graph.entities)
    return K2Lattices(lattices, [names] * len(lattices), decoder.search.acoustic_scale)


def test_what_is_read_back_is_what_was_written(stored, tmp_path):
    write_k2(tmp_path / "lat.pt", stored)
    back = read_k2(tmp_path / "lat.pt")
    assert (back.phrases, back.acoustic_scale) == (stored.phrases, stored.acoustic_scale)
    assert len(back.lattices) == len(stored.lattices)
    for lattice, other in zip(stored.lattices, back.lattices):
        assert (lattice.name, lattice.beam) == (other.name, other.beam)
        for field in ("src", "dst", "words", "phrases", "terms", "tokens", "splits"):
            assert np.array_equal(getattr(lattice, field), getattr(other, field)), field


def test_k2_finds_the_best_path_and_its_terms(stored, decoder, tmp_path):
    write_k2(tmp_path / "lat.pt", stored)
    fsas = k2.Fsa.from_dict(torch.load(tmp_path / "lat.pt", weights_only=False))
    best = k2.shortest_path(fsas, use_double_scores=True)
    words = decoder.graph.words.symbols
    spoken = [[words[i] for i in best[n].aux_labels.tolist() if i > 0] for n in range(5)]
    assert spoken == [["the", "city"], ["we", "met", "zelenskyy"], [], ["call", "ann", "whittemore"], []]
    terms = best.acoustic_scores + best.boost_scores + best.lm_scores + best.list_scores
    assert terms.tolist() == pytest.approx(best.scores.tolist(), abs=1e-4)
    frames = [best[n].tokens.values.tolist() for n in range(5)]
    symbols = decoder.graph.tokens.symbols
    assert [symbols[token] for token in frames[0] if symbols[token] != BLANK][:2] == ["DH", "DH"]
    assert list(map(len, frames)) == [21, 45, 0, 39, 1]


def test_what_k2_changed_counts_as_language_model(stored, tmp_path):
    fsas = k2_lattices(stored)
    fsas.scores = fsas.scores + 2.0 * (fsas.labels == fsas.labels[0])
    torch.save(fsas.as_dict(), tmp_path / "lat.pt")
    first, *_ = read_k2(tmp_path / "lat.pt").lattices
    own = stored.lattices[0]
    changed = own.words == own.words[0]
    assert first.terms[:, 2] - own.terms[:, 2] == pytest.approx(2.0 * changed, abs=1e-4)
    assert np.array_equal(first.terms[:, [0, 1, 3]], own.terms[:, [0, 1, 3]])


def test_another_acoustic_scale_changes_the_acoustic_terms_alone(stored):
    lattice = stored.scaled(2 * stored.acoustic_scale).lattices[1]
    assert np.array_equal(lattice.terms, stored.lattices[1].terms * [2, 1, 1, 1])


class Program:
    """What no data is."""


def _half(path, stored):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _without_names(path, stored):
    content = k2_lattices(stored).as_dict()
    torch.save({key: value for key, value in content.items() if key != "names"}, path)


def _one_name_less(path, stored):
    torch.save({**k2_lattices(stored).as_dict(), "names": ["utt0"]}, path)


def _backward(path, stored):
    content = k2_lattices(stored).as_dict()
    content["arcs"][2 * (1 + len(stored.lattices) + 1) + 1] = (
        0  # the first arc ends where it begins, behind two row splits
    )
    torch.save(content, path)


class Instance:
    """A pickle that calls what it names without the operation that others use for that."""

    PICKLE = b"(S'touch PWNED'\nios\nsystem\n."

    def __init__(self, path, stored):
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("archive/data.pkl", self.PICKLE)
            packed.writestr("archive/version", "3\n")


@pytest.mark.parametrize(
    "spoil, message",
    [
        (_half, "is no whole file of k2"),
        (lambda path, stored: path.write_text("utt0\n0 1 2\n"), "is no whole file of k2"),
        (lambda path, stored: path.unlink(), "no such file"),
        (lambda path, stored: torch.save(Program(), path), "is no whole file of k2"),
        (Instance, "is no whole file of k2"),
        (lambda path, stored: torch.save(torch.zeros(3), path), "has no arcs, aux_labels, phrases: it is no file of"),
        (lambda path, stored: torch.save({"arcs": torch.zeros(3)}, path), "has no aux_labels, phrases, tokens"),
        (_without_names, "has no names: it is no file of word lattices"),
        (_backward, "its states are in no topological order"),
        (_one_name_less, "has not a name, a beam and phrases for each"),
    ],
)
def test_what_is_no_file_of_lattices_is_told(stored, tmp_path, monkeypatch, spoil, message):
    write_k2(tmp_path / "lat.pt", stored)
    spoil(tmp_path / "lat.pt", stored)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"lat.pt: {message}"):
        read_k2(tmp_path / "lat.pt")
    assert not (tmp_path / "PWNED").exists()
