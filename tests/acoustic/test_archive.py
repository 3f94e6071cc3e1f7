"""Emissions that were computed elsewhere, in each of the formats."""

import kaldi_native_io
import numpy as np
import pytest
from lhotse import CutSet, Features, FeatureSet, MonoCut, NumpyFilesWriter

from wfst_bias.acoustic.archive import ArchiveModel, write_archive
from wfst_bias.acoustic.emissions import padded_emissions
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable

NAMES = ["monday", "tuesday"]
SYMBOLS = ["a", "b", "|", "<pad>"]


@pytest.fixture(scope="module")
def matrices():
    """Log-probabilities of two utterances, ``(T, C)`` with blank last."""
    rng = np.random.default_rng(1)
    return {name: np.log(rng.dirichlet(np.ones(4), size)).astype(np.float32) for name, size in zip(NAMES, (5, 7))}


def npz(folder, matrices):
    np.savez(folder / "emissions.npz", **matrices)
    return folder / "emissions.npz"


def scp(folder, matrices):
    with kaldi_native_io.FloatMatrixWriter(f"ark,scp:{folder}/emissions.ark,{folder}/emissions.scp") as writer:
        for name, matrix in matrices.items():
            writer.write(name, matrix)
    return folder / "emissions.scp"


def ark(folder, matrices):
    return scp(folder, matrices).with_suffix(".ark")


def text_ark(folder, matrices):
    with kaldi_native_io.FloatMatrixWriter(f"ark,t:{folder}/text.ark") as writer:
        for name, matrix in matrices.items():
            writer.write(name, matrix)
    return folder / "text.ark"


def features(folder, matrices):
    """A lhotse manifest; its features are 40 ms a frame."""
    with NumpyFilesWriter(folder / "storage") as storage:
        stored = [
            Features(
                type="emissions",
                num_frames=len(matrix),
                num_features=4,
                frame_shift=0.04,
                sampling_rate=16000,
                start=0,
                duration=len(matrix) * 0.04,
                storage_type=storage.name,
                storage_path=str(storage.storage_path),
                storage_key=storage.write(name, matrix),
                recording_id=name,
                channels=0,
            )
            for name, matrix in matrices.items()
        ]
    FeatureSet.from_features(stored).to_file(folder / "features.jsonl.gz")
    return folder / "features.jsonl.gz"


def cuts(folder, matrices):
    stored = FeatureSet.from_file(features(folder, matrices))
    made = [MonoCut(f.recording_id, 0, f.duration, 0, features=f) for f in stored]
    CutSet.from_cuts(made).to_file(folder / "cuts.jsonl")
    return folder / "cuts.jsonl"


@pytest.mark.parametrize("write", [npz, scp, ark, text_ark, features, cuts])
def test_what_was_stored_comes_back_with_blank_first(tmp_path, matrices, write):
    path = write(tmp_path, matrices)
    (tmp_path / "vocab.txt").write_text("\n".join(SYMBOLS))
    (tmp_path / "frame_shift").write_text("0.04\n")
    model = ArchiveModel(path)
    assert model.tokens.symbols == ("<blk>", "a", "b", "|") and model.frame_shift == 0.04
    found = model.emissions(["tuesday", "monday"], [np.zeros(0)] * 2)  # in another order than theirs
    assert found.lengths.tolist() == [7, 5] and found.names == ["tuesday", "monday"]
    for i, name in enumerate(found.names):
        expected = matrices[name][:, [3, 0, 1, 2]]
        np.testing.assert_allclose(found.log_probs[i, : len(expected)], expected, atol=1e-4)


def test_logits_are_normalised(tmp_path, matrices):
    shifted = {name: matrix + 3.0 for name, matrix in matrices.items()}
    (tmp_path / "tokens.txt").write_text("<blk> 0\na 1\nb 2\n| 3\n")
    found = ArchiveModel(npz(tmp_path, shifted), frame_shift=0.02).emissions(["monday"], [np.zeros(0)])
    np.testing.assert_allclose(found.log_probs[0], matrices["monday"], atol=1e-5)


def test_errors_name_the_archive_and_what_to_do(tmp_path, matrices):
    path = npz(tmp_path, matrices)

    def assert_rejected(message, *arguments, name="monday"):
        with pytest.raises(InputError) as error:
            ArchiveModel(*arguments).emissions([name], [np.zeros(0)])
        assert str(error.value) == message

    assert_rejected(
        f"{tmp_path}/a.npz: no such file; name an archive of emissions: .scp and .ark (Kaldi), .npz (numpy) and "
        ".jsonl or .jsonl.gz (lhotse)",
        tmp_path / "a.npz",
    )
    assert_rejected(
        f"{path}: has no frame shift; name its seconds, archive:FILE,frame_shift=0.04, or write them into the file "
        "frame_shift next to it",
        path,
    )
    (tmp_path / "frame_shift").write_text("40\n")
    assert_rejected(
        f"{tmp_path}/frame_shift: found '40' for the frame shift; seconds were expected, 0.04 or the like",
        path,
    )
    assert_rejected(
        f"{path}: no tokens.txt, vocab.txt, vocab.json, units.txt, tokenizer.json is in its folder; put one there, or name one, "
        "',tokens=FILE'",
        *(path, None, 0.04),
    )
    tokens = tmp_path / "labels"
    tokens.write_text("\n".join(SYMBOLS))
    assert_rejected(
        f"{path}: has no utterance 'friday' that can be read; its names must be those of the data",
        *(path, tokens, 0.04),
        name="friday",
    )
    tokens.write_text("\n".join(["c", *SYMBOLS]))
    assert_rejected(
        f"{path}: utterance 'monday' has the shape (5, 4), but (frames, 5) was expected: {tokens} has 5 tokens with "
        "blank",
        *(path, tokens, 0.04),
    )
    tokens.write_text("\n".join(SYMBOLS))
    np.savez(tmp_path / "probs.npz", monday=np.exp(matrices["monday"]))
    assert_rejected(
        f"{tmp_path}/probs.npz: utterance 'monday' has probabilities; store their natural logarithms",
        *(tmp_path / "probs.npz", tokens, 0.04),
    )
    (tmp_path / "emissions.h5").touch()
    assert_rejected(
        f"{tmp_path}/emissions.h5: is no archive that is known; known are .scp and .ark (Kaldi), .npz (numpy) and "
        ".jsonl or .jsonl.gz (lhotse)",
        *(tmp_path / "emissions.h5", tokens, 0.04),
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of a reader that was never open
@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.npz", b"nothing", "numpy cannot read it .*a file of np.savez was expected"),
        ("a.scp", b"monday nowhere.ark:7\n", "Kaldi cannot read the matrix of 'monday'; paths in an .scp start where"),
        ("a.scp", b"monday\n", "Kaldi cannot read it; an archive of matrices or its .scp was expected"),
        ("a.jsonl", b'{"id": 1}\n', "lhotse cannot read it .*cuts or features were expected"),
    ],
)
def test_damaged_archives(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "tokens.txt").write_text("<blk> 0\na 1\n")
    with pytest.raises(InputError, match=f"{tmp_path}/{name}: {message}"):
        ArchiveModel(tmp_path / name, frame_shift=0.04).emissions(["monday"], [np.zeros(0)])


def test_cuts_without_features_are_rejected(tmp_path, speech):
    from wfst_bias.data.cuts import read_data

    read_data(speech).to_file(tmp_path / "cuts.jsonl")
    with pytest.raises(InputError, match="holds a CutSet without features; emissions were expected there"):
        ArchiveModel(tmp_path / "cuts.jsonl")


class Named:
    """A model that knows the emissions of two utterances, in a batch."""

    tokens, frame_shift = SymbolTable(("<blk>", "a", "b", "|")), 0.04


def test_what_is_stored_is_read_again_and_known_by_its_model(tmp_path, matrices):
    batch = padded_emissions(list(matrices.values()), 0.04, Named.tokens, NAMES)
    assert write_archive(tmp_path / "stored", Named(), "onnx:model.onnx", [batch]) == 2
    model = ArchiveModel(tmp_path / "stored" / "emissions.npz")
    assert model.made_by == "onnx:model.onnx" and model.frame_shift == 0.04 and model.tokens == Named.tokens
    again = model.emissions(NAMES, [None, None])
    assert again.lengths.tolist() == [5, 7]
    for row, matrix in zip(again.log_probs.numpy(), matrices.values()):
        np.testing.assert_allclose(row[: len(matrix)], matrix, atol=1e-6)


def test_an_archive_of_others_is_of_no_model_that_is_known(tmp_path, matrices):
    path = npz(tmp_path, matrices)
    (tmp_path / "tokens.txt").write_text("".join(f"{symbol} {i}\n" for i, symbol in enumerate(SYMBOLS)))
    assert ArchiveModel(path, frame_shift=0.04).made_by == ""
