"""Decode a corpus: cuts in, a Kaldi-style decode folder out, whole or not at all."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Mapping, Sequence, Union

import torch
from lhotse import CutSet
from tqdm import tqdm

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.files import publish_folder
from wfst_bias.data.cuts import read_data
from wfst_bias.entities.outcome import Outcome
from wfst_bias.lattice.archive import OF_FRAMES, OF_WORDS
from wfst_bias.recognize.biasing import Biasing, ListPerUtterance, OneGraph
from wfst_bias.recognize.decode_files import DecodeFiles
from wfst_bias.recognize.emissions import DEFAULT_BATCH_SIZE
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.setup import DecodeSetup
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
    adapter: EmissionAdapter = EmissionAdapter(),
    sources: Mapping[str, Any] = {},
    lattice_form: str = OF_WORDS,
    num_best: int = 0,
    chain: Chain = Chain(),
) -> Dict[str, Any]:
    """Decode all cuts into a folder with what :class:`DecodeFiles` writes, ``words.txt`` and ``meta.json``.

    Args:
      biasing: graph or lists; ``report.tsv`` has the outcome of each phrase of lists for utterances.
      model_name: of the model in ``meta.json``; its class where not given.
      adapter: changes the emissions before the search.
      sources: entries of ``meta.json`` for graph, lists and data.
      lattice_form: one of :data:`wfst_bias.lattice.archive.LATTICES`.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.
      chain: second pass.

    Returns:
      the content of ``meta.json``.
    """
    recognizer = Recognizer(model=model, biasing=biasing, adapter=adapter, second_pass=chain, batch_size=batch_size)
    with publish_folder(decode_dir, "decode") as folder, contextlib.ExitStack() as files:
        names = [stage.name for stage in chain.stages]
        written = DecodeFiles(folder, files, names, lattice_form, num_best, biasing.search)
        bar = files.enter_context(tqdm(total=len(cuts), unit="utt", disable=None if progress else True, desc="decode"))
        for segment in recognizer.recognize_segments(cuts, num_best, lattice_form == OF_FRAMES):
            written.write(segment)
            bar.update(segment.start == 0.0)
        files.close()
        meta = {
            "kind": "decode",
            "wfst_bias": wfst_bias.__version__,
            "model": model_name or type(model).__name__,
            **written.meta,
            **sources,
            **biasing.meta,
            **adapter.meta,
            **chain.meta,
            **recognizer.timing.summary(),
        }
        _write_tables(folder, biasing, meta)
        return meta


def _write_tables(folder: Path, biasing: Biasing, meta: Mapping[str, Any]) -> None:
    """Write ``words.txt``, ``meta.json`` and, of lists for utterances, ``report.tsv``."""
    biasing.words.write(folder / "words.txt")
    if biasing.report:
        (folder / "report.tsv").write_text(biasing.report, encoding="utf-8")
    (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Decoding:
    """All that a corpus is decoded with, read and loaded.

    Args:
      setup: what it was made from.
      model, adapter, biasing, second_pass: of the recognizer.
    """

    setup: DecodeSetup
    model: AcousticModel
    adapter: EmissionAdapter
    biasing: Union[OneGraph, ListPerUtterance]
    second_pass: Chain

    @property
    def has_lists(self) -> bool:
        """Whether there is a list that phrases may come from."""
        return self.setup.has_own_lists or bool(self.biasing.meta["num_phrases"])

    @property
    def unusable(self) -> Sequence[Outcome]:
        """The phrases of lists of utterances that cannot be used."""
        return self.biasing.unusable if isinstance(self.biasing, ListPerUtterance) else ()

    def decode(
        self, decode_dir: Path, batch_size: int = DEFAULT_BATCH_SIZE, lattice_form: str = OF_WORDS, num_best: int = 0
    ) -> Dict[str, Any]:
        """Decode the data of the setup; see :func:`decode_corpus`."""
        return decode_corpus(
            read_data(self.setup.data),
            self.model,
            self.biasing,
            decode_dir,
            batch_size,
            model_name=self.setup.model,
            adapter=self.adapter,
            sources=self.setup.meta,
            lattice_form=lattice_form,
            num_best=num_best,
            chain=self.second_pass,
        )


def decode_setup(setup: DecodeSetup, device: torch.device) -> Decoding:
    """Read and load what a corpus is decoded with."""
    model, adapter = setup.acoustics(device)
    biasing: Union[OneGraph, ListPerUtterance]
    if setup.has_own_lists:
        base = setup.base(device)
        biasing = setup.own_lists(base, *setup.lists(base))
    else:
        biasing = setup.one_graph(device)
    second_pass = setup.second_pass(model, setup.pronunciations(biasing.known_words), device)
    return Decoding(setup, model, adapter, biasing, second_pass)
