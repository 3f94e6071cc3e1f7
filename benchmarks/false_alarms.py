"""False alarms of the phrases of a list by their length and by the findings of 'entities check'.

Lists of words that neither the language model nor the texts of DATA have are drawn from the lexicon, as many of each
length, and DATA is decoded with each list. Every phrase that is found is a false alarm; the figures are for a thousand such
phrases in an hour.

python benchmarks/false_alarms.py BASE_DIR DATA [--words N] [--lists N] [--model SPEC]
"""

import argparse
import random
from collections import Counter
from itertools import islice
from pathlib import Path

from tabulate import tabulate

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.models import load_model
from wfst_bias.core.text import words_of
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.check import check
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.findings import GUESSED
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.store import read_base, read_token_graph
from wfst_bias.graph.unigrams import word_log_probs

_BATCH = 4
_LENGTHS = {2: "2, 3", 3: "2, 3", 4: "4", 5: "5, 6", 6: "5, 6", 7: "7 to 9", 8: "7 to 9", 9: "7 to 9"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--words", type=int, default=200, help="of each length in a list")
    parser.add_argument("--lists", type=int, default=4)
    parser.add_argument("--model", default="hama")
    arguments = parser.parse_args()

    model, batches, seconds = load_model(arguments.model), [], 0.0
    cuts = iter(read_data(arguments.data))
    while batch := list(islice(cuts, _BATCH)):
        audio = [load_audio(cut, model.sampling_rate) for cut in batch]
        seconds += sum(map(len, audio)) / model.sampling_rate
        batches.append(compute_emissions(model, [cut.id for cut in batch], audio))
    base = read_base(arguments.base_dir)
    log_probs = word_log_probs(read_token_graph(arguments.base_dir), base.words)
    speller, plain = speller_of(base), speller_of(base, g2g=G2GConfig(variants=0))
    reference_words = {word for text in read_texts(arguments.data).values() for word in words_of(text)}
    unspoken = [w for w in base.lang.lexicon.entries if w.isalpha() and w not in log_probs and w not in reference_words]
    of_length = {}
    for outcome in plain.spell(list(map(Entity, unspoken))):
        if not any(outcome.homophones):
            of_length.setdefault(min(map(len, outcome.pronunciations)), []).append(outcome.entity.written)

    num_phrases, num_found = Counter(), Counter()
    for number in range(arguments.lists):
        rng = random.Random(number)
        drawn = [(n, w) for n in _LENGTHS for w in rng.sample(of_length[n], min(arguments.words, len(of_length[n])))]
        outcomes = speller.spell([Entity(word, line=i) for i, (_, word) in enumerate(drawn)])
        found = {
            f.entity.written: f"{f.severity} {f.kind}"
            for f in check(outcomes, base.lang, log_probs)
            if f.kind != GUESSED
        }
        groups = {word: [("all", _LENGTHS[n]), (found.get(word, "none"), _LENGTHS[n])] for n, word in drawn}
        num_phrases.update(group for word in groups for group in groups[word])
        decoder = Decoder(base.with_entities(*compile_lists(base, outcomes)))
        for emissions in batches:
            for transcript in best_paths(decoder.lattices(emissions), decoder):
                num_found.update(group for entity in transcript.entities for group in groups[entity.phrase])

    def cell(name: str, length: str) -> str:
        phrases, num_alarms = num_phrases[name, length], num_found[name, length]
        return f"{1000 * num_alarms / phrases / (seconds / 3600):.0f} ({num_alarms} of {phrases:,})" if phrases else "-"

    lengths = list(dict.fromkeys(_LENGTHS.values()))
    names = sorted({name for name, _ in num_phrases})
    print(tabulate([[name, *(cell(name, length) for length in lengths)] for name in names], headers=["", *lengths]))


if __name__ == "__main__":
    main()
