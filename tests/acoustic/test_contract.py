"""The contract between acoustic models and audio."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from wfst_bias.acoustic.archive import ArchiveModel
from wfst_bias.acoustic.contract import TOLERANCE, compute_emissions
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK, SymbolTable

TOKENS = SymbolTable((BLANK, "a", "b"))
NAMES = ["long", "short"]


def audio(*seconds):
    return [np.zeros(round(16000 * s), np.float32) for s in seconds]


class Fixed:
    """Gives any audio the same emissions, uniform, of given lengths."""

    name = "fixed"
    tokens = TOKENS
    sampling_rate = 16000
    frame_shift = 0.02

    def __init__(self, *lengths, names=None, columns=3, value=-1.0, dtype=torch.float32):
        log_probs = torch.full((len(lengths), max(lengths), columns), value).to(dtype)
        self.content = (log_probs, torch.tensor(lengths), names)

    def emissions(self, names, audio):
        log_probs, lengths, own = self.content
        return Emissions(log_probs, lengths, self.frame_shift, self.tokens, own or list(names))


def computed(model, *seconds):
    return compute_emissions(model, NAMES[: len(seconds)], audio(*seconds))


def rejection(model, *seconds):
    with pytest.raises(InputError) as error:
        computed(model, *seconds)
    return str(error.value)


def test_frames_as_long_as_the_audio_pass():
    assert computed(Fixed(100, 50), 2.0, 1.0).lengths.tolist() == [100, 50]


@pytest.mark.parametrize("missing", [-TOLERANCE, -1, 0, 1, TOLERANCE])
def test_two_frames_more_or_less_pass(missing):
    assert computed(Fixed(100 - missing), 2.0).lengths.tolist() == [100 - missing]


@pytest.mark.parametrize("lengths, name, found", [((100, 46), "short", "0.92"), ((104, 50), "long", "2.08")])
def test_four_frames_more_or_less_are_rejected_with_the_utterance_and_the_model(lengths, name, found):
    message = rejection(Fixed(*lengths), 2.0, 1.0)
    assert f"utterance {name!r}" in message and f"the model fixed returned {found} s of frames" in message


def test_what_front_ends_lose_at_the_edges_passes_at_every_duration():
    wenet = Fixed(1)
    wenet.frame_shift = 0.04
    for steps in np.arange(9.0, 60.0, 0.1):
        wenet.content = Fixed(max(1, int(steps / 4 - 1.125))).content
        assert len(computed(wenet, steps / 100).lengths) == 1


def test_one_frame_of_a_very_short_audio_passes():
    assert computed(Fixed(1), 0.025).lengths.tolist() == [1]


def test_nan_is_rejected_with_the_utterance_and_the_model():
    assert rejection(Fixed(50, value=float("nan")), 1.0).startswith("the model fixed: utterance 'long': the emissions")


def test_plus_infinity_is_rejected():
    assert "NaN or infinity" in rejection(Fixed(50, value=float("inf")), 1.0)


def test_wrong_columns_are_rejected():
    assert "the model fixed: utterance 'long': found 4 columns; 3 were expected" in rejection(Fixed(50, columns=4), 1.0)


def test_columns_of_other_tokens_than_the_models_are_rejected():
    class Other(Fixed):
        def emissions(self, names, audio):
            return replace(super().emissions(names, audio), log_probs=torch.zeros(1, 50, 2), tokens=SymbolTable("ab"))

    assert "'long': the model fixed returned 2 columns, but 3 were expected" in rejection(Other(50), 1.0)


def test_whole_numbers_are_rejected():
    assert "found log_probs (1, 50, 3) of torch.int64; floats" in rejection(Fixed(50, dtype=torch.int64), 1.0)


def test_an_utterance_without_frames_is_rejected():
    assert "utterance 'short' has no frame" in rejection(Fixed(50, 0), 1.0, 1.0)


def test_another_number_of_utterances_is_rejected():
    assert "returned 1 utterances, but 2 were expected" in rejection(Fixed(50, names=["long"]), 1.0, 1.0)


def test_another_order_is_rejected():
    message = rejection(Fixed(50, 50, names=NAMES[::-1]), 1.0, 1.0)
    assert "the model fixed returned utterance 'short' where 'long' was expected" in message


def test_lengths_beyond_the_frames_are_rejected():
    model = Fixed(50)
    model.content[1][0] = 51
    assert "utterance 'long' has the length 51, but there are 50 frames" in rejection(model, 1.0)


def test_a_phone_head_is_held_to_the_same():
    class Headed(Fixed):
        def emissions(self, names, audio):
            emissions = super().emissions(names, audio)
            return replace(emissions, phones=replace(emissions, frame_shift=0.01))

    assert "the phone head of the model fixed returned 0.50 s of frames" in rejection(Headed(50), 1.0)


def archive(tmp_path, frame_shift):
    np.savez(tmp_path / "e.npz", long=np.zeros((200, 3), np.float32))
    TOKENS.write(tmp_path / "tokens.txt")
    return ArchiveModel(tmp_path / "e.npz", frame_shift=frame_shift)


def test_an_archive_with_the_frame_shift_of_its_network_passes(tmp_path):
    assert computed(archive(tmp_path, 0.02), 4.0).lengths.tolist() == [200]


def test_an_archive_with_another_frame_shift_is_rejected_with_both(tmp_path):
    assert rejection(archive(tmp_path, 0.01), 4.0) == (
        f"utterance 'long', a recording of 4.00 s: the model archive:{tmp_path}/e.npz returned 2.00 s of frames, 200 "
        "of 0.01 s, but the audio makes 0.02 s a frame; name the frame shift of the network, and give the model the "
        "whole of this audio"
    )


def test_the_built_in_model_refuses_more_than_30_s():
    assert rejection(HamaModel(), 60.0) == (
        "utterance 'long', a recording of 60.0 s: the model hama returned 30.0 s of frames, 1500 of 0.02 s; cut it "
        "into segments of at most 30 s"
    )


@pytest.mark.parametrize("seconds", [0.03, 0.1, 1.0, 1.234])
def test_the_built_in_model_keeps_the_contract_on_short_audio(seconds):
    assert computed(HamaModel(), seconds).names == ["long"]


def test_emissions_take_arrays():
    scores, lengths = np.full((2, 4, 3), -1.0), np.array([4, 2])
    emissions = Emissions(scores, lengths, 0.02, TOKENS, NAMES, layers=np.zeros((2, 4, 1, 5), np.float16))
    assert emissions.log_probs.dtype == emissions.layers.dtype == torch.float32
    assert emissions.lengths.tolist() == [4, 2]


@pytest.mark.parametrize(
    "scores, lengths, message",
    [
        ([[[-1.0] * 3]], np.array([1]), "found log_probs of type list; a tensor or an array was expected"),
        (np.full((1, 1, 3), -1), np.array([1]), r"found log_probs \(1, 1, 3\) of torch.int64; floats \(1, frames, 3\)"),
        (np.full((1, 1, 3), -1.0), np.array([1.0]), r"found lengths \(1,\) of torch.float64; whole numbers \(1,\)"),
    ],
)
def test_emissions_name_types_and_shapes_that_were_expected(scores, lengths, message):
    with pytest.raises(InputError, match=message):
        Emissions(scores, lengths, 0.02, TOKENS, ["a"])


@pytest.mark.parametrize(
    "samples, found",
    [([0.0] * 320, "list"), (np.zeros((320, 2), np.float32), "float32 (320, 2)"), (np.zeros(320, int), "int64 (320,)")],
)
def test_audio_of_another_type_or_shape_is_rejected(samples, found):
    with pytest.raises(InputError) as error:
        compute_emissions(Fixed(1), ["a"], [samples])
    assert str(error.value) == (
        f"utterance 'a': the audio is {found}; an array of mono samples in [-1, 1], float32 (num_samples,), was expected"
    )
