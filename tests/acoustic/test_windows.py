"""Recordings of any length: windows that overlap, and segments that end in pauses."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.acoustic.conformer_model import ConformerModel
from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.acoustic.hf_model import HfModel
from wfst_bias.acoustic.onnx_model import OnnxModel
from wfst_bias.acoustic.pauses import longest_run, segments
from wfst_bias.acoustic.splicing import cut_emissions, join_emissions, stack_emissions
from wfst_bias.acoustic.windows import Windowing, windowed_emissions, windows_of
from wfst_bias.core.symbols import SymbolTable

TOKENS = SymbolTable(("<blk>", "a", "b"))
RATE, SHIFT, PHONE_SHIFT, LONGEST, OVERLAP = 1000, 0.02, 0.04, 6.0, 2.0


@dataclass(frozen=True)
class Convolution:
    """A network that sees five frames around each one, and nothing beyond ``longest``; its phone head has half the frames."""

    tokens = TOKENS
    sampling_rate = RATE
    frame_shift = SHIFT
    longest: float = math.inf

    def emissions(self, names, audio):
        (samples,) = audio
        samples = torch.from_numpy(samples[: round(min(self.longest, 1e9) * RATE)])
        energy = samples.unfold(0, 20, 20).abs().mean(dim=1)
        near = torch.nn.functional.avg_pool1d(energy[None, None], 5, 1, 2)[0, 0]
        return self._head(near, SHIFT, names, phones=self._head(near[::2], PHONE_SHIFT, names))

    def _head(self, x, shift, names, phones=None):
        scores = torch.stack([-5 * x, x, torch.sin(50 * x)], dim=-1).log_softmax(dim=-1)[None]
        return Emissions(scores, torch.tensor([len(x)]), shift, TOKENS, names, layers=scores[:, :, None], phones=phones)


def windowed(load, duration, window=LONGEST, overlap=OVERLAP):
    model = Convolution(LONGEST)
    compute = lambda samples: compute_emissions(model, ["x"], [samples])
    return windowed_emissions(compute, load, duration, Windowing(LONGEST, window, overlap))


def noise(seconds, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, round(seconds * RATE)).astype(np.float32)


def loader(samples):
    return lambda start, end: samples[round(start * RATE) : round(end * RATE)]


@given(
    st.floats(0.1, 500),
    st.sampled_from([6.0, 25.0, 30.0]),
    st.sampled_from([0.01, 0.02, 0.04, 0.06, 0.08]),
    st.sampled_from([0.5, 1.0, 2.0]),
)
def test_windows_cover_a_recording_once(duration, longest, grid, overlap):
    windows = windows_of(duration, longest, grid, overlap)
    assert windows[0].start == 0.0 and windows[-1].end == pytest.approx(duration)
    assert windows[0].keep_from == 0.0 and windows[-1].keep_until == math.inf
    for window in windows:
        assert window.end - window.start <= longest + 1e-9
        assert window.start / grid == pytest.approx(round(window.start / grid))
    for left, right in zip(windows, windows[1:]):
        assert left.keep_until == right.keep_from
        assert right.keep_from - right.start >= overlap / 2 - 1.001 * grid
        assert left.end - left.keep_until >= overlap / 2 - 1.001 * grid


@pytest.mark.parametrize(
    "model, windowing",
    [
        (HamaModel, Windowing(30.0, 15.0, 1.0)),
        (ConformerModel, Windowing(60.0, 60.0, 16.0)),
        (HfModel, Windowing(60.0, 60.0, 2.0)),
        (OnnxModel, Windowing(60.0, 60.0, 2.0)),
        (Convolution, Windowing(math.inf, math.inf)),
    ],
)
def test_each_network_declares_its_windows(model, windowing):
    assert Windowing.of(model) == windowing


@pytest.mark.parametrize("seconds, lengths", [(6.0, [6.0]), (7.0, [4.0, 4.0, 4.0]), (10.0, [4.0, 4.0, 4.0, 4.0])])
def test_only_what_is_longer_than_one_pass_is_windowed(seconds, lengths):
    windows = Windowing(LONGEST, 4.0, OVERLAP).windows(seconds, 0.02)
    assert [window.end - window.start for window in windows] == pytest.approx(lengths)


def test_windows_that_are_shorter_than_one_pass():
    samples = noise(6.5)
    whole = compute_emissions(Convolution(), ["x"], [samples])
    parts = list(windowed(loader(samples), 6.5, 3.0, 1.0))
    assert len(parts) == 3
    torch.testing.assert_close(join_emissions(parts).log_probs, whole.log_probs)
    (one,) = windowed(loader(samples[:6000]), 6.0, 3.0, 1.0)
    assert one.lengths.tolist() == [300]


def test_windows_that_cannot_overlap():
    with pytest.raises(ValueError, match="cannot overlap"):
        windows_of(100.0, 2.0, 0.02, 2.0)


@pytest.mark.parametrize("seconds", [0.5, 5.999, 6.0, 6.02, 9.0, 61.0, 120.34])
def test_windows_give_what_one_pass_gives(seconds):
    samples = noise(seconds)
    whole = compute_emissions(Convolution(), ["x"], [samples])
    joined = join_emissions(list(windowed(loader(samples), seconds)))
    assert joined.lengths.tolist() == whole.lengths.tolist()
    assert joined.phones.lengths.tolist() == whole.phones.lengths.tolist()
    for one, other in ((joined, whole), (joined.phones, whole.phones)):
        torch.testing.assert_close(one.log_probs, other.log_probs)
        torch.testing.assert_close(one.layers, other.layers)


def test_no_more_than_a_window_is_read():
    read = []
    samples = noise(200.0)

    def load(start, end):
        read.append(end - start)
        return loader(samples)(start, end)

    parts = windowed(load, 200.0)
    assert len(read) == 0
    next(parts)
    assert len(read) == 1
    list(parts)
    assert max(read) <= LONGEST + 1e-9


@pytest.mark.parametrize("seconds", [5.0, 29.0, 31.0, 300.0])
def test_each_frame_is_in_one_segment(seconds):
    samples = noise(seconds)
    samples[np.sin(np.arange(len(samples)) / 900) > 0.8] = 0.0
    parts = list(windowed(loader(samples), seconds))
    whole = join_emissions(parts)
    found = list(segments(parts, longest=8.0, shortest=2.0))
    again = join_emissions([emissions for _, emissions in found])
    assert torch.equal(again.log_probs, whole.log_probs)
    assert torch.equal(again.phones.log_probs, whole.phones.log_probs)
    lengths = [int(emissions.lengths[0]) * SHIFT for _, emissions in found]
    assert max(lengths) <= 8.0 + 1e-6 and min(lengths[:-1], default=2.0) >= 2.0 - 1e-6
    assert [start for start, _ in found] == pytest.approx([0.0, *np.cumsum(lengths)[:-1]])


def test_a_segment_ends_in_the_longest_pause():
    samples = noise(13.0)
    samples[3000:3300] = samples[5000:6000] = 0.0  # pauses of 0.3 s and 1 s
    parts = windowed(loader(samples), 13.0)
    (_, first), (start, _) = segments(parts, longest=8.0, shortest=2.0)
    assert start == pytest.approx(5.5, abs=0.05) and int(first.lengths[0]) * SHIFT == pytest.approx(start)


def test_without_any_pause_a_segment_ends_where_blank_is_most_probable():
    scores = torch.full((1, 500, 3), -3.0)
    scores[..., 1] = -0.1
    scores[0, 321, 0] = -1.0
    emissions = Emissions(scores, torch.tensor([500]), SHIFT, TOKENS, ["x"])
    (_, first), _ = segments([emissions], longest=8.0, shortest=2.0)
    assert int(first.lengths[0]) == 321


def test_longest_run():
    assert longest_run(np.array([1, 0, 1, 1, 0], bool)) == 3
    assert longest_run(np.array([1, 1, 0, 1, 1], bool)) == 4
    assert longest_run(np.ones(4, bool)) == 2


def test_frames_between_two_times():
    emissions = Emissions(torch.randn(1, 10, 3).log_softmax(-1), torch.tensor([10]), SHIFT, TOKENS, ["x"])
    assert torch.equal(cut_emissions(emissions, 0.04, 0.1).log_probs, emissions.log_probs[:, 2:5])
    assert torch.equal(cut_emissions(emissions, 0.04).log_probs, emissions.log_probs[:, 2:])


def test_a_batch_of_segments():
    parts = list(windowed(loader(noise(20.0)), 20.0))
    batch = stack_emissions(parts, [f"x-{number}" for number in range(len(parts))])
    assert batch.names == ["x-0", "x-1", "x-2", "x-3", "x-4"]
    assert batch.phones.names == batch.names
    for number, part in enumerate(parts):
        assert int(batch.lengths[number]) == int(part.lengths[0])
        assert torch.equal(batch.log_probs[number, : part.log_probs.shape[1]], part.log_probs[0])
        assert torch.equal(batch.phones.log_probs[number, : part.phones.log_probs.shape[1]], part.phones.log_probs[0])
