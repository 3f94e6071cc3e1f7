"""Decode a corpus: cuts in, a Kaldi-style decode folder out, whole or not at all."""

import contextlib
import gzip
import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from lhotse import CutSet, MonoCut
from tqdm import tqdm

import wfst_bias
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.upstream import Upstream
from wfst_bias.corpus.biasing import Biasing
from wfst_bias.corpus.data import load_audio
from wfst_bias.decode.confidence import Confidence, word_confidences
from wfst_bias.decode.gates import gated_paths
from wfst_bias.decode.kaldi_lattice import kaldi_lattices
from wfst_bias.decode.lattice_archive import lattice_terms, lattice_text
from wfst_bias.decode.nbest import nbest_of
from wfst_bias.decode.paths import FoundEntity, Transcript
from wfst_bias.decode.rival import Rival, rivals
from wfst_bias.decode.search import Decoder, Lattices
from wfst_bias.decode.word_lattice import WordLattice, word_lattices
from wfst_bias.files import publish_folder

ARCHIVE, TERMS = "lat.1.gz", "lat.1.terms.jsonl.gz"
OF_WORDS, OF_FRAMES = "words", "frames"  # what an arc of a lattice is
LATTICES = (OF_WORDS, OF_FRAMES)
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


class _LatticeFiles:
    """The files of a decode folder that lattices are written into."""

    def __init__(self, folder: Path, files: contextlib.ExitStack, form: str, num_best: int):
        packed = lambda name: files.enter_context(
            gzip.open(folder / name, "wt", compresslevel=4, encoding="utf-8", newline="\n")
        )
        self._archive = packed(ARCHIVE)
        self._terms = packed(TERMS) if form == OF_WORDS else None
        self._num_best = num_best
        self._nbest = files.enter_context(open(folder / "nbest.jsonl", "w", encoding="utf-8")) if num_best else None
        self.narrowed: List[str] = []  # utterances whose beam had to be

    def write(self, lattices: Lattices, of_words: Sequence[WordLattice], decoder: Decoder) -> None:
        phrases = [entity.written for entity in decoder.graph.entities]
        if not self._terms:
            self._archive.writelines(kaldi_lattices(lattices, decoder))
        for lattice in of_words:
            if lattice.beam < decoder.search.output_beam:
                self.narrowed.append(lattice.name)
            if self._terms:
                said = {phrase: phrases[phrase] for phrase in set(lattice.phrases.tolist()) if phrase >= 0}
                self._archive.write(lattice_text(lattice, decoder.search.acoustic_scale))
                self._terms.write(lattice_terms(lattice, said))
            if self._nbest:
                rows = nbest_of(lattice, self._num_best, decoder.graph.words).rows(phrases)
                self._nbest.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


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
) -> dict:
    """Decode all cuts into ``text``, ``ctm``, ``entities.jsonl``, ``lat.1.gz``, ``words.txt`` and ``meta.json``.

    ``text.display`` is ``text`` with the phrases of the lists as they are to be shown; ``refused.jsonl`` has the
    phrases that were below their gates, as ``entities.jsonl`` has those that were found. Behind the words of ``ctm``
    stand their confidences without what the list pays, in ``ctm.with_list`` those with it; ``entities.jsonl`` has both,
    and what each entity would have been else.
    Where each utterance has its own list, ``report.tsv`` tells what became of the phrases.

    Args:
      model_name: what ``meta.json`` tells of the model; its class where not given.
      upstream: what changes the emissions.
      sources: what ``meta.json`` tells of where graph, lists and data are.
      lattice_form: one of :data:`LATTICES`; those of words have their terms in ``lat.1.terms.jsonl.gz``.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.

    Returns:
      the content of ``meta.json``.
    """
    timing = Timing()
    num_utterances = num_entities = num_refused = 0
    empty: List[str] = []
    with publish_folder(decode_dir, "decode") as folder, contextlib.ExitStack() as files:
        text, display, ctm, ctm_with_list, found, refused = (
            files.enter_context(open(folder / name, "w", encoding="utf-8"))
            for name in ("text", "text.display", "ctm", "ctm.with_list", "entities.jsonl", "refused.jsonl")
        )
        lattice_files = _LatticeFiles(folder, files, lattice_form, num_best)
        bar = files.enter_context(tqdm(total=len(cuts), unit="utt", disable=None if progress else True, desc="decode"))
        for decoder, transcripts, lattices in decode_cuts(cuts, model, biasing, batch_size, timing, upstream):
            with timing.of("lattices"):
                of_words = word_lattices(lattices, decoder)
                lattice_files.write(lattices, of_words, decoder)
                sure = [
                    word_confidences(lattice, [word.text for word in transcript.words], gate, decoder.graph)
                    for lattice, transcript, gate in zip(of_words, transcripts, lattices.gates)
                ]
                others = [_rivals(*pair, decoder) for pair in zip(of_words, transcripts)]
            del decoder
            for transcript, confidences, other in zip(transcripts, sure, others):
                text.write(f"{transcript.name} {transcript.text}".rstrip() + "\n")
                display.write(f"{transcript.name} {transcript.display}".rstrip() + "\n")
                ctm.writelines(_ctm(transcript, [c.plain for c in confidences]))
                ctm_with_list.writelines(_ctm(transcript, [c.boosted for c in confidences]))
                for entity, rival in zip(transcript.entities, other):
                    own = confidences[entity.first_word : entity.first_word + entity.num_words]
                    found.write(_row(transcript.name, entity, {**_least(own), "rival": rival and rival.to_json()}))
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
            "lattices": lattice_form,
            "narrowed_lattices": lattice_files.narrowed,
            **sources,
            **biasing.meta,
            **upstream.meta,
            **timing.summary(),
        }
        (folder / _META).write_text(json.dumps(meta, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return meta


def _rivals(lattice: WordLattice, transcript: Transcript, decoder: Decoder) -> List[Optional[Rival]]:
    """Of the entities of a transcript."""
    texts = [word.text for word in transcript.words]
    spans = [(entity.first_word, entity.num_words) for entity in transcript.entities]
    return rivals(lattice, texts, spans, decoder.graph.words)


def _ctm(transcript: Transcript, confidences: Sequence[float]) -> Iterator[str]:
    """Lines of a CTM."""
    for word, confidence in zip(transcript.words, confidences):
        yield f"{transcript.name} 1 {word.start:.2f} {word.end - word.start:.2f} {word.text} {confidence:.4f}\n"


def _least(confidences: Sequence[Confidence]) -> Dict[str, float]:
    """Of the words of an entity, as ``entities.jsonl`` has it."""
    return {
        "confidence": round(min(c.plain for c in confidences), 4),
        "confidence_with_list": round(min(c.boosted for c in confidences), 4),
    }


def _row(utterance: str, entity: FoundEntity, more: Mapping[str, Any] = {}) -> str:
    """An entity as a line of JSON."""
    row = {"utterance": utterance, **asdict(entity), "evidence": entity.evidence, **more}
    return json.dumps(row, ensure_ascii=False) + "\n"
