"""Recall of the words of a list against false alarms per hour: counts, tables and plot of several systems."""

from dataclasses import dataclass
from typing import AbstractSet, Dict, Iterable, List, Mapping, Sequence, Tuple

from tabulate import tabulate

from wfst_bias.core.text import words_of
from wfst_bias.report.plot import SERIES, Plot
from wfst_bias.score.counts import Counts, count_errors
from wfst_bias.score.listed import ScoredPhrases

_BUDGETS = (10, 20, 30, 50, 100, 200)  # false alarms per hour


@dataclass(frozen=True)
class Point:
    """What a system recognized at one setting.

    Args:
      data: name of the speech.
      system: how it was decoded.
      setting: what is swept: bonus, posterior or unigram.
      hours: of speech.
      spoken, hits, false_alarms: words of the list.
      unknown: the same three of words that the language model does not have.
      words, errors: of all words.
      seconds: that decoding took; with the graph, not with the emissions.
    """

    data: str
    system: str
    setting: float
    hours: float
    spoken: int
    hits: int
    false_alarms: int
    unknown: Sequence[int]
    words: int
    errors: int
    seconds: float

    @property
    def recall(self) -> float:
        """Words of the list that were found, percent of those spoken."""
        return 100 * self.hits / max(self.spoken, 1)

    @property
    def false_alarms_per_hour(self) -> float:
        return self.false_alarms / self.hours

    @property
    def wer(self) -> float:
        """Word error rate, percent."""
        return 100 * self.errors / max(self.words, 1)

    def describe(self) -> str:
        return f"recall {self.recall:.1f} %, {self.false_alarms_per_hour:.1f} false alarms an hour, WER {self.wer:.1f}"


def point_of(
    data: str,
    system: str,
    setting: float,
    texts: Mapping[str, str],
    references: Mapping[str, str],
    words: Iterable[str],
    known_words: AbstractSet[str],
    hours: float,
    seconds: float,
) -> Point:
    """Count the words of a list in the texts that a system gave; the other arguments are those of :class:`Point`.

    Args:
      texts: of the utterances; one that is missing is empty.
      references: of all utterances.
      words: of the list.
      known_words: of the language model.
    """
    words = tuple(words)
    unknown = [word for word in words if word not in known_words]
    listed, few = (_counts(texts, references, some) for some in (words, unknown))
    return Point(
        data=data,
        system=system,
        setting=setting,
        hours=hours,
        spoken=listed.hits + listed.misses,
        hits=listed.hits,
        false_alarms=listed.false_alarms,
        unknown=(few.hits + few.misses, few.hits, few.false_alarms),
        words=listed.biased_words + listed.unbiased_words,
        errors=listed.biased_errors + listed.unbiased_errors,
        seconds=round(seconds, 1),
    )


def _counts(texts: Mapping[str, str], references: Mapping[str, str], words: Iterable[str]) -> Counts:
    phrases = ScoredPhrases(map(words_of, words))
    pairs = [(words_of(reference), words_of(texts.get(name, ""))) for name, reference in references.items()]
    return sum((count_errors(reference, text, phrases) for reference, text in pairs), Counts())


def joined_texts(segments: Iterable[Tuple[str, str]]) -> Dict[str, str]:
    """The text of each utterance of pairs of utterance and text; the segments of an utterance are in their order."""
    texts: Dict[str, str] = {}
    for utterance, text in segments:
        texts[utterance] = f"{texts.get(utterance, '')} {text}".strip()
    return texts


def best_within(points: Sequence[Point], budget: float) -> float:
    """The largest recall with at most so many false alarms per hour, percent; NaN where no point has so few."""
    return max((one.recall for one in points if one.false_alarms_per_hour <= budget), default=float("nan"))


def by_system(points: Sequence[Point], data: str) -> Dict[str, List[Point]]:
    """The points of each system on some speech, by their settings."""
    systems: Dict[str, List[Point]] = {}
    for one in sorted(points, key=lambda one: one.setting):
        if one.data == data:
            systems.setdefault(one.system, []).append(one)
    return dict(sorted(systems.items()))


def tables(points: Sequence[Point]) -> str:
    """All points, and for each system the recall within some false alarms per hour."""
    texts = []
    for data in dict.fromkeys(one.data for one in points):
        systems = by_system(points, data)
        rows = [
            (name, one.setting, one.hits, one.spoken, one.recall, one.false_alarms_per_hour, one.wer, *one.unknown)
            for name, some in systems.items()
            for one in some
        ]
        headers = ("", "setting", "hits", "spoken", "recall", "false alarms/h", "WER", "unknown", "hits", "false")
        texts.append(f"{data}\n{tabulate(rows, headers=headers, floatfmt='.4g')}")
        best = [(name, *(best_within(some, budget) for budget in _BUDGETS)) for name, some in systems.items()]
        headers = (f"{data}, false alarms/h <=", *map(str, _BUDGETS))
        texts.append(tabulate(best, headers=headers, floatfmt=".1f", tablefmt="github"))
    return "\n\n".join(texts)


def plot(points: Sequence[Point], name: str) -> Plot:
    """Recall against false alarms per hour, a panel for each speech and a line for each system."""
    names = list(dict.fromkeys(one.data for one in points))

    def draw(figure) -> None:
        for ax, data in zip(figure.subplots(1, len(names), squeeze=False)[0], names):
            for color, (system, some) in zip(SERIES, by_system(points, data).items()):
                x, y = [one.false_alarms_per_hour for one in some], [one.recall for one in some]
                ax.plot(x, y, "o-", color=color, markersize=3.5, linewidth=1.2, label=system)
            ax.set_xscale("symlog", linthresh=10)
            ax.xaxis.set_major_formatter("{x:g}")
            ax.set(title=data, xlabel="false alarms per hour", ylabel="recall, %", xlim=(0, None))
        figure.legend(*ax.get_legend_handles_labels(), loc="outside right upper", fontsize=8)

    summary = "; ".join(f"{one.data}, {one.system} {one.setting:g}: {one.describe()}" for one in points)
    return Plot(name, "Recall against false alarms per hour", summary, (2.6 + 3.4 * len(names), 3.6), draw)
