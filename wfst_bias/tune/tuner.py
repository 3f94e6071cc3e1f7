"""Weights for a development set: a search over class, boost and language model weights, with the rest unharmed."""

from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from lhotse import CutSet
from tqdm import tqdm

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.text import words_of
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.emissions import BatchEmissions
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified
from wfst_bias.score.counts import Counts, count_errors
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.report import Score, score_counts
from wfst_bias.second_pass.chain import Chain, Rescoring
from wfst_bias.second_pass.config import RESCORE
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.tune.lists import TunedLists
from wfst_bias.tune.rescoring import PhoneScores, RememberingRescorer
from wfst_bias.tune.weights import GRID, RESCORING_WEIGHTS, Weights, options_of, with_rescoring

_ROUNDS = 3  # over all weights


@dataclass(frozen=True)
class Caps:
    """Limits that tuned weights keep.

    Args:
      u_wer_rise: by which the errors in words outside the list may rise above those without a list, absolute percent.
      false_alarms: entities an hour that were not spoken; those of the first weights where not given.
    """

    u_wer_rise: float = 0.2
    false_alarms: Optional[float] = None


@dataclass(frozen=True)
class Trial:
    """Weights and their scores."""

    weights: Weights
    score: Score

    def describe(self, first: "Trial") -> str:
        """The scores, and the weights that are not those of the first trial."""
        rates = ", ".join(f"{name} {self.score.rates[name].value:.2f}" for name in ("F1", "WER", "U-WER", "B-WER"))
        alarms = f"{self.score.false_alarms_per_hour:.1f} false alarms an hour"
        return f"{rates}, {alarms}: {self.weights.changes(first.weights)}"


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
    """Decodes a development set again and again as ``decode`` does, its emissions being computed once.

    Args:
      lists: what it is biased to.
      emissions: of the set.
      texts: reference of each utterance.
      phrases: the phrases of the list of each utterance, for scoring.
      second_pass: what ``decode`` does after the search.
      pronunciations: of words and phrases in the phones of the phone network, where rescoring is a stage.
    """

    def __init__(
        self,
        lists: TunedLists,
        emissions: DevEmissions,
        texts: Mapping[str, str],
        phrases: Mapping[str, ScoredPhrases],
        second_pass: Chain = Chain(),
        pronunciations: Optional[Pronunciations] = None,
    ):
        self._lists = lists
        self._emissions = emissions
        self._texts = texts
        self._phrases = phrases
        self._second_pass = second_pass
        self._pronunciations = pronunciations
        self._phone_scores: PhoneScores = {}
        self._scores: Dict[Tuple[Weights, bool], Score] = {}

    @property
    def num_trials(self) -> int:
        """How often the set was decoded."""
        return len(self._scores)

    def score(self, weights: Weights, with_list: bool = True) -> Score:
        """Decode with these weights; without the lists by the search alone."""
        key = weights, with_list
        if key not in self._scores:
            with self._recognizer(weights, with_list) as recognizer:
                counts = [self._counted(name, text) for name, text in self._transcribed(recognizer)]
            self._scores[key] = score_counts(counts, self._emissions.hours)
        return self._scores[key]

    def _transcribed(self, recognizer: Recognizer) -> Iterator[Tuple[str, str]]:
        """Name and transcript of each utterance; a long one was searched in several segments."""
        batches = self._emissions.batches
        found: Iterable[Tuple[str, str]]
        if recognizer.second_pass.stages:
            segments = (segment for batch in batches for segment in recognizer.recognize_batch(batch))
            judged = verified(segments, recognizer.second_pass)
            found = ((segment.utterance, segment.found.transcript.text) for segment in judged)
        else:
            searched = ((batch, recognizer.search(batch).transcripts) for batch in batches)
            found = ((cut.id, one.text) for batch, own in searched for cut, one in zip(batch.cuts, own))
        for name, own_texts in groupby(found, key=itemgetter(0)):
            yield name, " ".join(text for _, text in own_texts if text)

    def _recognizer(self, weights: Weights, with_list: bool) -> Recognizer:
        if not with_list:
            return Recognizer(biasing=self._lists.plain(weights.search, weights.boost))
        biasing = self._lists.biasing(weights.entity_class, weights.search, weights.boost)
        return Recognizer(biasing=biasing, second_pass=self._with_rescoring_of(weights))

    def _counted(self, name: str, text: str) -> Counts:
        return count_errors(words_of(self._texts[name]), words_of(text), self._phrases[name])

    def _with_rescoring_of(self, weights: Weights) -> Chain:
        """The second pass, phone rescoring by these weights; no text is scored twice by the phone network."""
        config = weights.rescore
        if config is None or self._pronunciations is None:
            return self._second_pass
        rescoring = Rescoring(RememberingRescorer(self._pronunciations, config, self._phone_scores), config.num_best)
        stages = (rescoring if stage.name == RESCORE else stage for stage in self._second_pass.stages)
        return replace(self._second_pass, stages=tuple(stages))

    def tuned(self, first: Weights, caps: Caps = Caps()) -> Iterator[Trial]:
        """The trials that were the best so far, the last being the best of all; the first is that of ``first``.

        One weight is changed at a time, each to the best of its values, until nothing gets better. A trial is better
        with a higher F1 of the entities, and with a lower word error rate where that is equal; the nearer to the caps
        the better, where they are not kept. The weight of phone rescoring is 0 until it is found, the last of all: so
        the others are found much faster.

        Raises:
          InputError: the texts have no phrase of the list, or no trial keeps the caps.
        """
        first = with_rescoring(first, 0.0) if first.rescore else first
        names = (cut.id for batch in self._emissions.batches for cut in batch.cuts)
        if not any(self._phrases[name].occurrences(words_of(self._texts[name])) for name in names):
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
            for change, values in GRID:
                trials = [Trial(weights, self.score(weights)) for weights in (change(best.weights, v) for v in values)]
                if merit(better := max(trials, key=merit)) > merit(best):
                    best = better
                    yield best
            if best is before:
                break
        if first.rescore:
            rescored = (with_rescoring(best.weights, weight) for weight in RESCORING_WEIGHTS)
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


def dev_emissions(cuts: CutSet, recognizer: Recognizer, biasing: Biasing, batch_size: int) -> DevEmissions:
    """The emissions of a development set, as a recognizer searches them: those of long recordings in segments.

    Args:
      biasing: with the lists of the utterances.
    """
    progress = tqdm(cuts, desc="emissions", unit="utt", leave=False, disable=None)
    computed = list(recognizer.pipeline.stream(progress, biasing.lists_of, batch_size))
    return DevEmissions(computed, recognizer.timing.audio / 3600)


def write_config(path: Path, trials: List[Trial], comment: str, others: Mapping[str, Any] = {}) -> None:
    """The best weights as a file that ``--config`` reads, with what they gave.

    Args:
      others: configs that were not tuned, by the first word of their options.
    """
    first, best = trials[0].score, trials[-1].score
    lines = [f"# {line}\n" for line in comment.splitlines()]
    for name in ("F1", "WER", "U-WER", "B-WER"):
        rate, before = best.rates[name], first.rates[name]
        lines.append(f"# {name} {rate.value:.2f} ({rate.low:.2f} - {rate.high:.2f}), before {before.value:.2f}\n")
    lines.append(f"# false alarms an hour {best.false_alarms_per_hour:.1f}, before {first.false_alarms_per_hour:.1f}\n")
    rest = [option for group, config in others.items() for option in options_of(group, config)]
    publish_file(path, "".join([*lines, *(f"{option}\n" for option in (*trials[-1].weights.options, *rest))]))
