"""Error rates with lexicon lookup, with all its thresholds, without each and without any; precision of its replacements.

The phones are those of --phone-model or, where it is the model itself, of its phone head. A replacement is right where
all words of its phrase are aligned with the same words of the reference.

python benchmarks/lookup.py GRAPH_DIR DATA LIST [--model SPEC] [--phone-model SPEC] [--phone-lang DIR]
  [--acoustic-scale X]
"""

import argparse
import time
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Dict, List, Tuple

import kaldialign
import torch
from tabulate import tabulate

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.models import HAMA, load_model
from wfst_bias.core.text import words_of
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import Transcript
from wfst_bias.entities.lists import read_entities
from wfst_bias.graph.store import graph_g2g, read_decoding
from wfst_bias.lang.lang import hama_lang, read_lang
from wfst_bias.score.counts import count_errors
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.report import score_counts
from wfst_bias.second_pass.config import LOOKUP, LookupConfig
from wfst_bias.second_pass.lookup import Lookup
from wfst_bias.second_pass.pronunciations import Pronunciations

_BATCH = 8
_DEFAULT = LookupConfig()
_THRESHOLDS = {
    "all thresholds": _DEFAULT,
    "any phones": replace(_DEFAULT, min_phones=1),
    "one word": replace(_DEFAULT, max_words=1),
    "any posterior": replace(_DEFAULT, min_posterior=0.0),
    "posterior 0.8": replace(_DEFAULT, min_posterior=0.8),
    "any lead": replace(_DEFAULT, min_lead=0.0),
    "no boundaries": replace(_DEFAULT, whole_words=False),
    "listed words, too": replace(_DEFAULT, keep_listed=False),
    "variants, too": replace(_DEFAULT, variants=True),
    "no thresholds": LookupConfig(1, 3, 0.0, 0.0, False, False, True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("--model", default=HAMA)
    parser.add_argument("--phone-model", default=HAMA)
    parser.add_argument("--phone-lang", type=Path, help="lang folder of the phones; that of hama where it is not given")
    parser.add_argument("--acoustic-scale", type=float, default=SearchConfig.acoustic_scale)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model = load_model(arguments.model)
    phone_model = model if arguments.phone_model == arguments.model else load_model(arguments.phone_model)
    decoder = Decoder(read_decoding(arguments.graph_dir), SearchConfig(acoustic_scale=arguments.acoustic_scale))
    decoded = []
    cuts = iter(read_data(arguments.data))
    while batch := list(islice(cuts, _BATCH)):
        emissions, phones = (
            compute_emissions(some, [cut.id for cut in batch], [load_audio(cut, some.sampling_rate) for cut in batch])
            for some in (model, phone_model)
        )
        decoded.append((best_paths(decoder.lattices(emissions), decoder), phones))

    lang = read_lang(arguments.phone_lang) if arguments.phone_lang else hama_lang()
    entities = list(read_entities(arguments.list))
    pronunciations = Pronunciations(lang, entities, decoder.graph.known_words, graph_g2g(arguments.graph_dir))
    texts = {name: words_of(text) for name, text in read_texts(arguments.data).items()}
    phrases = ScoredPhrases.of(entities)

    def rates(transcripts: List[Transcript]) -> Tuple[str, ...]:
        counts = [count_errors(texts[t.name], tuple(w.text for w in t.words), phrases) for t in transcripts]
        score = score_counts(counts)
        return tuple(f"{score.rates[name].value:.2f}" for name in ("WER", "U-WER", "B-WER", "F1"))

    rows = [("no lookup", *rates([t for some, _ in decoded for t in some]), "", "", "")]
    for name, config in _THRESHOLDS.items():
        lookup = Lookup(pronunciations, config)
        begin = time.perf_counter()
        corrected = [t for some, phones in decoded for t, _ in lookup.corrected(some, phones)]
        milliseconds = 1000 * (time.perf_counter() - begin) / len(corrected)
        right = [hit for t in corrected for hit in _right(t, texts)]
        precision = f"{100 * sum(right) / len(right):.1f}" if right else "-"
        rows.append((name, *rates(corrected), len(right), precision, f"{milliseconds:.1f}"))
    headers = ("", "WER", "U-WER", "B-WER", "F1", "replaced", "right, %", "ms an utterance")
    print(tabulate(rows, headers=headers, disable_numparse=True))


def _right(transcript: Transcript, texts: Dict[str, Tuple[str, ...]]) -> List[bool]:
    """Return for each replacement whether it is right."""
    pairs = kaldialign.align(texts[transcript.name], tuple(word.text for word in transcript.words), "\0")
    right = [reference == word for reference, word in pairs if word != "\0"]
    looked_up = (entity for entity in transcript.entities if entity.found_by == LOOKUP)
    return [all(right[e.first_word : e.first_word + e.num_words]) for e in looked_up]


if __name__ == "__main__":
    main()
