"""From phrases to spellings: every way that the units of a model can say each of them."""

import itertools
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from wfst_bias.core.text import latin
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.verbalize.readings import Readings, distinct
from wfst_bias.g2p.g2g import Variants, Way
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lang.pronounce import G2P

USED, DUPLICATE, UNUSABLE = "used", "duplicate", "unusable"

_TIE_BREAK = 1e-3  # nats
_LONGEST_PAID = 1.5  # of the usual length
_MOST_READ = 2000  # unknown words of a list
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
      pronunciations: the ways to say it, the likeliest first.
      scores: of each of them, nats; 0 for what the list, the lexicon or the reader says, below 0 for a variant.
      homophones: for each of them, other words of the language model that sound exactly so.
      note: why it could not be used, or what to know.
      dropped: what of it could not be used, and why.
    """

    entity: Entity
    status: str
    phrase: int = -1
    unknown_words: Tuple[str, ...] = ()
    pronunciations: Tuple[Pronunciation, ...] = ()
    scores: Tuple[float, ...] = ()
    homophones: Tuple[Tuple[str, ...], ...] = ()
    note: str = ""
    dropped: Tuple[str, ...] = ()

    HEADER = "line\tphrase\tstatus\tunknown_words\tpronunciations\thomophones\tnote\n"

    def row(self) -> str:
        """Its line; a variant has its score behind it."""
        ways = zip(self.pronunciations, self.scores)
        said = " | ".join(" ".join(p) if score == 0 else f"{' '.join(p)} ({score:.1f})" for p, score in ways)
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
      variants: know more ways to say a word.
      num_variants: of a phrase, beside what lexicon and reader say.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        known_words: Set[str],
        reader: G2P,
        boundary: str,
        variants: Optional[Variants] = None,
        num_variants: int = 0,
    ):
        self._lexicon = lexicon
        self._known_words = known_words
        self._reader = reader
        self._boundary = boundary
        self._variants = variants if num_variants else None
        self._num_variants = num_variants
        self._ways_of_word: Dict[str, List[Way]] = {}
        self._ways_of_entity: Dict[Tuple, _Ways] = {}

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
                mute = [part for word in said if not self._ways_of_word[word] for part in word.split("-")]
                outcomes.append(
                    Outcome(entity, UNUSABLE, note="; ".join(ways.dropped) or self._why_mute(distinct(mute)))
                )
            else:
                parts = (part for form in self._forms_of(entity) for word in form for part in word.split("-"))
                unknown = tuple(part for part in dict.fromkeys(parts) if not self._is_known(part))
                said = ways.pronunciations, ways.scores, ways.homophones, "; ".join(ways.dropped), ways.dropped
                outcomes.append(Outcome(entity, USED, len(seen), unknown, *said))
                seen[words] = outcomes[-1]
        return _with_list_homophones(outcomes)

    def _forms_of(self, entity: Entity) -> Readings:
        """The words of each way to say a phrase; a model whose units spell may write it as it stands, too."""
        return distinct([*entity.forms, entity.words]) if self._reader.spells else entity.forms

    def _read(self, words: Iterable[str]) -> None:
        """Find out how words are said; of those with hyphens each part, unless they are spelled.

        Of a list with thousands of words that the lexicon does not have, the variants are the reading, as the reader
        takes milliseconds a word, and only these words have variants.
        """
        new = [word for word in dict.fromkeys(words) if word not in self._ways_of_word]
        if not new:
            return
        parts = new if self._reader.spells else dict.fromkeys(part for word in new for part in word.split("-"))
        forms = {word: self._forms(word) for word in parts if word not in self._ways_of_word}
        in_lexicon = {} if self._reader.spells else self._lexicon.entries
        unread = [form for some in forms.values() for form in some if form not in in_lexicon]
        too_many = self._variants is not None and not self._reader.spells and len(unread) > _MOST_READ
        varied = [w for w in forms if len(w) > 1 and not (too_many and in_lexicon.keys() & set(self._forms(w)))]
        read = self._reader.pronounce([] if too_many else unread)
        variants = self._variants.of(varied) if self._variants is not None else {}
        for word, some in forms.items():
            said = next(filter(None, (in_lexicon.get(form) or read.get(form) for form in some)), ())
            self._ways_of_word[word] = _word_ways(said, variants.get(word, ()))
        for word in new:
            if word not in self._ways_of_word:
                self._ways_of_word[word] = _phrase_ways([self._ways_of_word[p] for p in word.split("-")], "")

    def _forms(self, word: str) -> Tuple[str, ...]:
        """How a word may be put to the lexicon and to the reader."""
        word = word.replace("-", "")
        plain = latin(word)
        as_it_is = self._reader.spells or word in self._lexicon
        return tuple(dict.fromkeys(filter(None, [word if as_it_is else "", plain])))

    def _is_known(self, word: str) -> bool:
        """Whether the lexicon says how a word is said, with its accents or without."""
        return any(form in self._lexicon for form in self._forms(word))

    def _ways(self, entity: Entity) -> "_Ways":
        key = entity.words, self._forms_of(entity), entity.pronunciations, bool(entity.spoken)
        if key not in self._ways_of_entity:
            given, foreign = self._given(entity)
            scores = dict.fromkeys(given, 0.0)
            too_many = False
            for form in self._forms_of(entity):
                ways = [self._ways_of_word[word] for word in form]
                too_many |= math.prod(sum(score == 0 for _, score in some) for some in ways) > _MOST_SPELLINGS
                for pronunciation, score in _phrase_ways(ways, self._boundary):
                    scores[pronunciation] = max(scores.get(pronunciation, score), score)
            dropped = [f"only the first {_MOST_SPELLINGS} pronunciations are used"] if too_many else []
            if foreign:
                dropped.append(f"its pronunciation has {' '.join(foreign)}, which the model does not; it is left out")
            mute = [form for form in entity.forms if not all(map(self._ways_of_word.__getitem__, form))]
            if mute and entity.spoken and scores:
                dropped.append(f"it cannot be said {' '.join(mute[0])!r}, which is left out; write it in letters")
            own = {*entity.words, *map(latin, entity.words)} if len(entity.words) == 1 else ()
            said = [p for p, score in scores.items() if score == 0]
            others = sorted((p for p, score in scores.items() if score < 0), key=scores.__getitem__, reverse=True)
            said += others[: self._num_variants]
            self._ways_of_entity[key] = _Ways(
                tuple(said),
                tuple(scores[p] for p in said),
                tuple(tuple(word for word in self._sounding.get(p, ()) if word not in own) for p in said),
                tuple(dropped),
            )
        return self._ways_of_entity[key]

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
    """How the words of a phrase are said, with which scores, and by which other words; and what could not be used."""

    pronunciations: Tuple[Pronunciation, ...]
    scores: Tuple[float, ...]
    homophones: Tuple[Tuple[str, ...], ...]
    dropped: Tuple[str, ...]


def _word_ways(said: Sequence[Pronunciation], variants: Sequence[Way]) -> List[Way]:
    """What is said of a word, for nothing, and its variants; where nothing is said, the best variant is."""
    ways = dict.fromkeys(said or [pronunciation for pronunciation, _ in variants[:1]], 0.0)
    for pronunciation, score in variants:
        ways.setdefault(pronunciation, score)
    return list(ways.items())


def _phrase_ways(ways: Sequence[List[Way]], boundary: str) -> List[Way]:
    """The best ways to say words one behind the other; those that cost nothing come first, in their order."""
    joined = ways[0]
    for word in ways[1:]:
        pairs = ((a + (boundary,) * bool(boundary) + b, x + y) for (a, x), (b, y) in itertools.product(joined, word))
        joined = sorted(pairs, key=lambda way: -way[1])[:_MOST_SPELLINGS]
    return joined


def _with_list_homophones(outcomes: Sequence[Outcome]) -> List[Outcome]:
    """The same outcomes, with a note where an earlier phrase of the list sounds exactly alike."""
    first: Dict[Pronunciation, Outcome] = {}
    noted = []
    for outcome in outcomes:
        said = [p for p, score in zip(outcome.pronunciations, outcome.scores) if score == 0]
        rivals = [first.setdefault(p, outcome) for p in said]
        rival = next((r for r in rivals if r is not outcome), None)
        if rival is not None:
            note = f"sounds like {rival.entity.written!r} of line {rival.entity.line}, which comes first and wins"
            outcome = replace(outcome, note="; ".join(filter(None, [outcome.note, note])))
        noted.append(outcome)
    return noted


def spellings(
    outcomes: Sequence[Outcome], bonus: float, length_bonus: float = 0.0, usual_length: float = 1.0
) -> List[Spelling]:
    """The ways to say the phrases that are used, for the graph compiler.

    The bonus is paid for what only the list can explain: not where another word of the language model sounds
    exactly so. There the sound tells nothing, and the priors of the two words decide. Of phrases of the list
    that sound alike, with the same weight, the first wins.

    Args:
      outcomes: of :meth:`Speller.outcomes`.
      bonus: nats a phrase of the usual length.
      length_bonus: nats that a phrase of twice that length has beside it. There is no more of it for phrases beyond
        1.5 times the usual length; short ones, which are soon heard where nobody says them, have less.
      usual_length: units of a word.
    """
    spelled = []
    num_before: Dict[Pronunciation, int] = {}
    for outcome in outcomes:
        for units, score, homophones in zip(outcome.pronunciations, outcome.scores, outcome.homophones):
            rank = num_before[units] = num_before.get(units, -1) + 1
            length = min(len(units) / usual_length, _LONGEST_PAID)
            paid = 0.0 if homophones else bonus + length_bonus * (length - 1.0)
            score += outcome.entity.weight + paid - _TIE_BREAK * rank
            spelled.append(Spelling(outcome.phrase, units, score))
    return spelled
