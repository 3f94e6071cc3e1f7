"""The recognizer and the public names, on speech that is synthesized here."""

import gc
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

import wfst_bias as wb


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A sentence with a name that no lexicon has."""
    from hibari import Hibari

    path = tmp_path_factory.mktemp("spoken") / "monday.wav"
    soundfile.write(str(path), np.asarray(Hibari()("We met Whittemore in the city.", seed=1)), 24000)
    return path


@pytest.fixture(scope="module")
def recognizer(world):
    return wb.Recognizer(base=world / "base")


def test_a_phrase_is_found_in_a_file(recognizer, spoken):
    with recognizer.biased(["Whittemore"]) as biased:
        (result,) = biased.transcribe([spoken])
    assert "whittemore" in result.text.split()
    (entity,) = result.entities
    assert entity.phrase == "Whittemore" and entity.start < entity.end
    assert len(result.words) == len(result.confidences) and result.words[0].start >= 0.0
    assert result.name == str(spoken)


def test_an_entity_and_a_file_are_lists_too(recognizer, spoken, tmp_path):
    (tmp_path / "names.txt").write_text("Whittemore\n")
    for listed in ([wb.Entity("Whittemore")], tmp_path / "names.txt", str(tmp_path / "names.txt")):
        with recognizer.biased(listed) as biased:
            (result,) = biased.transcribe([spoken])
        assert [entity.phrase for entity in result.entities] == ["Whittemore"]


def test_without_a_list_no_entity_is_found(recognizer, spoken):
    (result,) = recognizer.transcribe([spoken])
    assert result.entities == () and result.text


def test_phrases_of_a_list_in_python_that_cannot_be_used_are_told(recognizer, caplog):
    recognizer.biased(["Zelenskyy", "東京都"]).close()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert caplog.records[0].getMessage().startswith("the list:2: '東京都' cannot be spelled")


def test_outcomes_tell_what_became_of_each_phrase(recognizer):
    with recognizer.biased(["Whittemore", "東京"]) as biased:
        statuses = {outcome.entity.written: outcome.status for outcome in biased.outcomes}
    assert statuses["Whittemore"] == "used" and statuses["東京"] != "used"


@pytest.mark.parametrize("listed, problem", [([], "empty"), ([7], "entry 1 of the list is 7"), (["東京"], "東京")])
def test_a_list_without_a_phrase_is_an_error(recognizer, listed, problem):
    with pytest.raises(wb.InputError, match=problem):
        recognizer.biased(listed)


def test_a_closed_recognizer_says_so(recognizer, spoken):
    with recognizer.biased(["Whittemore"]) as biased:
        pass
    with pytest.raises(wb.InputError, match="closed"):
        next(biased.transcribe([spoken]))


def test_lists_that_follow_each_other_take_the_same_memory(recognizer, spoken):
    addresses = set()
    gc.collect()
    gc.disable()  # memory is given back when a recognizer is closed, not when cycles of references are found
    try:
        for phrase in ("Whittemore", "Zelenskyy", "Metoprolol"):
            with recognizer.biased([phrase]) as biased:
                addresses.add(biased._biasing.decoder_of([])[0].graph.arcs.storage().data_ptr())
                assert all(result.confidences for result in biased.transcribe([spoken]))
    finally:
        gc.enable()
    assert len(addresses) == 1


def test_the_first_program_runs_as_it_is_written(cache, spoken, tmp_path):
    """That of the docstring, with other names."""
    shutil.copy(spoken, tmp_path / "monday.wav")
    program = """
import wfst_bias as wb
recognizer = wb.Recognizer.default()                      # or wb.Recognizer(base="exp/base", model="onnx:model.onnx")
with recognizer.biased(["Zelenskyy", "Whittemore"]) as biased:
    for result in biased.transcribe(["monday.wav"]):
        print(result.text, result.words[0].start, result.entities)
"""
    environment = {**os.environ, "WFST_BIAS_CACHE": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "whittemore" in done.stdout and "FoundEntity(phrase='Whittemore'" in done.stdout


def test_samples_are_recognized_as_their_file_is(recognizer, spoken):
    samples, rate = soundfile.read(str(spoken), dtype="float32")
    with recognizer.biased(["Whittemore"]) as biased:
        (of_file,) = biased.transcribe([spoken])
        results = list(biased.transcribe([samples, torch.from_numpy(samples)], sampling_rate=rate))
    assert [result.name for result in results] == ["audio-1", "audio-2"]
    for result in results:
        assert (result.words, result.entities) == (of_file.words, of_file.entities)


@pytest.mark.parametrize(
    "samples, problem",
    [
        (
            np.zeros((2, 16000), np.float32),
            r"found samples \(2, 16000\) of float32; floats .*\(num_samples,\) were expected",
        ),
        (np.zeros(16000, np.int16), "audio-1: found samples .* of int16; floats"),
        (np.zeros(0), "found samples"),
    ],
    ids=["two channels", "integers", "none"],
)
def test_samples_of_another_kind_are_told(recognizer, samples, problem):
    with pytest.raises(wb.InputError, match=problem):
        list(recognizer.transcribe([samples]))


def test_a_channel_of_a_file_is_recognized_as_a_file_of_its_own(recognizer, spoken, tmp_path):
    speech, rate = soundfile.read(spoken)
    soundfile.write(tmp_path / "both.wav", np.stack([0 * speech, speech], 1), rate, subtype="PCM_16")
    results = [next(recognizer.transcribe([tmp_path / "both.wav"], channel=channel)) for channel in (1, 2, "mean")]
    (alone,) = recognizer.transcribe([spoken])
    assert [result.text for result in results] == ["", alone.text, alone.text] and alone.text
    assert results[1].words == alone.words
    with pytest.raises(wb.InputError, match="both.wav: has 2 channels; channel 3 was asked for"):
        list(recognizer.transcribe([tmp_path / "both.wav"], channel=3))


def test_emissions_that_are_asked_for_are_recognized_alike(recognizer, spoken):
    """As numpy arrays, tensors and a batch of emissions."""
    from wfst_bias.data.recordings import audio_recording

    cut = audio_recording(spoken, "monday").to_cut()
    with recognizer.biased(["Whittemore"]) as biased:
        (first,) = biased.recognize([cut], num_best=3, frame_lattices=True, keep_emissions=True)
        assert first.nbest.hypotheses and first.frame_lattice and first.lattice.num_arcs
        log_probs = first.emissions.log_probs[0]
        for given in ([log_probs.numpy()], [log_probs], first.emissions):
            (again,) = biased.recognize_emissions(given)
            assert (again.words, again.entities, again.confidences) == (first.words, first.entities, first.confidences)
    assert (again.name, first.name) == ("monday", "monday")


@pytest.mark.parametrize("shape, dtype", [((10, 3), np.float32), ((1, 10, 41), np.float32), ((10, 41), np.int64)])
def test_emissions_of_another_kind_are_told(recognizer, shape, dtype):
    with pytest.raises(wb.InputError, match=r"emissions-1: found an array .*floats \(frames, 4\d\) were expected"):
        recognizer.recognize_emissions([np.zeros(shape, dtype)])


def test_importing_the_package_loads_neither_torch_nor_k2():
    code = "import sys, wfst_bias; print([m for m in ('torch', 'k2', 'lhotse', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_each_public_name_can_be_loaded():
    for name in wb.__all__:
        assert getattr(wb, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Recogniser'"):
        wb.Recogniser  # noqa: B018
