"""Error rates with pronunciation variants: names of which only the spelling is known, and lists with a full lexicon.

python benchmarks/variants.py DATA LM LIST [--without LIST] [--variants N ...]

DATA is a Kaldi folder with texts, LM an ARPA file, LIST the phrases. First the words of --without (LIST by default) are
taken out of the lexicon, and out of what the graphones are learnt from, with all words of the same family; then the same
list is decoded with the whole lexicon and the graphones that come with the package. Every second utterance of DATA, from
the second on, is held out: nothing was tuned on it.
"""

import argparse
import re
import tempfile
from itertools import islice
from pathlib import Path

import torch

from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.entities.lists import read_entities
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.graphones import cut_words, graphone_lexicon, graphone_model, write_graphones
from wfst_bias.graph.compile import compile_base, speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.lang.lang import Lang, hama_lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.tune.lists import OneList
from wfst_bias.tune.tuner import Tuner, dev_emissions
from wfst_bias.tune.weights import Weights


def family(word: str) -> str:
    return re.sub(r"('s|s'|'|s|es|ed|ing)$", "", word)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("lm", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("--without", type=Path)
    parser.add_argument("--variants", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    entities = read_entities(arguments.list)
    unknown = {word for entity in read_entities(arguments.without or arguments.list) for word in entity.words}
    families = set(map(family, unknown))
    texts = read_texts(arguments.data)
    parts = {}
    for part, first in (("tuned", 0), ("held out", 1)):
        names = set(islice(texts, first, None, 2))
        cuts = read_data(arguments.data).filter(lambda cut, names=names: cut.id in names)
        parts[part] = dev_emissions(cuts, Recognizer.default(), 4)
    phrases = dict.fromkeys(texts, ScoredPhrases.of(entities))

    def measure(name: str, base, config: G2GConfig) -> None:
        outcomes = speller_of(base, g2g=config).spell(entities)
        pronunciations = sum(len(outcome.pronunciations) for outcome in outcomes) / len(outcomes)
        for part, emissions in parts.items():
            score = Tuner(OneList(base, outcomes), emissions, texts, phrases).score(Weights())
            rates = "  ".join(f"{x} {r.value:5.2f} ({r.low:.1f}-{r.high:.1f})" for x, r in score.rates.items())
            print(
                f"{name:<36} {part:<8} pronunciations {pronunciations:4.1f}  {rates}  alarms {score.counts.false_alarms}",
                flush=True,
            )

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lang = hama_lang()
        known = {word: pronunciations for word, pronunciations in lang.lexicon.entries.items() if word not in unknown}
        Lang(lang.units, Lexicon(known)).write(folder / "spelled")
        lang.write(folder / "lang")
        pairs = (pair for pair in graphone_lexicon().pairs if family(pair[0]) not in families)
        write_graphones(folder / "graphones.npz", graphone_model(cut_words(Lexicon.of_pairs(pairs))))
        for name, title in (("spelled", "spelled only"), ("lang", "in the lexicon")):
            graphones = str(folder / "graphones.npz") if name == "spelled" else "graphones"
            compile_base(folder / name, arguments.lm, folder / f"{name}_base")
            base = read_base(folder / f"{name}_base")
            measure(f"{title}, no variant", base, G2GConfig(variants=0))
            for num in arguments.variants:
                measure(f"{title}, {num} by graphones", base, G2GConfig(variants=num, sources=graphones))
            for source, sources in (("table en", "en"), ("graphones and en", f"{graphones},en")):
                measure(f"{title}, 4 by {source}", base, G2GConfig(variants=4, sources=sources))
            del base


if __name__ == "__main__":
    main()
