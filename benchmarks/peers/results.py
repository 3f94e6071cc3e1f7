"""What a system recognized at one size of the list, and the tables and plots of all of them."""

import statistics
from dataclasses import dataclass
from typing import Dict, List, Mapping, Optional, Sequence

from tabulate import tabulate

from wfst_bias.core.text import words_of
from wfst_bias.report.plot import SERIES, Plot
from wfst_bias.score.counts import Counts, count_errors
from wfst_bias.score.listed import ScoredPhrases

_DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Result:
    """A system with a list.

    Args:
      system: its name.
      size: words of the list that nobody says; 0 is no list.
      utterances: that were decoded in time.
      counts: of the speech; None where not all of it was decoded in time.
      false_alarms: words of the list in nameless speech, and its hours; None as above.
      milliseconds: CPU time of the search an utterance.
      ratio: of that to the time of this system, the median over groups of utterances, see :func:`ratio_of`.
      first_word: CPU seconds from the list to the first word.
      prepare: CPU seconds of what no list repeats.
      memory: peak, GB.
      others: utterances of the speech whose text is not this system's.
    """

    system: str
    size: int
    utterances: int
    counts: Optional[Counts]
    false_alarms: Optional[Sequence[float]]
    milliseconds: float
    ratio: float
    first_word: float
    prepare: float
    memory: float
    others: int

    @property
    def rates(self) -> Sequence[Optional[float]]:
        """See :func:`rates_of`."""
        return (None,) * 4 if self.counts is None else rates_of(self.counts)

    @property
    def f1(self) -> Optional[float]:
        """Of the words of the list, percent."""
        return self.rates[3]

    @property
    def per_hour(self) -> Optional[float]:
        """False alarms an hour of nameless speech."""
        if self.false_alarms is None or not self.false_alarms[1]:
            return None
        return self.false_alarms[0] / self.false_alarms[1]


def rates_of(counts: Counts) -> Sequence[float]:
    """WER, U-WER, B-WER and F1, percent."""
    pairs = (
        (counts.biased_errors + counts.unbiased_errors, counts.biased_words + counts.unbiased_words),
        (counts.unbiased_errors, counts.unbiased_words),
        (counts.biased_errors, counts.biased_words),
        (2 * counts.hits, 2 * counts.hits + counts.misses + counts.false_alarms),
    )
    return tuple(100 * part / max(whole, 1) for part, whole in pairs)


def counts_of(texts: Mapping[str, str], references: Mapping[str, str], words: Sequence[str]) -> Counts:
    """Count the errors and the words of a list in some texts.

    Args:
      texts: of utterances; one that is missing is empty.
      references: of those that are counted.
    """
    phrases = ScoredPhrases(map(words_of, words))
    pairs = ((words_of(reference), words_of(texts.get(name, ""))) for name, reference in references.items())
    return sum((count_errors(*pair, phrases) for pair in pairs), Counts())


def ratio_of(seconds: Sequence[float], others: Sequence[float]) -> float:
    """The median ratio of times that were taken in turn; that of the sums where they are of other groups."""
    if len(seconds) != len(others):
        return sum(seconds) / max(sum(others), 1e-9)
    return statistics.median(a / max(b, 1e-9) for a, b in zip(seconds, others))


def table(results: Sequence[Result]) -> str:
    """A row for each system and list."""
    headers = ("", "N", "WER", "U-WER", "B-WER", "F1", "false/h", "ms", "of ours", "first word, s", "GB", "other texts")
    rows = [
        (
            one.system,
            f"{one.size:,}",
            *one.rates,
            one.per_hour,
            one.milliseconds,
            one.ratio,
            one.first_word,
            one.memory,
            one.others if one.counts is not None else None,
        )
        for one in results
    ]
    floats = ("", "", ".2f", ".2f", ".2f", ".1f", ".1f", ".1f", ".2f", ".2f", ".2f", "")
    return tabulate(rows, headers=headers, floatfmt=floats, tablefmt="github", missingval="-")


def short_table(results: Sequence[Result], size: int) -> str:
    """The systems at one size of the list, with the columns that a reader compares first."""
    headers = ("", "WER", "U-WER", "F1", "false alarms an hour", "search, ms an utterance", "new list, s", "memory, GB")
    rows = [
        (one.system, *one.rates[:2], one.f1, one.per_hour, one.milliseconds, one.first_word, one.memory)
        for one in results
        if one.size == size
    ]
    floats = ("", ".1f", ".1f", ".1f", ".0f", ".1f", ".1f", ".1f")
    return tabulate(rows, headers=headers, floatfmt=floats, tablefmt="github", missingval="-")


def by_system(results: Sequence[Result]) -> Dict[str, List[Result]]:
    """The results of each system, by the size of the list."""
    systems: Dict[str, List[Result]] = {}
    for one in sorted(results, key=lambda one: one.size):
        systems.setdefault(one.system, []).append(one)
    return systems


def plot(results: Sequence[Result], name: str) -> Plot:
    """F1, and the time of the search, against the size of the list; a line for each system."""
    panels = (("F1, percent", "f1", "linear"), ("search, ms of CPU an utterance", "milliseconds", "log"))

    def draw(figure) -> None:
        axes = figure.subplots(1, len(panels))
        for ax, (label, field, scale) in zip(axes, panels):
            for number, (system, some) in enumerate(by_system(results).items()):
                points = [(one.size, getattr(one, field)) for one in some if getattr(one, field) is not None]
                style = _DASHES[number // len(SERIES)]
                color = SERIES[number % len(SERIES)]
                ax.plot(*zip(*points), style, marker="o", color=color, markersize=3.5, linewidth=1.2, label=system)
            ax.set_xscale("symlog", linthresh=100)
            ax.set_yscale(scale)
            ax.xaxis.set_major_formatter("{x:,.0f}")
            ax.set(title=label, xlabel="words of the list that nobody says", xlim=(0, None))
        figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)

    known = [one for one in results if one.f1 is not None]
    summary = "; ".join(f"{one.system}, N = {one.size:,}: F1 {one.f1:.1f}, {one.milliseconds:.1f} ms" for one in known)
    return Plot(name, "F1 and time of the search against the size of the list", summary, (10.4, 3.6), draw)
