"""Pronounces the phrases of a list, all at once."""

from functools import cached_property
from typing import AbstractSet, Dict, List, Sequence, Set, Tuple

import numpy as np

from wfst_bias.core.text import comparable, latin
from wfst_bias.core.types import Array, IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import PartialPhrase
from wfst_bias.entities.outcome_table import PronouncedPhrases, objects
from wfst_bias.entities.partial import WORD_BREAK, partial_phrases
from wfst_bias.entities.phrase_pronunciations import (
    MOST_PRONUNCIATIONS,
    NO_UNIT,
    in_a_row,
    of_phrases,
    with_boundaries,
)
from wfst_bias.entities.verbalize.verbalizations import Verbalizations
from wfst_bias.entities.words import WordPronunciations
from wfst_bias.fst.ragged import row_splits
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.pronunciation_table import PronunciationTable, ScoredPronunciation


class PhrasePronouncer:
    """Pronounces phrases by their words.

    Args:
      lang: units and lexicon of the model.
      known_words: words of the language model; those with the pronunciation of a phrase are its homophones.
      words: pronunciations of the words, in token ids of the lang.
      num_variants: pronunciations of a phrase with a score below 0, at most.
    """

    def __init__(self, lang: Lang, known_words: AbstractSet[str], words: WordPronunciations, num_variants: int):
        self._lang = lang
        self._symbols = lang.tokens.symbols
        self._known_words = known_words
        self._words = words
        self._num_variants = num_variants

    def pronounce(self, listed: Sequence[Entity], forms: Sequence[Verbalizations]) -> PronouncedPhrases:
        """The pronunciations of phrases.

        Args:
          listed: at least one phrase.
          forms: the verbalizations of each.
        """
        self._words.learn(word for some in forms for form in some for word in form)
        all_forms = [form for some in forms for form in some]
        phrase = np.repeat(np.arange(len(listed)), list(map(len, forms)))
        splits = row_splits(np.array(list(map(len, all_forms)), np.int64))
        rows = self._words.rows(word for form in all_forms for word in form)
        word_break = len(self._symbols)
        marked = in_a_row(self._words.table, rows, splits, word_break)
        spoken = with_boundaries(marked, word_break, self._boundary_id)

        given, foreign = zip(*(self._given(one) if one.pronunciations else ([], []) for one in listed))
        ids = self._lang.tokens.ids
        both = PronunciationTable.joined([PronunciationTable.of_pairs(given, ids), spoken])
        item = np.concatenate([both.item[: both.num_pronunciations - spoken.num_pronunciations], phrase[spoken.item]])
        order = np.argsort(item, kind="stable")
        both = both.ordered(order, item[order], len(listed))
        table = of_phrases(both, item[order], len(listed), self._num_variants)
        dropped = self._dropped(listed, foreign, table, phrase[self._have_too_many(rows, splits)])
        several = np.unique(phrase[np.diff(splits) > 1])
        partial, partial_words = self._partial(listed, several, table, all_forms, phrase, marked, spoken)
        return PronouncedPhrases(table, self._homophones(listed, table), dropped, partial, partial_words)

    def _have_too_many(self, rows: IntArray, splits: IntArray) -> Array:
        """Whether forms have more pronunciations without variants than are kept, bool ``(F,)``."""
        words = self._words.table
        num_exact = np.bincount(words.item[words.scores == 0], minlength=len(words))
        if not len(rows):
            return np.zeros(0, bool)
        with np.errstate(over="ignore"):  # infinitely many are too many, too
            products: Array = np.multiply.reduceat(num_exact[rows].astype(float), splits[:-1])
        return products > MOST_PRONUNCIATIONS

    def _dropped(
        self, listed: Sequence[Entity], foreign: Sequence[List[str]], table: PronunciationTable, too_many: IntArray
    ) -> Array:
        """The parts of each phrase that cannot be used, tuples of texts ``(N,)``."""
        dropped = objects([()] * len(listed))
        for i in set(too_many.tolist()):
            dropped[i] = (f"only the first {MOST_PRONUNCIATIONS} pronunciations are used",)
        for i, units in enumerate(foreign):
            if units:
                note = f"its pronunciation has {' '.join(units)}, which the model does not; it is left out"
                dropped[i] = (*dropped[i], note)
        for i, entity in enumerate(listed):
            if entity.spoken and table.splits[i] < table.splits[i + 1]:
                unpronounceable = [form for form in entity.forms if not all(map(self._words.__getitem__, form))]
                if unpronounceable:
                    form = " ".join(unpronounceable[0])
                    note = f"its form {form!r} cannot be pronounced and is left out; write it in letters"
                    dropped[i] = (*dropped[i], note)
        return dropped

    def _homophones(self, listed: Sequence[Entity], table: PronunciationTable) -> Array:
        """Other words of the language model with each pronunciation, tuples ``(P,)``."""
        homophones = objects([()] * table.num_pronunciations)
        own: Dict[int, Set[str]] = {}
        for row, word in zip(*self._lang.sounds.find(table)):
            if word not in self._known_words:
                continue
            phrase = int(table.item[row])
            if phrase not in own:
                words = listed[phrase].words
                own[phrase] = {*listed[phrase].keys, *map(latin, words)} if len(words) == 1 else set()
            if comparable(word) not in own[phrase]:
                homophones[row] = (*homophones[row], word)
        return homophones

    def _partial(
        self,
        listed: Sequence[Entity],
        several: IntArray,
        table: PronunciationTable,
        forms: Sequence[Sequence[str]],
        phrase_of_form: IntArray,
        marked: PronunciationTable,
        spoken: PronunciationTable,
    ) -> Tuple[PronunciationTable, Array]:
        """The parts of phrases that may be spoken alone, and their words.

        Args:
          several: the phrases that have a form of several words.
          table: the pronunciations of all phrases.
          forms, phrase_of_form: all forms, and the phrase of each ``(F,)``.
          marked, spoken: the pronunciations of the forms, with breaks between words and as they are in the table.
        """
        found: List[Tuple[PartialPhrase, ...]] = [()] * len(listed)
        pronunciations = table.take(several).to_pairs(self._symbols)
        chosen = np.flatnonzero(np.isin(phrase_of_form, several))
        by_units: Dict[Tuple[int, Pronunciation], List[Tuple[Sequence[str], Pronunciation]]] = {}
        tables = (table.take(chosen) for table in (marked, spoken))
        of_forms = zip(next(tables).to_pairs((*self._symbols, WORD_BREAK)), next(tables).to_pairs(self._symbols))
        for i, (with_breaks, as_spoken) in zip(chosen.tolist(), of_forms):
            for (units, _), (key, _) in zip(with_breaks, as_spoken) if len(forms[i]) > 1 else ():
                by_units.setdefault((int(phrase_of_form[i]), key), []).append((forms[i], units))
        self._words.make_pairs(word for i in chosen.tolist() if len(forms[i]) > 1 for word in forms[i])
        for phrase, some in zip(several.tolist(), pronunciations):
            found[phrase] = partial_phrases(
                (one for units, _ in some for one in by_units.get((phrase, units), ())),
                self._lang.boundary,
                listed[phrase].words,
                self._words.__getitem__,
                self._known_words,
            )
        pairs = ([(part.units, part.score) for part in some] for some in found)
        words = objects(part.words for some in found for part in some)
        return PronunciationTable.of_pairs(pairs, self._lang.tokens.ids), words

    def _given(self, entity: Entity) -> Tuple[List[ScoredPronunciation], List[str]]:
        """The pronunciations that the list itself gives, without stress, and units of them that no word has."""
        given: List[ScoredPronunciation] = []
        foreign: Dict[str, None] = {}
        for pronunciation in entity.pronunciations:
            units = tuple(unit if unit in self._units else unit.rstrip("012") for unit in pronunciation)
            unknown = [unit for unit in units if unit not in self._units]
            foreign.update(dict.fromkeys(unknown))
            if not unknown:
                given.append((units, 0.0))
        return given, list(foreign)

    @cached_property
    def _boundary_id(self) -> int:
        return self._lang.tokens[self._lang.boundary] if self._lang.boundary else NO_UNIT

    @cached_property
    def _units(self) -> Set[str]:
        return {*self._lang.lexicon.units, self._lang.boundary}
