"""Decode a corpus: cuts in, a Kaldi-style decode folder out, whole or not at all."""

import contextlib
import json
from pathlib import Path
from typing import Any, Dict, Mapping

from lhotse import CutSet
from tqdm import tqdm

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.files import publish_folder
from wfst_bias.lattice.archive import OF_FRAMES, OF_WORDS
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.decode_files import DecodeFiles
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.second_pass.chain import Chain

_META = "meta.json"


def decode_corpus(
    cuts: CutSet,
    model: AcousticModel,
    biasing: Biasing,
    decode_dir: Path,
    batch_size: int = 4,
    progress: bool = True,
    model_name: str = "",
    upstream: EmissionAdapter = EmissionAdapter(),
    sources: Mapping[str, Any] = {},
    lattice_form: str = OF_WORDS,
    num_best: int = 0,
    chain: Chain = Chain(),
) -> Dict[str, Any]:
    """Decode all cuts into a folder with what :class:`DecodeFiles` writes, ``words.txt`` and ``meta.json``.

    Where each utterance has its own list, ``report.tsv`` tells what became of the phrases.

    Args:
      model_name: what ``meta.json`` tells of the model; its class where not given.
      upstream: what changes the emissions.
      sources: what ``meta.json`` tells of where graph, lists and data are.
      lattice_form: one of :data:`wfst_bias.lattice.archive.LATTICES`.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.
      chain: what is done behind the search.

    Returns:
      the content of ``meta.json``.
    """
    recognizer = Recognizer(model=model, biasing=biasing, adapter=upstream, second_pass=chain, batch_size=batch_size)
    with publish_folder(decode_dir, "decode") as folder, contextlib.ExitStack() as files:
        stages = [stage.name for stage in chain.stages]
        written = DecodeFiles(folder, files, stages, lattice_form, num_best, biasing.search)
        bar = files.enter_context(tqdm(total=len(cuts), unit="utt", disable=None if progress else True, desc="decode"))
        for result in recognizer.recognize(cuts, num_best, lattice_form == OF_FRAMES):
            written.write(result)
            bar.update()
        files.close()
        biasing.words.write(folder / "words.txt")
        if biasing.report:
            (folder / "report.tsv").write_text(biasing.report, encoding="utf-8")
        meta = {
            "kind": "decode",
            "wfst_bias": wfst_bias.__version__,
            "model": model_name or type(model).__name__,
            **written.meta,
            **sources,
            **biasing.meta,
            **upstream.meta,
            **chain.meta,
            **recognizer.timing.summary(),
        }
        (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return meta
