"""The check of a list: errors in it, and what may go wrong when it is searched for."""

from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple

from wfst_bias.entities.entity import Entity
from wfst_bias.entities.findings import DROPPED, ERROR, GUESSED, NOTE, SOUNDS_ALIKE, WARNING, WEIGHT, Finding
from wfst_bias.entities.formats.scales import LARGEST
from wfst_bias.entities.outcome import COMBINED, DUPLICATE, UNUSABLE, USED, Outcome
from wfst_bias.entities.risks import exact_pronunciations, false_alarm_risk, homophone
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.word_sounds import WordSounds
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import PHONES

_PRONUNCIATIONS_SHOWN = 3
_FEW = 5  # with fewer weights nothing is concluded


def check(spelled: SpelledList, lang: Lang, log_probs: Mapping[str, float]) -> List[Finding]:
    """Check a list and return the findings in the order of its lines.

    Args:
      spelled: the list, with the variants that it is to be used with.
      lang: of the base.
      log_probs: of the words of its language model without a history, nats.
    """
    sounds = WordSounds(lang, log_probs)
    findings = [finding for outcome in spelled for finding in _phrase_findings(outcome, sounds)]
    findings += _sounding_alike(spelled)
    findings += _weight_findings([outcome.entity for outcome in spelled])
    return sorted(findings, key=lambda finding: finding.entity.line)


def _phrase_findings(outcome: Outcome, sounds: WordSounds) -> Iterator[Finding]:
    entity = outcome.entity
    if outcome.status == UNUSABLE:
        yield Finding(ERROR, UNUSABLE, entity, f"{entity.written!r} {outcome.note}")
    elif outcome.status == DUPLICATE:
        yield Finding(WARNING, DUPLICATE, entity, f"{entity.written!r} is {outcome.note}; leave one of them out")
    elif outcome.status == COMBINED:
        yield Finding(NOTE, COMBINED, entity, f"{entity.written!r} is {outcome.note}")
    if outcome.status == USED:
        yield from (Finding(WARNING, DROPPED, entity, f"{entity.written!r}: {what}") for what in outcome.dropped)
        found = [_guessed(outcome, sounds)]
        if entity.weight >= 0.0:
            found += [homophone(outcome, sounds), false_alarm_risk(outcome, sounds)]
        elif outcome.unreached:
            found.append(Finding(WARNING, WEIGHT, entity, f"{entity.written!r}: {outcome.unreached}"))
        yield from filter(None, found)


def _guessed(outcome: Outcome, sounds: WordSounds) -> Optional[Finding]:
    """The pronunciations of a phrase with words that no lexicon has."""
    if not outcome.unknown_words or sounds.units.kind != PHONES:
        return None
    shown = " | ".join(" ".join(p) for p, _ in exact_pronunciations(outcome)[:_PRONUNCIATIONS_SHOWN])
    words = ", ".join(dict.fromkeys(outcome.unknown_words))
    message = f"{outcome.entity.written!r} is read as {shown} (no lexicon has {words}); give its pronunciation if it is another"
    return Finding(NOTE, GUESSED, outcome.entity, message)


def _sounding_alike(outcomes: Iterable[Outcome]) -> Iterator[Finding]:
    """Phrases of a class that an earlier one of it sounds exactly like."""
    first: Dict[Tuple[str, Pronunciation], Entity] = {}
    for outcome in outcomes:
        entity = outcome.entity
        found = [first.setdefault((entity.entity_class, p), entity) for p, _ in exact_pronunciations(outcome)]
        earlier = [other for other in found if other is not entity]
        if earlier:
            num, of = len(earlier), len(found)
            where = "" if num == of else f" in {num} of its {of} pronunciations"
            message = (
                f"{entity.written!r} sounds like {earlier[0].written!r} of line {earlier[0].line}{where}: only one of them "
                "is found; leave one out, or give them weights"
            )
            yield Finding(WARNING if num == of else NOTE, SOUNDS_ALIKE, entity, message)


def _weight_findings(entities: Sequence[Entity]) -> Iterator[Finding]:
    """Weights that look as if they were no nats: one finding of a kind for the list, at the first of them."""
    weighted = [entity for entity in entities if entity.weight]
    if large := large_weights(entities):
        yield from large
    elif len(weighted) >= _FEW:
        low, high = (pick(entity.weight for entity in weighted) for pick in (min, max))
        if low == high and len(weighted) == len(entities):
            message = (
                f"all weights are {low:g}: that is what --class-bonus is for; leave them out, or weigh some phrases"
            )
            yield Finding(NOTE, WEIGHT, weighted[0], message)
        elif 0.0 < low < high <= 1.0:
            message = f"all weights are between 0 and 1, as probabilities are: in nats, {high:g} is next to nothing; write 1 to 3"
            yield Finding(WARNING, WEIGHT, weighted[0], message)


def large_weights(entities: Iterable[Entity]) -> List[Finding]:
    """A finding at the first weight beyond :data:`LARGEST` nats, and one at the first below minus that."""
    weighted = [entity for entity in entities if abs(entity.weight) > LARGEST]
    high = [entity for entity in weighted if entity.weight > 0.0]
    low = [entity for entity in weighted if entity.weight < 0.0]
    findings = []
    if high:
        message = (
            f"{_num_weights(len(high))} beyond {LARGEST:g} nats, as {high[0].weight:g} of {high[0].written!r} is: such a "
            "phrase is found in everything; write 1 to 3, or name the --format that they are of"
        )
        findings.append(Finding(WARNING, WEIGHT, high[0], message))
    if low:
        message = (
            f"{_num_weights(len(low))} below -{LARGEST:g} nats, as {low[0].weight:g} of {low[0].written!r} is: such a phrase "
            "is written only where no other words sound nearly like what was said, but there it is; write -3 to -1, or "
            "name the --format that they are of"
        )
        findings.append(Finding(WARNING, WEIGHT, low[0], message))
    return findings


def _num_weights(number: int) -> str:
    return "1 weight is" if number == 1 else f"{number:,} weights are"
