"""Arcs of the token graph after our backward epsilon removal, against the customary forward removal.

Forward removal gives every state the arcs of all states that its epsilons lead to. So many arcs cannot be made for
a trigram, but they can be counted; on the model pruned hard, where they can be made, OpenFst makes them, too.

python benchmarks/epsilon_removal.py LM.arpa.gz [--lang LANG_DIR] [--prune 1e-5]

``python benchmarks/make_trigrams.py LM.arpa.gz`` makes a model of two million trigrams.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pynini

from wfst_bias.core.symbols import CLASS
from wfst_bias.fst.epsilon import remove_epsilons
from wfst_bias.fst.wfst import Wfst, from_openfst, to_openfst
from wfst_bias.graph.token_graph import compose_lexicon_and_grammar
from wfst_bias.lang.lang import hama_lang, read_lang
from wfst_bias.lm.grammar import read_grammar
from wfst_bias.lm.prune import prune_lm


def forward_arcs(graph: Wfst, is_epsilon: np.ndarray) -> int:
    """How many arcs forward removal makes."""
    own = np.bincount(graph.src[~is_epsilon], minlength=graph.num_states)
    total, src, dst = int(own.sum()), graph.src[is_epsilon], graph.dst[is_epsilon]
    one = np.argsort(src, kind="stable")
    first, degree = np.searchsorted(src[one], np.arange(graph.num_states)), np.bincount(src, minlength=graph.num_states)
    ends = dst
    while len(ends):  # the ends of all chains of one epsilon, of two, ...
        total += int(own[ends].sum())
        count = degree[ends]
        place = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        ends = dst[one[np.repeat(first[ends], count) + place]]
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lm", type=Path)
    parser.add_argument("--lang", type=Path)
    parser.add_argument("--prune", type=float, default=1e-5)
    arguments = parser.parse_args()
    lang = read_lang(arguments.lang) if arguments.lang else hama_lang(own_pronunciations=False)

    def compared(arpa: Path):
        begin = time.perf_counter()
        LG, is_epsilon = compose_lexicon_and_grammar(lang, read_grammar(arpa, lang.words), lang.words, [CLASS])
        composed = time.perf_counter()
        ours, forward = remove_epsilons(LG, is_epsilon).num_arcs, forward_arcs(LG, is_epsilon)
        print(
            f"{arpa.name}: LG {LG.num_arcs:,} arcs, {np.count_nonzero(is_epsilon):,} of them epsilons "
            f"({composed - begin:.0f} s); backward {ours:,} arcs ({time.perf_counter() - composed:.0f} s), "
            f"forward {forward:,}, ratio 1/{forward / ours:.1f}"
        )
        return LG, is_epsilon, forward

    compared(arguments.lm)
    with tempfile.TemporaryDirectory() as folder:
        pruned = Path(folder) / "pruned.arpa"
        prune_lm(arguments.lm, pruned, arguments.prune)
        LG, is_epsilon, forward = compared(pruned)
    # OpenFst takes only arcs without any label for epsilons: words on such an arc go to the input side
    silent = replace(LG, ilabel=np.where(is_epsilon, 0, LG.ilabel), olabel=np.where(is_epsilon, 0, LG.olabel))
    removed = from_openfst(pynini.rmepsilon(to_openfst(silent), connect=False)).num_arcs
    print(f"OpenFst's removal on the pruned model makes {removed:,} arcs; counted {forward:,}")


if __name__ == "__main__":
    main()
