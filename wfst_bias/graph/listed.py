"""Entity lists in a graph: their phrases, inflected forms and partial phrases."""

from dataclasses import dataclass
from functools import cached_property
from typing import Dict, Optional, Tuple

from wfst_bias.core.text import comparable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.inflections import InflectedForm
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.graph.config import ClassConfig

OPEN = -1  # the gate of a list that every utterance has


@dataclass(frozen=True)
class ListedPhrase:
    """A phrase as it is spoken: itself, or in an inflected form.

    Args:
      entity: the phrase.
      form: possessive or plural.
    """

    entity: Entity
    form: Optional[InflectedForm] = None

    @property
    def words(self) -> Tuple[str, ...]:
        """Its words as they stand in a transcript."""
        return self.form.words if self.form else self.entity.words

    @property
    def shown(self) -> str:
        """As it stands in a text that is read, not scored."""
        return self.form.shown(self.entity) if self.form else self.entity.shown


@dataclass(frozen=True)
class ListInGraph:
    """An entity list as a part of a graph.

    Args:
      entities: its phrases.
      gate: only utterances with this number have the list; :data:`OPEN` is for all.
      costs: what its class costs and pays; the default where that is not known, as in a graph that others made.
      partial_phrases: words of its phrases, which may be written without the others.
      inflected: possessives and plurals of its phrases.
    """

    entities: Tuple[Entity, ...]
    gate: int = OPEN
    costs: ClassConfig = ClassConfig()
    partial_phrases: Tuple[Tuple[str, ...], ...] = ()
    inflected: Tuple[InflectedForm, ...] = ()

    @cached_property
    def strictest_gate(self) -> Optional[float]:
        """The largest gate of its phrases that have one, which holds for its partial phrases."""
        return max((entity.gate for entity in self.entities if entity.gate is not None), default=None)

    def partial_entity(self, number: int) -> Entity:
        """A partial phrase as an entity of its own."""
        words = " ".join(self.partial_phrases[number])
        return Entity(words, entity_class=self.entities[0].entity_class, gate=self.strictest_gate)

    @cached_property
    def phrase_of(self) -> Dict[Tuple[str, ...], "ListedPhrase"]:
        """Each phrase and inflected form, by the keys of its words, see :func:`wfst_bias.core.text.comparable`."""
        forms = ((form.words, ListedPhrase(self.entities[form.phrase], form)) for form in self.inflected)
        keyed = {tuple(map(comparable, words)): phrase for words, phrase in forms}
        return {**keyed, **{entity.keys: ListedPhrase(entity) for entity in self.entities}}

    @cached_property
    def phrase_list(self) -> PhraseList:
        """The keys of the phrases and of their inflected forms, for finding them among the keys of running text."""
        return PhraseList(self.phrase_of)
