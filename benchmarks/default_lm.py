"""Perplexity of the default language model on a text, for a range of its free parameters.

python benchmarks/default_lm.py TEXT [--lines N]
"""

import argparse
from pathlib import Path

from wfst_bias.core.text import words_of
from wfst_bias.lm.default import default_lm
from wfst_bias.lm.perplexity import perplexity

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("text", type=Path)
    parser.add_argument("--lines", type=int, default=3000)
    arguments = parser.parse_args()
    sentences = [words_of(line) for line in arguments.text.read_text().splitlines()[: arguments.lines]]
    for share in (0.3, 0.35, 0.4, 0.5, 0.6, 0.7):
        print(f"unseen share {share}: perplexity {perplexity(default_lm(share), sentences):.1f}")
    for odds in (1.0, 2.0, 4.0):
        print(f"contraction odds {odds}: perplexity {perplexity(default_lm(contraction_odds=odds), sentences):.1f}")
