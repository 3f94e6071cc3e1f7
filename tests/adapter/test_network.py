"""The contextual adapter: nothing before training, nothing where ``<no-bias>`` wins, a batch is its utterances."""

from dataclasses import replace

import pytest
import torch

from wfst_bias.adapter.matching import LOWEST
from wfst_bias.adapter.network import ENTITIES, POSITIONS, AdapterConfig, ContextualAdapter
from wfst_bias.adapter.shortlist import Candidates
from wfst_bias.core.errors import InputError

NUM_TOKENS, NUM_LAYERS, LAYER_DIM = 9, 3, 10
BLACK = AdapterConfig(dim=16, num_blocks=2, kernel=5)
WHITE = replace(BLACK, num_layers=NUM_LAYERS, layer_dim=LAYER_DIM)
HOSTS = pytest.mark.parametrize("host", [BLACK, WHITE], ids=["black box", "white box"])
ATTENTIONS = pytest.mark.parametrize("attention", [POSITIONS, ENTITIES])

LISTS = ([[1, 2, 3], [4, 5], [6]], [[7, 8, 2, 3, 1]], [])
SCORES = ([-2.0, -3.5, -8.0], [-1.5], [])
LENGTHS = (7, 4, 6)


def candidates(lists, scores, num_frames=max(LENGTHS), K=0, J=0):
    """Some ways of each utterance, padded to K ways of J units at least; two frames a segment, every fifth in none."""
    K = max([K, 1, *map(len, lists)])
    J = max([J, 1, *(len(way) for ways in lists for way in ways)])
    units = torch.zeros(len(lists), K, J, dtype=torch.int64)
    lengths, number = torch.zeros(len(lists), K, dtype=torch.int64), torch.full((len(lists), K), -1)
    score = torch.zeros(len(lists), K)
    segment = torch.tensor([-1 if t % 5 == 4 else t // 2 for t in range(num_frames)]).expand(len(lists), -1)
    aligned = torch.full((len(lists), K, J, max(segment[0]) + 1 if lists else 0), LOWEST)
    for n, ways in enumerate(lists):
        for k, way in enumerate(ways):
            units[n, k, : len(way)] = torch.tensor(way)
            lengths[n, k], number[n, k], score[n, k] = len(way), k, scores[n][k]
            fit = torch.randn(len(way), 9, generator=torch.Generator().manual_seed(sum(way)))
            aligned[n, k, : len(way)] = -3.0 * fit[:, : aligned.shape[3]].abs()
    return Candidates(units, lengths, number, score, aligned, segment)


def head():
    torch.manual_seed(9)
    linear = torch.nn.Linear(LAYER_DIM, NUM_TOKENS).requires_grad_(False)
    return lambda hidden: linear(hidden).log_softmax(-1)


def frames(lengths=LENGTHS):
    """Log-probabilities, layers and mask of utterances of so many frames."""
    generator = torch.Generator().manual_seed(4)
    layers = torch.randn(len(lengths), max(lengths), NUM_LAYERS, LAYER_DIM, generator=generator)
    log_probs = head()(layers[:, :, -1])
    return log_probs, layers, torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


def network(config, trained):
    """``trained`` as if it were: everything away from where it began, and not shy."""
    torch.manual_seed(2)
    adapter = ContextualAdapter(NUM_TOKENS, config).eval()
    if trained:
        with torch.no_grad():
            for weight in adapter.parameters():
                weight += 0.3 * torch.randn_like(weight)
            adapter.no_bias.bias -= 2.0
    return adapter


def adapt(adapter, some, log_probs, layers, mask):
    white = adapter.config.white_box
    with torch.no_grad():
        return adapter(log_probs, mask, some, layers if white else None, head() if white else None)


@HOSTS
@ATTENTIONS
def test_before_training_it_is_the_identity_bit_for_bit(host, attention):
    adapter = network(replace(host, attention=attention), trained=False)
    log_probs, layers, mask = frames()
    adapted = adapt(adapter, candidates(LISTS, SCORES), log_probs, layers, mask)
    assert torch.equal(adapted.log_probs, log_probs)


@HOSTS
@ATTENTIONS
def test_an_utterance_without_a_list_stays_as_it_was_bit_for_bit(host, attention):
    adapter = network(replace(host, attention=attention), trained=True)
    log_probs, layers, mask = frames()
    adapted = adapt(adapter, candidates(LISTS, SCORES), log_probs, layers, mask)
    assert torch.equal(adapted.log_probs[2], log_probs[2]) and adapted.no_bias[2].tolist() == [1.0] * max(LENGTHS)
    assert not torch.allclose(adapted.log_probs[:2], log_probs[:2], atol=1e-2)
    nothing = adapt(adapter, candidates(([], [], []), SCORES), log_probs, layers, mask)
    assert torch.equal(nothing.log_probs, log_probs)


@HOSTS
@ATTENTIONS
def test_where_no_bias_wins_nothing_is_changed(host, attention):
    adapter = network(replace(host, attention=attention), trained=True)
    log_probs, layers, mask = frames()
    logits = adapt(adapter, candidates(LISTS, SCORES), log_probs, layers, mask).logits[:2]
    with torch.no_grad():  # so that it wins in half of the frames
        adapter.no_bias.bias += (logits[..., 1:].logsumexp(-1) - logits[..., 0]).median()
    adapted = adapt(adapter, candidates(LISTS, SCORES), log_probs, layers, mask)
    wins, loses = adapted.no_bias > 0.5, adapted.no_bias < 0.45
    changed = (adapted.log_probs != log_probs).any(-1)
    assert wins[:2].any() and loses.any()
    assert not changed[wins].any() and changed[loses].all()


@HOSTS
@ATTENTIONS
def test_attention_sums_to_one_and_goes_to_nothing_that_is_not_there(host, attention):
    adapter = network(replace(host, attention=attention), trained=True)
    some = candidates(LISTS, SCORES, K=5, J=7)
    adapted = adapt(adapter, some, *frames())
    total = adapted.no_bias + adapted.attention.sum((2, 3))
    assert torch.allclose(total, torch.ones_like(total), atol=1e-6)
    there = some.present if attention == POSITIONS else (some.lengths > 0)[..., None]
    assert adapted.attention.shape[2:] == there.shape[1:]
    assert not adapted.attention.masked_fill(there[:, None], 0.0).any()
    assert (adapted.attention.transpose(0, 1)[:, there] > 0).all()


@HOSTS
@ATTENTIONS
def test_a_batch_gives_what_each_utterance_gives_alone(host, attention):
    adapter = network(replace(host, attention=attention), trained=True)
    log_probs, layers, mask = frames()
    some = candidates(LISTS, SCORES, K=6, J=8)
    batch = adapt(adapter, some, log_probs, layers, mask)
    for n, length in enumerate(LENGTHS):
        own = candidates(LISTS[n : n + 1], SCORES[n : n + 1], length)
        here = slice(n, n + 1), slice(0, length)
        alone = adapt(adapter, own, log_probs[here], layers[here], mask[here])
        assert torch.allclose(alone.log_probs, batch.log_probs[here], atol=1e-4)
        assert torch.allclose(alone.no_bias, batch.no_bias[here], atol=1e-4)
        K, J = alone.attention.shape[2:]
        assert torch.allclose(alone.attention, batch.attention[here][:, :, :K, :J], atol=1e-4)


def test_the_strength_of_the_change():
    some, (log_probs, layers, mask) = candidates(LISTS, SCORES), frames()
    changes = [
        adapt(network(replace(BLACK, strength=strength), trained=True), some, log_probs, layers, mask).log_probs
        - log_probs
        for strength in (0.0, 1.0, 2.0)
    ]
    assert torch.equal(changes[0], torch.zeros_like(log_probs)) and changes[1].abs().max() > 0.1
    # twice the change of the logits: the same but for what makes them probabilities again
    against_blank = [change - change[..., :1] for change in changes[1:]]
    assert torch.allclose(2.0 * against_blank[0], against_blank[1], atol=1e-4)


@HOSTS
def test_the_order_of_a_list_does_not_matter(host):
    adapter = network(host, trained=True)
    there = adapt(adapter, candidates(LISTS[:1], SCORES[:1]), *(x[:1] for x in frames()))
    back = adapt(adapter, candidates([LISTS[0][::-1]], [SCORES[0][::-1]]), *(x[:1] for x in frames()))
    assert torch.allclose(there.log_probs, back.log_probs, atol=1e-5)


def test_a_black_box_gives_log_probabilities():
    adapted = adapt(network(BLACK, trained=True), candidates(LISTS, SCORES), *frames())
    assert torch.allclose(adapted.log_probs.exp().sum(-1), torch.ones(3, 7), atol=1e-5)


def test_a_token_that_cannot_be_stays_so():
    log_probs, layers, mask = frames()
    log_probs[..., 8] = -torch.inf
    log_probs = log_probs.log_softmax(-1)
    for trained in (False, True):
        adapted = adapt(network(BLACK, trained), candidates(LISTS, SCORES), log_probs, layers, mask)
        assert (adapted.log_probs[..., 8] == -torch.inf).all() and torch.isfinite(adapted.log_probs[..., :8]).all()
        assert trained or torch.equal(adapted.log_probs, log_probs)


@HOSTS
def test_gradients_reach_the_adapter_alone(host):
    log_probs, layers, mask = frames()
    adapter = network(host, trained=True)
    linear = torch.nn.Linear(LAYER_DIM, NUM_TOKENS).requires_grad_(False)
    log_probs.requires_grad_(False)
    layers.requires_grad_(False)
    adapted = adapter(
        log_probs,
        mask,
        candidates(LISTS, SCORES),
        layers if host.white_box else None,
        (lambda hidden: linear(hidden).log_softmax(-1)) if host.white_box else None,
    )
    adapted.log_probs[..., 1].sum().backward()
    assert linear.weight.grad is None and linear.bias.grad is None
    assert all(torch.isfinite(weight.grad).all() for weight in adapter.parameters() if weight.grad is not None)
    assert adapter.change.weight.grad.abs().max() > 0 and adapter.unit.weight.grad.abs().max() > 0


def test_configs_that_cannot_be_are_told():
    with pytest.raises(InputError, match="attention is 'words'; write 'positions' or 'entities'"):
        AdapterConfig(attention="words")
    with pytest.raises(InputError, match="positive sizes and an odd kernel were expected"):
        AdapterConfig(kernel=4)
    with pytest.raises(InputError, match="strength is -1.0; 0 or more was expected"):
        AdapterConfig(strength=-1.0)
