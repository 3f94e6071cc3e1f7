"""The evidence model on speech that it was not trained on: false alarms, hits that are kept, area under ROC.

An evidence model is trained on the TRAIN folders and judges the phrases of lists in the TEST folders, each with the prior
of its own: lists of words that nobody says, all rare words of the test among others, and a few of them among others.
Rare words are those of WORDS. Hits and false alarms are those of the transcripts, by the list or by the language model.

python benchmarks/evidence.py BASE_DIR WORDS --train DATA... --test DATA... [--model SPEC] [--out JSON]
"""

import argparse
import json
import random
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import List

import numpy as np
from scipy.special import expit
from tabulate import tabulate

from wfst_bias.acoustic.models import load_model
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LANGUAGE_MODEL, LIST
from wfst_bias.entities.entity import Entity
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified
from wfst_bias.score.separation import SpokenWords, area_under_roc
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import VerifyConfig
from wfst_bias.second_pass.verification import Verification
from wfst_bias.tune.evidence import TrainingLists, read_speech, train_evidence

_FEW = 12  # words of the test in a list


@dataclass
class Result:
    """What verification did to the phrases of a list."""

    hours: float
    hits: int = 0
    hits_kept: int = 0
    false: int = 0
    false_kept: int = 0
    seconds: float = 0.0
    seconds_of_search: float = 0.0
    rows: List[dict] = field(default_factory=list)

    def describe(self):
        return (
            f"hits kept {self.hits_kept} of {self.hits}, false alarms {self.false} to {self.false_kept} "
            f"({self.false / self.hours:.1f} to {self.false_kept / self.hours:.1f} an hour)"
        )


def judged(base, words, speech, model, config):
    """Decode speech with a list and verify its phrases."""
    spelled = speller_of(base).spell([Entity(word, line=line) for line, word in enumerate(words, 1)])
    decoder = Decoder(base.with_entities(*compile_lists(base, spelled)))
    chain = Chain((Verification(config, model),))
    segments = []
    with Recognizer(biasing=OneGraph(decoder), second_pass=chain) as recognizer:
        begin = time.perf_counter()
        for batch in speech.batches:
            segments += recognizer.recognize_batch(batch)
        seconds = time.perf_counter() - begin
        result = Result(speech.hours, seconds=seconds, seconds_of_search=recognizer.timing.search)
    finals = list(verified(segments, chain))
    for segment, final in zip(segments, finals):
        first = segment.found.alternatives[0].found if segment.found.alternatives else segment.found
        reference = words_of(speech.texts[segment.utterance])
        before, after = (_are_hits(found, reference, (LIST, LANGUAGE_MODEL)) for found in (first, final.found))
        result.hits += sum(before)
        result.false += len(before) - sum(before)
        result.hits_kept += sum(after)
        result.false_kept += len(after) - sum(after)
        for is_true, one in zip(_are_hits(first, reference, (LIST,)), first.candidates):
            row = {"utterance": segment.utterance, "phrase": one.entity.phrase, "true": is_true, "ratio": one.ratio}
            prior = final.found.prior.log_odds(one.is_known)
            row["posterior"] = float(expit(one.ratio + prior))
            result.rows.append({**row, **one.features.row(0)})
    return result


def _are_hits(found, reference, found_by):
    """Which phrases of the list that came in some way were spoken."""
    spoken = SpokenWords(reference, words_of(found.transcript.text))
    entities = [one for one in found.transcript.entities if one.found_by in found_by]
    return [spoken.is_hit(one.first_word, one.num_words) for one in entities]


def total(results):
    joined_rows = [row for one in results for row in one.rows]
    names = ("hours", "hits", "hits_kept", "false", "false_kept", "seconds", "seconds_of_search")
    return Result(**{name: sum(getattr(one, name) for one in results) for name in names}, rows=joined_rows)


def area(rows, name):
    values = np.array([row[name] for row in rows], float)
    return area_under_roc(values, np.array([row["true"] for row in rows], bool))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("words", type=Path, help="rare words, one a line")
    parser.add_argument("--train", type=Path, nargs="+")
    parser.add_argument("--test", type=Path, nargs="+", required=True)
    parser.add_argument("--evidence", type=Path, help="trained model, instead of --train")
    parser.add_argument("--model", default="hama")
    parser.add_argument("--others", type=int, default=2000, help="words in a list that nobody says")
    parser.add_argument("--lists", type=int, default=5, help="of words that nobody says")
    parser.add_argument("--draws", type=int, default=10, help="of a few words of the test")
    parser.add_argument("--out", type=Path, help="all numbers, as JSON")
    arguments = parser.parse_args()

    pipeline = EmissionPipeline(load_model(arguments.model))
    base = read_base(arguments.base_dir)
    rare = [line.strip() for _, line in lines_of(arguments.words)]
    tests = {path.name: read_speech([path], pipeline) for path in arguments.test}
    spoken = frozenset(word for speech in tests.values() for word in speech.words)
    # the halves of the words that training and test draw from are different ones
    halves = [[word for word in rare if word not in spoken and (hash_of(word) % 2) == half] for half in (0, 1)]
    if arguments.evidence:
        model = EvidenceModel.read(arguments.evidence)
    else:
        speech = read_speech(arguments.train, pipeline)
        own = tuple(sorted(speech.words & set(rare)))
        begin = time.perf_counter()
        lists = TrainingLists(own, tuple(halves[0]), arguments.others)
        model, _ = train_evidence(base, speech, lists, {"data": [str(path) for path in arguments.train]})
        print(f"trained in {time.perf_counter() - begin:.0f} s on {model.about}", flush=True)
        if arguments.out:
            model.write(arguments.out.with_suffix(".model.json"))
    config, stored = VerifyConfig(), {}
    for name, speech in tests.items():
        rng = random.Random(1)
        others = sorted(set(halves[1]) - speech.words)
        own = sorted(speech.words & set(rare))
        kinds = {
            "absent": [rng.sample(others, arguments.others) for _ in range(arguments.lists)],
            "all rare words": [own + rng.sample(others, arguments.others)],
            f"{_FEW} words": [
                rng.sample(own, _FEW) + rng.sample(others, arguments.others) for _ in range(arguments.draws)
            ],
        }
        rows = []
        for kind, lists in kinds.items():
            results = []
            for words in lists:
                results.append(judged(base, words, speech, model, config))
                print(f"{name}, {kind}: {results[-1].describe()}", flush=True)
            rows += results[0].rows if kind == "all rare words" else []
            rows += [row for one in results for row in one.rows] if kind == "absent" else []
            stored[f"{name}, {kind}"] = [asdict(one) for one in results]
            print(f"== {name}, {kind}, {len(lists)} lists: {total(results).describe()}", flush=True)
            done = total(results)
            print(f"   search {done.seconds_of_search:.1f} s, all {done.seconds:.1f} s", flush=True)
        areas = [(column, f"{area(rows, column):.3f}") for column in ("posterior", "ratio", "confidence", "evidence", "gap")]
        print(tabulate(areas, headers=("area under ROC", name)), flush=True)
        if arguments.out:
            arguments.out.write_text(json.dumps(stored) + "\n", encoding="utf-8")


def hash_of(word):
    """A number of a word that is the same in each run."""
    return sum((place + 1) * code for place, code in enumerate(word.encode()))


if __name__ == "__main__":
    main()
