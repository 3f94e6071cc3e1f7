"""Ordinary speech as an acoustic model recognizes it: how often each stretch of phones comes up in it.

Words are drawn by their frequency in the language model and written as phones by the lexicon, and the phones are changed
by the confusions of the acoustic model. The trigrams of the result tell how often a stretch of phones is recognized where
nobody said the phrase that it belongs to: the composition of phrase, confusions, L and G, with a short memory.
"""

from dataclasses import dataclass
from typing import Mapping, Optional, Sequence

import numpy as np

from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.entities.confusions import Confusions, hama_confusions
from wfst_bias.fst.ragged import gather_rows
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.pronunciation_table import PronunciationTable
from wfst_bias.lang.units import PHONES, Units

_NUM_WORDS = 200_000  # drawn
_UNSEEN = 3.0  # occurrences that the shorter history stands for


@dataclass(frozen=True)
class OrdinarySpeech:
    """Log-probabilities of the phones of ordinary speech, without boundaries of words, nats.

    Args:
      units: of the model.
      single: of each phone, float64 ``(V,)``.
      pair: of a phone behind another one ``(V, V)``.
      triple: of a phone behind two others ``(V, V, V)``.
    """

    units: Units
    single: FloatArray
    pair: FloatArray
    triple: FloatArray

    @classmethod
    def of(
        cls, lang: Lang, log_probs: Mapping[str, float], confusions: Optional[Confusions] = None, seed: int = 0
    ) -> "OrdinarySpeech":
        """Draw ordinary speech; the same each time.

        Args:
          lang: of the base; its units are phones.
          log_probs: of the words of its language model without a history, nats.
          confusions: of the acoustic model; hama's where not given.
        """
        if lang.units.kind != PHONES:
            raise ValueError(f"units are {lang.units.kind}; {PHONES} were expected")
        rng = np.random.default_rng(seed)
        spoken = _drawn_phones(lang, log_probs, rng)
        confused = (confusions or hama_confusions()).between_tokens(lang.tokens)
        return cls(lang.units, *_trigrams(_confused(spoken, confused, rng), len(lang.tokens)))

    def stretches(self, sounds: PronunciationTable) -> "Stretches":
        """How often pronunciations in token ids come up."""
        if self.units.boundary:
            sounds = sounds.without(self.units.tokens[self.units.boundary])
        rows = sounds.matrix
        inside = rows >= 0
        length = inside.sum(axis=1)
        log_prob = np.where(inside[:, 0], self.single[rows[:, 0]], 0.0) if rows.shape[1] else np.zeros(len(rows))
        if rows.shape[1] > 1:
            log_prob = log_prob + np.where(inside[:, 1], self.pair[rows[:, 0], rows[:, 1]], 0.0)
        log_prob = log_prob + np.where(inside[:, 2:], self.triple[rows[:, :-2], rows[:, 1:-1], rows[:, 2:]], 0.0).sum(
            axis=1
        )
        return Stretches(length, log_prob)


@dataclass(frozen=True)
class Stretches:
    """Pronunciations as stretches of ordinary speech, a row each.

    Args:
      length: phones, int64 ``(P,)``.
      log_prob: that its phones are recognized one after the other at any place, nats ``(P,)``.
    """

    length: IntArray
    log_prob: FloatArray


def _drawn_phones(lang: Lang, log_probs: Mapping[str, float], rng: np.random.Generator) -> IntArray:
    """The phones of words drawn by their frequency, each pronunciation of a word as often, int64 ``(T,)``."""
    lexicon = lang.sounds
    log_prob = np.array([log_probs.get(word, -np.inf) for word in lexicon.words])
    known = lexicon.table.where(np.isfinite(log_prob)[lexicon.table.item])
    share = np.exp(log_prob[known.item]) / np.diff(lexicon.table.splits)[known.item]
    drawn = rng.choice(len(share), _NUM_WORDS, p=share / share.sum())
    running: IntArray = known.units[gather_rows(known.unit_splits, drawn)[1]].astype(np.int64)
    return running


def _confused(spoken: IntArray, confused: FloatArray, rng: np.random.Generator) -> IntArray:
    """The phones that are recognized, some lost and others added, int64 ``(T',)``."""
    limits = np.cumsum(confused, axis=1)
    # one search for all rows: that of phone v is between v and v + 1
    limits = np.minimum(limits / np.maximum(limits[:, -1:], 1e-9), 1.0) + np.arange(len(confused))[:, None]
    V = len(confused)
    recognized = np.searchsorted(limits.ravel(), spoken + rng.random(len(spoken)), side="right") % V
    added = confused[BLANK_ID]
    places = np.flatnonzero(rng.random(len(spoken)) < added.sum())
    if len(places):
        recognized = np.insert(recognized, places, rng.choice(V, len(places), p=added / added.sum()))
    kept: IntArray = recognized[recognized != BLANK_ID]
    return kept


def _trigrams(phones: IntArray, V: int) -> Sequence[FloatArray]:
    """Log-probabilities of phones without a history, and behind one and two others."""
    shorter: FloatArray = np.full(V, 1.0 / V)
    tables = []
    for order in range(1, 4):
        places = len(phones) - order + 1
        number = np.zeros(places, np.int64)
        for k in range(order):
            number = number * V + phones[k : k + places]
        count = np.bincount(number, minlength=V**order).reshape((V,) * order)
        shorter = (count + _UNSEEN * shorter) / (count.sum(axis=-1, keepdims=True) + _UNSEEN)
        tables.append(np.log(shorter))
    return tables
