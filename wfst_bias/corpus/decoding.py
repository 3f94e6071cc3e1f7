"""Everything that a corpus is decoded with, read and loaded."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Dict, Sequence, Union

import torch

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_folder
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.decode.search import check_tokens
from wfst_bias.entities.outcome import Outcome
from wfst_bias.recognize.biasing import Biasing, ListPerUtterance, OneGraph
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import VERIFY

WORDS, REPORT, META = "words.txt", "report.tsv", "meta.json"
_TABLES = "tables"
_SHOWN = 3  # phrases that cannot be used; report.tsv has all


def tables_folder(folder: Path, run_key: str) -> Path:
    """The folder, in that of the parts, of what is the same for all parts of a run."""
    return folder / f"{_TABLES}-{run_key}"


@dataclass(frozen=True)
class Decoding:
    """Model, adapter, graphs and second pass of a corpus.

    Args:
      model, biasing, adapter, second_pass: see :class:`wfst_bias.recognize.recognizer.Recognizer`.
      channel: of the audio, which a CTM names.
    """

    model: AcousticModel
    biasing: Biasing
    adapter: EmissionAdapter = EmissionAdapter()
    second_pass: Chain = Chain()
    channel: Channel = MEAN

    @cached_property
    def recognizer(self) -> Recognizer:
        """The recognizer of all utterances."""
        return Recognizer(model=self.model, biasing=self.biasing, adapter=self.adapter, second_pass=self.second_pass)

    @property
    def unusable(self) -> Sequence[Outcome]:
        """The phrases of lists of utterances that cannot be used."""
        return self.biasing.unusable if isinstance(self.biasing, ListPerUtterance) else ()

    @property
    def unreached(self) -> Sequence[Outcome]:
        """The phrases of lists of utterances whose weight below 0 does not lower what the language model writes."""
        return self.biasing.spelled.unreached if isinstance(self.biasing, ListPerUtterance) else ()

    def write_tables(self, folder: Path) -> None:
        """Write what is the same for all parts: ``words.txt``, ``report.tsv`` of lists of utterances, and meta data.

        Args:
          folder: the new folder; one that is there, which another worker wrote, is kept.
        """
        if folder.is_dir():
            return
        with publish_folder(folder, _TABLES, replaces=False) as building:
            self.biasing.words.write(building / WORDS)
            if self.biasing.report:
                (building / REPORT).write_text(self.biasing.report, encoding="utf-8")
            unusable = [f"{outcome.entity.written!r} {outcome.note}" for outcome in self.unusable]
            unreached = [f"{outcome.entity.written!r}: {outcome.unreached}" for outcome in self.unreached]
            meta = {"num_unusable_phrases": len(unusable), "unusable_phrases": unusable[:_SHOWN], **self.meta}
            if unreached:
                meta |= {"num_unreached_weights": len(unreached), "unreached_weights": unreached[:_SHOWN]}
            meta = {"kind": _TABLES, "meta": meta}
            (building / META).write_text(json.dumps(meta, ensure_ascii=False) + "\n", encoding="utf-8")

    @property
    def meta(self) -> Dict[str, Any]:
        """Entries of ``meta.json``."""
        return {**self.biasing.meta, **self.adapter.meta, **self.second_pass.meta}


def decoding_of(setup: DecodeSetup, device: torch.device) -> Decoding:
    """Read and load what a setup names.

    Raises:
      InputError: a file cannot be read, model and graph have other tokens, or there is no list for what needs one.
    """
    model, adapter = setup.acoustics(device)
    biasing: Union[OneGraph, ListPerUtterance]
    has_list = True
    if setup.has_own_lists:
        base = setup.base(device)
        check_tokens(base.lang.tokens, model.tokens)
        biasing = setup.own_lists(base, *setup.lists(base))
    else:
        biasing = setup.one_graph(device)
        check_tokens(biasing.tokens, model.tokens)
        has_list = bool(biasing.phrases)
        if VERIFY in setup.stages.names and not (has_list or setup.stages.is_auto):
            raise InputError("verify removes phrases of a list, and the graph has none: compile one", setup.graph)
    second_pass = setup.second_pass(model, setup.pronunciations(biasing.known_words), device, has_list)
    return Decoding(model, biasing, adapter, second_pass, setup.channel)
