"""From phrases to spellings: every way that the units of a model can say each of them."""

import itertools
import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Dict, Iterable, List, Sequence, Set, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.spoken.readings import Readings, distinct
from wfst_bias.lang.g2p import Reader
from wfst_bias.lang.lexicon import Lexicon, Pronunciation

USED, DUPLICATE, UNUSABLE = "used", "duplicate", "unusable"

_TIE_BREAK = 1e-3  # nats
_MOST_SPELLINGS = 64  # of one phrase; a phrase of many words with many pronunciations each has more


@dataclass(frozen=True)
class Spelling:
    """One way to say one phrase.

    Args:
      phrase: number of the phrase, from 0.
      units: unit symbols, word boundaries inside the phrase among them.
      score: what this way is given or charged, nats.
    """

    phrase: int
    units: Tuple[str, ...]
    score: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of one phrase of a list: a row of ``report.tsv``.

    Args:
      entity: the phrase.
      status: :data:`USED`, :data:`DUPLICATE` or :data:`UNUSABLE`.
      phrase: its number among the phrases that are used; -1 where it is not.
      unknown_words: those of its words that no lexicon had.
      pronunciations: the ways to say it.
      homophones: for each of them, other words of the language model that sound exactly so.
      note: why it could not be used, or what to know.
    """

    entity: Entity
    status: str
    phrase: int = -1
    unknown_words: Tuple[str, ...] = ()
    pronunciations: Tuple[Pronunciation, ...] = ()
    homophones: Tuple[Tuple[str, ...], ...] = ()
    note: str = ""

    HEADER = "line\tphrase\tstatus\tunknown_words\tpronunciations\thomophones\tnote\n"

    def row(self) -> str:
        said = " | ".join(" ".join(p) for p in self.pronunciations)
        alike = " ".join(dict.fromkeys(itertools.chain.from_iterable(self.homophones)))
        columns = (
            self.entity.line,
            self.entity.written,
            self.status,
            " ".join(self.unknown_words),
            said,
            alike,
            self.note,
        )
        return "\t".join(map(str, columns)) + "\n"


class Speller:
    """Says phrases in the units of a model, and remembers what it has said.

    Args:
      lexicon: of the base graph.
      known_words: those of the language model.
      reader: reads the words that the lexicon does not have or, where it spells, all words.
      boundary: unit between the words of a phrase; empty where there is none.
    """

    def __init__(self, lexicon: Lexicon, known_words: Set[str], reader: Reader, boundary: str):
        self._lexicon = lexicon
        self._known_words = known_words
        self._reader = reader
        self._boundary = boundary
        self._of_word: Dict[str, Tuple[Pronunciation, ...]] = {}
        self._of_phrase: Dict[Tuple[Tuple[Tuple[str, ...], ...], Tuple[Pronunciation, ...]], _Ways] = {}

    @cached_property
    def _sounding(self) -> Dict[Pronunciation, List[str]]:
        """The words of the language model, by how they are said."""
        sounding: Dict[Pronunciation, List[str]] = {}
        for word, pronunciation in self._lexicon.pairs:
            if word in self._known_words:
                sounding.setdefault(pronunciation, []).append(word)
        return sounding

    def outcomes(self, entities: Sequence[Entity]) -> List[Outcome]:
        """All the ways to say each phrase of a list, or why there is none."""
        self._read(word for entity in entities for form in self._forms_of(entity) for word in form)
        seen: Dict[Tuple[str, ...], Outcome] = {}
        outcomes = []
        for entity in entities:
            words = entity.words
            if not words:
                outcomes.append(Outcome(entity, UNUSABLE, note="has no letters; write it as it is said"))
            elif words in seen:
                note = f"the same words as line {seen[words].entity.line}, whose weight counts"
                outcomes.append(Outcome(entity, DUPLICATE, note=note))
            elif not (ways := self._ways(entity)).pronunciations:
                said = itertools.chain.from_iterable(self._forms_of(entity))
                mute = [part for word in said if not self._of_word[word] for part in word.split("-")]
                outcomes.append(Outcome(entity, UNUSABLE, note=ways.note or self._why_mute(list(dict.fromkeys(mute)))))
            else:
                parts = (part for form in self._forms_of(entity) for word in form for part in word.split("-"))
                unknown = tuple(part for part in dict.fromkeys(parts) if part not in self._lexicon)
                outcomes.append(
                    Outcome(entity, USED, len(seen), unknown, ways.pronunciations, ways.homophones, ways.note)
                )
                seen[words] = outcomes[-1]
        return _with_list_homophones(outcomes)

    def _forms_of(self, entity: Entity) -> Readings:
        """The words of each way to say a phrase; a model whose units spell may write it as it stands, too."""
        return distinct([*entity.forms, entity.words]) if self._reader.spells else entity.forms

    def _read(self, words: Iterable[str]) -> None:
        """Find out how words are said; of those with hyphens each part, unless they are spelled."""
        new = [word for word in dict.fromkeys(words) if word not in self._of_word]
        parts = new if self._reader.spells else dict.fromkeys(part for word in new for part in word.split("-"))
        forms = {word: self._forms(word) for word in parts if word not in self._of_word}
        in_lexicon = {} if self._reader.spells else self._lexicon.entries
        read = self._reader.pronounce(f for some in forms.values() for f in some if f not in in_lexicon)
        for word, some in forms.items():
            ways = (in_lexicon.get(form) or read.get(form) for form in some)
            self._of_word[word] = next(filter(None, ways), ())
        for word in new:
            if word not in self._of_word:
                ways = itertools.product(*map(self._of_word.__getitem__, word.split("-")))
                self._of_word[word] = tuple(_joined(way, "") for way in itertools.islice(ways, _MOST_SPELLINGS))

    def _forms(self, word: str) -> Tuple[str, ...]:
        """How a word may be put to the lexicon and to the reader."""
        word = word.replace("-", "")
        plain = latin(word)
        as_it_is = self._reader.spells or word in self._lexicon
        return tuple(dict.fromkeys(filter(None, [word if as_it_is else "", plain])))

    def _ways(self, entity: Entity) -> "_Ways":
        key = self._forms_of(entity), entity.pronunciations
        if key not in self._of_phrase:
            ways = itertools.chain.from_iterable(
                itertools.product(*map(self._of_word.__getitem__, form)) for form in self._forms_of(entity)
            )
            some = [_joined(way, self._boundary) for way in itertools.islice(ways, _MOST_SPELLINGS)]
            given, foreign = self._given(entity)
            said = dict.fromkeys([*given, *some])
            notes = [f"only the first {_MOST_SPELLINGS} pronunciations are used"] if next(ways, None) else []
            if foreign:
                notes.append(f"its pronunciation has {' '.join(foreign)}, which the model does not; it is left out")
            self._of_phrase[key] = _Ways(
                tuple(said),
                tuple(tuple(word for word in self._sounding.get(p, ()) if (word,) != entity.words) for p in said),
                "; ".join(notes),
            )
        return self._of_phrase[key]

    def _given(self, entity: Entity) -> Tuple[List[Pronunciation], List[str]]:
        """The pronunciations that the list itself gives, without stress, and units of them that no word has."""
        given, foreign = [], {}
        for pronunciation in entity.pronunciations:
            units = tuple(unit if unit in self._units else unit.rstrip("012") for unit in pronunciation)
            unknown = [unit for unit in units if unit not in self._units]
            foreign.update(dict.fromkeys(unknown))
            if not unknown:
                given.append(units)
        return given, list(foreign)

    @cached_property
    def _units(self) -> Set[str]:
        return {unit for _, pronunciation in self._lexicon.pairs for unit in pronunciation}.union([self._boundary])

    def _why_mute(self, words: Sequence[str]) -> str:
        if all(map(latin, words)) and not self._reader.spells:
            return f"cannot be read: {' '.join(words)}; give its pronunciation with --lexicon of 'wfst-bias lang'"
        return f"cannot be spelled: {' '.join(words)}; write it in letters, as it is said"


@dataclass(frozen=True)
class _Ways:
    """How the words of a phrase are said, and by which other words."""

    pronunciations: Tuple[Pronunciation, ...]
    homophones: Tuple[Tuple[str, ...], ...]
    note: str


def _with_list_homophones(outcomes: Sequence[Outcome]) -> List[Outcome]:
    """The same outcomes, with a note where an earlier phrase of the list sounds exactly alike."""
    first: Dict[Pronunciation, Outcome] = {}
    noted = []
    for outcome in outcomes:
        rivals = [first.setdefault(p, outcome) for p in outcome.pronunciations]
        rival = next((r for r in rivals if r is not outcome), None)
        if rival is not None:
            note = f"sounds like {rival.entity.written!r} of line {rival.entity.line}, which comes first and wins"
            outcome = replace(outcome, note="; ".join(filter(None, [outcome.note, note])))
        noted.append(outcome)
    return noted


def _joined(pronunciations: Sequence[Pronunciation], boundary: str) -> Pronunciation:
    units = list(pronunciations[0])
    for pronunciation in pronunciations[1:]:
        units += [*filter(None, [boundary]), *pronunciation]
    return tuple(units)


def spellings(outcomes: Sequence[Outcome], bonus: float) -> List[Spelling]:
    """The ways to say the phrases that are used, for the graph compiler.

    The bonus is paid for what only the list can explain: not where another word of the language model sounds
    exactly so. There the sound tells nothing, and the priors of the two words decide. Of phrases of the list
    that sound alike, with the same weight, the first wins.

    Args:
      outcomes: of :meth:`Speller.outcomes`.
      bonus: nats a phrase.
    """
    spelled = []
    num_before: Dict[Pronunciation, int] = {}
    for outcome in outcomes:
        for units, homophones in zip(outcome.pronunciations, outcome.homophones):
            rank = num_before[units] = num_before.get(units, -1) + 1
            score = outcome.entity.weight + (0.0 if homophones else bonus) - _TIE_BREAK * rank
            spelled.append(Spelling(outcome.phrase, units, score))
    return spelled


def latin(word: str) -> str:
    """The word in the letters a-z and apostrophes, accents taken off; empty where that cannot be."""
    plain = unicodedata.normalize(
        "NFKD", word.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("æ", "ae")
    )
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain if plain and all("a" <= c <= "z" or c == "'" for c in plain) else ""
