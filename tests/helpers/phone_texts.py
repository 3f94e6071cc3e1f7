"""A small lexicon with pronunciation variants, and every token string of its texts."""

import itertools

import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.units import Units

TOKENS = SymbolTable(("<blk>", "|", "T", "UW", "M", "AA"))
UNITS = Units("phones", TOKENS, "|")
BARE = Units("phones", SymbolTable(("<blk>", "T", "UW", "M", "AA")))
LEXICON = {"two": ["T UW"], "tomato": ["T UW M AA T UW", "T AA M AA T UW"], "ma": ["M AA", "M AA AA"], "uh": ["AA"]}


def lang(units):
    return Lang(units, Lexicon({word: tuple(tuple(p.split()) for p in ways) for word, ways in LEXICON.items()}))


def random_emissions(lengths, units, seed=0):
    generator = torch.Generator().manual_seed(seed)
    log_probs = (2 * torch.randn(len(lengths), max(lengths), len(units.tokens), generator=generator)).log_softmax(-1)
    return Emissions(log_probs, torch.tensor(lengths), 0.02, units.tokens, [f"utt{i}" for i in range(len(lengths))])


def ctc_log_prob(log_probs, target):
    """Of one string of tokens, by PyTorch."""
    return -torch.nn.functional.ctc_loss(
        log_probs[:, None].double(),
        torch.tensor([target], dtype=torch.int64).reshape(1, -1),
        torch.tensor([len(log_probs)]),
        torch.tensor([len(target)]),
        reduction="sum",
    ).item()


def strings(words, units):
    """Every string of tokens that says these words, boundaries there or not."""
    ways = [[[units.tokens[unit] for unit in p.split()] for p in LEXICON[word]] for word in words]
    gaps = [[], *([edge] for edge in units.edge)]
    found = set()
    for way in itertools.product(*ways):
        for some in itertools.product(gaps, repeat=len(words) + 1):
            found.add(tuple(itertools.chain(some[0], *(w + gap for w, gap in zip(way, some[1:])))))
    return found
