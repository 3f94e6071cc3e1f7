"""Perplexity of language models that are trained on nine tenths of a text, on the tenth line of every ten.

python benchmarks/train_lm.py TEXT [--order N ...] [--threshold X ...]
"""

import argparse
import time
from pathlib import Path

from wfst_bias.core.text import words_of
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.perplexity import perplexity
from wfst_bias.lm.prune import pruned

_ONE_IN = 10

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--order", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--threshold", type=float, nargs="+", default=[0.0], help="of 'lm prune'")
    arguments = parser.parse_args()
    sentences = [words for line in arguments.text.read_text().splitlines() if (words := words_of(line))]
    held_out = sentences[_ONE_IN - 1 :: _ONE_IN]
    training = [words for i, words in enumerate(sentences, 1) if i % _ONE_IN]
    for order in arguments.order:
        begin = time.perf_counter()
        full = kneser_ney(training, order)
        seconds = time.perf_counter() - begin
        for threshold in arguments.threshold:
            model = pruned(full, threshold) if threshold else full
            print(
                f"order {order}, {seconds:.2f} s, threshold {threshold:g}: {sum(model.counts):,} n-grams, "
                f"perplexity {perplexity(model, held_out):.1f}"
            )
