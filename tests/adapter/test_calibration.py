"""Calibration: the identity before training, and a batch is its utterances."""

import pytest
import torch

from helpers.toy import ToyModel, lang, one_hot
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.adapter.frames import kept_frames
from wfst_bias.core.errors import InputError

SAID = ["_ _ M EH T _ _ _ K EH L ER", "_ _ _ _", "OW L S AH N <wb> _ _ K AO L _"]


def emissions(texts=SAID):
    frames = [one_hot(lang().tokens, text) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(frames, batch_first=True)
    lengths = torch.tensor(list(map(len, frames)))
    return Emissions(padded, lengths, 0.02, lang().tokens, [f"utt_{i}" for i in range(len(texts))])


def calibration(trained, **config):
    torch.manual_seed(1)
    network = Calibration(len(lang().tokens), CalibrationConfig(dim=16, num_blocks=2, kernel=5, **config)).eval()
    if trained:
        with torch.no_grad():
            network.change.weight += torch.randn_like(network.change.weight)
    return network


def test_before_training_it_is_the_identity_bit_for_bit():
    batch = emissions()
    assert torch.equal(calibration(trained=False).calibrated(batch).log_probs, batch.log_probs)


def test_an_adapter_of_nothing_changes_nothing():
    batch = emissions()
    assert EmissionAdapter().changed(batch, [()] * 3) is batch


def test_a_batch_gives_what_each_utterance_gives_alone():
    network, batch = calibration(trained=True), emissions()
    together = network.calibrated(batch).log_probs
    assert not torch.allclose(together, batch.log_probs, atol=0.1)
    for n, text in enumerate(SAID):
        alone = network.calibrated(emissions([text])).log_probs[0]
        assert torch.allclose(alone, together[n, : len(alone)], atol=1e-4)


def test_only_frames_that_are_kept_are_changed():
    batch = emissions()
    changed = (calibration(trained=True).calibrated(batch).log_probs != batch.log_probs).any(-1)
    heard = kept_frames(batch.log_probs, batch.lengths)
    kept = heard.put(torch.zeros_like(changed), torch.ones_like(heard.mask))
    assert torch.equal(changed, kept) and int(kept.sum()) < int(batch.lengths.sum())


def test_strength_is_the_share_of_the_change():
    batch = emissions()
    kept = kept_frames(batch.log_probs, batch.lengths)
    before = kept.take(batch.log_probs)[kept.mask]
    changes = []
    for strength in (0.0, 0.25, 0.5):
        after = calibration(trained=True, strength=strength).calibrated(batch).log_probs
        difference = kept.take(after)[kept.mask] - before
        changes.append(difference - difference[:, :1])  # of the logits, to a constant
    assert not changes[0].any()
    assert torch.allclose(2 * changes[1], changes[2], atol=1e-4) and changes[1].abs().max() > 0.1


def test_strength_0_is_the_identity_bit_for_bit():
    batch = emissions()
    assert torch.equal(calibration(trained=True, strength=0.0).calibrated(batch).log_probs, batch.log_probs)


def test_a_token_that_cannot_be_stays_so():
    """Stored emissions may say minus infinity."""
    batch = emissions()
    batch.log_probs[..., 7] = -torch.inf
    for trained in (False, True):
        after = calibration(trained).calibrated(batch).log_probs
        assert (after[..., 7] == -torch.inf).all() and not after.isnan().any()


def test_sizes_that_cannot_be_are_told():
    with pytest.raises(InputError, match="kernel 8; positive numbers and an odd kernel were expected"):
        CalibrationConfig(kernel=8)


def test_the_toy_model_keeps_its_contract(heard):
    """What the other tests stand on."""
    names = list(heard)[:3]
    batch = ToyModel(heard).emissions(names, [None] * 3)
    assert torch.allclose(batch.log_probs[0].exp().sum(-1)[: batch.lengths[0]], torch.ones(1), atol=1e-4)
