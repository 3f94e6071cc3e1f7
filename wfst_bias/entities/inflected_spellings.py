"""The scored pronunciations of the inflected forms of a list."""

from dataclasses import replace
from typing import Callable, List, NamedTuple, Sequence, Set, Tuple

import numpy as np

from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import Endings, InflectedForm, extra_cost, inflected_forms
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.spelling import TIE_BREAK, Spellings, has_homophones, weights
from wfst_bias.fst.ragged import gather_rows, row_splits
from wfst_bias.lang.pronunciation_table import PronunciationTable


def inflected_spellings(
    spelled: SpelledList,
    whole: Spellings,
    endings: Endings,
    is_word: Callable[[PronunciationTable], BoolArray],
    pays: Callable[[IntArray], FloatArray],
    cost: float,
) -> Tuple[Spellings, Tuple[InflectedForm, ...]]:
    """The spellings of the inflected forms of the phrases, which have the weight of the phrase, and its bonus where the phrase has it.

    A form that sounds like a word of the language model has no bonus, its variants neither, and one that sounds or is written like a phrase
    of the list is not there.

    Args:
      spelled: a list, of one class, of which all rows are used.
      whole: what :func:`wfst_bias.entities.spelling.spellings` made of it, in the units of ``endings``.
      endings: of the model.
      is_word: whether words of the language model have some pronunciations.
      pays: the bonus of pronunciations of some lengths, nats.
      cost: of a form, nats.

    Returns:
      the spellings, and the forms, numbered behind the phrases.
    """
    entities = spelled.table.entities
    table = spelled.table.in_symbols(endings.symbols).pronounced.table
    forms = [_Form(i, *form) for i, one in enumerate(entities) for form in enumerate(inflected_forms(one))]
    phrase = np.array([form.phrase for form in forms], np.int64)
    ending = np.array([endings.number(entities[form.phrase], form.kind) for form in forms], np.int64)
    sound_of_form = _numbers_of_sounds(phrase, ending)
    first = np.flatnonzero(np.diff(np.maximum.accumulate(sound_of_form), prepend=-1))
    sound, pronunciation = gather_rows(table.splits, phrase[first])
    sounds = endings.behind(table, pronunciation, ending[first][sound])

    known = np.zeros(len(first), bool)
    known[sound[is_word(sounds) & (table.scores[pronunciation] == 0)]] = True
    is_paid = ~(has_homophones(spelled)[pronunciation] | known[sound])
    score = (weights(spelled) - cost)[table.item[pronunciation]] + table.scores[pronunciation]
    score = score + np.where(is_paid, pays(table.lengths[pronunciation]), 0.0)
    is_kept = _are_new_sounds(whole, sounds, sound, endings.symbols)
    sizes = np.bincount(sound[is_kept], minlength=len(first))
    kept = sounds.with_scores(score).where(is_kept)
    by_sound = replace(kept, splits=row_splits(sizes))

    listed = _listed(forms, sound_of_form, sizes, {entity.words for entity in entities})
    costs = np.array([forms[f].cost(entities[forms[f].phrase]) for f in listed])
    numbered = tuple(InflectedForm(int(spelled.table.phrase[phrase[f]]), *forms[f].form) for f in listed)
    return _spellings_of(by_sound.take(sound_of_form[listed]), costs, len(entities), endings.symbols), numbered


def _spellings_of(forms: PronunciationTable, costs: FloatArray, first: int, symbols: Sequence[str]) -> Spellings:
    """The spellings of forms, numbered from ``first`` on, at their costs ``(F,)``."""
    number = forms.item.astype(np.int64)
    return Spellings(number + first, forms.with_scores(forms.scores - costs[number]).as_one_item(), symbols)


class _Form(NamedTuple):
    """An inflected form: the row of its phrase, its rank among the forms of the phrase, its kind and its words."""

    phrase: int
    rank: int
    form: Tuple[str, Tuple[str, ...]]

    @property
    def kind(self) -> str:
        return self.form[0]

    def cost(self, entity: Entity) -> float:
        """Return its cost beside that of all forms, nats."""
        return TIE_BREAK * self.rank + extra_cost(entity, self.kind)


def _numbers_of_sounds(phrase: IntArray, ending: IntArray) -> IntArray:
    """Number the forms by their sounds: those of a phrase that follow each other and sound alike have one number.

    Args:
      phrase, ending: of each form; the ending is -1 where it has none ``(F,)``.

    Returns:
      ``(F,)``, -1 for forms without an ending.
    """
    is_new = np.append(True, (phrase[1:] != phrase[:-1]) | (ending[1:] != ending[:-1]))[: len(phrase)] & (ending >= 0)
    return np.where(ending >= 0, np.cumsum(is_new) - 1, -1)


def _listed(
    forms: Sequence[_Form], sound: IntArray, sizes: IntArray, written: Set[Tuple[str, ...]]
) -> List[int]:
    """The forms that have sounds and are not written like a phrase.

    Args:
      sound: of each form, -1 where it has none ``(F,)``.
      sizes: pronunciations of each sound ``(S,)``.
      written: the words of the phrases.
    """
    has_sounds = (sound >= 0) & (np.append(sizes, 0)[sound] > 0)
    return [f for f in np.flatnonzero(has_sounds).tolist() if forms[f].form[1] not in written]


def _are_new_sounds(
    whole: Spellings, sounds: PronunciationTable, group: IntArray, symbols: Sequence[str]
) -> BoolArray:
    """Whether no phrase and no earlier group has a sound ``(S,)``.

    Args:
      group: of each sound, never falling ``(S,)``.
    """
    all_sounds = PronunciationTable.joined([whole.in_symbols(symbols).table, sounds])
    first = all_sounds.identity[len(whole) :] - len(whole)
    is_new: BoolArray = (first >= 0) & (group[np.maximum(first, 0)] == group)
    return is_new
