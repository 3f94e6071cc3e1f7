"""The Conformer: a batch is its utterances, heads and layers agree, impossible sizes are rejected."""

from dataclasses import replace

import pytest
import torch

from wfst_bias.acoustic.conformer import Conformer
from wfst_bias.acoustic.conformer_config import ARTICLE, ON_HAMA, SMALL, ConformerConfig
from wfst_bias.acoustic.conformer_layers import (
    NEAR_ATTENTION,
    NEAR_MEAN,
    RotaryAttention,
    moving_mean,
    rotary_angles,
    rotated,
    within,
)
from wfst_bias.core.errors import InputError

TINY = ConformerConfig(
    num_layers=4, dim=24, num_heads=2, feed_forward=32, kernel=5, channels=4, subword_layers=(1, 3), phone_layer=3
)
TINY_ON_HAMA = replace(TINY, input="hama", activation="relu", phone_layer=0)
NUM_SUBWORDS, NUM_PHONES = 11, 7


def network(config=TINY):
    torch.manual_seed(3)
    return Conformer(config, NUM_SUBWORDS, NUM_PHONES).eval()


def speech(*num_frames):
    """Features with rubbish in the padding, and lengths."""
    return torch.randn(len(num_frames), max(num_frames), 80) * 3 - 8, torch.tensor(num_frames)


@pytest.mark.parametrize("config", [TINY, SMALL], ids=["tiny", "small"])
@pytest.mark.parametrize("lengths", [(61, 64, 37, 5), (1, 2, 3, 4, 40)])
def test_a_batch_gives_what_each_utterance_gives_alone(config, lengths):
    model = network(config)
    features, lengths = speech(*lengths)
    with torch.no_grad():
        batch = model(features, lengths)
        for n, length in enumerate(lengths.tolist()):
            alone = model(features[n : n + 1, :length], lengths[n : n + 1])
            T = int(alone.lengths)
            assert T == int(batch.lengths[n]) == -(-length // 4)
            for name in ("log_probs", "phone_log_probs", "layers"):
                assert torch.allclose(getattr(alone, name)[0], getattr(batch, name)[n, :T], atol=1e-4), name


@pytest.mark.parametrize("self_conditioning", [True, False])
def test_what_one_pass_gives(self_conditioning):
    model = network(replace(TINY, self_conditioning=self_conditioning))
    output = model(*speech(50, 41))
    assert output.log_probs.shape == (2, 13, NUM_SUBWORDS)
    assert output.phone_log_probs.shape == (2, 13, NUM_PHONES)
    assert [x.shape for x in output.intermediate] == [(2, 13, NUM_SUBWORDS)] * 2
    assert output.layers.shape == (2, 13, model.num_layers, TINY.dim)
    assert output.lengths.tolist() == [13, 11]
    assert torch.allclose(output.log_probs.exp().sum(dim=-1), torch.ones(2, 13), atol=1e-5)


def phones(*num_frames):
    """Log-probabilities of phones with rubbish in the padding, and lengths."""
    return (torch.randn(len(num_frames), max(num_frames), NUM_PHONES) * 3).log_softmax(dim=-1), torch.tensor(num_frames)


@pytest.mark.parametrize("lengths", [(61, 64, 37, 5), (1, 2, 3, 4, 40)])
def test_a_batch_of_phones_gives_what_each_utterance_gives_alone(lengths):
    model = network(TINY_ON_HAMA)
    features, lengths = phones(*lengths)
    with torch.no_grad():
        batch = model(features, lengths)
        assert batch.phone_log_probs is None
        assert torch.equal(model.head(batch.layers[:, :, -1]), batch.log_probs)
        for n, length in enumerate(lengths.tolist()):
            alone = model(features[n : n + 1, :length], lengths[n : n + 1])
            T = int(alone.lengths)
            assert T == int(batch.lengths[n]) == -(-length // 4)
            assert torch.allclose(alone.layers[0], batch.layers[n, :T], atol=1e-4)


def test_each_phone_that_was_heard_is_read():
    model = network(TINY_ON_HAMA)
    features, lengths = phones(12)
    before = model(features, lengths).log_probs
    for frame in range(12):
        other = features.clone()
        other[0, frame] = features[0, frame].roll(1)
        assert not torch.allclose(model(other, lengths).log_probs, before)


def test_frame_shifts():
    assert (SMALL.frame_shift, ON_HAMA.frame_shift, replace(ON_HAMA, stacked=3).frame_shift) == (0.04, 0.08, 0.06)


def test_the_head_reads_the_last_of_the_layers():
    model = network()
    output = model(*speech(50, 41))
    assert torch.equal(model.head(output.layers[:, :, -1]), output.log_probs)
    assert torch.equal(model.head(output.layers[:, :, 0]), output.intermediate[0])


def test_what_inner_heads_say_reaches_the_end_with_self_conditioning_only():
    features, lengths = speech(50)
    for self_conditioning in (True, False):
        model = network(replace(TINY, self_conditioning=self_conditioning))
        before = model(features, lengths).log_probs
        torch.nn.init.zeros_(model.phone_head.weight)
        assert torch.equal(model(features, lengths).log_probs, before) != self_conditioning


def test_every_weight_learns_from_phones():
    model = network(TINY_ON_HAMA).train()
    model(*phones(50, 41)).log_probs[..., 1].sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.parametrize("change", [{}, {"subword_layers": ()}, {"phone_layer": 4}, {"self_conditioning": False}])
def test_every_weight_learns(change):
    model = network(replace(TINY, **change)).train()
    output = model(*speech(50, 41))
    (output.log_probs[..., 1].sum() + output.phone_log_probs[..., 1].sum()).backward()
    assert all(weight.grad is not None for weight in model.parameters())


def test_attention_does_not_see_the_padding():
    attention = RotaryAttention(replace(TINY, dropout=0.0)).eval()
    x, valid = torch.randn(1, 9, TINY.dim), within(torch.tensor([6]), 9)
    rotary = rotary_angles(9, TINY.dim // TINY.num_heads, x.device)
    before = attention(x, valid[:, None, None], rotary)
    x[:, 6:] = 100.0
    assert torch.allclose(attention(x, valid[:, None, None], rotary)[:, :6], before[:, :6], atol=1e-6)


def test_products_of_rotated_vectors_tell_their_distance_alone():
    q, k = torch.randn(1, 1, 1, 8).expand(1, 1, 20, 8), torch.randn(1, 1, 1, 8).expand(1, 1, 20, 8)
    rotary = rotary_angles(20, 8, q.device)
    products = (rotated(q, rotary) @ rotated(k, rotary).transpose(-2, -1))[0, 0]
    for distance in range(-19, 20):
        diagonal = products.diagonal(distance)
        assert torch.allclose(diagonal, diagonal[:1], atol=1e-5)


def test_an_offset_of_the_energies_is_taken_off():
    """Loudness, and the frequency response of a microphone."""
    model = network()
    features, lengths = speech(50, 30)
    before = model(features, lengths).log_probs
    assert torch.allclose(model(features + torch.randn(80), lengths).log_probs, before, atol=1e-4)


def test_small_is_small_enough_to_ship():
    model = Conformer(SMALL, 501, 41)
    assert sum(weight.numel() for weight in model.parameters()) <= 3.61e6


def test_article_has_the_heads_of_the_article():
    assert (ARTICLE.num_layers, ARTICLE.subword_layers, ARTICLE.phone_layer) == (18, (6, 12), 12)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"dim": 100}, "dim is 100; a multiple of 8 (twice num_heads) was expected"),
        ({"kernel": 8}, "kernel is 8; an odd number of frames was expected"),
        ({"subword_layers": (3, 9)}, "subword_layers are [3, 9]; layers from 1 to 8 in rising order were expected"),
        ({"phone_layer": 10}, "phone_layer is 10; 1 to 9 was expected"),
        ({"dropout": 1.0}, "dropout is 1.0; at least 0 and below 1 was expected"),
        ({"input": "hubert"}, "input is 'hubert'; 'mel' or 'hama' was expected"),
        ({"input": "hama"}, "phone_layer is 6; with hama's phones as input, 0 was expected"),
        ({"activation": "tanh"}, "activation is 'tanh'; 'silu' or 'relu' was expected"),
    ],
)
def test_sizes_that_cannot_be_are_rejected(change, message):
    with pytest.raises(InputError) as error:
        replace(SMALL, **change)
    assert str(error.value) == message


def test_a_frame_of_long_audio_sees_what_is_near():
    model = network(replace(TINY, num_layers=2, subword_layers=(1,), phone_layer=2))
    features, lengths = speech(6000)
    changed = features.clone()
    changed[:, 4000:] += torch.randn(2000, 80)
    near = (4000 - NEAR_MEAN) // 4 - 2 * (NEAR_ATTENTION + 5)
    with torch.no_grad():
        one, other = (model(x, lengths, torch.tensor([True])).log_probs[0] for x in (features, changed))
        assert torch.allclose(one[:near], other[:near], atol=1e-5) and not torch.allclose(one, other, atol=1e-2)
        one, other = (model(x, lengths).log_probs[0] for x in (features, changed))
        assert not torch.allclose(one[:near], other[:near], atol=1e-3)


def test_long_audio_changes_no_other_utterance_of_its_batch():
    model = network()
    features, lengths = speech(3100, 40, 900)
    is_long = torch.tensor([True, False, False])
    with torch.no_grad():
        batch = model(features, lengths, is_long).log_probs
        for n, length in enumerate(lengths.tolist()):
            alone = model(features[n : n + 1, :length], lengths[n : n + 1], is_long[n : n + 1] if n == 0 else None)
            assert torch.allclose(alone.log_probs[0], batch[n, : alone.log_probs.shape[1]], atol=1e-4)


def test_the_mean_that_moves():
    features, lengths = torch.randn(2, 2500, 3), torch.tensor([2500, 1200])
    features[1, 1200:] = 0.0
    mean = moving_mean(features, lengths)
    assert torch.allclose(mean[0, 0], features[0, : NEAR_MEAN + 1].mean(dim=0), atol=1e-5)
    assert torch.allclose(mean[0, 1200], features[0, 200:2201].mean(dim=0), atol=1e-5)
    assert torch.allclose(mean[1, 1100], features[1, 100:1200].mean(dim=0), atol=1e-5)
