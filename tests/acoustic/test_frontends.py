"""Features of exported networks, against the libraries that they were trained with."""

import kaldi_native_fbank
import numpy as np
import pytest
from transformers.audio_utils import mel_filter_bank

from wfst_bias.acoustic.frontends import ALL_FEATURES, NOTHING, KaldiFbank, NemoMel, Samples, slaney_filters


@pytest.fixture(scope="module")
def samples():
    """A second of a rising tone in noise, float32 ``(16100,)``."""
    time = np.arange(16100) / 16000
    tone = 0.3 * np.sin(2 * np.pi * (200 + 1500 * time) * time)
    return (tone + 0.01 * np.random.default_rng(0).standard_normal(16100)).astype(np.float32)


@pytest.mark.parametrize("num_mels, num_fft, sampling_rate", [(80, 512, 16000), (64, 512, 16000), (128, 256, 8000)])
def test_slaney_filters_are_those_of_librosa(num_mels, num_fft, sampling_rate):
    expected = mel_filter_bank(
        num_fft // 2 + 1, num_mels, 0.0, sampling_rate / 2, sampling_rate, norm="slaney", mel_scale="slaney"
    )
    np.testing.assert_allclose(slaney_filters(num_mels, num_fft, sampling_rate), expected.T, atol=1e-7)


@pytest.mark.parametrize("num_mels, window", [(80, 400), (64, 320)])
def test_nemo_mels_frame_by_frame(samples, num_mels, window):
    """Frame t is centred on sample 160 t: emphasis, window, power, filters, logarithm."""
    emphasised = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    padded = np.pad(emphasised, 256)
    hann = np.pad(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / (window - 1)), (512 - window) // 2)
    power = np.stack([np.abs(np.fft.rfft(hann * padded[160 * t :][:512])) ** 2 for t in range(100)])
    expected = np.log(power @ slaney_filters(num_mels, 512, 16000).numpy().T + 2**-24)
    np.testing.assert_allclose(NemoMel(num_mels, normalize=NOTHING)(samples), expected, atol=1e-3)
    normalized = (expected - expected.mean(axis=0)) / (expected.std(axis=0, ddof=1) + 1e-5)
    np.testing.assert_allclose(NemoMel(num_mels)(samples), normalized, atol=1e-3)


def test_nemo_normalises_all_features_together_or_a_single_frame(samples):
    together = NemoMel(normalize=ALL_FEATURES)(samples)
    assert together.shape == (100, 80) and abs(together.mean()) < 1e-5 and abs(together.std() - 1) < 1e-3
    assert (NemoMel()(samples[:200]) == 0.0).all()


@pytest.mark.parametrize(
    "fbank",
    [KaldiFbank(), KaldiFbank(high_freq=0.0, snip_edges=True, scale=32768.0), KaldiFbank(23, sampling_rate=8000)],
    ids=["icefall", "wenet", "yesno"],
)
def test_filter_banks_are_kaldis(samples, fbank):
    options = kaldi_native_fbank.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.samp_freq = fbank.sampling_rate
    options.frame_opts.snip_edges = fbank.snip_edges
    options.mel_opts.num_bins = fbank.num_mels
    options.mel_opts.high_freq = fbank.high_freq
    kaldi = kaldi_native_fbank.OnlineFbank(options)
    kaldi.accept_waveform(fbank.sampling_rate, samples * fbank.scale)
    kaldi.input_finished()
    expected = np.stack([kaldi.get_frame(t) for t in range(kaldi.num_frames_ready)])
    np.testing.assert_allclose(fbank(samples), expected, atol=2e-3)


def test_samples_as_they_are_or_normalised(samples):
    assert Samples()(samples) is samples
    normalized = Samples(normalize=True)(samples)
    assert abs(normalized.mean()) < 1e-5 and abs(normalized.std() - 1) < 1e-4 and normalized.dtype == np.float32
