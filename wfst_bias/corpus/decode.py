"""Decode a corpus: cuts in, a Kaldi-style decode folder out, whole or not at all."""

import contextlib
import json
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from lhotse import CutSet, MonoCut
from tqdm import tqdm

import wfst_bias
from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.adapter.upstream import Upstream
from wfst_bias.corpus.biasing import Biasing
from wfst_bias.corpus.data import load_audio
from wfst_bias.corpus.decode_files import OF_WORDS, DecodeFiles
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.paths import Transcript
from wfst_bias.files import publish_folder
from wfst_bias.stages.chain import Batch, Chain

_META = "meta.json"


@dataclass
class Timing:
    """Seconds spent, and the audio they were spent on."""

    audio: float = 0.0
    acoustic: float = 0.0
    upstream: float = 0.0
    lists: float = 0.0
    search: float = 0.0
    phones: float = 0.0
    lattices: float = 0.0

    @contextlib.contextmanager
    def of(self, part: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        setattr(self, part, getattr(self, part) + time.perf_counter() - begin)

    def summary(self) -> dict:
        real_time = lambda seconds: round(seconds / self.audio, 5) if self.audio else None
        return {
            "audio_seconds": round(self.audio, 2),
            "acoustic_real_time_factor": real_time(self.acoustic),
            "upstream_real_time_factor": real_time(self.upstream),
            "lists_real_time_factor": real_time(self.lists),
            "search_real_time_factor": real_time(self.search),
            "phones_real_time_factor": real_time(self.phones),
            "lattices_real_time_factor": real_time(self.lattices),
        }


def decode_cuts(
    cuts: Iterable[MonoCut],
    model: AcousticModel,
    biasing: Biasing,
    batch_size: int,
    timing: Timing,
    upstream: Upstream = Upstream(),
    phone_model: Optional[AcousticModel] = None,
) -> Iterator[Tuple[List[Transcript], Batch]]:
    """The transcripts of each batch by the search, and what stages behind it read, in the order of the cuts."""
    cuts = iter(cuts)
    while some := list(islice(cuts, batch_size)):
        names, lists = [cut.id for cut in some], biasing.lists_of(some)
        audio = [load_audio(cut, model.sampling_rate) for cut in some]
        timing.audio += sum(len(samples) for samples in audio) / model.sampling_rate
        with timing.of("acoustic"):
            heard = compute_emissions(model, names, audio)
        with timing.of("upstream"):
            emissions = upstream.changed(heard, lists)
        with timing.of("lists"):
            decoder, gates = biasing.decoder_of(some)
        with timing.of("search"):
            transcripts, lattices = gated_paths(decoder.lattices(emissions, gates), decoder)
        with timing.of("phones"):
            phones = phones_of(some, heard, emissions, model, phone_model)
        batch = Batch(decoder, lattices, lists, phones)
        del decoder
        yield transcripts, batch
        del batch  # before the next one asks for its graph: their arena is the same then


def phones_of(
    cuts: Sequence[MonoCut],
    heard: Emissions,
    searched: Emissions,
    model: AcousticModel,
    phone_model: Optional[AcousticModel],
) -> Emissions:
    """What stages behind the search hear: what is searched, or what a phone network says of the same cuts.

    Args:
      heard: what the model says, before anything changed it.
    """
    if phone_model is None:
        return searched
    if phone_model is model:
        return heard
    return compute_emissions(
        phone_model, [cut.id for cut in cuts], [load_audio(cut, phone_model.sampling_rate) for cut in cuts]
    )


def decode_corpus(
    cuts: CutSet,
    model: AcousticModel,
    biasing: Biasing,
    decode_dir: Path,
    batch_size: int = 4,
    progress: bool = True,
    model_name: str = "",
    upstream: Upstream = Upstream(),
    sources: Mapping[str, Any] = {},
    lattice_form: str = OF_WORDS,
    num_best: int = 0,
    chain: Chain = Chain(),
) -> dict:
    """Decode all cuts into a folder with what :class:`DecodeFiles` writes, ``words.txt`` and ``meta.json``.

    Where each utterance has its own list, ``report.tsv`` tells what became of the phrases.

    Args:
      model_name: what ``meta.json`` tells of the model; its class where not given.
      upstream: what changes the emissions.
      sources: what ``meta.json`` tells of where graph, lists and data are.
      lattice_form: one of :data:`wfst_bias.corpus.decode_files.LATTICES`.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.
      chain: what is done behind the search.

    Returns:
      the content of ``meta.json``.
    """
    timing = Timing()
    with publish_folder(decode_dir, "decode") as folder, contextlib.ExitStack() as files:
        stages = [stage.name for stage in chain.stages]
        written = DecodeFiles(folder, files, stages, lattice_form, num_best)
        bar = files.enter_context(tqdm(total=len(cuts), unit="utt", disable=None if progress else True, desc="decode"))
        decoded = decode_cuts(cuts, model, biasing, batch_size, timing, upstream, chain.phone_model)
        for transcripts, batch in decoded:
            with timing.of("lattices"):
                written.write(chain.found(transcripts, batch, num_best), batch)
            bar.update(len(transcripts))
            del batch
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
            **timing.summary(),
        }
        (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return meta
