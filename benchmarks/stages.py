"""The time of each stage of this system, in one run: acoustic model, search, lattices, second pass; and of other searches.

All search the same emissions in turn, with one thread, a few rounds. Times are CPU times of the process, medians of the
rounds. WER counts all words; F1 is of the words of the list. Its peers are in ``compare_peers.py``.

python benchmarks/stages.py [DATA LIST] [--base DIR] [--model SPEC] [--search FIELD VALUE ...]

Without DATA, sentences full of names are synthesized (hibari-tts), and the list is all of their words that the language
model does not have, and 1,000 other names.
"""

import argparse
import math
import random
import statistics
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Callable, Dict, List, Sequence, Tuple

import torch
from compare_peers import synthesized
from recall_curve import Point, joined_texts, point_of
from tabulate import tabulate

from wfst_bias.acoustic.models import load_model
from wfst_bias.core.text import words_of
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import read_entities
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.listed import OPEN
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.emissions import BatchEmissions, EmissionPipeline
from wfst_bias.recognize.recognition import SearchedBatch
from wfst_bias.recognize.transcribe import default_base
from wfst_bias.recognize.verified import verifying_chain
from wfst_bias.second_pass.chain import Batch, Chain
from wfst_bias.second_pass.config import VerifyConfig

ACOUSTIC, SEARCH, LATTICES, SECOND_PASS = "acoustic model", "search", "lattices", "second pass"
PLAIN, WIDE = "search, no list", "search, every frame, wider"
_WIDE = {"skip_blank": math.inf, "search_beam": 18.0, "min_active": 30}  # nats, states
_NUM_BEST, _NUM_OTHERS = 10, 1000


@dataclass
class Clock:
    """CPU seconds that each part took in each round, and the texts that it gave, by utterance."""

    seconds: Dict[str, List[float]] = field(default_factory=dict)
    texts: Dict[str, Dict[str, str]] = field(default_factory=dict)
    num_confidences: int = 0  # they are computed when they are read

    @contextmanager
    def of(self, part: str):
        begin = time.process_time()
        yield
        self.seconds[part][-1] += time.process_time() - begin

    def start(self, parts: Sequence[str]) -> None:
        """Begin a round."""
        for part in parts:
            self.seconds.setdefault(part, []).append(0.0)

    def ratio(self, part: str, other: str) -> float:
        """The time of a part over that of another one, the median of the rounds."""
        return statistics.median(a / max(b, 1e-9) for a, b in zip(self.seconds[part], self.seconds[other]))


def our_search(part: str, decoder: Decoder) -> Callable[[BatchEmissions, Clock], SearchedBatch]:
    """A search of batches."""

    def run(batch: BatchEmissions, clock: Clock) -> SearchedBatch:
        with clock.of(part):
            searched = SearchedBatch.search(batch, decoder, [OPEN] * len(batch.cuts))
        own = [(str(cut.id), one.text) for cut, one in zip(batch.cuts, searched.transcripts)]
        clock.texts.setdefault(part, {}).update(joined_texts(own))
        return searched

    return run


def all_stages(decoder: Decoder, chain: Chain) -> Callable[[BatchEmissions, Clock], None]:
    """Search, lattices with n-best lists and confidences, and the second pass."""
    search = our_search(SEARCH, decoder)

    def run(batch: BatchEmissions, clock: Clock) -> None:
        searched = search(batch, clock)
        read = Batch(decoder, searched.lattices, batch.lists, batch.phones)
        with clock.of(LATTICES):
            found = Chain().found(searched.transcripts, read, _NUM_BEST)
            clock.num_confidences += sum(len(one.path.confidences) for one in found)
        with clock.of(SECOND_PASS):
            for stage in chain.stages:
                found = stage(found, read)

    return run


@dataclass
class Setup:
    """What is decoded, and by what.

    Args:
      words: of the list.
      settings: of the command line.
    """

    data: Path
    entities: Sequence[Entity]
    settings: argparse.Namespace

    def __post_init__(self):
        given = self.settings
        self.base = read_base(given.base)
        self.spelled = speller_of(self.base).spell(self.entities)
        search = SearchConfig(**{name: type(getattr(SearchConfig(), name))(v) for name, v in given.search})
        graph = self.base.with_entities(*compile_lists(self.base, self.spelled, ClassConfig(bonus=given.bonus)))
        self.decoder, self.plain = Decoder(graph, search), Decoder(self.base.plain, search)
        model = load_model(given.model)
        self.pipeline = EmissionPipeline(model)
        self.chain = verifying_chain(VerifyConfig(), model, given.model)

    def batches(self) -> List[BatchEmissions]:
        cuts = [cut for cut, _ in zip(read_data(self.data), range(self.settings.utterances))]
        phrases = self.decoder.graph.entities
        return list(self.pipeline.stream(cuts, lambda some: [phrases] * len(some), self.settings.batch_size))

    def searches(self) -> Dict[str, Callable[[BatchEmissions, Clock], object]]:
        """All that is measured, by its name."""
        wide = Decoder(self.decoder.graph, replace(self.decoder.search, **_WIDE))
        return {
            SEARCH: all_stages(self.decoder, self.chain),
            PLAIN: our_search(PLAIN, self.plain),
            WIDE: our_search(WIDE, wide),
        }

    def point(self, texts: Dict[str, str], hours: float) -> Point:
        references = {name: text for name, text in read_texts(self.data).items() if name in texts}
        words = [" ".join(entity.words) for entity in self.entities]
        return point_of(self.data.name, "", 0.0, texts, references, words, self.base.known_words, hours, 0.0)


def measure(setup: Setup, rounds: int) -> None:
    clock, begin = Clock(), time.process_time()
    batches = setup.batches()
    acoustic = time.process_time() - begin  # with reading the audio
    searches = setup.searches()
    for number in range(rounds + 1):
        clock.start([*searches, LATTICES, SECOND_PASS])
        for run in searches.values():
            for batch in batches:
                run(batch, clock)
        if not number:  # the first one reads the graph from disk
            clock.seconds.clear()
    hours = sum(sum(batch.searched.durations) for batch in batches) / 3600
    count = sum(len(batch.cuts) for batch in batches)
    clock.seconds[ACOUSTIC] = [acoustic] * rounds
    rows = []
    for part in (ACOUSTIC, SEARCH, LATTICES, SECOND_PASS, *list(searches)[1:]):
        seconds = statistics.median(clock.seconds[part])
        row = [part, 1000 * seconds / count, seconds / hours / 3600, clock.ratio(part, SEARCH)]
        if part in clock.texts:
            point = setup.point(clock.texts[part], hours)
            f1 = 200 * point.hits / max(point.spoken + point.hits + point.false_alarms, 1)
            other = sum(text != clock.texts[part][name] for name, text in clock.texts[SEARCH].items())
            row += [point.wer, f1, point.hits, point.false_alarms, other]
        rows.append(row)
    print(f"{count} utterances, {hours:.3f} hours, {len(setup.entities):,} words in the list, {rounds} rounds")
    headers = ("", "ms an utterance", "s a second", "of the search", "WER", "F1", "hits", "false", "other texts")
    floats = ("", ".2f", ".5f", ".2f", ".2f", ".2f")
    print(tabulate(rows, headers=headers, floatfmt=floats, tablefmt="github"))


def synthesized_names(folder: Path) -> Tuple[Path, List[Entity]]:
    """Sentences full of names, and a list of their words and others that nobody says."""
    data, _, names = synthesized(folder)
    said = {word for text in read_texts(data).values() for word in words_of(text)}
    others = random.Random(1).sample(sorted(set(names) - said), _NUM_OTHERS)
    return data, [Entity(word, line=line) for line, word in enumerate([*sorted(said & set(names)), *others], 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("list", type=Path, nargs="?")
    parser.add_argument("--base", type=Path, help="default: the default base")
    parser.add_argument("--model", default="hama")
    parser.add_argument("--bonus", type=float, default=ClassConfig().bonus, help="nats, of our list")
    parser.add_argument("--search", nargs=2, action="append", default=[], metavar=("FIELD", "VALUE"), help="of ours")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--utterances", type=int, default=10**6)
    parser.add_argument("--rounds", type=int, default=5)
    settings = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if settings.base is None:
            settings.base = default_base(progress=True)
        if settings.data is None:
            data, entities = synthesized_names(folder)
        else:
            data, entities = settings.data, tuple(read_entities(settings.list))
        measure(Setup(data, entities, settings), settings.rounds)


if __name__ == "__main__":
    main()
