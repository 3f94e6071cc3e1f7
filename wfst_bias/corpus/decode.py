"""Decode a corpus: cuts in, a Kaldi-style decode folder out, whole or not at all."""

import contextlib
import gzip
import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, Tuple

from lhotse import CutSet, MonoCut
from tqdm import tqdm

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.upstream import Upstream
from wfst_bias.corpus.biasing import Biasing
from wfst_bias.corpus.data import load_audio
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.kaldi_lattice import kaldi_lattices
from wfst_bias.decode.paths import FoundEntity, Transcript
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.files import publish_folder

_META = "meta.json"


@dataclass
class Timing:
    """Seconds spent, and the audio they were spent on."""

    audio: float = 0.0
    acoustic: float = 0.0
    upstream: float = 0.0
    lists: float = 0.0
    search: float = 0.0
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
            "lattices_real_time_factor": real_time(self.lattices),
        }


def decode_cuts(
    cuts: Iterable[MonoCut],
    model: AcousticModel,
    biasing: Biasing,
    batch_size: int,
    timing: Timing,
    upstream: Upstream = Upstream(),
) -> Iterator[Tuple[Decoder, List[Transcript], Lattices]]:
    """What each batch was decoded with, its transcripts and lattices, in the order of the cuts."""
    cuts = iter(cuts)
    while batch := list(islice(cuts, batch_size)):
        audio = [load_audio(cut, model.sampling_rate) for cut in batch]
        timing.audio += sum(len(samples) for samples in audio) / model.sampling_rate
        with timing.of("acoustic"):
            emissions = model.emissions([cut.id for cut in batch], audio)
        with timing.of("upstream"):
            emissions = upstream.changed(emissions, biasing.lists_of(batch))
        with timing.of("lists"):
            decoder, gates = biasing.decoder_of(batch)
        with timing.of("search"):
            transcripts, lattices = gated_paths(decoder.lattices(emissions, gates), decoder)
        yield decoder, transcripts, lattices
        del decoder  # before the next batch asks for its graph: their arena is the same then


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
) -> dict:
    """Decode all cuts into ``text``, ``ctm``, ``entities.jsonl``, ``lat.1.gz``, ``words.txt`` and ``meta.json``.

    ``text.display`` is ``text`` with the phrases of the lists as they are to be shown; ``refused.jsonl`` has the
    phrases that were below their gates, as ``entities.jsonl`` has those that were found.
    Where each utterance has its own list, ``report.tsv`` tells what became of the phrases.

    Args:
      model_name: what ``meta.json`` tells of the model; its class where not given.
      upstream: what changes the emissions.
      sources: what ``meta.json`` tells of where graph, lists and data are.

    Returns:
      the content of ``meta.json``.
    """
    timing = Timing()
    num_utterances = num_entities = num_refused = 0
    empty: List[str] = []
    with publish_folder(decode_dir, "decode") as folder, contextlib.ExitStack() as files:
        text, display, ctm, found, refused = (
            files.enter_context(open(folder / name, "w", encoding="utf-8"))
            for name in ("text", "text.display", "ctm", "entities.jsonl", "refused.jsonl")
        )
        archive = files.enter_context(gzip.open(folder / "lat.1.gz", "wt", compresslevel=4, encoding="utf-8"))
        bar = files.enter_context(tqdm(total=len(cuts), unit="utt", disable=None if progress else True, desc="decode"))
        for decoder, transcripts, lattices in decode_cuts(cuts, model, biasing, batch_size, timing, upstream):
            with timing.of("lattices"):
                archive.writelines(kaldi_lattices(lattices, decoder))
            del decoder
            for transcript in transcripts:
                text.write(f"{transcript.name} {transcript.text}".rstrip() + "\n")
                display.write(f"{transcript.name} {transcript.display}".rstrip() + "\n")
                ctm.writelines(
                    f"{transcript.name} 1 {w.start:.2f} {w.end - w.start:.2f} {w.text}\n" for w in transcript.words
                )
                found.writelines(_row(transcript.name, entity) for entity in transcript.entities)
                refused.writelines(_row(transcript.name, entity) for entity in transcript.refused)
            num_utterances += len(transcripts)
            num_entities += sum(len(t.entities) for t in transcripts)
            num_refused += sum(len(t.refused) for t in transcripts)
            empty += [t.name for t in transcripts if not t.words]
            bar.update(len(transcripts))
        files.close()
        biasing.words.write(folder / "words.txt")
        if biasing.report:
            (folder / "report.tsv").write_text(biasing.report, encoding="utf-8")
        meta = {
            "kind": "decode",
            "wfst_bias": wfst_bias.__version__,
            "model": model_name or type(model).__name__,
            "num_utterances": num_utterances,
            "num_entities_found": num_entities,
            "num_entities_refused": num_refused,
            "empty_transcripts": empty,
            **sources,
            **biasing.meta,
            **upstream.meta,
            **timing.summary(),
        }
        (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return meta


def _row(utterance: str, entity: FoundEntity) -> str:
    """An entity as a line of JSON."""
    row = {"utterance": utterance, **asdict(entity), "evidence": entity.evidence}
    return json.dumps(row, ensure_ascii=False) + "\n"
