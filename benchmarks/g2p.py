"""Pronunciations of words that the models have not seen: one word family in twenty is kept from their training.

python benchmarks/g2p.py [--weights NPZ] [--graphones NPZ]

The graphones are trained without these words here, which takes minutes, unless a file has them; the shipped network was
trained without them. hama's G2P is as it comes, and its own pronunciations count as right. Pin the command to a core.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Tuple

import torch
from kaldialign import edit_distance

from wfst_bias.g2p.graphones import cut_words, graphone_lexicon, graphone_model, write_graphones
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.g2p.joint import JointModel
from wfst_bias.g2p.letter_network import WEIGHTS_FILE, LetterNetwork
from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.training.g2p.families import family_of, kept_out_families

_NUM = 6  # pronunciations of each word, as variants need them
_BEST = 5


@dataclass(frozen=True)
class Outcome:
    """The pronunciations that a model finds, the likeliest first, and the seconds of a core a word."""

    name: str
    found: Dict[str, List[Pronunciation]]
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=WEIGHTS_FILE, help="of the network")
    parser.add_argument("--graphones", type=Path, help="trained without the words; written here where there is none")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    observed = graphone_lexicon()
    kept_out = kept_out_families(observed.entries)
    unseen = [word for word in observed.entries if family_of(word) in kept_out]
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.graphones or Path(folder) / "graphones.npz"
        if not file.exists():
            training = [pair for pair in observed.pairs if family_of(pair[0]) not in kept_out]
            write_graphones(file, graphone_model(cut_words(Lexicon.of_pairs(training))))
        outcomes = [_graphones(unseen, file), _hama(unseen), _network(unseen, arguments.weights)]
    _print_table(unseen, outcomes)


def _graphones(words: List[str], file: Path) -> Outcome:
    model = JointModel(file)
    model.pronounce("warm", _NUM)
    begin = time.process_time()
    found = {word: [pronunciation for pronunciation, _ in model.pronounce(word, _NUM)] for word in words}
    return Outcome("graphones", found, (time.process_time() - begin) / len(words))


def _hama(words: List[str]) -> Outcome:
    model = HamaG2P()
    model.pronounce(["warm"])
    begin = time.process_time()
    found = {word: list(known) for word, known in model.pronounce(words).items()}
    return Outcome("hama", found, (time.process_time() - begin) / len(words))


def _network(words: List[str], file: Path) -> Outcome:
    network = LetterNetwork(file)
    network.read(["warm"], _NUM)
    begin = time.process_time()
    readings = network.read(words, _NUM)
    seconds = (time.process_time() - begin) / len(words)
    found = {word: [pronunciation for pronunciation, _ in some] for word, some in readings.to_dict().items()}
    return Outcome("network", found, seconds)


def _print_table(words: List[str], outcomes: List[Outcome]) -> None:
    cmudict = cmudict_lexicon()
    of_hama = next(outcome.found for outcome in outcomes if outcome.name == "hama")
    print(f"{len(words):,} words, n-best of {_NUM}")
    print(
        "| model | first is CMUdict's or hama's | CMUdict's | hama's | phone errors to the nearest | to hama's |",
        end="",
    )
    print(f" CMUdict's among {_BEST} | hama's among {_BEST} | words a second |\n|" + " --- |" * 9)
    for outcome in outcomes:
        counts = [0] * 5
        nearest, to_hama = (0, 0), (0, 0)
        for word in words:
            found, known = outcome.found[word], [*cmudict.entries.get(word, ()), *of_hama[word]]
            first = found[0] if found else ()
            hits = first in known, first in cmudict.entries.get(word, ()), first in of_hama[word]
            among = (set(found[:_BEST]) & set(some) for some in (cmudict.entries.get(word, ()), of_hama[word]))
            counts = [count + bool(hit) for count, hit in zip(counts, [*hits, *among])]
            nearest = _added(nearest, min((_errors(first, one) for one in known), key=lambda pair: pair[0] / pair[1]))
            to_hama = _added(to_hama, min(_errors(first, one) for one in of_hama[word] or [first or ("",)]))
        shares = [f"{100 * count / len(words):.1f} %" for count in counts]
        rates = [f"{100 * errors / phones:.1f} %" for errors, phones in (nearest, to_hama)]
        print(
            f"| {outcome.name} | "
            + " | ".join([*shares[:3], *rates, *shares[3:], f"{1 / outcome.seconds:,.0f}"])
            + " |"
        )


def _errors(found: Pronunciation, known: Pronunciation) -> Tuple[int, int]:
    return edit_distance(list(known), list(found))["total"], len(known)


def _added(a: Tuple[int, int], b: Tuple[int, int]) -> Tuple[int, int]:
    return a[0] + b[0], a[1] + b[1]


if __name__ == "__main__":
    main()
