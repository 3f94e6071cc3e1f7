"""What phone rescoring adds to n-best lists, by its share of the acoustic score, and what it costs.

The phones are those of --phone-model or, where it is the model itself, of its phone head. "oracle" takes the hypothesis
with the fewest errors of each list.

python benchmarks/phone_rescoring.py GRAPH_DIR DATA LIST [--model SPEC] [--phone-model SPEC] [--phone-lang DIR]
  [--measure emissions|distance] [--num-best N] [--acoustic-scale X] [--utterances FILE]
"""

import argparse
import time
from itertools import islice
from pathlib import Path
from typing import Iterable, List, Tuple

import kaldialign
import torch
from tabulate import tabulate

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.models import HAMA, load_model
from wfst_bias.core.text import words_of
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.lists import read_entities
from wfst_bias.graph.store import graph_g2g, read_decoding
from wfst_bias.lang.lang import hama_lang, read_lang
from wfst_bias.lattice.nbest import NBest, nbest_of
from wfst_bias.lattice.word_lattice import word_lattices
from wfst_bias.score.counts import count_errors
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.report import score_counts
from wfst_bias.score.texts import read_names
from wfst_bias.second_pass.config import EMISSIONS, MEASURES, RescoringConfig
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer

_BATCH = 4
_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("--model", default=HAMA)
    parser.add_argument("--phone-model", default=HAMA)
    parser.add_argument("--phone-lang", type=Path, help="lang folder of the phones; that of hama where it is not given")
    parser.add_argument("--measure", choices=MEASURES, default=EMISSIONS)
    parser.add_argument("--num-best", type=int, default=100)
    parser.add_argument("--acoustic-scale", type=float, default=SearchConfig.acoustic_scale)
    parser.add_argument("--utterances", type=Path, help="only these, one name a line")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model = load_model(arguments.model)
    phone_model = model if arguments.phone_model == arguments.model else load_model(arguments.phone_model)
    decoder = Decoder(read_decoding(arguments.graph_dir), SearchConfig(acoustic_scale=arguments.acoustic_scale))
    entities = list(read_entities(arguments.list))
    lang = read_lang(arguments.phone_lang) if arguments.phone_lang else hama_lang()
    pronunciations = Pronunciations(lang, entities, decoder.graph.known_words, graph_g2g(arguments.graph_dir))
    rescorer = PhoneRescorer(pronunciations, RescoringConfig(measure=arguments.measure))
    texts = {name: words_of(text) for name, text in read_texts(arguments.data).items()}
    phrases = ScoredPhrases.of(entities)

    seconds = search_seconds = 0.0
    lists: List[Tuple[NBest, List[float]]] = []
    cuts = read_data(arguments.data)
    if arguments.utterances:
        names = set(read_names(arguments.utterances, texts))
        cuts = cuts.filter(lambda cut: cut.id in names)
    cuts = iter(cuts)
    while batch := list(islice(cuts, _BATCH)):
        emissions, phones = (
            compute_emissions(some, [cut.id for cut in batch], [load_audio(cut, some.sampling_rate) for cut in batch])
            for some in (model, phone_model)
        )
        begin = time.perf_counter()
        searched = decoder.lattices(emissions)
        search_seconds += time.perf_counter() - begin
        nbests = [
            nbest_of(lattice, arguments.num_best, decoder.graph.words) for lattice in word_lattices(searched, decoder)
        ]
        begin = time.perf_counter()
        scores = rescorer.phone_scores([[h.words for h in nbest.hypotheses] for nbest in nbests], phones)
        seconds += time.perf_counter() - begin
        lists += zip(nbests, scores)

    def row(name: str, chosen: Iterable[Tuple[str, Tuple[str, ...]]]) -> Tuple[str, ...]:
        score = score_counts([count_errors(texts[utterance], words, phrases) for utterance, words in chosen])
        return (name, *(f"{score.rates[rate].value:.2f}" for rate in ("WER", "U-WER", "B-WER", "F1")))

    def best(weight: float) -> Iterable[Tuple[str, Tuple[str, ...]]]:
        scale = arguments.acoustic_scale
        for nbest, scores in lists:
            pairs = zip(nbest.hypotheses, scores)
            totals = (h.total + weight * (scale * score - h.terms.acoustic) for h, score in pairs)
            yield nbest.name, max(zip(totals, (h.words for h in nbest.hypotheses)), default=(0.0, ()))[1]

    def oracle() -> Iterable[Tuple[str, Tuple[str, ...]]]:
        for nbest, _ in lists:
            errors = lambda words, name=nbest.name: kaldialign.edit_distance(texts[name], words)["total"]
            yield nbest.name, min((h.words for h in nbest.hypotheses), key=errors, default=())

    rows = [*(row(f"{weight:g}", best(weight)) for weight in _WEIGHTS), row("oracle", oracle())]
    print(tabulate(rows, headers=("weight", "WER", "U-WER", "B-WER", "F1"), disable_numparse=True))
    mean = sum(len(nbest.hypotheses) for nbest, _ in lists) / len(lists)
    print(
        f"{1000 * seconds / len(lists):.1f} ms an utterance, {seconds / search_seconds:.1f} x the search; "
        f"{mean:.1f} hypotheses each"
    )


if __name__ == "__main__":
    main()
