"""Lists to train with: true words, a part of them left out, and distractors, a part of them near in sound."""

from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np
import scipy.sparse

from wfst_bias.adapter.catalogue import MOST_PRONUNCIATIONS, Catalogue, catalogue_of
from wfst_bias.core.errors import InputError
from wfst_bias.lang.units import Units
from wfst_bias.training.adapter.guidance import joined
from wfst_bias.training.adapter.speech import TokenIds, Utterance

_MOST_NEAR = 60  # distractors that sound near to one word

Phrase = Tuple[str, ...]


@dataclass(frozen=True)
class ListConfig:
    """How lists are drawn for training.

    Args:
      fewest, most: distractors of a list, at most; drawn by logarithm between them.
      near: share of the distractors that sound near to words of the utterances.
      left_out: share of the true words that the list does not have.
      joined: share of the phrases that are two words.
    """

    fewest: int = 20
    most: int = 2000
    near: float = 0.3
    left_out: float = 0.15
    joined: float = 0.15

    def __post_init__(self) -> None:
        if not 1 <= self.fewest <= self.most:
            raise InputError(
                f"lists of {self.fewest} to {self.most} phrases; 1 or more, the fewest first, were expected"
            )
        if not all(0.0 <= share <= 1.0 for share in (self.near, self.left_out, self.joined)):
            raise InputError(f"{self}: shares from 0 to 1 were expected")


class NearWords:
    """An index of words that sound near to others: by the pairs of units that they share."""

    def __init__(self, pronunciations: Sequence[TokenIds], num_tokens: int):
        self._num_tokens = num_tokens
        self._pairs = self._matrix(pronunciations)

    def _matrix(self, pronunciations: Sequence[TokenIds]) -> scipy.sparse.csr_matrix:
        """Count units and pairs of each pronunciation, rows of length 1 ``(W, C + C * C)``."""
        C = self._num_tokens
        columns = [
            [*pronunciation, *(C + a * C + b for a, b in zip(pronunciation, pronunciation[1:]))]
            for pronunciation in pronunciations
        ]
        rows = np.repeat(np.arange(len(pronunciations)), list(map(len, columns)))
        counts = scipy.sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, np.concatenate(columns).astype(np.int64))),
            (len(pronunciations), C + C * C),
        )
        norm = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
        return scipy.sparse.diags(1.0 / np.maximum(norm, 1e-6)) @ counts

    def near(self, pronunciations: Sequence[TokenIds], count: int) -> List[int]:
        """Return the ``count`` nearest of each pronunciation, all together."""
        if not pronunciations or not count:
            return []
        likeness = (self._matrix(pronunciations) @ self._pairs.T).toarray()
        count = min(count, likeness.shape[1])
        nearest: List[int] = np.unique(np.argpartition(-likeness, count - 1, axis=1)[:, :count]).tolist()
        return nearest


@dataclass(frozen=True)
class Pool:
    """Words to make lists of.

    Args:
      units: that the catalogue is in, the model's tokens.
      pronunciations: of each word in them.
      sounding: the phones of a model whose tokens are none; the first stage is in these, then.
      sounds: the pronunciations of each word in them.
    """

    units: Units
    pronunciations: Mapping[str, Sequence[TokenIds]]
    sounding: Optional[Units] = None
    sounds: Optional[Mapping[str, Sequence[TokenIds]]] = None

    @property
    def matched_units(self) -> Units:
        """The units of the first stage."""
        return self.sounding or self.units

    @property
    def matched_pronunciations(self) -> Mapping[str, Sequence[TokenIds]]:
        """The pronunciations of each word in :attr:`matched_units`."""
        return self.pronunciations if self.sounds is None else self.sounds

    def pronunciations_of(self, phrase: Phrase, units: Units) -> List[TokenIds]:
        """Return all pronunciations of a word in the tokens or in the phones; of two words the first of each."""
        pronunciations = self.pronunciations if units is self.units or self.sounds is None else self.sounds
        if len(phrase) == 1:
            return list(pronunciations[phrase[0]])
        return [joined([pronunciations[word][0] for word in phrase], units.edge)]

    def catalogue(self, phrases: Mapping[Phrase, Sequence[TokenIds]]) -> Catalogue:
        """Return the catalogue of phrases in given pronunciations in the tokens, and all pronunciations in the phones."""
        catalogue = _catalogue(phrases, phrases.values(), self.units)
        if self.sounding is None:
            return catalogue
        return replace(
            catalogue,
            sounds=_catalogue(phrases, [self.pronunciations_of(p, self.sounding) for p in phrases], self.sounding),
        )


def _catalogue(phrases: Iterable[Phrase], pronunciations: Iterable[Sequence[TokenIds]], units: Units) -> Catalogue:
    edge = units.edge
    edged = [[(*edge, *pronunciation, *edge) for pronunciation in of_phrase] for of_phrase in pronunciations]
    return catalogue_of(list(phrases), edged, max(map(len, edged), default=1))


class ListDrawer:
    """Random lists for utterances.

    Args:
      pool: all words.
      listed: those that can be in a list; others are never biased.
      distractors: those to fill a list with.
      config: how.

    Raises:
      InputError: there is no distractor.
    """

    def __init__(self, pool: Pool, listed: Set[str], distractors: Sequence[str], config: ListConfig):
        if not distractors:
            raise InputError(
                "there is no word to fill the lists with; name some that have pronunciations with --distractors"
            )
        self._pool, self._listed, self._distractors, self._config = pool, listed, list(distractors), config
        self._near = NearWords(
            [pool.matched_pronunciations[word][0] for word in distractors], len(pool.matched_units.tokens)
        )

    def drawn(self, utterances: Sequence[Utterance], rng: np.random.Generator) -> Catalogue:
        """Draw one list for all of them: words of one utterance are distractors of the others."""
        phrases, true_words = self._true_phrases(utterances, rng)
        spoken = {word.word for utterance in utterances for word in utterance.words}
        for phrase in self._others(true_words, rng):
            if not spoken.intersection(phrase):
                phrases[phrase] = self._pool.pronunciations_of(phrase, self._pool.units)[:MOST_PRONUNCIATIONS]
        return self._pool.catalogue(phrases)

    def _true_phrases(
        self, utterances: Sequence[Utterance], rng: np.random.Generator
    ) -> Tuple[Dict[Phrase, List[TokenIds]], List[str]]:
        """Return the true phrases that are listed, and the first word of each of their occurrences."""
        config, edge = self._config, self._pool.units.edge
        spoken_pronunciations: Dict[Phrase, Dict[TokenIds, None]] = {}
        first_words: List[str] = []
        for utterance in utterances:
            for i, word in enumerate(utterance.words):
                if word.word not in self._listed or rng.random() < config.left_out:
                    continue
                words = utterance.words[i : i + 1 + (rng.random() < config.joined)]
                words = words if words[-1].word in self._pool.matched_pronunciations else words[:1]
                pronunciation = joined([w.pronunciation for w in words], edge)
                spoken_pronunciations.setdefault(tuple(w.word for w in words), {})[pronunciation] = None
                first_words.append(word.word)
        phrases = {}
        for phrase, pronunciations in spoken_pronunciations.items():
            # spoken pronunciations come first and are all kept: the attention is guided to them
            ordered = dict.fromkeys([*pronunciations, *self._pool.pronunciations_of(phrase, self._pool.units)])
            phrases[phrase] = list(ordered)[: max(MOST_PRONUNCIATIONS, len(pronunciations))]
        return phrases, first_words

    def _others(self, true_words: Sequence[str], rng: np.random.Generator) -> Iterable[Phrase]:
        """Distractors, some of them near in sound to true words."""
        config, many = self._config, len(self._distractors)
        total = int(np.exp(rng.uniform(np.log(config.fewest), np.log(config.most))))
        num_near = int(config.near * total)
        each = min(num_near // max(1, len(true_words)) + 1, _MOST_NEAR)
        indices = self._near.near([self._pool.matched_pronunciations[word][0] for word in true_words], each)
        near = rng.permutation(np.array(indices, np.int64))[:num_near]
        for i in np.concatenate([near, rng.integers(0, many, total - len(near))]).tolist():
            second = (self._distractors[rng.integers(0, many)],) if rng.random() < config.joined else ()
            yield (self._distractors[i], *second)
