"""Make wfst_bias/lm/spoken.arpa.gz: contractions with the words before and after them, and words that begin sentences.

They are n-grams of a bigram model of spoken English, of the words that the default model counts and of contractions.
The file that comes with the package was made from en-us-2g.arpa.gz of CMU Sphinx (BSD license, see NOTICE):

python benchmarks/make_spoken_ngrams.py en-us-2g.arpa.gz wfst_bias/lm/spoken.arpa.gz
"""

import argparse
from pathlib import Path

import numpy as np

from wfst_bias.lm.arpa import BOS, EOS
from wfst_bias.lm.default import is_contraction, unigram_counts
from wfst_bias.lm.files import read_ngrams, write_ngrams
from wfst_bias.lm.ngrams import Ngrams, ngrams_of_rows

_RAREST_PAIR = 1e-6  # probability of two words that follow each other, one of them a contraction
_RAREST_START = 1e-5  # probability of a word that begins a sentence


def spoken_ngrams(model: Ngrams) -> Ngrams:
    """The n-grams of contractions and sentence beginnings of a model."""
    counted = unigram_counts()
    contracted = np.array([is_contraction(word) for word in model.words])
    known = contracted | np.array([word in counted or word in (BOS, EOS) for word in model.words])
    nodes = model.nodes(2)
    first, last, log_prob = model.word[model.parent[nodes]], model.word[nodes], model.log_prob[nodes]
    begins = first == model.words.index(BOS)
    joint = np.exp(log_prob + model.log_prob[model.parent[nodes]])
    pairs = (contracted[first] | contracted[last]) & (joint > _RAREST_PAIR)
    keep = np.where(begins, np.exp(log_prob) > _RAREST_START, pairs) & known[first] & known[last]
    ids = np.stack([first, last], axis=1)[keep]
    used, rows = np.unique(ids, return_inverse=True)
    return ngrams_of_rows(
        [model.words[i] for i in used],
        rows=[np.arange(len(used))[:, None], rows.reshape(ids.shape)],
        log_probs=[model.log_prob[model.nodes(1)][used], log_prob[keep]],
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, metavar="ARPA")
    parser.add_argument("out", type=Path, metavar="OUT.arpa.gz")
    arguments = parser.parse_args()
    ngrams = spoken_ngrams(read_ngrams(arguments.model))
    write_ngrams(arguments.out, ngrams)
    print(f"{arguments.out}: {ngrams.counts[0]:,} words, {ngrams.counts[1]:,} pairs")
