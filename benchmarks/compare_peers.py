"""This system and its peers side by side: the same emissions, lexicon, language model and list, one thread, one run.

At each size of the list every system is in a process of its own; they decode groups of utterances in turn, or, for a busy
machine, at the same time (--together). The list is all words of WORDS that the speech has, and as many others as the size
says, which nobody says; size 0 is no list. Nameless speech are the utterances of DATA and of --nameless in whose text is no
word of the list. Times are CPU times. A system whose package is missing, or that cannot decode the tokens of the model, is
left out, and one that takes too long does not decode all.

python benchmarks/compare_peers.py [DATA WORDS] [--base DIR --arpa FILE] [--model SPEC] [--nameless DATA] [--out OUT]

Without DATA, sentences with and without names are synthesized (hibari-tts). ``pip install 'wfst-bias[bench]'``
"""

import argparse
import json
import pickle
import random
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Sequence, Set, Tuple

import numpy as np
import torch
from peers.interface import Resources, WordList
from peers.results import Result, counts_of, plot, ratio_of, short_table, table
from peers.systems import OURS, SYSTEMS, System
from peers.worker import Job, Worker

from evidence import hash_of
from wfst_bias.acoustic.models import load_model
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of, publish_file
from wfst_bias.core.text import words_of
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.entities.entity import Entity
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.store import read_base
from wfst_bias.lm.default import write_default_lm
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.recognize.transcribe import default_base
from wfst_bias.synth.demo import packaged_vocabulary, sentences, speak_demo

_GROUP = 16  # utterances that a system decodes before the next one has its turn
_NAMELESS = (
    "the train to the coast was late again this morning",
    "please send me the notes of the meeting before lunch",
    "we walked along the river until it was dark",
    "the price of bread has risen twice this year",
    "she put the letters on the table and left the room",
    "nobody knew how long the repair would take",
    "most of the children in the village go to school by bus",
    "he asked for a glass of water and a piece of paper",
)


@dataclass(frozen=True)
class Speech:
    """Utterances with emissions, in a file.

    Args:
      arrays: ``.npz`` of log-probabilities ``(T, C)`` by utterance.
      references: their texts.
      spoken: the utterances whose errors are counted; the others are nameless speech alone.
      seconds: duration of each utterance.
    """

    arrays: Path
    references: Dict[str, str]
    spoken: Sequence[str]
    seconds: Dict[str, float]

    @classmethod
    def read(cls, folders: Sequence[Path], counts: Sequence[int], model, path: Path) -> "Speech":
        """Compute the emissions of data folders, ``counts`` utterances of each, the first of which is the speech."""
        arrays, references, seconds, spoken = {}, {}, {}, []
        for number, (folder, count) in enumerate(zip(folders, counts)):
            cuts = [cut for cut, _ in zip(read_data(folder), range(count))]
            texts = read_texts(folder)
            for batch in EmissionPipeline(model).stream(cuts, lambda some: [()] * len(some)):
                emissions = batch.searched
                for i, cut in enumerate(batch.cuts):
                    name = str(cut.id)
                    arrays[name] = emissions.log_probs[i, : int(emissions.lengths[i])].numpy()
                    references[name], seconds[name] = texts[name], emissions.durations[i]
            if not number:
                spoken = list(arrays)
        np.savez(path, **arrays)
        return cls(path, references, spoken, seconds)

    @property
    def words(self) -> Set[str]:
        """The words of all its texts."""
        return {word for text in self.references.values() for word in words_of(text)}

    def nameless(self, words: Sequence[str]) -> List[str]:
        """The utterances in whose text is no word of a list."""
        listed = set(words)
        return [name for name, text in self.references.items() if not listed & set(words_of(text))]


class Lists:
    """Lists of any size: the spoken words of a table, and others.

    Args:
      words: rare words; others are drawn from the half that no evidence model was trained on.
      speech: that the lists are for.
    """

    def __init__(self, words: Sequence[str], speech: Speech):
        said = speech.words
        of_speech = {word for name in speech.spoken for word in words_of(speech.references[name])}
        self.spoken = sorted(of_speech & set(words))
        self._others = sorted(word for word in set(words) if word not in said and hash_of(word) % 2)
        random.Random(1).shuffle(self._others)

    def words(self, size: int) -> List[str]:
        """The list with ``size`` others; a smaller one is a part of it.

        Raises:
          InputError: there are too few words.
        """
        if size > len(self._others):
            raise InputError(f"found {len(self._others):,} words that nobody says; {size:,} were expected for a list")
        return [*self.spoken, *self._others[:size]]


class Comparison:
    """All systems on some speech.

    Args:
      settings: of the command line.
      base, arpa: lexicon, graph and language model.
      model: acoustic model.
      speech: that is decoded.
      lists: that it is decoded with.
    """

    def __init__(self, settings, base: Path, arpa: Path, model, speech: Speech, lists: Lists):
        self._settings, self._speech, self._lists, self._base = settings, speech, lists, read_base(base)
        name = getattr(model, "made_by", "") or settings.model
        self._resources = Resources(base, arpa, name, model.frame_shift, Path())
        self.pronouncing: Dict[int, float] = {}

    def listed(self, size: int) -> WordList:
        """A list with its pronunciations; the CPU seconds that these take are kept."""
        if not size:
            return WordList()
        words = self._lists.words(size)
        begin = time.process_time()
        spelled = speller_of(self._base).spell([Entity(word, line=line) for line, word in enumerate(words, 1)])
        self.pronouncing[size] = time.process_time() - begin
        return WordList(tuple(words), spelled)

    def results(self, size: int) -> Iterator[Result]:
        """The results of all systems with a list."""
        listed, kind = self.listed(size), self._base.lang.units.kind
        chosen = [one for one in SYSTEMS if self._is_chosen(one) and one.decodes(kind, size)]
        path, workers = self._speech.arrays.with_name(f"list_{size}.pickle"), []
        path.write_bytes(pickle.dumps(listed))
        for system in sorted(chosen, key=lambda one: one.is_large):
            workers.append(Worker(Job(system, self._resources, path, self._speech.arrays)))
            if system.is_large:
                workers[-1].is_usable()
        workers = [worker for worker in workers if worker.is_usable()]
        self._decode(workers)
        for worker in workers:
            worker.close()
        workers.sort(key=lambda worker: [one.name for one in SYSTEMS].index(worker.name))
        ours = next((one for one in workers if one.name == OURS), next(iter(workers), None))
        yield from (self._result(one, ours, size) for one in workers)

    def _is_chosen(self, system: System) -> bool:
        return not self._settings.systems or system.name in self._settings.systems

    def _decode(self, workers: Sequence[Worker]) -> None:
        """Let all decode in turn; the first group is decoded twice, as the first search reads the graph from disk."""
        names, spoken = list(self._speech.references) if workers else [], set(self._speech.spoken)
        groups = [names[first : first + _GROUP] for first in range(0, len(names), _GROUP)]
        by_group = [one for one in workers if not one.by_folder]
        for is_timed, group in [*((False, group) for group in groups[:1]), *((True, group) for group in groups)]:
            self._decode_group(by_group, group, is_timed)
        folders = [[name for name in names if (name in spoken) == is_spoken] for is_spoken in (True, False)]
        for is_timed, group in [(False, names[:_GROUP]), *((True, folder) for folder in folders)]:
            self._decode_group([one for one in workers if one.by_folder], group, is_timed)

    def _decode_group(self, workers: Sequence[Worker], group: Sequence[str], is_timed: bool) -> None:
        in_time = [one for one in workers if sum(one.seconds) < self._settings.most_seconds] if group else []
        for worker in in_time:
            worker.begin(group)
            if not self._settings.together:
                worker.end(is_timed)
        if self._settings.together:
            for worker in in_time:
                worker.end(is_timed)

    def _result(self, worker: Worker, ours: Worker, size: int) -> Result:
        speech, words = self._speech, self._lists.words(size)
        spoken = {name: speech.references[name] for name in speech.spoken}
        nameless = {name: speech.references[name] for name in speech.nameless(words)}
        is_whole = len(worker.texts) == len(speech.references)
        others = sum(worker.texts.get(name) != ours.texts.get(name) for name in spoken)
        alarms = counts_of(worker.texts, nameless, words).false_alarms
        hours = sum(speech.seconds[name] for name in nameless) / 3600
        return Result(
            system=worker.name,
            size=size,
            utterances=len(worker.texts),
            counts=counts_of(worker.texts, spoken, words) if is_whole else None,
            false_alarms=(alarms, hours) if is_whole and size else None,
            milliseconds=1000 * sum(worker.seconds) / len(worker.texts),
            ratio=ratio_of(worker.seconds, ours.seconds),
            first_word=worker.built.first_word,
            prepare=worker.built.prepare,
            memory=worker.memory,
            others=others,
        )


def synthesized(folder: Path) -> Tuple[Path, Path, List[str]]:
    """Sentences full of names, sentences without any, and words of names."""
    vocabulary = packaged_vocabulary()
    texts, _ = sentences(vocabulary, 30)
    speak_demo(texts, folder / "data")
    speak_demo(_NAMELESS, folder / "nameless")
    groups = (vocabulary.people, vocabulary.cities, vocabulary.drugs)
    return (
        folder / "data",
        folder / "nameless",
        sorted({w for group in groups for name in group for w in words_of(name)}),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("words", type=Path, nargs="?", help="rare words, one a line")
    parser.add_argument("--nameless", type=Path, help="more speech, for false alarms alone")
    parser.add_argument("--base", type=Path, help="default: the default base")
    parser.add_argument("--arpa", type=Path, help="the bigram model of the base")
    parser.add_argument("--model", default="hama")
    parser.add_argument("--sizes", type=int, nargs="*", default=[0, 100, 1000, 10000, 50000])
    parser.add_argument("--utterances", type=int, nargs=2, default=(160, 100), help="of DATA and of --nameless")
    parser.add_argument("--systems", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--most-seconds", type=float, default=60.0, help="CPU seconds for the searches of a system")
    parser.add_argument("--together", action="store_true", help="let all decode at the same time, not in turn")
    parser.add_argument("--out", type=Path, help="OUT.json, OUT.svg and OUT.png")
    return parser


def compare(settings, folder: Path) -> List[Result]:
    """Print all results as they come."""
    base, arpa = settings.base, settings.arpa
    if base is None:
        base, arpa = default_base(progress=True), folder / "lm.arpa.gz"
        write_default_lm(arpa)
    if settings.data is None:
        data, nameless, words = synthesized(folder)
    else:
        data, nameless, words = settings.data, settings.nameless, [line.strip() for _, line in lines_of(settings.words)]
    model = load_model(settings.model)
    folders = [data, *([nameless] if nameless else [])]
    speech = Speech.read(folders, settings.utterances, model, folder / "arrays.npz")
    lists = Lists(words, speech)
    comparison = Comparison(settings, base, arpa, model, speech, lists)
    hours = sum(speech.seconds[name] for name in speech.spoken) / 3600
    print(f"{len(speech.spoken)} utterances, {hours:.3f} hours, {len(lists.spoken)} words of the list in them")
    results: List[Result] = []
    for size in settings.sizes:
        try:
            results += comparison.results(size)
        except InputError as error:
            print(f"{size:,}: {error}")
            continue
        print(f"\n{table([one for one in results if one.size == size])}", flush=True)
    for size, seconds in comparison.pronouncing.items():
        print(
            f"pronunciations of the list with {size:,} others: {seconds:.2f} s, which all systems with a lexicon need"
        )
    return results


def main() -> None:
    settings = _parser().parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        results = compare(settings, Path(folder))
    print(f"\n{short_table(results, 1000)}")
    if settings.out:
        rows = [asdict(one) for one in results]
        publish_file(settings.out.with_suffix(".json"), json.dumps(rows, indent=1) + "\n")
        plot(results, settings.out.stem).write(settings.out.parent)


if __name__ == "__main__":
    main()
