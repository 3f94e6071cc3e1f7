"""Spelling of words that the model has not seen: one word family in twenty is kept from its training.

python benchmarks/p2g.py [--order N ...] [--threshold X ...]
"""

import argparse
import tempfile
import time
from itertools import product
from pathlib import Path

from kaldialign import edit_distance

from wfst_bias.g2p.graphones import ORDER, THRESHOLD, cut_words, graphone_lexicon, graphone_model, write_graphones
from wfst_bias.g2p.p2g import GraphoneP2G
from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.training.g2p.families import family_of, kept_out_families


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--order", type=int, nargs="+", default=[ORDER])
    parser.add_argument("--threshold", type=float, nargs="+", default=[THRESHOLD])
    arguments = parser.parse_args()

    observed, cmudict = graphone_lexicon(), set(cmudict_lexicon().pairs)
    kept_out = kept_out_families(observed.entries)
    training = [pair for pair in observed.pairs if family_of(pair[0]) not in kept_out]
    unseen = [pair for pair in observed.pairs if family_of(pair[0]) in kept_out]
    sounds = {pronunciation for _, pronunciation in training}
    parts = {
        "CMUdict": [pair for pair in unseen if pair in cmudict],
        "CMUdict, no homophone in training": [p for p in unseen if p in cmudict and p[1] not in sounds],
        "hama, where CMUdict differs": [pair for pair in unseen if pair not in cmudict],
    }

    cuts = cut_words(Lexicon.of_pairs(training))
    for order, threshold in product(arguments.order, arguments.threshold):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "graphones.npz"
            model = graphone_model(cuts, order, threshold)
            write_graphones(file, model)
            p2g = GraphoneP2G(file)
            begin = time.perf_counter()
            p2g.spell([("K", "AE", "T")])
            load = time.perf_counter() - begin
            size = file.stat().st_size / 1e6
        begin = time.perf_counter()
        spelled = p2g.spell(p for _, p in unseen)
        milliseconds = 1000 * (time.perf_counter() - begin) / len(spelled)
        print(
            f"order {order}, threshold {threshold:g}: {sum(model.counts):,} n-grams, {size:.2f} MB, "
            f"loads in {load:.2f} s, {milliseconds:.2f} ms a word"
        )
        for name, part in parts.items():
            right = sum(spelled[p] == word for word, p in part)
            errors = sum(edit_distance(list(word), list(spelled[p]))["total"] for word, p in part)
            letters = sum(len(word) for word, _ in part)
            print(
                f"  {name:<34} {len(part):>6,} words, {100 * right / len(part):.1f} % right, "
                f"{100 * errors / letters:.1f} % letter errors"
            )


if __name__ == "__main__":
    main()
