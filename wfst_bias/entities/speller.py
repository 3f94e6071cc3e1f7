"""The speller: every list becomes pronunciations here, for the graph, the second pass and the adapter alike."""

import hashlib
import itertools
import json
from dataclasses import asdict
from functools import cached_property
from typing import AbstractSet, Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

import numpy as np

from wfst_bias.core.text import latin
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import UNUSABLE, USED
from wfst_bias.entities.outcome_table import OutcomeTable, PronouncedPhrases, objects, with_list_homophones
from wfst_bias.entities.phrase_pronouncer import PhrasePronouncer
from wfst_bias.entities.repeated import united
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.verbalize.verbalizations import Verbalizations, distinct
from wfst_bias.entities.weights import Spellings, spellings_of, with_unreached
from wfst_bias.entities.words import WordPronunciations
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.models import g2p_of, variants_of
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.pronounce import G2P

NO_VARIANTS = G2GConfig(variants=0)

_Key = Tuple[Tuple[str, ...], Verbalizations, Tuple[Pronunciation, ...], bool]


class Speller:
    """Finds the pronunciations of phrases in the units of a model, and keeps those that it has found.

    Args:
      lang: units and lexicon of the model.
      known_words: words of the language model; those with the pronunciation of a phrase are its homophones.
      g2g: variants of the phrases; none by default.
      g2p: reads the words that the lexicon does not have; that of the units where not given.
    """

    def __init__(
        self,
        lang: Lang,
        known_words: AbstractSet[str] = frozenset(),
        g2g: G2GConfig = NO_VARIANTS,
        g2p: Optional[G2P] = None,
    ):
        self._lang = lang
        self._known_words = known_words
        self._g2g = g2g
        self._has_own_g2p = g2p is not None
        self._symbols = lang.tokens.symbols
        self._words = WordPronunciations(
            lang.lexicon, self._symbols, g2p or g2p_of(lang), variants_of(lang, g2g) if g2g.variants else None
        )
        self._pronouncer = PhrasePronouncer(lang, known_words, self._words, g2g.variants)
        self._phrases = PronouncedPhrases.unknown(1)  # the first one stands for all that cannot be pronounced
        self._row: Dict[_Key, int] = {}

    @cached_property
    def key(self) -> str:
        """Checksum of all that pronunciations depend on; empty for a G2P of the caller's."""
        if self._has_own_g2p:
            return ""
        variants = asdict(self._g2g) if self._g2g.variants else None
        known_words = getattr(self._known_words, "checksum", None) or sorted(self._known_words)
        content = json.dumps([self._lang.checksum, known_words, variants, "partial"], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def spell(
        self,
        entities: Iterable[Entity],
        across_classes: bool = False,
        lexicon: Mapping[str, Sequence[Pronunciation]] = {},
    ) -> SpelledList:
        """Spell a list.

        Args:
          entities: its phrases.
          across_classes: whether a phrase that another class has, too, is a duplicate, and one that sounds like a
            phrase of another class is noted; else only those of the same class are compared.
          lexicon: pronunciations of words that the lexicon of the model does not have, as a domain brings them.

        Returns:
          the outcomes, those of a class one after the other unless ``across_classes``.
        """
        self._words.add(lexicon)
        parts: Dict[str, List[Entity]] = {}
        for entity in entities:
            parts.setdefault("" if across_classes else entity.entity_class, []).append(entity)
        return SpelledList(OutcomeTable.joined(list(map(self._outcomes, parts.values()))), self.key)

    def remember(self, spelled: SpelledList) -> None:
        """Take over the pronunciations of a list, so that its phrases are not pronounced again.

        Nothing is done where it was spelled with something else, or where the list is so long that the pronunciations
        of a part of it may be others, see :meth:`WordPronunciations.learn`.
        """
        table = spelled.table
        used = np.flatnonzero(table.is_used)
        words = (word for entity in table.entities[used] for form in self._forms_of(entity) for word in form)
        if not self.key or spelled.key != self.key or self._words.are_too_many(words):
            return
        keys = list(map(self._key_of, table.entities[used]))
        new = [i for i, key in enumerate(keys) if key not in self._row]
        self._add([keys[i] for i in new], table.in_symbols(self._symbols).pronounced.take(used[new]))

    def _add(self, keys: Sequence["_Key"], phrases: PronouncedPhrases) -> None:
        self._row.update(zip(keys, itertools.count(len(self._phrases.dropped))))
        self._phrases = PronouncedPhrases.joined([self._phrases, phrases])

    def _outcomes(self, entities: Sequence[Entity]) -> OutcomeTable:
        """The outcomes of phrases of which each word sequence is used once, rows with the same words as one phrase."""
        entities, repeats = united(entities)
        keys = list(map(self._key_of, entities))
        self._learn({key: entity for key, entity in zip(keys, entities) if key not in self._row})
        rows = np.array([self._row[key] for key in keys], np.int64)
        is_pronounced = np.diff(self._phrases.table.splits)[rows] > 0
        status = np.full(len(rows), USED, object)
        notes = np.full(len(rows), "", object)
        used: Set[Tuple[str, ...]] = set()
        for i, (entity, repeat, is_known) in enumerate(zip(entities, repeats, is_pronounced.tolist())):
            words = entity.keys
            if not words:
                status[i], notes[i] = UNUSABLE, "has no letters; write it as it is spoken"
            elif repeat and words in used:
                status[i], notes[i] = repeat.status, repeat.note
            else:
                notes[i] = "; ".join(self._phrases.dropped[rows[i]])
                if is_known:
                    used.add(words)
                else:
                    status[i], notes[i] = UNUSABLE, notes[i] or self._why_unusable(entity)
        is_used = status == USED
        rows[~is_used] = 0
        table = OutcomeTable(
            objects(entities),
            status,
            np.where(is_used, np.cumsum(is_used) - 1, -1),
            objects(self._unknown_words(one) if of_list else () for one, of_list in zip(entities, is_used.tolist())),
            notes,
            np.full(len(rows), "", object),
            self._phrases.take(rows),
            self._symbols,
        )
        table = with_list_homophones(table)
        has_weights_below_0 = any(entity.weight < 0.0 for entity in entities)
        return with_unreached(table, self._spellings) if has_weights_below_0 else table

    def _key_of(self, entity: Entity) -> _Key:
        """All of a phrase that its pronunciations depend on."""
        return entity.words, self._forms_of(entity), entity.pronunciations, bool(entity.spoken)

    def _forms_of(self, entity: Entity) -> Verbalizations:
        """The verbalizations of a phrase; a model whose units spell may write it as it stands, too."""
        return distinct([*entity.forms, entity.words]) if self._words.spells else entity.forms

    def _unknown_words(self, entity: Entity) -> Tuple[str, ...]:
        parts = dict.fromkeys(part for form in self._forms_of(entity) for word in form for part in word.split("-"))
        return tuple([part for part in parts if not self._words.in_lexicon(part)])

    def _learn(self, entities: Dict[_Key, Entity]) -> None:
        """Pronounce phrases, all at once."""
        if entities:
            listed = list(entities.values())
            self._add(list(entities), self._pronouncer.pronounce(listed, list(map(self._forms_of, listed))))

    @cached_property
    def _spellings(self) -> Spellings:
        """The words of the language model."""
        return spellings_of(self._known_words)

    def _why_unusable(self, entity: Entity) -> str:
        words = itertools.chain.from_iterable(self._forms_of(entity))
        parts = dict.fromkeys(part for word in words if not self._words[word] for part in word.split("-"))
        if all(map(latin, parts)) and not self._words.spells:
            return f"cannot be read: {' '.join(parts)}; give its pronunciation with --lexicon of 'wfst-bias lang'"
        return f"cannot be spelled: {' '.join(parts)}; write it in letters, as it is spoken"
