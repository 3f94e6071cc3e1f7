"""Training a CTC model: targets, batches, losses, recipes, and that a small network learns a toy task."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from wfst_bias.acoustic.conformer import Conformer
from wfst_bias.acoustic.conformer_config import ConformerConfig
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import CHARS, Units
from wfst_bias.training.batching import batch_ends, equal_batches
from wfst_bias.training.conformer.ctc import NAMED_RECIPES, conformer_loss, ctc_recipe, limited, token_error_rate
from wfst_bias.training.conformer.ctc_data import CtcBatch
from wfst_bias.training.conformer.targets import Transcriber, frames_needed
from wfst_bias.training.losses import ctc_loss
from wfst_bias.training.trainer import Trainer
from wfst_bias.training.trainer_config import TrainerConfig

PHONES = Lang(hama_units(), Lexicon({"go": (("G", "OW"),), "home": (("HH", "OW", "M"), ("OW", "M"))}))
LETTERS = Lang(Units(CHARS, SymbolTable((BLANK, "|", *"eghomn")), boundary="|"), Lexicon({}))


def written(lang, text, *others):
    tokens = Transcriber(lang, [text, *others]).tokens(text)
    return None if tokens is None else " ".join(lang.tokens.symbols[i] for i in tokens)


def test_phones_of_the_first_pronunciation_with_a_boundary_between_words():
    assert written(PHONES, "Go home!") == "G OW <wb> HH OW M"


def test_a_word_that_the_lexicon_does_not_have_is_read_by_the_g2p():
    assert written(PHONES, "go zelenskyy").startswith("G OW <wb> Z ")


def test_letters():
    assert written(LETTERS, "go home") == "g o | h o m e"
    assert written(LETTERS, "go away") is None


@pytest.mark.parametrize("tokens, frames", [([], 0), ([3], 1), ([3, 4], 2), ([3, 3], 3), ([3, 3, 3, 4], 6)])
def test_frames_needed(tokens, frames):
    assert frames_needed(tokens) == frames


@pytest.mark.parametrize(
    "seconds, most, ends",
    [
        ([1, 1, 1, 1], 2, [2, 4]),
        ([1, 2, 3], 6, [2, 3]),
        ([9], 2, [1]),
        ([1, 9, 9], 5, [1, 2, 3]),
        ([3, 1, 1], 6, [2, 3]),
    ],
)
def test_batches_hold_no_more_seconds_than_asked_for(seconds, most, ends):
    assert batch_ends(np.array(seconds, float), most) == ends


def test_equal_batches_have_few_shapes():
    lengths = np.random.default_rng(1).integers(1, 400, 1000)
    batches = equal_batches(lengths, 1600, 100, np.random.default_rng(2))
    assert sorted(np.concatenate(batches).tolist()) == list(range(1000))
    shapes = [(len(batch), -(-lengths[batch].max() // 100)) for batch in batches]
    assert len(set(shapes)) <= 8  # two for each length in steps at most
    assert all(size * steps * 100 <= 1600 for size, steps in shapes)


def test_ctc_loss_is_the_sum_over_all_alignments():
    log_probs = torch.randn(1, 4, 3).log_softmax(dim=-1)
    total = torch.tensor(-torch.inf)
    for path in itertools.product(range(3), repeat=4):
        if [t for t, _ in itertools.groupby(path) if t] == [1, 2]:
            total = torch.logaddexp(total, sum(log_probs[0, t, token] for t, token in enumerate(path)))
    found = ctc_loss(log_probs, torch.tensor([4]), torch.tensor([[1, 2, -1]]))
    assert float(found) == pytest.approx(-float(total) / 2, rel=1e-5)


def test_a_text_that_does_not_fit_counts_nothing():
    log_probs = torch.zeros(1, 2, 3).log_softmax(dim=-1).requires_grad_()
    loss = ctc_loss(log_probs, torch.tensor([2]), torch.tensor([[1, 1, 2]]))
    loss.backward()
    assert float(loss) == 0.0 and torch.isfinite(log_probs.grad).all()


def test_token_error_rate():
    best = torch.tensor([[1, 1, 0, 1, 2, 0], [2, 0, 0, 1, 1, 1]])
    log_probs = torch.nn.functional.one_hot(best, 3).float()
    targets = torch.tensor([[1, 1, 2], [2, 2, -1]])
    # the second is cut to its first four frames: 2 1 for 2 2
    assert token_error_rate(log_probs, torch.tensor([6, 4]), targets) == pytest.approx(1 / 5)


class Tones:
    """Utterances of one to three tones, 80 ms each: token k is loud in a band of its own, phones are the same."""

    def plan(self, epoch):
        return range(10)

    def load(self, epoch, key):
        rng = np.random.default_rng((epoch, key))
        texts = [rng.integers(1, 5, rng.integers(1, 4)) for _ in range(12)]
        features = [torch.from_numpy(self._features(text, rng)) for text in texts]
        targets = torch.nn.utils.rnn.pad_sequence(
            [torch.from_numpy(t) for t in texts], batch_first=True, padding_value=-1
        )
        padded = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
        return CtcBatch(padded, torch.tensor([len(x) for x in features]), targets, targets)

    def _features(self, text, rng):
        frames = np.repeat([k for token in text for k in (token, 0)], 8)
        energies = rng.normal(-12.0, 0.5, (len(frames), 80)).astype(np.float32)
        for k in range(1, 5):
            energies[frames == k, 15 * k : 15 * k + 15] += 8.0
        return energies


TINY = ConformerConfig(
    num_layers=2, dim=32, num_heads=2, feed_forward=64, kernel=5, channels=8, subword_layers=(1,), phone_layer=1
)


@pytest.mark.parametrize("bf16", [False, True])
def test_a_small_network_learns_tones(tmp_path, bf16):
    torch.manual_seed(0)
    model = Conformer(replace(TINY, dropout=0.0), 5, 5)
    config = TrainerConfig(peak_learning_rate=3e-3, warmup_steps=20, max_steps=100, validate_every=100, bf16=bf16)
    trainer = Trainer(
        model, lambda model, batch: conformer_loss(model, batch, TINY), Tones(), Tones(), config, tmp_path
    )
    trainer.run()
    with torch.no_grad():
        _, values = conformer_loss(model.eval(), Tones().load(99, 0), TINY)
    assert values["subword_error"] < 0.1 and values["phone_error"] < 0.1


OPTIONS = (
    "--model-num-layers=4\n--model-subword-layers=2  # one\n--model-phone-layer=2\n--training-peak-learning-rate=1\n"
)
TOML = "[model]\nnum_layers = 4\nsubword_layers = [2]\nphone_layer = 2\n[training]\npeak_learning_rate = 1\n"


@pytest.mark.parametrize("text", [OPTIONS, TOML])
def test_a_recipe_of_a_file_changes_its_values(tmp_path, text, caplog):
    path = tmp_path / "own.conf"
    path.write_text(f"# a comment\n\n{text}")
    with caplog.at_level("INFO", "wfst_bias"):
        recipe = ctc_recipe(str(path))
    assert (recipe.model.num_layers, recipe.model.subword_layers, recipe.model.dim) == (4, (2,), 144)
    assert recipe.training.peak_learning_rate == 1 and recipe.augment == NAMED_RECIPES["small"].augment
    assert ("own.conf: TOML is the old form" in caplog.text) == (text == TOML)


def test_values_of_a_recipe_have_the_types_of_their_keys(tmp_path):
    path = tmp_path / "own.conf"
    path.write_text(
        "--training-bf16\n--model-self-conditioning=false\n--model-subword-layers=\n--data-batch-seconds=30\n"
    )
    recipe = ctc_recipe(str(path))
    assert (recipe.training.bf16, recipe.model.self_conditioning, recipe.model.subword_layers) == (True, False, ())
    assert recipe.data.batch_seconds == 30.0
    path.write_text("--model-subword-layers='2, 5'\n")
    assert ctc_recipe(str(path)).model.subword_layers == (2, 5)
    path.write_text("# nothing\n")
    assert ctc_recipe(str(path)) == NAMED_RECIPES["small"]


@pytest.mark.parametrize(
    "text, message",
    [
        ("[modell]\n", "'modell' is no table of a recipe; [model], [training], [data], [augment] were expected"),
        ("epochs = 3\n", "has no key 'epochs'; it has model, training, data, augment"),
        ("[model]\nwidth = 3\n", "[model] has no key 'width'; it has num_layers, dim, "),
        ("[model]\ndim = 'a'\n", "[model] dim is 'a'; a int was expected"),
        ("[model]\nkernel = 2\n", "[model] kernel is 2; an odd number of frames was expected"),
        ("[training]\naccumulate = 0\n", "[training] accumulate is 0; 1 or more was expected"),
        ("[model\n", "is not TOML ("),
        (
            "--model-dims=3\n",
            "1: found '--model-dims=3'; no recipe of this kind has this option; did you mean --model-dim?",
        ),
        ("#\n--model-dim=a\n", "2: found '--model-dim=a'; a int was expected"),
        ("--model-dim\n", "1: found '--model-dim'; --model-dim needs a value"),
        ("--model-dim=8\n--model-dim=16\n", "2: found '--model-dim=16'; line 1 has '--model-dim=8' already"),
        ("--training-bf16=maybe\n", "1: found '--training-bf16=maybe'; true or false was expected"),
        ("--model-subword-layers=a,2\n", "1: found '--model-subword-layers=a,2'; integers with commas between them"),
        ("--model-kernel=2\n", "[model] kernel is 2; an odd number of frames was expected"),
    ],
)
def test_a_recipe_that_cannot_be_is_rejected_with_file_and_key(tmp_path, text, message):
    path = tmp_path / "own.conf"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        ctc_recipe(str(path))
    assert str(error.value).startswith((f"{path}: {message}", f"{path}:{message}"))


def test_a_time_lifts_the_limit_of_steps():
    small = NAMED_RECIPES["small"]
    assert limited(small, 80.0, None, None).training == replace(small.training, max_minutes=80.0, max_steps=0)
    assert limited(small, None, 5, 40.0).data.batch_seconds == 40.0
    assert limited(small, None, None, None) == small
