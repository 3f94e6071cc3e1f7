"""Weights for a development set: a search over class, boost and language model weights, with the rest unharmed."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

import torch
from lhotse import CutSet
from tqdm import tqdm

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.text import words_of
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Phrases
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.lattice.nbest import NBest, nbest_of
from wfst_bias.lattice.word_lattice import word_lattices
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import BatchEmissions, EmissionPipeline, batches
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.score.counts import count_errors
from wfst_bias.score.report import Score, score_counts
from wfst_bias.second_pass.config import ChainConfig, RescoringConfig
from wfst_bias.second_pass.pronunciations import Pronunciations, Words
from wfst_bias.second_pass.rescoring import PhoneRescorer, reordered

_ROUNDS = 3  # over all weights


@dataclass(frozen=True)
class Weights:
    """What is tuned, and what stands beside it.

    Args:
      entity_class: what the class costs and pays.
      boost: adaptive boosting.
      search: its acoustic scale is the inverse of the weight of the language model.
      rescore: phone rescoring, where that is a stage.
    """

    entity_class: ClassConfig = ClassConfig()
    boost: BoostConfig = BoostConfig()
    search: SearchConfig = SearchConfig()
    rescore: Optional[RescoringConfig] = None

    @property
    def options(self) -> Tuple[str, ...]:
        """As ``--config`` reads them."""
        groups = {"class": self.entity_class, "boost": self.boost, "search": self.search, "rescore": self.rescore}
        told = lambda value: value if isinstance(value, str) else f"{value:g}"
        return tuple(
            f"--{group}-{field.name.removeprefix(f'{group}_').replace('_', '-')}={told(getattr(config, field.name))}"
            for group, config in groups.items()
            if config
            for field in fields(config)
        )

    def told(self, first: "Weights") -> str:
        """The options that are not those of ``first``."""
        return " ".join(a for a, b in zip(self.options, first.options) if a != b) or "as given"


def _set(part: str, name: str) -> Callable[[Weights, float], Weights]:
    return lambda weights, value: replace(weights, **{part: replace(getattr(weights, part), **{name: value})})


# the values that are tried of each weight, beside the one it has
_GRID: Tuple[Tuple[Callable[[Weights, float], Weights], Tuple[float, ...]], ...] = (
    (_set("entity_class", "bonus"), (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)),
    (_set("boost", "alpha"), (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    (_set("search", "acoustic_scale"), (1.2, 1.5, 1.8, 2.1, 2.4)),
    (_set("boost", "cap"), (3.0, 4.0, 6.0, 8.0)),
    (_set("entity_class", "length_bonus"), (0.0, 1.5, 2.5, 4.0)),
)
_RESCORING_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)


def _with_rescoring(weights: Weights, weight: float) -> Weights:
    return replace(weights, rescore=replace(weights.rescore, weight=weight))


@dataclass(frozen=True)
class Caps:
    """What tuning may not spoil.

    Args:
      u_wer_rise: by which the errors in words outside the list may rise above those without a list, absolute percent.
      false_alarms: entities an hour that nobody said; those of the first weights where not given.
    """

    u_wer_rise: float = 0.2
    false_alarms: Optional[float] = None


@dataclass(frozen=True)
class Trial:
    """Weights and their scores."""

    weights: Weights
    score: Score


@dataclass(frozen=True)
class DevEmissions:
    """Emissions of a development set.

    Args:
      batches: of its utterances.
      hours: of audio.
    """

    batches: Sequence[BatchEmissions]
    hours: float


class Tuner:
    """Decodes a development set again and again, its emissions being made once.

    Args:
      base: base graph.
      spelled: the list.
      emissions: of the set.
      texts: reference of each utterance.
      device: of the search.
      sayings: how words and phrases are said in the phones of the phone network, for weights with phone rescoring.
    """

    def __init__(
        self,
        base: BaseGraph,
        spelled: SpelledList,
        emissions: DevEmissions,
        texts: Mapping[str, str],
        device: torch.device = torch.device("cpu"),
        sayings: Optional[Pronunciations] = None,
    ):
        self._base = base
        self._spelled = spelled
        self._emissions = emissions
        self._texts = texts
        self._device = device
        self._phrases = PhraseList(entity.words for entity in spelled.entities)
        self._sayings = sayings
        self._hypotheses: Dict[Weights, List[Tuple[NBest, List[float]]]] = {}  # of the last weights
        self._scores: Dict[Tuple[Weights, bool], Score] = {}

    @property
    def num_trials(self) -> int:
        """How often the set was decoded."""
        return len(self._scores)

    def score(self, weights: Weights, with_list: bool = True) -> Score:
        """Decode with these weights."""
        key = weights, with_list
        if key not in self._scores:
            rescored = with_list and weights.rescore and weights.rescore.weight
            lists = compile_lists(self._base, self._spelled, weights.entity_class) if with_list else []
            graph = self._base.with_entities(*lists) if lists else self._base.plain
            decoder = Decoder(graph, weights.search, weights.boost, self._device)
            recognizer = Recognizer(biasing=OneGraph(decoder))  # of emissions that are there already
            texts = self._rescored(weights, recognizer) if rescored else self._found(recognizer)
            counts = [count_errors(words_of(self._texts[name]), words, self._phrases) for name, words in texts]
            self._scores[key] = score_counts(counts, self._emissions.hours)
        return self._scores[key]

    def _found(self, recognizer: Recognizer) -> Iterator[Tuple[str, Words]]:
        """The utterances and their words, by the search."""
        for batch in self._emissions.batches:
            for transcript in recognizer.search(batch).transcripts:
                yield transcript.name, words_of(transcript.text)

    def _rescored(self, weights: Weights, recognizer: Recognizer) -> Iterator[Tuple[str, Words]]:
        """The same, by phone rescoring behind the search; that is done once for all weights of it."""
        rest = replace(weights, rescore=None)
        if rest not in self._hypotheses:
            self._hypotheses = {rest: list(self._scored_hypotheses(weights.rescore, recognizer))}
        for nbest, scores in self._hypotheses[rest]:
            best = reordered(nbest.hypotheses, scores, weights.rescore.weight, weights.search.acoustic_scale)[:1]
            yield nbest.name, best[0].words if best else ()

    def _scored_hypotheses(
        self, config: RescoringConfig, recognizer: Recognizer
    ) -> Iterator[Tuple[NBest, List[float]]]:
        """The hypotheses of each utterance, and their scores by the phone network."""
        rescorer = PhoneRescorer(self._sayings, config)
        for batch in self._emissions.batches:
            searched = recognizer.search(batch)
            lattices = word_lattices(searched.lattices, searched.decoder)
            nbests = [nbest_of(lattice, config.num_best, searched.decoder.graph.words) for lattice in lattices]
            texts = [[hypothesis.words for hypothesis in nbest.hypotheses] for nbest in nbests]
            yield from zip(nbests, rescorer.phone_scores(texts, batch.phones))

    def tuned(self, first: Weights, caps: Caps = Caps()) -> Iterator[Trial]:
        """The trials that were the best so far, the last being the best of all; the first is that of ``first``.

        One weight is changed at a time, each to the best of its values, until nothing gets better. A trial is better
        with a higher F1 of the entities, and with a lower word error rate where that is equal; the nearer to the caps
        the better, where they are not kept. Phone rescoring is left out until its own weight is found, the last of
        all: so the others are found much faster.

        Raises:
          InputError: the texts have no phrase of the list, or no trial keeps the caps.
        """
        first = _with_rescoring(first, 0.0) if self._sayings else first
        names = (name for batch in self._emissions.batches for name in batch.searched.names)
        if not any(self._phrases.occurrences(words_of(self._texts[name])) for name in names):
            raise InputError("the texts have no phrase of the list; tune on speech that has some, in its words")
        u_wer = self.score(first, with_list=False).rates["U-WER"].value + caps.u_wer_rise
        best = Trial(first, self.score(first))
        alarms = best.score.false_alarms_per_hour if caps.false_alarms is None else caps.false_alarms

        def excess(trial: Trial) -> float:
            score = trial.score
            return max(0.0, score.rates["U-WER"].value - u_wer) + max(0.0, score.false_alarms_per_hour - alarms)

        def merit(trial: Trial) -> Tuple[float, float, float]:
            return -excess(trial), trial.score.rates["F1"].value, -trial.score.rates["WER"].value

        yield best
        for _ in range(_ROUNDS):
            before = best
            for change, values in _GRID:
                trials = [Trial(weights, self.score(weights)) for weights in (change(best.weights, v) for v in values)]
                if merit(better := max(trials, key=merit)) > merit(best):
                    best = better
                    yield best
            if best is before:
                break
        if self._sayings:
            rescored = (_with_rescoring(best.weights, weight) for weight in _RESCORING_WEIGHTS)
            trials = [Trial(weights, self.score(weights)) for weights in rescored]
            if merit(better := max(trials, key=merit)) > merit(best):
                best = better
                yield best
        if excess(best):
            raise InputError(
                f"no weights keep U-WER at {u_wer:.2f} % and false alarms at {alarms:.1f} an hour; the best have "
                f"{best.score.rates['U-WER'].value:.2f} % and {best.score.false_alarms_per_hour:.1f}: raise "
                "--max-u-wer-rise or --max-false-alarms"
            )


def emissions_of(
    cuts: CutSet,
    model: AcousticModel,
    upstream: EmissionAdapter,
    phrases: Phrases,
    batch_size: int,
    phone_model: Optional[AcousticModel] = None,
) -> DevEmissions:
    """The emissions of a development set, all its utterances with the same list."""
    pipeline = EmissionPipeline(model, upstream, phone_model)
    cuts = tqdm(cuts, desc="emissions", unit="utt", leave=False, disable=None)
    computed = [pipeline.emissions(batch, [phrases] * len(batch)) for batch in batches(cuts, batch_size)]
    return DevEmissions(computed, pipeline.timing.audio / 3600)


def write_config(path: Path, trials: List[Trial], comment: str, stages: ChainConfig = ChainConfig()) -> None:
    """The best weights as a file that ``--config`` reads, with what they gave, and the stages that they are for."""
    first, best = trials[0].score, trials[-1].score
    lines = [f"# {line}\n" for line in comment.splitlines()]
    for name in ("F1", "WER", "U-WER", "B-WER"):
        rate, before = best.rates[name], first.rates[name]
        lines.append(f"# {name} {rate.value:.2f} ({rate.low:.2f} - {rate.high:.2f}), before {before.value:.2f}\n")
    lines.append(f"# false alarms an hour {best.false_alarms_per_hour:.1f}, before {first.false_alarms_per_hour:.1f}\n")
    chain = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(stages).items() if value]
    options = (*trials[-1].weights.options, *(chain if stages.names else ()))
    publish_file(path, "".join([*lines, *(f"{option}\n" for option in options)]))
