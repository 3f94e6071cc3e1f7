"""False alarms that are predicted without audio, against those that are counted.

Lists of words that nobody says in any DATA are drawn from WORDS and DATA is decoded with each; every phrase that is found is
a false alarm. The words of 'fit' and of 'test' are not the same ones.

python benchmarks/predicted_false_alarms.py count BASE_DIR WORDS COUNTS.jsonl DATA... [--model SPEC] [--lists N] [--size N] [--test]
python benchmarks/predicted_false_alarms.py confusions BASE_DIR DATA... [--model SPEC] > wfst_bias/entities/hama_confusions.tsv
python benchmarks/predicted_false_alarms.py fit BASE_DIR COUNTS.jsonl
python benchmarks/predicted_false_alarms.py test BASE_DIR COUNTS.jsonl

'count' adds to COUNTS.jsonl, a line for each list and DATA. 'fit' prints the parameters of HAMA_RATES
(wfst_bias/entities/false_alarm_rates.py) from the counts of training data, 'test' compares.
"""

import argparse
import json
import random
import zlib
from collections import Counter
from pathlib import Path
from typing import Dict, List, NamedTuple

import kaldialign
import numpy as np
from scipy.optimize import minimize
from scipy.stats import rankdata, spearmanr
from tabulate import tabulate

from wfst_bias.acoustic.models import load_model
from wfst_bias.core.files import lines_of
from wfst_bias.core.symbols import BLANK
from wfst_bias.core.text import words_of
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LIST
from wfst_bias.entities.confusions import NOTHING, Confusions
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.false_alarm_rates import ListedPronunciations, ListScores, RateModel
from wfst_bias.entities.ordinary_speech import OrdinarySpeech
from wfst_bias.g2p.phone_classes import phone_distance
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.false_alarms import false_alarms_of_lists
from wfst_bias.graph.store import read_base, read_token_graph
from wfst_bias.graph.unigrams import word_log_probs
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.second_pass.phone_string import phone_string
from wfst_bias.tune.evidence import read_speech

_GROUPS = 10
_UNSEEN = 10.0  # occurrences of a phone that its phonetic distances stand for


class Run(NamedTuple):
    """A list that some data was decoded with, and how often each phrase was found."""

    data: str
    hours: float
    words: List[str]
    found: Dict[str, int]


def count(arguments) -> None:
    pipeline = EmissionPipeline(load_model(arguments.model))
    base = read_base(arguments.base_dir)
    speech = {folder: read_speech([folder], pipeline) for folder in arguments.data}
    spoken = {word for one in speech.values() for word in one.words}
    rare = [line.strip() for _, line in lines_of(arguments.words)]
    rare = [word for word in rare if word not in spoken and zlib.crc32(word.encode()) % 2 == arguments.test]
    for seed in range(arguments.lists):
        words = random.Random(seed).sample(rare, arguments.size)
        spelled = speller_of(base).spell([Entity(word, line=i) for i, word in enumerate(words, 1)])
        decoder = Decoder(base.with_entities(*compile_lists(base, spelled)))
        with Recognizer(biasing=OneGraph(decoder)) as recognizer:
            for folder, one in speech.items():
                found = Counter(
                    entity.phrase
                    for emissions in one.batches
                    for transcript in recognizer.search(emissions).transcripts
                    for entity in transcript.entities
                    if entity.found_by == LIST
                )
                run = Run(folder.name, one.hours, words, found)
                with arguments.counts.open("a", encoding="utf-8") as stream:
                    print(json.dumps(run._asdict()), file=stream)


def confusions(arguments) -> None:
    pipeline = EmissionPipeline(load_model(arguments.model))
    lang = read_base(arguments.base_dir).lang
    phones = [symbol for symbol in lang.tokens.symbols if symbol not in (BLANK, lang.boundary)]
    speech = read_speech(arguments.data, pipeline)
    pairs = Counter()
    for emissions in speech.batches:
        for cut, string in zip(emissions.cuts, phone_string(emissions.phones, lang.units)):
            words = words_of(speech.texts[str(cut.id)])
            if all(word in lang.lexicon for word in words):
                spoken = [unit for word in words for unit in lang.lexicon[word][0]]
                recognized = [phone for phone in string.phones if phone in phones]
                pairs.update(kaldialign.align(spoken, recognized, NOTHING))
    symbols = (NOTHING, *phones)
    count = np.array([[pairs[a, b] for b in symbols] for a in symbols], float)
    near = np.array([[np.exp(-3.0 * phone_distance(a, b)) for b in phones] for a in phones])
    count[0] /= count[1:].sum()
    count[1:, 1:] += _UNSEEN * near / near.sum(axis=1, keepdims=True)
    count[1:] /= count[1:].sum(axis=1, keepdims=True)
    print(Confusions(symbols, count).text(), end="")


class Rows(NamedTuple):
    """The phrases of runs of the same list size: features of their pronunciations, what was counted, and in how many hours."""

    phrase: np.ndarray
    features: np.ndarray
    counted: np.ndarray
    hours: np.ndarray


def fit(arguments) -> None:
    base, speech = _read(arguments.base_dir)
    runs = _runs(arguments.counts)
    names = sorted({run.data for run in runs})
    parts = [(names.index(run.data), _rows(base, speech, [run])) for run in runs]
    offset = np.cumsum([0, *(len(rows.counted) for _, rows in parts)])
    phrase = np.concatenate([rows.phrase + start for (_, rows), start in zip(parts, offset)])
    data = np.concatenate([np.full(len(rows.phrase), number) for number, rows in parts])
    counted, hours = (np.concatenate([getattr(rows, name) for _, rows in parts]) for name in ("counted", "hours"))
    features = np.concatenate([rows.features for _, rows in parts])
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    x = np.concatenate([np.eye(len(names))[data], (features - mean) / deviation], axis=1)

    def loss(w):
        each = np.exp(np.clip(x @ w, -40, 20))
        rate = np.bincount(phrase, each, len(counted)) + 1e-30
        value = (hours * rate).sum() - (counted * np.log(rate)).sum() + 0.05 * (w[len(names) :] ** 2).sum()
        slope = x.T @ ((hours - counted / rate)[phrase] * each)
        slope[len(names) :] += 0.1 * w[len(names) :]
        return value, slope

    start = np.append(np.full(len(names), np.log(counted.sum() / hours.sum())), np.zeros(features.shape[1]))
    w = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    weights = w[len(names) :] / deviation
    biases = w[: len(names)] - (mean * weights).sum()
    print({name: round(float(bias), 2) for name, bias in zip(names, biases)}, "the bias is their mean")
    print(RateModel(*(round(float(value), 3) for value in (biases.mean(), *weights))))


def test(arguments) -> None:
    base, speech = _read(arguments.base_dir)
    runs = _runs(arguments.counts)
    speller, predicted, counted, hours = speller_of(base), Counter(), Counter(), Counter()
    table, lists = [], {}
    for run in runs:
        key = tuple(run.words)
        if key not in lists:
            rates = false_alarms_of_lists(base, speller.spell([Entity(word) for word in run.words]), speech)
            lists[key] = dict(zip(run.words, rates.tolist())), []
        rates, of_list = lists[key]
        of_list.append(run)
        for word in run.words:
            predicted[word] = rates[word]
            counted[word] += run.found.get(word, 0)
            hours[word] += run.hours
    data = sorted({run.data for run in runs})
    for rates, of_list in lists.values():
        total = sum(rates.values())
        groups = [of_list, *([run for run in of_list if run.data == name] for name in data)]
        per_hour = [sum(sum(run.found.values()) for run in group) / sum(run.hours for run in group) for group in groups]
        table.append([total, *(x for rate in per_hour for x in (rate, max(total / rate, rate / total)))])
    columns = [x for name in ("all", *data) for x in (f"{name}: counted an hour", "factor")]
    print(tabulate(table, headers=["predicted", *columns], floatfmt=".1f"))
    factors = np.array(table)[:, 2::2]
    print("largest factor", factors.max(axis=0).round(2), "within 2", (factors <= 2).mean(axis=0).round(2))
    words = list(predicted)
    p, c, h = (np.array([one[word] for word in words]) for one in (predicted, counted, hours))
    found = c > 0
    auc = (rankdata(p)[found].mean() - (found.sum() + 1) / 2) / (~found).sum()
    print(f"{len(words):,} phrases, {found.sum():,} found; area under ROC of found or not {auc:.3f}")
    rho, rho_all = spearmanr(p[found], (c / h)[found])[0], spearmanr(p, c / h)[0]
    print(f"Spearman, predicted against counted an hour: {rho:.3f} over those found, {rho_all:.3f} over all")
    rng, truth = np.random.default_rng(0), p * h * c.sum() / (p * h).sum()
    drawn = rng.poisson(truth)
    ceiling = spearmanr(p[drawn > 0], (drawn / h)[drawn > 0])[0]
    print(f"  if the predicted rates were the true ones: {ceiling:.3f} over those found")
    groups = np.array_split(np.argsort(p), _GROUPS)
    rows = [[(p * h)[g].sum() / h[g].sum() * 1000, c[g].sum() / h[g].sum() * 1000, c[g].sum()] for g in groups]
    print(tabulate(rows, headers=["predicted, 1,000 phrases an hour", "counted", "number"], floatfmt=".1f"))
    print(f"Spearman over these groups {spearmanr([row[0] for row in rows], [row[1] for row in rows])[0]:.3f}")


def _read(base_dir: Path):
    base = read_base(base_dir)
    return base, OrdinarySpeech.of(base.lang, word_log_probs(read_token_graph(base_dir), base.words))


def _runs(path: Path) -> List[Run]:
    return [Run(**json.loads(line)) for _, line in lines_of(path)]


def _rows(base, speech: OrdinarySpeech, runs: List[Run]) -> Rows:
    run, config = runs[0], ClassConfig()
    spelled = speller_of(base).spell([Entity(word) for word in run.words])
    scores = ListScores(
        config.entry_score(len(spelled.entities)), config.bonus, config.length_bonus, base.lang.lexicon.mean_length
    )
    listed = ListedPronunciations.of(spelled, base.lang.tokens.symbols, scores)
    features = RateModel.columns(listed, speech.stretches(listed.sounds))
    counted = np.array([run.found.get(entity.written, 0) for entity in spelled.table.entities])
    return Rows(listed.outcome, features, counted, np.full(len(spelled), run.hours))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for command in (count, confusions, fit, test):
        sub = commands.add_parser(command.__name__)
        sub.set_defaults(run=command)
        sub.add_argument("base_dir", type=Path)
        if command is count:
            sub.add_argument("words", type=Path)
        if command is not confusions:
            sub.add_argument("counts", type=Path)
        if command in (count, confusions):
            sub.add_argument("data", type=Path, nargs="+")
            sub.add_argument("--model", default="hama")
        if command is count:
            sub.add_argument("--lists", type=int, default=20)
            sub.add_argument("--size", type=int, default=2000)
            sub.add_argument("--test", action="store_true")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
