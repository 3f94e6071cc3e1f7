"""Changes from one rung of a ladder to the next, by utterance."""

from dataclasses import dataclass
from typing import Collection, Counter, Dict, List, Mapping, Tuple

from wfst_bias.core.text import words_of
from wfst_bias.report.aligned import Column, columns, num_errors
from wfst_bias.report.folders import Comparison
from wfst_bias.score.counts import Matches, match_phrases
from wfst_bias.score.ladder import Rung
from wfst_bias.score.listed import ScoredPhrases, Words
from wfst_bias.score.report import Rate, counts_of, score_change
from wfst_bias.score.texts import hypotheses_of

Texts = Mapping[str, Words]
ENTITY_KINDS = ("gained", "lost", "alarms", "silenced")


@dataclass(frozen=True)
class Change:
    """An utterance with another transcript on the next rung.

    Args:
      utterance: its name.
      reference, before, after: its texts.
      columns: these three, aligned.
      gained, lost: phrases of the reference that were found on one of the rungs only.
      alarms, silenced: false alarms on the next rung only, and on the one before only.
    """

    utterance: str
    reference: str
    before: str
    after: str
    columns: Tuple[Column, ...]
    gained: Tuple[str, ...]
    lost: Tuple[str, ...]
    alarms: Tuple[str, ...]
    silenced: Tuple[str, ...]

    @property
    def num_entities(self) -> int:
        """Those that changed."""
        return sum(len(getattr(self, kind)) for kind in ENTITY_KINDS)

    @property
    def errors_before(self) -> int:
        return num_errors(self.columns, 1)

    @property
    def errors_after(self) -> int:
        return num_errors(self.columns, 2)

    @property
    def kinds(self) -> Tuple[str, ...]:
        """The kinds of change, by which a page filters."""
        kinds = {
            **{kind: getattr(self, kind) for kind in ENTITY_KINDS},
            "better": self.errors_after < self.errors_before,
            "worse": self.errors_after > self.errors_before,
        }
        return tuple(kind for kind, is_there in kinds.items() if is_there)


@dataclass(frozen=True)
class Step:
    """From a rung to the next.

    Args:
      before, after: the rungs.
      added: to each rate, percent.
      changes: those with most changes first: of entities, then of errors.
    """

    before: Rung
    after: Rung
    added: Mapping[str, Rate]
    changes: Tuple[Change, ...]

    @property
    def num_entities(self) -> Dict[str, int]:
        """By the field of a change that has them."""
        return {kind: sum(len(getattr(change, kind)) for change in self.changes) for kind in ENTITY_KINDS}


def texts_of_rungs(texts: Mapping[str, str], comparison: Comparison) -> List[Texts]:
    """Read the transcripts of each rung."""
    return [hypotheses_of(texts, comparison.folder_of(rung).path, rung.stage) for rung in comparison.rungs]


def steps(texts: Mapping[str, str], comparison: Comparison) -> List[Step]:
    """The steps between neighbouring rungs."""
    rungs, phrases = comparison.rungs, comparison.scored_by.phrases
    transcripts = texts_of_rungs(texts, comparison)
    references = {name: words_of(texts[name]) for name in phrases}
    failed = [frozenset(rung.score.failed.utterances if rung.score.failed else ()) for rung in rungs]
    found = []
    for i in range(len(rungs) - 1):
        before, after = transcripts[i : i + 2]
        lost = failed[i] | failed[i + 1]
        both = {name: own for name, own in phrases.items() if name not in lost}  # have a transcript on both rungs
        own = [counts_of(texts, hypotheses, both, comparison.scored_by.rare) for hypotheses in (before, after)]
        known = {name: words for name, words in references.items() if name in both}
        found.append(Step(rungs[i], rungs[i + 1], score_change(*own), tuple(_changes(known, before, after, both))))
    return found


def _changes(references: Texts, before: Texts, after: Texts, phrases: Mapping[str, ScoredPhrases]) -> List[Change]:
    changed = [name for name in references if before[name] != after[name]]
    found = [_change(name, references[name], before[name], after[name], phrases[name]) for name in changed]
    return sorted(found, key=lambda one: (-one.num_entities, -abs(one.errors_after - one.errors_before)))


def _change(name: str, reference: Words, before: Words, after: Words, phrases: ScoredPhrases) -> Change:
    old, new = match_phrases(reference, before, phrases), match_phrases(reference, after, phrases)
    alarms, silenced = _alarms(after, new), _alarms(before, old)
    return Change(
        utterance=name,
        reference=" ".join(reference),
        before=" ".join(before),
        after=" ".join(after),
        columns=tuple(columns(reference, (before, after), phrases)),
        gained=_texts(reference, new.hits.keys() - old.hits.keys()),
        lost=_texts(reference, old.hits.keys() - new.hits.keys()),
        alarms=tuple((alarms - silenced).elements()),
        silenced=tuple((silenced - alarms).elements()),
    )


def _texts(reference: Words, spans: Collection[Tuple[int, int]]) -> Tuple[str, ...]:
    return tuple(" ".join(reference[slice(*span)]) for span in sorted(spans))


def _alarms(hypothesis: Words, matches: Matches) -> "Counter[str]":
    return Counter(" ".join(hypothesis[slice(*span)]) for span in matches.false_alarms)
