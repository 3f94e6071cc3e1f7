"""Training of an evidence model: candidates of lists in transcribed speech, spoken and false ones."""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import AbstractSet, Dict, FrozenSet, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import words_of
from wfst_bias.core.types import BoolArray
from wfst_bias.data.cuts import read_data, read_texts
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.evidence.candidates import Candidate, candidates_on
from wfst_bias.evidence.features import FeatureTable
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.evidence.prior import Background, sized
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import BatchEmissions, EmissionPipeline
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.separation import SpokenWords
from wfst_bias.second_pass.chain import Batch, Chain


@dataclass(frozen=True)
class Speech:
    """Transcribed speech with emissions.

    Args:
      batches: emissions of its utterances.
      texts: reference of each utterance.
    """

    batches: Sequence[BatchEmissions]
    texts: Mapping[str, str]

    @property
    def hours(self) -> float:
        return sum(float(sum(batch.searched.durations)) for batch in self.batches) / 3600

    @property
    def utterances(self) -> FrozenSet[str]:
        """Names of its utterances."""
        return frozenset(str(cut.id) for batch in self.batches for cut in batch.cuts)

    @property
    def words(self) -> FrozenSet[str]:
        """Words that are spoken in it."""
        return frozenset(word for name in self.utterances for word in words_of(self.texts[name]))


def read_speech(folders: Sequence[Path], pipeline: EmissionPipeline) -> Speech:
    """Read transcribed speech and compute its emissions.

    Args:
      folders: data folders or manifests.
    """
    cuts = (cut for folder in folders for cut in read_data(folder))
    batches = list(pipeline.stream(cuts, lambda cuts: [()] * len(cuts)))
    return Speech(batches, {name: text for folder in folders for name, text in read_texts(folder).items()})


@dataclass(frozen=True)
class TrainingLists:
    """The lists that candidates are collected with.

    Args:
      own: words of the speech, rare ones.
      others: words to draw the rest from; those that are spoken are left out.
      num_others: words that are drawn for each list.
      num_absent: lists of drawn words alone.
      seed: of the draws.
    """

    own: Tuple[str, ...]
    others: Tuple[str, ...]
    num_others: int = 2000
    num_absent: int = 5
    seed: int = 0

    def drawn(self, spoken: FrozenSet[str]) -> List[Tuple[str, ...]]:
        """The lists: one of the own words and others, then those of absent words.

        Raises:
          InputError: there are too few words to draw from.
        """
        absent = [word for word in dict.fromkeys(self.others) if word not in spoken]
        if len(absent) < self.num_others:
            raise InputError(
                f"found {len(absent):,} words that are not spoken; {self.num_others:,} were expected for a list"
            )
        rng = random.Random(self.seed)
        draws = [tuple(rng.sample(absent, self.num_others)) for _ in range(self.num_absent + 1)]
        return [(*self.own, *draws[0]), *draws[1:]]


@dataclass(frozen=True)
class LabeledCandidates:
    """Candidates of a list in transcribed speech.

    Args:
      table: their features.
      is_true: which were spoken, bool ``(E,)``.
      is_known: of which the language model knows all words, bool ``(E,)``.
      utterances: of each.
      phrases: of each.
      hours: that were spoken, without silence; of all lists.
    """

    table: FeatureTable
    is_true: BoolArray
    is_known: BoolArray
    utterances: Tuple[str, ...]
    phrases: Tuple[str, ...]
    hours: float

    @classmethod
    def joined(cls, parts: Sequence["LabeledCandidates"]) -> "LabeledCandidates":
        """Those of several lists."""
        return cls(
            FeatureTable.joined([part.table for part in parts]),
            np.concatenate([np.zeros(0, bool), *(part.is_true for part in parts)]),
            np.concatenate([np.zeros(0, bool), *(part.is_known for part in parts)]),
            tuple(name for part in parts for name in part.utterances),
            tuple(name for part in parts for name in part.phrases),
            sum(part.hours for part in parts),
        )


def labeled_candidates(base: BaseGraph, words: Sequence[str], speech: Speech) -> LabeledCandidates:
    """Search speech with a list, and tell the phrases that were spoken from the others.

    Args:
      words: of the list.
    """
    spelled = speller_of(base).spell([Entity(word, line=line) for line, word in enumerate(words, 1)])
    decoder = Decoder(base.with_entities(*compile_lists(base, spelled)), device=base.device)
    rows: List[Tuple[str, Candidate, int]] = []  # utterance, candidate, number of the words in segments before
    texts: Dict[str, Tuple[str, ...]] = {}
    seconds = 0.0
    with Recognizer(biasing=OneGraph(decoder)) as recognizer:
        for emissions in speech.batches:
            searched = recognizer.search(emissions)
            batch = Batch(decoder, searched.lattices, emissions.lists, emissions.phones)
            for i, found in enumerate(Chain().found(searched.transcripts, batch)):
                name, before = str(emissions.cuts[i].id), len(texts.get(str(emissions.cuts[i].id), ()))
                for one in candidates_on(found.path, found.transcript, i, searched.lattices, decoder):
                    rows.append((name, one, before))
                seconds += found.transcript.spoken
                texts[name] = (*texts.get(name, ()), *words_of(found.transcript.text))
    phrases = ScoredPhrases.of(map(Entity, words))
    spoken = {name: SpokenWords(words_of(speech.texts[name]), text, phrases) for name, text in texts.items()}
    return LabeledCandidates(
        FeatureTable.joined([one.features for _, one, _ in rows]),
        np.array([spoken[name].is_hit(*_span(one, before)) for name, one, before in rows], bool),
        np.array([one.is_known for _, one, _ in rows], bool),
        tuple(name for name, _, _ in rows),
        tuple(one.entity.phrase for _, one, _ in rows),
        seconds / 3600,
    )


def train_evidence(
    base: BaseGraph, speech: Speech, lists: TrainingLists, about: Mapping[str, object] = {}
) -> Tuple[EvidenceModel, LabeledCandidates]:
    """Train an evidence model on speech.

    Its own rare words among others give spoken candidates, lists of absent words give false ones and their number an
    hour.

    Args:
      about: what the file of the model says in addition.

    Returns:
      the model, and what it was trained on.
    """
    drawn = lists.drawn(speech.words)
    collected = [labeled_candidates(base, words, speech) for words in drawn]
    absent = LabeledCandidates.joined(collected[1:])
    background = _background(absent, drawn[1:], base.known_words)
    joined = LabeledCandidates.joined(collected)
    counts = {
        "hours": round(speech.hours, 3),
        "utterances": len(speech.utterances),
        "spoken_candidates": int(joined.is_true.sum()),
        "false_candidates": int((~joined.is_true).sum()),
    }
    return EvidenceModel.fit(joined.table, joined.is_true, joined.is_known, background, {**about, **counts}), joined


def _background(
    false: LabeledCandidates, lists: Sequence[Sequence[str]], known_words: AbstractSet[str]
) -> Background:
    """False candidates of a list of a thousand phrases in an hour, of each kind.

    Args:
      false: candidates of lists of absent words.
      lists: their words.
      known_words: of the language model.
    """
    hours = max(false.hours / max(len(lists), 1), 1e-3)  # for each list
    sizes = np.zeros(2)
    for words in lists:
        num_known = sum(known_words >= set(words_of(word)) for word in words)
        sizes += sized((len(words) - num_known, num_known))
    unknown, known = (
        max(int((~false.is_true & own).sum()), 0.5) / (max(float(size), 1e-3) * hours)
        for own, size in zip((~false.is_known, false.is_known), sizes)
    )
    return replace(Background(), false_per_hour=(round(unknown, 2), round(known, 2)))


def _span(candidate: Candidate, num_before: int) -> Tuple[int, int]:
    """First word and number of words of a candidate in its utterance."""
    return candidate.entity.first_word + num_before, candidate.entity.num_words
