"""Noise, alone and on speech."""

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.synth.noise import KINDS, colored_noise, with_noise, write_noise


def power(samples):
    return float(np.mean(np.square(samples, dtype=np.float64)))


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_the_power_of_a_colour_falls_with_the_frequency(slope):
    noise = colored_noise(1 << 16, slope, np.random.default_rng(0))
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    low, high = spectrum[1000:2000].mean(), spectrum[16000:32000].mean()
    assert power(noise) == pytest.approx(1.0, rel=1e-3)
    assert np.log2(low / high) / 4 == pytest.approx(slope, abs=0.1)  # four octaves apart


@pytest.mark.parametrize("snr", [0.0, 20.0])
def test_noise_is_so_far_below_the_speech(snr):
    speech = 0.1 * np.sin(0.1 * np.arange(16000)).astype(np.float32)
    noisy = with_noise(speech, snr, np.random.default_rng(0))
    assert noisy.dtype == np.float32
    assert 10 * np.log10(power(speech) / power(noisy - speech)) == pytest.approx(snr, abs=0.1)


def test_minutes_of_silence_and_noise_in_which_nobody_speaks(tmp_path):
    assert write_noise(tmp_path / "noise", 1.5, seed=1) == 9
    cuts = list(read_data(tmp_path / "noise"))
    assert sum(cut.duration for cut in cuts) == 90.0
    assert [cut.supervisions[0].speaker for cut in cuts] == [*KINDS, *list(KINDS)[:3]]
    assert set(read_texts(tmp_path / "noise").values()) == {""}
    levels = [power(soundfile.read(cut.recording.sources[0].source)[0]) for cut in cuts]
    assert levels[0] == levels[6] == 0.0 and all(1e-7 < level < 1e-1 for level in levels[1:6] + levels[7:])
    with pytest.raises(InputError, match="0 minutes of noise"):
        write_noise(tmp_path / "other", 0)
