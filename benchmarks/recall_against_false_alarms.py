"""Recall of the words of a list against false alarms per hour: this system and flashlight's boosted unigrams.

Both decode the same emissions with the same lexicon, language model and list: all rare words of DATA, and others that
nobody says there. This system has a bonus for the list, and with verification a posterior that a phrase must have;
flashlight's lexicon decoder has a unigram score for the words of the list, in its language model ARPA, which BASE_DIR must be
made of. A hit is a word of the list that is recognized where it was spoken, a false alarm one that is recognized elsewhere,
whether list or language model brought it. Points that OUT.json has are not measured again.

python benchmarks/recall_against_false_alarms.py BASE_DIR ARPA WORDS OUT --data DATA... --evidence JSON [--model SPEC]
"""

import argparse
import json
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import FrozenSet, Iterable, List, Sequence, Tuple

from peers.flashlight_lexicon import BoostedUnigrams, KnownWords, flashlight
from recall_curve import Point, joined_texts, plot, point_of, tables

from evidence import hash_of
from wfst_bias.acoustic.models import load_model
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import VerifyConfig
from wfst_bias.second_pass.verification import Verification
from wfst_bias.tune.evidence import Speech, read_speech

PLAIN, OURS, FLASHLIGHT = "no list", "bonus", "flashlight, unigram"
_BONUSES = (-3, 0, 3, 5, 7, 9, 12)  # nats
_POSTERIORS = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_UNIGRAMS = (-15, -12, -10, -8, -6, -4, -2)  # log probabilities, nats


@dataclass(frozen=True)
class Task:
    """Speech and the list that it is decoded with.

    Args:
      name: of the speech.
      speech: its emissions and references.
      words: of the list.
      known_words: of the language model.
    """

    name: str
    speech: Speech
    words: Sequence[str]
    known_words: FrozenSet[str]

    def point(self, system: str, setting: float, texts: Iterable[Tuple[str, str]], seconds: float) -> Point:
        """Count the words of the list in the texts of all segments, each with its utterance."""
        references = {name: self.speech.texts[name] for name in self.speech.utterances}
        return point_of(
            self.name,
            system,
            setting,
            joined_texts(texts),
            references,
            self.words,
            self.known_words,
            self.speech.hours,
            seconds,
        )


class Benchmark:
    """Points of all systems, stored one after the other.

    Args:
      path: JSON file; what it has is not measured again.
    """

    def __init__(self, path: Path):
        self._path = path
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
        self.points: List[Point] = [Point(**row) for row in rows]

    def missing(self, data: str, system: str, settings: Iterable[float]) -> List[float]:
        """The settings that are not yet measured."""
        done = {(one.data, one.system, one.setting) for one in self.points}
        return [setting for setting in settings if (data, system, setting) not in done]

    def add(self, point: Point) -> None:
        self.points.append(point)
        publish_file(self._path, json.dumps(list(map(asdict, self.points)), indent=1) + "\n")
        print(f"{point.data}, {point.system} {point.setting:g}: {point.describe()}, {point.seconds} s", flush=True)


def our_segments(base, spelled, speech, bonus, chain=Chain()):
    """Decode speech with a bonus, nats, for the list; without the list where there is none."""
    lists = [] if bonus is None else compile_lists(base, spelled, ClassConfig(bonus=bonus))
    decoder = Decoder(base.with_entities(*lists) if lists else base.plain)
    with Recognizer(biasing=OneGraph(decoder), second_pass=chain) as recognizer:
        for batch in speech.batches:
            if chain.stages:
                yield from recognizer.recognize_batch(batch)
            else:
                yield from zip((str(cut.id) for cut in batch.cuts), recognizer.search(batch).transcripts)


def run_ours(benchmark: Benchmark, task: Task, base, spelled, settings) -> None:
    """Decode without the list, sweep the bonus and, where there is an evidence model, the posterior at some bonuses."""
    sweeps = {PLAIN: {0.0: None}, OURS: {bonus: bonus for bonus in settings.bonuses}}
    for system, bonuses in sweeps.items():
        for setting in benchmark.missing(task.name, system, bonuses):
            begin = time.perf_counter()
            found = [(name, one.text) for name, one in our_segments(base, spelled, task.speech, bonuses[setting])]
            benchmark.add(task.point(system, setting, found, time.perf_counter() - begin))
    if not settings.evidence:
        return
    model = EvidenceModel.read(settings.evidence)
    for bonus in settings.verify_bonuses:
        system = f"verification, bonus {bonus:g}"
        missing = benchmark.missing(task.name, system, settings.posteriors)
        if not missing:
            continue
        begin = time.perf_counter()
        # the results for all smaller posteriors are kept
        chain = Chain((Verification(VerifyConfig(min_posterior=max(missing)), model),))
        segments = list(our_segments(base, spelled, task.speech, bonus, chain))
        seconds = time.perf_counter() - begin
        for posterior in missing:
            stage = Chain((Verification(VerifyConfig(min_posterior=posterior), model),))
            texts = [(one.utterance, one.found.transcript.text) for one in verified(segments, stage)]
            benchmark.add(task.point(system, posterior, texts, seconds))


def run_flashlight(benchmark: Benchmark, task: Task, base, spelled, settings) -> None:
    """Sweep the unigrams of the list's words in flashlight's decoder."""
    missing = benchmark.missing(task.name, FLASHLIGHT, settings.unigrams)
    if not missing:
        return
    size, threshold = settings.beam
    known = KnownWords.read(base.lang, base.known_words, settings.arpa)
    peer = BoostedUnigrams(known, spelled.used, SearchConfig(), (int(size), threshold))
    print(f"flashlight: {peer.dropped} pronunciations left out, which six others sound like", flush=True)
    for unigram in missing:
        begin, found = time.perf_counter(), []
        decoder = peer.boosted(unigram)
        for batch in task.speech.batches:
            searched = batch.searched
            for cut, frames, length in zip(batch.cuts, searched.log_probs.numpy(), searched.lengths.tolist()):
                found.append((str(cut.id), peer.text(decoder, frames[:length])))
        benchmark.add(task.point(FLASHLIGHT, unigram, found, time.perf_counter() - begin))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("arpa", type=Path, help="bigram model of the base, for flashlight")
    parser.add_argument("words", type=Path, help="rare words, one a line")
    parser.add_argument("out", type=Path, help="OUT.json, OUT.svg and OUT.png")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--model", default="hama")
    parser.add_argument("--others", type=int, default=2000, help="words of the list that nobody says")
    parser.add_argument("--evidence", type=Path, help="evidence model; no verification without it")
    parser.add_argument("--bonuses", type=float, nargs="*", default=_BONUSES, help="nats")
    parser.add_argument("--verify-bonuses", type=float, nargs="*", default=(5, 8), help="nats")
    parser.add_argument("--posteriors", type=float, nargs="*", default=_POSTERIORS)
    parser.add_argument("--unigrams", type=float, nargs="*", default=_UNIGRAMS, help="log probabilities, nats")
    parser.add_argument("--beam", type=float, nargs=2, default=(100, 20), help="hypotheses and nats, of flashlight")
    return parser


def main() -> None:
    settings = _parser().parse_args()
    try:
        flashlight()  # says what is missing before anything is measured
    except InputError as error:
        raise SystemExit(f"error: {error}") from None
    pipeline, base = EmissionPipeline(load_model(settings.model)), read_base(settings.base_dir)
    rare = [line.strip() for _, line in lines_of(settings.words)]
    benchmark = Benchmark(settings.out.with_suffix(".json"))
    for path in settings.data:
        name, speech = path.name, read_speech([path], pipeline)
        spoken = speech.words
        own = sorted(spoken & set(rare))
        # evidence models are trained on the other half of the words
        others = sorted(word for word in rare if word not in spoken and hash_of(word) % 2)
        words = own + random.Random(1).sample(others, settings.others)
        spelled = speller_of(base).spell([Entity(word, line=line) for line, word in enumerate(words, 1)])
        print(f"{name}: {len(own)} words that are spoken in {speech.hours:.2f} hours, {spelled.counts}", flush=True)
        task = Task(name, speech, words, base.known_words)
        run_ours(benchmark, task, base, spelled, settings)
        run_flashlight(benchmark, task, base, spelled, settings)
    print(tables(benchmark.points))
    plot(benchmark.points, settings.out.stem).write(settings.out.parent)


if __name__ == "__main__":
    main()
