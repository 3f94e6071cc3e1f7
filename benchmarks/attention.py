"""Where an adapter attends, and how it changes listed words, before any search: with a list, without the true words.

Frames are those in which forced alignment with the text writes a unit of a listed word ("inside") or of another one
("outside"). The control is a list of as many other words, none of which is
spoken; "attended" is then the share of frames that attend to any of them.

python benchmarks/attention.py ADAPTER DATA LIST... [--model SPEC] --others WORDS [--lang DIR] [--phones DIR]
  [--calibration DIR] [--utterances N]
"""

import argparse
import tempfile
from pathlib import Path
from typing import Dict, Sequence

import torch

from wfst_bias.acoustic.models import load_model
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.network import ENTITIES
from wfst_bias.adapter.store import read_adapter, read_calibration
from wfst_bias.core.text import words_of
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.lang.lang import read_lang
from wfst_bias.lang.model_langs import read_vocabulary
from wfst_bias.training.adapter.emission_store import store_emissions
from wfst_bias.training.adapter.frozen import FrozenModel, lang_of_model, pronunciations_in
from wfst_bias.training.adapter.guidance import NO_BIAS, Guide
from wfst_bias.training.adapter.listed_speech import AdapterBatch, ListedSpeech, Listing
from wfst_bias.training.adapter.speech import align_texts


class OneList:
    """The same list for every batch."""

    def __init__(self, catalogue):
        self._catalogue = catalogue

    def drawn(self, utterances, rng):
        return self._catalogue


def counts(adapter, batch: AdapterBatch, truth: AdapterBatch, some_true: bool) -> Dict[str, float]:
    """Count the frames of a batch; its true words are known from ``truth``, the same batch with the true list."""
    with torch.no_grad():
        adapted = adapter.network(batch.log_probs, batch.mask, batch.candidates, batch.layers, adapter.head)
    units = truth.candidates.units.flatten(1)
    inside = (truth.attention > NO_BIAS) & truth.writes
    outside = (truth.attention == NO_BIAS) & truth.writes
    written = units.gather(1, (truth.attention - 1).clamp(min=0))
    target = truth.attention
    if adapter.network.config.attention == ENTITIES:
        target = torch.where(target > 0, (target - 1) // truth.candidates.units.shape[2] + 1, target)
    attended = adapted.logits.argmax(-1)
    # where the true words are not in the list, any of its words is wrong
    right = attended == target if some_true else attended > 0
    best = adapted.log_probs.argmax(-1)
    before = batch.log_probs.argmax(-1)
    changed = best != before
    share = lambda what, where: float((what & where).sum())
    return {
        "inside": float(inside.sum()),
        "outside": float(outside.sum()),
        "attended": share(right, inside),
        "left alone": share(attended == 0, outside),
        "right before": share(before == written, inside),
        "right": share(best == written, inside),
        "changed": share(changed, outside),
    }


def row(adapter, some: Sequence[AdapterBatch], truth: Sequence[AdapterBatch]) -> str:
    """A line of the table, in percent."""
    total: Dict[str, float] = {}
    for batch, true in zip(some, truth):
        for key, value in counts(adapter, batch, true, some is truth).items():
            total[key] = total.get(key, 0.0) + value
    columns = (
        (8, "attended", "inside"),
        (10, "left alone", "outside"),
        (11, "right", "inside"),
        (6, "right before", "inside"),
        (15, "changed", "outside"),
    )
    return "  ".join(f"{100 * total[key] / max(1, total[of]):>{width}.1f}" for width, key, of in columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("lists", type=Path, nargs="+")
    parser.add_argument("--model", default="hama")
    parser.add_argument("--lang", type=Path)
    parser.add_argument("--phones", type=Path)
    parser.add_argument("--calibration", type=Path)
    parser.add_argument("--others", type=Path, required=True, help="words that are not spoken, for the control")
    parser.add_argument("--utterances", type=int, default=150)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model = load_model(arguments.model)
    calibration = read_calibration(arguments.calibration, model) if arguments.calibration else None
    sounding = read_lang(arguments.phones) if arguments.phones else None
    frozen = FrozenModel(model, arguments.model, lang_of_model(arguments.model, arguments.lang), sounding, calibration)
    adapter = read_adapter(arguments.adapter, model)
    cuts = read_data(arguments.data).subset(first=arguments.utterances)
    texts = {cut.id: text_of(cut) for cut in cuts}
    words = sorted({word for text in texts.values() for word in words_of(text)})
    with tempfile.TemporaryDirectory() as folder:
        store = store_emissions(cuts, frozen, Path(folder) / "emissions")
        matcher = Matcher.of(frozen.lang.units) if sounding else adapter.matcher
        spoken = align_texts(store, texts, pronunciations_in(frozen.lang, words), frozen.lang.units, matcher)

        def batches(entities: Sequence[Entity]):
            listed = {word for entity in entities for word in entity.words if len(entity.words) == 1}
            guide = Guide(frozen.lang.units.edge, listed)
            config = adapter.network.config
            drawer = OneList(adapter.catalogue(tuple(entities)))
            listing = Listing(drawer, adapter.matcher, guide, config.num_candidates, sounding is not None)
            source = ListedSpeech(store, spoken, listing, 4000, config.blank_limit, fixed=True)
            return [source.load(0, key) for key in source.plan(0)]

        print("list            phrases  attended  left alone  units right  before  changed outside")
        for path in arguments.lists:
            entities = list(read_entities(path))
            others = [Entity(word) for word in read_vocabulary(arguments.others) if word not in words][: len(entities)]
            truth = batches(entities)
            for name, some in ((path.stem, truth), ("  no true word", batches(others))):
                print(f"{name:<15} {len(entities):>7}  {row(adapter, some, truth)}")


if __name__ == "__main__":
    main()
