"""The speller: every list becomes pronunciations here, for the graph, the second pass and the adapter alike."""

import hashlib
import itertools
import json
import math
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import AbstractSet, Dict, Iterable, List, Optional, Sequence, Set, Tuple

from wfst_bias.core.text import comparable, latin
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import UNUSABLE, USED, Outcome, PartialPhrase
from wfst_bias.entities.partial import WORD_BREAK, partial_phrases, with_boundary
from wfst_bias.entities.repeated import united
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.verbalize.verbalizations import Verbalizations, distinct
from wfst_bias.entities.weights import Spellings, spellings_of, with_unreached
from wfst_bias.entities.words import MOST_PRONUNCIATIONS, WordPronunciations, concatenated
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
        self._words = WordPronunciations(
            lang.lexicon, g2p or g2p_of(lang), variants_of(lang, g2g) if g2g.variants else None
        )
        self._phrases: Dict[_Key, _Pronounced] = {}

    @cached_property
    def key(self) -> str:
        """Checksum of all that pronunciations depend on; empty for a G2P of the caller's."""
        if self._has_own_g2p:
            return ""
        variants = asdict(self._g2g) if self._g2g.variants else None
        content = json.dumps([self._lang.checksum, sorted(self._known_words), variants, "partial"], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def spell(self, entities: Iterable[Entity], across_classes: bool = False) -> SpelledList:
        """Spell a list.

        Args:
          entities: its phrases.
          across_classes: whether a phrase that another class has, too, is a duplicate, and one that sounds like a
            phrase of another class is noted; else only those of the same class are compared.

        Returns:
          the outcomes, those of a class one after the other unless ``across_classes``.
        """
        parts: Dict[str, List[Entity]] = {}
        for entity in entities:
            parts.setdefault("" if across_classes else entity.entity_class, []).append(entity)
        return SpelledList(tuple(outcome for part in parts.values() for outcome in self._outcomes(part)), self.key)

    def remember(self, spelled: SpelledList) -> None:
        """Take over the pronunciations of a list, so that its phrases are not pronounced again.

        Nothing is done where it was spelled with something else, or where the list is so long that the pronunciations
        of a part of it may be others, see :meth:`WordPronunciations.learn`.
        """
        words = (word for outcome in spelled for form in self._forms_of(outcome.entity) for word in form)
        if not self.key or spelled.key != self.key or self._words.are_too_many(words):
            return
        for outcome in spelled.used:
            found = outcome.pronunciations, outcome.scores, outcome.homophones, outcome.dropped, outcome.partial
            self._phrases.setdefault(self._key_of(outcome.entity), _Pronounced(*found))

    def _outcomes(self, entities: Sequence[Entity]) -> List[Outcome]:
        """The outcomes of phrases of which each word sequence is used once, rows with the same words as one phrase."""
        entities, repeats = united(entities)
        unknown = [entity for entity in entities if self._key_of(entity) not in self._phrases]
        self._words.learn(word for entity in unknown for form in self._forms_of(entity) for word in form)
        seen: Dict[Tuple[str, ...], Outcome] = {}
        outcomes = []
        for entity, repeat in zip(entities, repeats):
            words = entity.keys
            if not words:
                outcomes.append(Outcome(entity, UNUSABLE, note="has no letters; write it as it is spoken"))
            elif repeat and words in seen:
                outcomes.append(repeat)
            elif not (found := self._pronounced(entity)).pronunciations:
                outcomes.append(Outcome(entity, UNUSABLE, note="; ".join(found.dropped) or self._why_unusable(entity)))
            else:
                pronounced = (
                    found.pronunciations,
                    found.scores,
                    found.homophones,
                    "; ".join(found.dropped),
                    found.dropped,
                    found.partial,
                )
                outcomes.append(Outcome(entity, USED, len(seen), self._unknown_words(entity), *pronounced))
                seen[words] = outcomes[-1]
        outcomes = _with_list_homophones(outcomes)
        has_weights_below_0 = any(entity.weight < 0.0 for entity in entities)
        return [*with_unreached(outcomes, self._spellings)] if has_weights_below_0 else outcomes

    def _key_of(self, entity: Entity) -> _Key:
        """All of a phrase that its pronunciations depend on."""
        return entity.words, self._forms_of(entity), entity.pronunciations, bool(entity.spoken)

    def _forms_of(self, entity: Entity) -> Verbalizations:
        """The verbalizations of a phrase; a model whose units spell may write it as it stands, too."""
        return distinct([*entity.forms, entity.words]) if self._words.spells else entity.forms

    def _unknown_words(self, entity: Entity) -> Tuple[str, ...]:
        parts = (part for form in self._forms_of(entity) for word in form for part in word.split("-"))
        return tuple(part for part in dict.fromkeys(parts) if not self._words.in_lexicon(part))

    def _pronounced(self, entity: Entity) -> "_Pronounced":
        key = self._key_of(entity)
        if key not in self._phrases:
            self._phrases[key] = self._pronounce(entity)
        return self._phrases[key]

    def _pronounce(self, entity: Entity) -> "_Pronounced":
        given, foreign = self._given(entity)
        scores = dict.fromkeys(given, 0.0)
        spoken: Dict[Pronunciation, List[Tuple[Sequence[str], Pronunciation]]] = {}
        too_many = False
        for form in self._forms_of(entity):
            words = [self._words[word] for word in form]
            too_many |= math.prod(sum(score == 0 for _, score in some) for some in words) > MOST_PRONUNCIATIONS
            for marked, score in concatenated(words, WORD_BREAK):
                units = with_boundary(marked, self._lang.boundary)
                scores[units] = max(scores.get(units, score), score)
                if len(form) > 1:
                    spoken.setdefault(units, []).append((form, marked))
        dropped = [f"only the first {MOST_PRONUNCIATIONS} pronunciations are used"] if too_many else []
        if foreign:
            dropped.append(f"its pronunciation has {' '.join(foreign)}, which the model does not; it is left out")
        unpronounceable = [form for form in entity.forms if not all(map(self._words.__getitem__, form))]
        if unpronounceable and entity.spoken and scores:
            words_of_form = " ".join(unpronounceable[0])
            dropped.append(f"its form {words_of_form!r} cannot be pronounced and is left out; write it in letters")
        variants = sorted((p for p, score in scores.items() if score < 0), key=scores.__getitem__, reverse=True)
        kept = [*(p for p, score in scores.items() if score == 0), *variants[: self._g2g.variants]]
        own = {*entity.keys, *map(latin, entity.words)} if len(entity.words) == 1 else set()
        homophones = (tuple(word for word in self._words_of(p) if comparable(word) not in own) for p in kept)
        partial = partial_phrases(
            (one for p in kept for one in spoken.get(p, ())),
            self._lang.boundary,
            entity.words,
            self._words.__getitem__,
            self._known_words,
        )
        return _Pronounced(tuple(kept), tuple(scores[p] for p in kept), tuple(homophones), tuple(dropped), partial)

    def _given(self, entity: Entity) -> Tuple[List[Pronunciation], List[str]]:
        """The pronunciations that the list itself gives, without stress, and units of them that no word has."""
        given: List[Pronunciation] = []
        foreign: Dict[str, None] = {}
        for pronunciation in entity.pronunciations:
            units = tuple(unit if unit in self._units else unit.rstrip("012") for unit in pronunciation)
            unknown = [unit for unit in units if unit not in self._units]
            foreign.update(dict.fromkeys(unknown))
            if not unknown:
                given.append(units)
        return given, list(foreign)

    @cached_property
    def _spellings(self) -> Spellings:
        """The words of the language model."""
        return spellings_of(self._known_words)

    def _words_of(self, pronunciation: Pronunciation) -> Tuple[str, ...]:
        """The words of the language model with a pronunciation."""
        return tuple(word for word in self._lang.lexicon.words_with(pronunciation) if word in self._known_words)

    @cached_property
    def _units(self) -> Set[str]:
        return {*self._lang.lexicon.units, self._lang.boundary}

    def _why_unusable(self, entity: Entity) -> str:
        words = itertools.chain.from_iterable(self._forms_of(entity))
        parts = dict.fromkeys(part for word in words if not self._words[word] for part in word.split("-"))
        if all(map(latin, parts)) and not self._words.spells:
            return f"cannot be read: {' '.join(parts)}; give its pronunciation with --lexicon of 'wfst-bias lang'"
        return f"cannot be spelled: {' '.join(parts)}; write it in letters, as it is spoken"


@dataclass(frozen=True)
class _Pronounced:
    """The pronunciations of a phrase, their scores and homophones; what could not be used; and its parts."""

    pronunciations: Tuple[Pronunciation, ...]
    scores: Tuple[float, ...]
    homophones: Tuple[Tuple[str, ...], ...]
    dropped: Tuple[str, ...]
    partial: Tuple[PartialPhrase, ...]


def _with_list_homophones(outcomes: Sequence[Outcome]) -> List[Outcome]:
    """The same outcomes, with a note where an earlier phrase of the list sounds exactly alike."""
    first: Dict[Pronunciation, Outcome] = {}
    noted = []
    for outcome in outcomes:
        exact = [p for p, score in zip(outcome.pronunciations, outcome.scores) if score == 0]
        earlier = next((o for o in [first.setdefault(p, outcome) for p in exact] if o is not outcome), None)
        if earlier is not None:
            note = f"sounds like {earlier.entity.written!r} of line {earlier.entity.line}, which comes first and wins"
            outcome = replace(outcome, note="; ".join(filter(None, [outcome.note, note])))
        noted.append(outcome)
    return noted
