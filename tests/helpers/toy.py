"""A small world: sentences in the phones of hama, and a model that mishears some phones in a way of its own."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import torch

from wfst_bias.acoustic.emissions import Emissions, padded_emissions
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.lang.lang import Lang, hama_units
from wfst_bias.lang.lexicon import Lexicon, read_lexicon_text
from wfst_bias.lang.phones import phone_of
from wfst_bias.lang.units import CHARS, Units

COMMON = "the a to in please call met we was late report city send after before station doctor and".split()
NAMES = """
delgado gallagher hathaway isabella jefferson kowalski lombardi montague nakamura oppenheimer petersen quincy
rodriguez sandoval thornton underwood valentine whittemore yamamoto zimmerman abernathy bartholomew cartwright
donovan ellison fitzgerald goldberg henderson ingram jacobson keller lancaster mcdonald norwood olson pemberton
""".split()
OTHERS = """
aldridge bernstein calloway dempsey everett faulkner garrison holloway irwin kennedy lindbergh madison nielsen
osborne patterson ramirez sullivan tucker vasquez wellington bradley clifford dunham eldridge fleming gardner
""".split()
FRAMES_A_PHONE = 3  # two of the phone, and a blank
_PAIRS = "P B,T D,K G,S Z,M N,IH EH,AE AH,F V,L R"
CONFUSED = {a: b for pair in _PAIRS.split(",") for a, b in (pair.split(), pair.split()[::-1])}


def _texts(count=80):
    chance = np.random.default_rng(7)
    pick = lambda words: words[chance.integers(len(words))]
    sentences = (f"{pick(COMMON)} {pick(COMMON)} {pick(NAMES)} {pick(COMMON)} {pick(NAMES)}" for _ in range(count))
    return {f"utt_{i:03d}": sentence for i, sentence in enumerate(sentences)}


TEXTS = _texts()


@lru_cache(None)
def lang() -> Lang:
    """Phones, and a lexicon of these words alone, each said in one way."""
    return Lang(hama_units(), read_lexicon_text(Path(__file__).with_name("toy_lexicon.txt"), phone_of))


@lru_cache(None)
def letters() -> Lang:
    """Characters, for a model that has a phone head beside them."""
    tokens = SymbolTable((BLANK, "|", *"abcdefghijklmnopqrstuvwxyz"))
    return Lang(Units(CHARS, tokens, "|"), Lexicon({word: (tuple(word),) for word in [*COMMON, *NAMES, *OTHERS]}))


def phones_of(text):
    """Its phones, with boundaries between the words."""
    return " <wb> ".join(" ".join(lang().lexicon[word][0]) for word in text.split()).split()


def frames_of(text, chance, errors=0.25):
    """Log-probabilities ``(T, C)``: two frames a phone, a blank behind it; of the errors the phone is the second best."""
    tokens = lang().tokens
    rows = []
    for phone in phones_of(text):
        other = CONFUSED.get(phone, phone)
        wrong = chance.random() < errors
        row = np.full(len(tokens), 0.1 / len(tokens))
        row[tokens[phone]] += 0.3 if wrong else 0.8
        row[tokens[other]] += 0.6 if wrong else 0.1
        blank = np.full(len(tokens), 0.01 / len(tokens))
        blank[0] += 0.99
        rows += [row, row, blank]
    probs = np.stack(rows)
    return np.log(probs / probs.sum(axis=1, keepdims=True)).astype(np.float32)


def heard(texts, seed=3):
    """Of each utterance."""
    chance = np.random.default_rng(seed)
    return {name: frames_of(text, chance) for name, text in texts.items()}


def write_data(folder, texts):
    """A Kaldi data folder; its audio is silence as long as the frames of the texts, the models here do not listen."""
    (folder / "wav").mkdir(parents=True)
    for name, text in texts.items():
        num_samples = round(FRAMES_A_PHONE * len(phones_of(text)) * ToyModel.frame_shift * ToyModel.sampling_rate)
        soundfile.write(folder / "wav" / f"{name}.wav", np.zeros(num_samples), ToyModel.sampling_rate)
    (folder / "wav.scp").write_text("".join(f"{name} wav/{name}.wav\n" for name in texts))
    (folder / "text").write_text("".join(f"{name} {text}\n" for name, text in texts.items()))
    return folder


class ToyModel:
    """A black box: it has heard everything before."""

    sampling_rate = 16000
    frame_shift = 0.02

    def __init__(self, heard):
        self.tokens = lang().tokens
        self._heard = heard

    def emissions(self, names, audio):
        return padded_emissions([self._heard[name] for name in names], self.frame_shift, self.tokens, names)


class WhiteToy(ToyModel):
    """The same as a white box: letters from two hidden layers, the phones beside them."""

    num_layers, layer_dim = 2, 12

    def __init__(self, heard):
        super().__init__(heard)
        self.phones = self.tokens
        self.tokens = letters().tokens
        torch.manual_seed(5)
        self._layers = torch.nn.Linear(len(self.phones), self.num_layers * self.layer_dim)
        self.network = torch.nn.Linear(self.layer_dim, len(self.tokens)).requires_grad_(False)

    def head(self, hidden):
        return self.network(hidden).log_softmax(-1)

    @torch.no_grad()
    def emissions(self, names, audio):
        phones = padded_emissions([self._heard[name] for name in names], self.frame_shift, self.phones, names)
        layers = self._layers(phones.log_probs).unflatten(-1, (self.num_layers, self.layer_dim)).tanh()
        return Emissions(
            self.head(layers[:, :, -1]), phones.lengths, self.frame_shift, self.tokens, list(names), layers, phones
        )


class SlowToy(WhiteToy):
    """The same with letters in frames that are three times as long as those of the phones."""

    ratio = 3

    @torch.no_grad()
    def emissions(self, names, audio):
        fast = super().emissions(names, audio)
        lengths = -(-fast.lengths // self.ratio)
        layers = fast.layers[:, :: self.ratio]
        shift = self.ratio * fast.frame_shift
        return Emissions(self.head(layers[:, :, -1]), lengths, shift, self.tokens, list(names), layers, fast.phones)


def one_hot(tokens, symbols, sharpness=8.0):
    """Log-probabilities ``(T, C)`` of a symbol a frame; ``_`` is blank."""
    ids = [0 if symbol == "_" else tokens[symbol] for symbol in symbols.split()]
    logits = torch.zeros(len(ids), len(tokens))
    logits[torch.arange(len(ids)), torch.tensor(ids)] = sharpness
    return logits.log_softmax(-1)
