"""Contractions recalled and word errors of decode folders, made with the base graphs of language models that are compared.

References that write contractions apart ("it s", as speechocean762 does) are joined, so that both forms are one.

python benchmarks/contractions.py DATA DECODED [DECODED ...] [--apart]
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Dict, List, Sequence

import kaldialign

from wfst_bias.core.text import words_of
from wfst_bias.lm.default import is_contraction

_GAP = "*"


def joined(words: Sequence[str]) -> List[str]:
    """The words, with the two parts of a contraction in one."""
    together: List[str] = []
    for word in words:
        if together and is_contraction(f"{together[-1]}'{word}"):
            together[-1] += f"'{word}"
        else:
            together.append(word)
    return together


def read_text(path: Path) -> Dict[str, List[str]]:
    rows = (line.partition(" ") for line in path.read_text(encoding="utf-8").splitlines())
    return {utterance: list(words_of(text)) for utterance, _, text in rows}


def counted(references: Dict[str, List[str]], hypotheses: Dict[str, List[str]]) -> Counter:
    """Words, errors, contractions in the reference, those recognized, and those recognized where there is none."""
    counts: Counter = Counter()
    for utterance, reference in references.items():
        for said, heard in kaldialign.align(reference, hypotheses.get(utterance, []), _GAP):
            counts["words"] += said != _GAP
            counts["errors"] += said != heard
            counts["contractions"] += is_contraction(said)
            counts["recalled"] += is_contraction(said) and said == heard
            counts["false"] += is_contraction(heard) and said != heard
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="Kaldi data folder with the references")
    parser.add_argument("decoded", type=Path, nargs="+", help="decode folders")
    parser.add_argument("--apart", action="store_true", help="leave contractions apart that the references write so")
    arguments = parser.parse_args()
    references = read_text(arguments.data / "text")
    if not arguments.apart:
        references = {utterance: joined(words) for utterance, words in references.items()}
    print("| | WER % | contractions recalled | % | false |\n| --- | --- | --- | --- | --- |")
    for folder in arguments.decoded:
        n = counted(references, read_text(folder / "text"))
        wer, recall = 100 * n["errors"] / n["words"], 100 * n["recalled"] / max(n["contractions"], 1)
        recalled = f"{n['recalled']} of {n['contractions']}"
        print(f"| {folder.name} | {wer:.2f} | {recalled} | {recall:.1f} | {n['false']} |")
