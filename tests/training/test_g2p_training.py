"""Training of the network that reads unknown words."""

import numpy as np
import pytest
import torch

from wfst_bias.g2p.letter_network import LetterNetwork
from wfst_bias.g2p.letters import REACH, coded
from wfst_bias.lang.phones import PHONES
from wfst_bias.training.g2p.examples import Examples, lexicon_targets, teacher_targets
from wfst_bias.training.g2p.families import kept_out_families
from wfst_bias.training.g2p.network import NetworkConfig, TrainedNetwork
from wfst_bias.training.g2p.train import TrainConfig, train, write_weights
from wfst_bias.training.g2p.words import crossed_words, read_by_hama

CODES = {phone: code for code, phone in enumerate(PHONES, 1)}
SPELLED = dict(zip("abdefgklmnoprstv", "AE B D EH F G K L M N AA P R S T V".split()))


@pytest.fixture(scope="module")
def regular_pairs():
    """Invented words in which each letter has one phone."""
    generator = np.random.default_rng(0)
    words = {"".join(generator.choice(list(SPELLED), generator.integers(3, 7))) for _ in range(600)}
    return [(word, tuple(SPELLED[letter] for letter in word)) for word in sorted(words)]


def codes(phones):
    return tuple(CODES[phone] for phone in phones.split())


def new_network(examples):
    return TrainedNetwork(NetworkConfig(channels=48, blocks=1), examples.frequent_trigrams(10))


def test_hama_reads_first_and_cmudict_second():
    targets = lexicon_targets(["one", "abbot", "qqqq"])
    assert targets["one"] == ((codes("OW N EY"),), (codes("W AH N"),))
    assert targets["abbot"][0] == targets["abbot"][1] == (codes("AE B AH T"),)
    assert "qqqq" not in targets


def test_words_with_more_phones_than_outputs_are_left_out():
    assert teacher_targets([("x", ("EH", "K", "S")), ("ab", ("AE", "B", "B"))]).keys() == {"ab"}


def test_each_epoch_has_all_words_once(regular_pairs):
    examples = Examples(teacher_targets(regular_pairs), hama_share=1.0)
    batches = list(examples.batches(num_letters=200))
    assert sum(len(batch.letters) for batch in batches) == len(examples) == len(regular_pairs)
    assert {batch.letters.shape[1] - 2 * REACH for batch in batches} == {len(word) for word, _ in regular_pairs}
    assert all(batch.sizes.sum() == len(batch.targets) for batch in batches)


def test_a_network_learns_regular_words_and_is_exported(regular_pairs, tmp_path):
    examples = Examples(teacher_targets(regular_pairs[::2]), hama_share=1.0)
    config = TrainConfig(steps=80, peak_learning_rate=1e-2, num_letters=300)
    network = new_network(examples)
    train(network, examples, config, tmp_path / "checkpoint.pt")
    write_weights(tmp_path / "weights.npz", network, temperature=1.0)
    exported = LetterNetwork(tmp_path / "weights.npz")
    unseen = dict(regular_pairs[1::2])
    found = exported.pronounce(unseen)
    assert np.mean([found[word] == (phones,) for word, phones in unseen.items()]) > 0.9
    words = [word for word in unseen if len(word) == 5]
    with torch.no_grad():
        expected = network(coded(words, REACH)).exp().transpose(0, 1)
    np.testing.assert_allclose(exported._probs(words), expected, atol=0.02)

    again = new_network(examples)
    train(again, examples, config, tmp_path / "checkpoint.pt")
    assert all(torch.equal(a, b) for a, b in zip(network.state_dict().values(), again.state_dict().values()))


def test_invented_words_are_made_of_others():
    parents = ["sphericity", "atmospheric", "publicity", "republic", "o'neill", "abc"]
    words = crossed_words(parents, num=4)
    assert len(set(words)) == 4 and not {*words} & {*parents}
    for word in words:
        cuts = range(2, len(word) - 1)
        assert any(
            any(parent.startswith(word[:cut]) for parent in parents)
            and any(parent.endswith(word[cut - 1 :]) for parent in parents)
            for cut in cuts
        )
    assert words == crossed_words(parents, num=4)


def test_kept_out_families_are_whole():
    assert kept_out_families(["abbot", "abbots", "abbot's", "bee"]) == {"abbot"}


def test_what_hama_has_read_is_kept(tmp_path):
    path = tmp_path / "read.txt"
    (pair,) = read_by_hama(["pelican"], path)
    assert pair == ("pelican", tuple("P EH L IH K AH N".split()))
    path.write_text("pelican P\ntokyo T OW")  # stopped within a line
    assert read_by_hama(["pelican", "tokyo"], path)[0] == ("pelican", ("P",))
    assert len(read_by_hama(["pelican", "tokyo"], path)[1][1]) > 2
