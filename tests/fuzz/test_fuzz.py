"""A few inputs of each fuzz target, always the same; ``make fuzz`` has the others."""

import pytest

from fuzz.catalog import targets
from fuzz.mutations import mutated
from fuzz.target import Case, Target, built, check, mutations
from wfst_bias.core.errors import InputError

_MUTATIONS, _BUILT = 20, 10


@pytest.mark.parametrize("target", targets().values(), ids=str)
def test_a_reader_returns_all_content_or_an_error_with_the_name_of_the_file(target, tmp_path):
    if target.cases is not None:
        findings = list(built(target, tmp_path, "suite", _BUILT))
    else:
        findings = list(mutations(target, tmp_path, "suite", _MUTATIONS))
    assert len(findings) > 1
    assert [f"{one.kind} at {one.place}\n{one.details}" for one in findings if one] == []


@pytest.mark.parametrize("target", [one for one in targets().values() if one.seeds], ids=str)
def test_a_reader_takes_one_of_the_files_that_mutations_are_made_of(target, tmp_path):
    """A reader that refuses all of them would be fuzzed in vain."""
    taken = 0
    for number, files in enumerate(target.folders):
        folder = tmp_path / str(number)
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        try:
            target.read(folder)
            taken += 1
        except InputError:
            pass
    assert taken


def _raises(error):
    def read(folder):
        raise error

    return read


def _never_ends(folder):
    while True:
        pass


def _kinds(read, tmp_path, monkeypatch, case=Case({"a": b""}, None)):
    monkeypatch.setattr("fuzz.target.SECONDS", 0.1)
    finding = check(Target("t", read, lambda: [case.files]), tmp_path, case)
    return finding and finding.kind


def test_faults_of_readers_are_found(tmp_path, monkeypatch):
    assert _kinds(_raises(KeyError("a")), tmp_path, monkeypatch) == "crash"
    assert _kinds(_raises(RecursionError()), tmp_path, monkeypatch) == "crash"
    assert _kinds(_never_ends, tmp_path, monkeypatch) == "hang"
    assert _kinds(_raises(InputError("is no list")), tmp_path, monkeypatch) == "nameless"
    assert _kinds(_raises(InputError("is no list", tmp_path / "a")), tmp_path, monkeypatch) is None
    assert _kinds(lambda folder: 1, tmp_path, monkeypatch) is None


def test_mutations_are_determined_by_their_key_and_differ():
    target = Target("t", lambda folder: None, lambda: [{"a": b"phrase\t2.0\nother\n", "b": b"x"}], changes=("a",))
    made = [target.mutation(str(key)) for key in range(200)]
    assert made == [target.mutation(str(key)) for key in range(200)]
    assert {name for _, name in made} == {"a"} and all(files["b"] == b"x" for files, _ in made)
    assert len({files["a"] for files, _ in made}) > 150


def test_lost_content_is_found(tmp_path):
    from hypothesis import strategies as st

    cases = st.lists(st.sampled_from(["one", "two", "three"]), max_size=5).map(
        lambda words: Case({"a": "\n".join(words).encode()}, words)
    )
    reads_all = Target("t", lambda folder: (folder / "a").read_text().split(), cases=cases)
    assert not any(built(reads_all, tmp_path, "key", 100))
    drops = Target("t", lambda folder: [w for w in (folder / "a").read_text().split() if w != "two"], cases=cases)
    (finding,) = filter(None, built(drops, tmp_path, "key", 100))
    assert finding.kind == "lost" and finding.case.files == {"a": b"two"}


def test_gzipped_files_are_mutated_within():
    import gzip
    import random

    packed = gzip.compress(b"a line\n" * 5, mtime=0)
    inner = 0
    for number in range(50):
        changed = mutated(packed, [packed], random.Random(number), (b"x",))
        try:
            inner += gzip.decompress(changed) != b"a line\n" * 5
        except Exception:  # the packed bytes themselves were mutated
            pass
    assert inner > 25
