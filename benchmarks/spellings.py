"""Error rates with other segmentations and other spellings of a list, for a model of subwords.

python benchmarks/spellings.py BASE_DIR MODEL DATA LIST

BASE_DIR is made of the lang folder of MODEL (``conformer:EXP``, ``onnx:FILE`` ...), DATA a Kaldi folder with texts.
"""

import argparse
from pathlib import Path

import torch

from wfst_bias.acoustic.models import load_model
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.config import SearchConfig
from wfst_bias.entities.lists import read_entities
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.lang.spellers import PieceSpeller
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.tune.lists import OneList
from wfst_bias.tune.tuner import Tuner, dev_emissions
from wfst_bias.tune.weights import Weights

_SEARCH = SearchConfig(acoustic_scale=1.2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("list", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    base, entities = read_base(arguments.base_dir), read_entities(arguments.list)
    model = load_model(arguments.model, torch.device("cpu"))
    emissions = dev_emissions(read_data(arguments.data), Recognizer(base=base, model=model), 4)
    texts = read_texts(arguments.data)
    phrases = dict.fromkeys(texts, ScoredPhrases.of(entities))

    def measure(title: str, config: G2GConfig, segmentations: int = 1) -> None:
        speller = PieceSpeller(base.lang.piece_model, base.lang.units, segmentations)
        outcomes = speller_of(base, speller, config).spell(entities)
        spellings = sum(len(outcome.pronunciations) for outcome in outcomes) / len(outcomes)
        score = Tuner(OneList(base, outcomes), emissions, texts, phrases).score(Weights(search=_SEARCH))
        rates = "  ".join(f"{name} {rate.value:5.2f}" for name, rate in score.rates.items())
        print(f"{title:<26} spellings {spellings:3.1f}  {rates}  alarms {score.counts.false_alarms}", flush=True)

    for segmentations in (1, 2, 4, 8):
        measure(f"{segmentations} segmentations", G2GConfig(variants=0), segmentations)
    for sources in ("graphones", "en"):
        for variants in (2, 4, 8):
            measure(f"{variants} spellings by {sources}", G2GConfig(variants=variants, sources=sources))


if __name__ == "__main__":
    main()
