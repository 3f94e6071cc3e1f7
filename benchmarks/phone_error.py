"""Token error of a model's best path, without and with a calibration, before any lexicon or language model.

The reference is the best matching pronunciation of each word, without boundaries. With --phones, the error of the phone
head is measured.

python benchmarks/phone_error.py DATA [--model SPEC] [--lang DIR] [--phones DIR] [--calibration DIR|default]
  [--utterances N]
"""

import argparse
import tempfile
from pathlib import Path

import kaldialign
import torch

from wfst_bias.acoustic.models import load_model
from wfst_bias.adapter.default import NONE, emission_adapter_of
from wfst_bias.adapter.matching import Matcher
from wfst_bias.core.text import words_of
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.lang.lang import read_lang
from wfst_bias.training.adapter.emission_store import store_emissions
from wfst_bias.training.adapter.frozen import FrozenModel, lang_of_model, pronunciations_in
from wfst_bias.training.adapter.speech import align_texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="hama")
    parser.add_argument("--lang", type=Path)
    parser.add_argument("--phones", type=Path)
    parser.add_argument("--calibration", default=NONE)
    parser.add_argument("--utterances", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model = load_model(arguments.model)
    lang = lang_of_model(arguments.model, arguments.lang)
    calibration = emission_adapter_of(model, arguments.model, arguments.calibration, NONE).calibration
    by_phones = arguments.phones is not None
    if by_phones and calibration is not None:
        parser.error("a calibration does not change the output of a phone head: leave one of them out")
    reference_lang = read_lang(arguments.phones) if by_phones else lang
    cuts = read_data(arguments.data)
    cuts = cuts.subset(first=arguments.utterances) if arguments.utterances else cuts
    texts = {cut.id: " ".join(words_of(text_of(cut))) for cut in cuts}
    pronunciations = pronunciations_in(reference_lang, sorted({word for text in texts.values() for word in text.split()}))
    units, edge = reference_lang.units, set(reference_lang.units.edge)

    def error(frozen: FrozenModel, folder: Path) -> str:
        store = store_emissions(cuts, frozen, folder)
        log_probs_of = store.phones if by_phones else store.log_probs
        spoken = align_texts(store, texts, pronunciations, units, Matcher.of(units), phones=by_phones)
        errors = total = 0
        for name, utterance in spoken.items():
            recognized = torch.unique_consecutive(log_probs_of(name).argmax(-1)).tolist()
            reference = [unit for unit in utterance.target.tolist() if unit not in edge]
            recognized = [unit for unit in recognized if unit and unit not in edge]
            errors += kaldialign.edit_distance(reference, recognized)["total"]
            total += len(reference)
        if not total:
            parser.error("no utterance could be aligned with its text")
        return f"{100 * errors / total:.1f} % of {total:,} tokens, {len(spoken)} of {len(texts)} utterances"

    with tempfile.TemporaryDirectory() as folder:
        print("without calibration:", error(FrozenModel(model, arguments.model, lang), Path(folder) / "plain"))
        if calibration is not None:
            calibrated = FrozenModel(model, arguments.model, lang, calibration=calibration)
            print("with calibration:   ", error(calibrated, Path(folder) / "calibrated"))


if __name__ == "__main__":
    main()
