"""Folders of lattices with one archive or several."""

import gzip
import json

import pytest

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from wfst_bias.core.errors import InputError
from wfst_bias.lattice.archive import archive_name, archives, lattice_terms, lattice_text, terms_name
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.rescored import pruned
from wfst_bias.lattice.stored import copy_lattices, stored_lattices, write_lattices

SPOKEN = (CITY, ZELENSKYY, ANN_WHITTEMORE, "", CITY)
TEXTS = ["the city", "we met zelenskyy", "call ann whittemore", "", "the city"]


@pytest.fixture(scope="module")
def lattices(decoder):
    _, lattices = decoded(decoder, *SPOKEN, sharpness=3.0)
    return lattices


@pytest.fixture
def folder_of(decoder, lattices, tmp_path):
    """A folder with so many lattices in each of its archives, a gzip member each."""

    def make(*sizes, name="folder"):
        folder = tmp_path / name
        folder.mkdir()
        phrases = {i: entity.written for i, entity in enumerate(decoder.graph.entities)}
        waiting = iter(lattices)
        for job, size in enumerate(sizes, 1):
            own = [next(waiting) for _ in range(size)]
            members = [gzip.compress(lattice_text(one, decoder.search.acoustic_scale).encode()) for one in own]
            (folder / archive_name(job)).write_bytes(b"".join(members) or gzip.compress(b""))
            members = [gzip.compress(lattice_terms(one, phrases).encode()) for one in own]
            (folder / terms_name(job)).write_bytes(b"".join(members) or gzip.compress(b""))
        (folder / "num_jobs").write_text(f"{len(sizes)}\n")
        decoder.graph.words.write(folder / "words.txt")
        meta = {"kind": "decode", "lattices": "words", "search": {"acoustic_scale": decoder.search.acoustic_scale}}
        (folder / "meta.json").write_text(json.dumps(meta))
        return folder

    return make


def content_of(folder, job):
    return [gzip.decompress((folder / name).read_bytes()).decode() for name in (archive_name(job), terms_name(job))]


def texts_of(stored):
    return [nbest_of(lattice, 1, stored.words).hypotheses[0].text for lattice, _ in stored]


def test_the_lattices_of_all_archives_in_the_order_of_their_numbers(folder_of, lattices):
    folder = folder_of(1, 0, 0, 0, 0, 0, 0, 0, 1, 3)
    assert [archive.name for archive, _ in archives(folder)] == [f"lat.{job}.gz" for job in range(1, 11)]
    stored = stored_lattices(folder)
    assert [lattice.name for lattice, _ in stored] == [lattice.name for lattice in lattices]
    assert texts_of(stored) == TEXTS


def test_a_folder_with_one_archive_and_no_count_of_them(folder_of):
    folder = folder_of(5)
    (folder / "num_jobs").unlink()
    assert texts_of(stored_lattices(folder)) == TEXTS


def test_changed_lattices_stand_in_as_many_archives(folder_of, tmp_path, lattices):
    stored = stored_lattices(folder_of(2, 0, 3))
    assert write_lattices(stored, tmp_path / "pruned", lambda one: pruned(one, 1.0), {"beam": 1.0}) == 5
    made = stored_lattices(tmp_path / "pruned")
    names = [[lattice.name for lattice, _ in archive.read()] for archive in made.archives]
    assert names == [[one.name for one in lattices[:2]], [], [one.name for one in lattices[2:]]]
    assert texts_of(made) == TEXTS
    assert (tmp_path / "pruned/num_jobs").read_text() == "3\n"
    assert json.loads((tmp_path / "pruned/meta.json").read_text())["made_of"] == str(tmp_path / "folder")


def test_one_archive_and_several_have_the_same_lattices(folder_of, tmp_path):
    for name, sizes in (("one", (5,)), ("two", (2, 3))):
        write_lattices(stored_lattices(folder_of(*sizes, name=name)), tmp_path / f"{name}.copy", lambda one: one, {})
    whole, parts = tmp_path / "one.copy", tmp_path / "two.copy"
    joined = ["".join(pair) for pair in zip(content_of(parts, 1), content_of(parts, 2))]
    assert joined == content_of(whole, 1)


@pytest.mark.parametrize("has_count", [True, False])
@pytest.mark.parametrize("missing", [1, 2, 3])
def test_an_archive_that_is_missing_is_named(folder_of, missing, has_count):
    folder = folder_of(2, 1, 2)
    (folder / archive_name(missing)).unlink()
    if not has_count:
        (folder / "num_jobs").unlink()
    with pytest.raises(InputError, match=rf"lat.{missing}.gz: no such file; 3 archives"):
        stored_lattices(folder)


def test_a_wrong_count_of_archives_is_told(folder_of):
    folder = folder_of(2, 3)
    for text in ("1", "two", ""):
        (folder / "num_jobs").write_text(text)
        with pytest.raises(InputError, match=f"num_jobs: found '{text}'; expected the number of lat"):
            archives(folder)


def test_an_archive_alone_has_the_lattices_of_all(folder_of, tmp_path):
    stored = stored_lattices(folder_of(2, 0, 3))
    for name in ("lat.txt", "lat.gz"):
        assert copy_lattices(stored, tmp_path / name) == 5
    text = "".join(content_of(tmp_path / "folder", job)[0] for job in (1, 2, 3))
    assert (tmp_path / "lat.txt").read_text() == gzip.decompress((tmp_path / "lat.gz").read_bytes()).decode() == text
    (tmp_path / "folder/lat.3.gz").write_bytes(gzip.compress(b"nonsense is no lattice\n"))
    with pytest.raises(InputError, match="expected the name of an utterance"):
        copy_lattices(stored, tmp_path / "other.gz")
    assert not list(tmp_path.glob("*other*"))
