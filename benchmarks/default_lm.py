"""Perplexity of the default language model on a text, for a range of its one free parameter.

python benchmarks/default_lm.py TEXT [--lines N]
"""

import argparse
import math
from pathlib import Path

from wfst_bias.lang.default_lm import default_lm
from wfst_bias.text import words_of


def read_bigrams(arpa: str):
    unigram, backoff, bigram, section = {}, {}, {}, None
    for line in arpa.splitlines():
        if line.startswith("\\"):
            section = line
        elif "\t" in line and section == "\\1-grams:":
            p, word, *rest = line.split("\t")
            unigram[word], backoff[word] = float(p), float(rest[0]) if rest else 0.0
        elif "\t" in line:
            p, pair = line.split("\t")[:2]
            bigram[tuple(pair.split())] = float(p)
    return unigram, backoff, bigram


def perplexity(model, sentences) -> float:
    unigram, backoff, bigram = model
    total = count = 0
    for words in sentences:
        for pair in zip(["<s>", *words], [*words, "</s>"]):
            if pair[1] in unigram:
                total += bigram.get(pair, backoff.get(pair[0], 0.0) + unigram[pair[1]])
                count += 1
    return math.pow(10, -total / count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", type=Path)
    parser.add_argument("--lines", type=int, default=3000)
    arguments = parser.parse_args()
    sentences = [words_of(line) for line in arguments.text.read_text().splitlines()[: arguments.lines]]
    for share in (0.3, 0.4, 0.5, 0.6, 0.7):
        print(f"unseen share {share}: perplexity {perplexity(read_bigrams(default_lm(share)), sentences):.1f}")
