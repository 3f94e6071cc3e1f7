"""Lists to train with: true words, a part of them left out, and distractors, a part of them near in sound."""

from dataclasses import dataclass, replace
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

import numpy as np
import scipy.sparse

from wfst_bias.adapter.catalogue import MOST_WAYS, Catalogue, catalogue_of
from wfst_bias.core.errors import InputError
from wfst_bias.lang.units import Units
from wfst_bias.training.adapter.guidance import joined
from wfst_bias.training.adapter.speech import Utterance, Way

_MOST_NEAR = 60  # distractors that sound near to one word

Phrase = Tuple[str, ...]


@dataclass(frozen=True)
class ListConfig:
    """How lists are drawn for training.

    Args:
      fewest, most: distractors of a list, at most; drawn by logarithm between them.
      near: share of the distractors that sound near to what is said.
      left_out: share of the true words that the list does not have.
      joined: share of the phrases that are two words.
    """

    fewest: int = 20
    most: int = 2000
    near: float = 0.3
    left_out: float = 0.15
    joined: float = 0.15

    def __post_init__(self):
        if not 1 <= self.fewest <= self.most:
            raise InputError(
                f"lists of {self.fewest} to {self.most} phrases; 1 or more, the fewest first, were expected"
            )
        if not all(0.0 <= share <= 1.0 for share in (self.near, self.left_out, self.joined)):
            raise InputError(f"{self}: shares from 0 to 1 were expected")


class NearWords:
    """Finds words that sound near to others: by the pairs of units that they share."""

    def __init__(self, ways: Sequence[Way], num_tokens: int):
        self._num_tokens = num_tokens
        self._pairs = self._matrix(ways)

    def _matrix(self, ways: Sequence[Way]) -> scipy.sparse.csr_matrix:
        """Units and pairs of each way, rows of length 1 ``(W, C + C * C)``."""
        C = self._num_tokens
        columns = [[*way, *(C + a * C + b for a, b in zip(way, way[1:]))] for way in ways]
        rows = np.repeat(np.arange(len(ways)), list(map(len, columns)))
        counts = scipy.sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows, np.concatenate(columns).astype(np.int64))), (len(ways), C + C * C)
        )
        norm = np.sqrt(counts.multiply(counts).sum(axis=1)).A1
        return scipy.sparse.diags(1.0 / np.maximum(norm, 1e-6)) @ counts

    def near(self, ways: Sequence[Way], count: int) -> List[int]:
        """The ``count`` nearest of each of some ways, all together."""
        if not ways or not count:
            return []
        likeness = (self._matrix(ways) @ self._pairs.T).toarray()
        count = min(count, likeness.shape[1])
        return np.unique(np.argpartition(-likeness, count - 1, axis=1)[:, :count]).tolist()


@dataclass(frozen=True)
class Pool:
    """Words to make lists of.

    Args:
      units: that the catalogue is in, the model's tokens.
      ways: to say each word in them.
      sounding: the phones of a model whose tokens are none; the first stage is in these, then.
      sounds: the pronunciations of each word in them.
    """

    units: Units
    ways: Dict[str, Sequence[Way]]
    sounding: Optional[Units] = None
    sounds: Optional[Dict[str, Sequence[Way]]] = None

    @property
    def heard_units(self) -> Units:
        """The units of the first stage."""
        return self.sounding or self.units

    @property
    def heard_ways(self) -> Dict[str, Sequence[Way]]:
        """The ways of each word in :attr:`heard_units`."""
        return self.ways if self.sounds is None else self.sounds

    def ways_of(self, phrase: Phrase, units: Units) -> List[Way]:
        """All ways of a word in the tokens or in the phones; of two words the first of each."""
        ways = self.ways if units is self.units else self.sounds
        if len(phrase) == 1:
            return list(ways[phrase[0]])
        return [joined([ways[word][0] for word in phrase], units.edge)]

    def catalogue(self, phrases: Dict[Phrase, Sequence[Way]]) -> Catalogue:
        """Phrases, each in its ways to be said in the tokens, in all of its pronunciations."""
        catalogue = _catalogue(phrases, phrases.values(), self.units)
        if self.sounding is None:
            return catalogue
        return replace(
            catalogue, sounds=_catalogue(phrases, [self.ways_of(p, self.sounding) for p in phrases], self.sounding)
        )


def _catalogue(phrases: Iterable[Phrase], ways: Iterable[Sequence[Way]], units: Units) -> Catalogue:
    edge = units.edge
    edged = [[(*edge, *way, *edge) for way in of_phrase] for of_phrase in ways]
    return catalogue_of(list(phrases), edged, max(map(len, edged), default=1))


class ListDrawer:
    """Draws a list for some utterances.

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
            raise InputError("there is no word to fill the lists with; name some that can be said with --distractors")
        self._pool, self._listed, self._distractors, self._config = pool, listed, list(distractors), config
        self._near = NearWords([pool.heard_ways[word][0] for word in distractors], len(pool.heard_units.tokens))

    def drawn(self, utterances: Sequence[Utterance], chance: np.random.Generator) -> Catalogue:
        """One list for all of them: what one said is a distractor of the others."""
        phrases, said = self._said(utterances, chance)
        spoken = {word.word for utterance in utterances for word in utterance.words}
        for phrase in self._others(said, chance):
            if not spoken.intersection(phrase):
                phrases[phrase] = self._pool.ways_of(phrase, self._pool.units)[:MOST_WAYS]
        return self._pool.catalogue(phrases)

    def _said(self, utterances: Sequence[Utterance], chance) -> Tuple[Dict[Phrase, List[Way]], List[str]]:
        """The true phrases that are listed, and the first word of each time that one was said."""
        config, edge = self._config, self._pool.units.edge
        ways_said: Dict[Phrase, Dict[Way, None]] = {}
        first_words: List[str] = []
        for utterance in utterances:
            for i, word in enumerate(utterance.words):
                if word.word not in self._listed or chance.random() < config.left_out:
                    continue
                words = utterance.words[i : i + 1 + (chance.random() < config.joined)]
                words = words if words[-1].word in self._pool.heard_ways else words[:1]
                way = joined([w.way for w in words], edge)
                ways_said.setdefault(tuple(w.word for w in words), {})[way] = None
                first_words.append(word.word)
        phrases = {}
        for phrase, ways in ways_said.items():
            # the ways that it was said come first and are all kept: they are what the attention is guided to
            all_ways = dict.fromkeys([*ways, *self._pool.ways_of(phrase, self._pool.units)])
            phrases[phrase] = list(all_ways)[: max(MOST_WAYS, len(ways))]
        return phrases, first_words

    def _others(self, said: Sequence[str], chance: np.random.Generator) -> Iterable[Phrase]:
        """Distractors, some of them near in sound to words that were said."""
        config, many = self._config, len(self._distractors)
        total = int(np.exp(chance.uniform(np.log(config.fewest), np.log(config.most))))
        num_near = int(config.near * total)
        each = min(num_near // max(1, len(said)) + 1, _MOST_NEAR)
        near = self._near.near([self._pool.heard_ways[word][0] for word in said], each)
        near = chance.permutation(np.array(near, np.int64))[:num_near]
        for i in np.concatenate([near, chance.integers(0, many, total - len(near))]).tolist():
            second = (self._distractors[chance.integers(0, many)],) if chance.random() < config.joined else ()
            yield (self._distractors[i], *second)
