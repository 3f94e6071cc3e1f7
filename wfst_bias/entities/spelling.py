"""From phrases to spellings: every way that the units of a model can say each of them."""

import itertools
import unicodedata
from dataclasses import dataclass, replace
from typing import Dict, List, Sequence, Set, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.lang.g2p import G2P
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


def pronounce_entities(
    entities: Sequence[Entity], lexicon: Lexicon, known_words: Set[str], g2p: G2P, boundary: str
) -> List[Outcome]:
    """All pronunciations of each phrase: the lexicon's for the words it has, else the G2P's.

    Args:
      entities: the list, in its order.
      lexicon: of the base graph.
      known_words: those of the language model.
      g2p: reads the words that the lexicon does not have.
      boundary: unit between the words of a phrase.
    """
    unknown = {w: latin(w) for e in entities for w in e.words if w not in lexicon}
    readable = {word: plain for word, plain in unknown.items() if plain}
    guessed = g2p.pronounce(plain for plain in readable.values() if plain not in lexicon)
    sounding: Dict[Pronunciation, List[str]] = {}
    for word, pronunciation in lexicon.pairs:
        if word in known_words:
            sounding.setdefault(pronunciation, []).append(word)
    seen, outcomes = {}, []

    def said(word: str) -> Tuple[Pronunciation, ...]:
        if word in lexicon:
            return lexicon[word]
        plain = readable.get(word, "")
        if plain in lexicon:
            return lexicon[plain]
        return tuple(filter(None, [guessed.get(plain, ())]))

    for entity in entities:
        words = entity.words
        if not words:
            outcomes.append(Outcome(entity, UNUSABLE, note="has no letters; write it as it is said"))
            continue
        if words in seen:
            note = f"the same words as line {seen[words].entity.line}, whose weight counts"
            outcomes.append(Outcome(entity, DUPLICATE, note=note))
            continue
        mute = [word for word in words if not said(word)]
        if mute:
            note = f"cannot be spelled: {' '.join(mute)}; write it in letters, as it is said"
            if all(word in readable for word in mute):
                note = f"cannot be read: {' '.join(mute)}; give its pronunciation with 'wfst-bias lang hama --lexicon'"
            outcomes.append(Outcome(entity, UNUSABLE, note=note))
            continue
        outcomes.append(_say(entity, words, said, lexicon, sounding, boundary, phrase=len(seen)))
        seen[words] = outcomes[-1]
    return _with_list_homophones(outcomes)


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


def _say(entity: Entity, words, said, lexicon: Lexicon, sounding, boundary: str, phrase: int) -> Outcome:
    ways = itertools.product(*map(said, words))
    pronunciations = tuple(dict.fromkeys(_joined(way, boundary) for way in itertools.islice(ways, _MOST_SPELLINGS)))
    return Outcome(
        entity,
        USED,
        phrase,
        tuple(word for word in words if word not in lexicon),
        pronunciations,
        tuple(tuple(word for word in sounding.get(p, ()) if (word,) != words) for p in pronunciations),
        f"only the first {_MOST_SPELLINGS} pronunciations are used" if next(ways, None) else "",
    )


def _joined(pronunciations: Sequence[Pronunciation], boundary: str) -> Pronunciation:
    units = list(pronunciations[0])
    for pronunciation in pronunciations[1:]:
        units += [boundary, *pronunciation]
    return tuple(units)


def spellings(outcomes: Sequence[Outcome], bonus: float) -> List[Spelling]:
    """The ways to say the phrases that are used, for the graph compiler.

    The bonus is paid for what only the list can explain: not where another word of the language model sounds
    exactly so. There the sound tells nothing, and the priors of the two words decide. Of phrases of the list
    that sound alike, with the same weight, the first wins.

    Args:
      outcomes: of :func:`pronounce_entities`.
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
