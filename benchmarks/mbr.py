"""What minimum Bayes risk decoding gives: word error rates by scale, and its time.

python benchmarks/mbr.py DATA DECODE_DIR [--scales S ...]

DATA is a Kaldi folder with texts, DECODE_DIR was decoded from it with --nbest 100. Every second utterance of DATA, from
the second on, is held out: nothing was tuned on it.
"""

import argparse
import json
import time
from itertools import groupby, islice
from pathlib import Path

import kaldialign
import numpy as np

from wfst_bias.corpus.data import read_texts
from wfst_bias.files import lines_of
from wfst_bias.lattice.nbest import Hypothesis, NBest
from wfst_bias.lattice.terms import Terms
from wfst_bias.stages.config import MbrConfig
from wfst_bias.stages.mbr import least_risk
from wfst_bias.text import words_of


def read_nbest(path: Path) -> dict:
    """The n-best list of each utterance, without its phrases."""
    rows = (json.loads(line) for _, line in lines_of(path))
    names = list(Terms.__dataclass_fields__)
    return {
        utterance: NBest(
            utterance,
            tuple(Hypothesis(tuple(r["text"].split()), (), Terms(*(r[name] for name in names))) for r in some),
        )
        for utterance, some in groupby(rows, key=lambda row: row["utterance"])
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("decode_dir", type=Path)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.2, 0.3, 0.5, 0.7, 1.0])
    arguments = parser.parse_args()
    texts = {name: words_of(text) for name, text in read_texts(arguments.data).items()}
    nbests = read_nbest(arguments.decode_dir / "nbest.jsonl")
    parts = {part: list(islice(texts, first, None, 2)) for part, first in (("tuned", 0), ("held out", 1))}

    def tell(name: str, chosen: dict) -> None:
        rates = []
        for names in parts.values():
            errors = sum(kaldialign.edit_distance(texts[key], chosen.get(key, ()))["total"] for key in names)
            rates.append(100 * errors / sum(len(texts[key]) for key in names))
        changed = sum(words != nbests[key].hypotheses[0].words for key, words in chosen.items())
        print(f"{name:10} WER {' '.join(f'{part} {rate:.2f}' for part, rate in zip(parts, rates))}, {changed} changed")

    tell("likeliest", {key: nbest.hypotheses[0].words for key, nbest in nbests.items()})
    for scale in arguments.scales:
        config = MbrConfig(scale=scale)
        tell(f"scale {scale:g}", {key: least_risk(nbest, config).words for key, nbest in nbests.items()})
    for count in (10, 100):
        seconds = []
        for nbest in nbests.values():
            if len(nbest.hypotheses) >= count:
                begin = time.perf_counter()
                least_risk(nbest, MbrConfig(num_best=count))
                seconds.append(time.perf_counter() - begin)
        if seconds:
            median, most = 1000 * np.median(seconds), 1000 * max(seconds)
            print(f"{count} hypotheses: {median:.1f} ms an utterance, {most:.1f} at most, of {len(seconds)}")


if __name__ == "__main__":
    main()
