"""Sentences of a domain: templates whose slots are filled with the phrases of its lists.

A template is a line of text in which the name of a class, ``$DRUG``, is replaced by one of its phrases; lines that begin with
``#`` are comments.
"""

import random
import re
from pathlib import Path
from typing import Dict, Iterator, List, Sequence

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import words_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.phrases import PhraseList
from wfst_bias.entities.split import Part, split_list

_SLOT = re.compile(r"\$[A-Z][A-Z_]*")


def filled(templates: Path, phrases: Sequence[Entity], count: int, part: Part = Part(), seed: int = 0) -> List[str]:
    """Return sentences of a part of the templates, their slots filled with the same part of the phrases.

    The parts share no template and no phrase, and no sentence has a phrase of another part, so that one is fit for
    training or tuning and another for testing.

    Args:
      templates: its file; the template in row ``i`` is of part ``i`` modulo the number of parts.
      phrases: of the classes that the slots name; see :func:`wfst_bias.entities.split.split_list` for their parts.
      count: of the sentences; no template and no phrase of a class comes again before all have come.
      part: which one.
      seed: of the random choices.

    Raises:
      InputError: a template has a phrase outside of its slots, or has a slot that there are no phrases for; or a part
        has no template.
    """
    own, others = split_list([entity for entity in phrases if entity.words], part)
    listed, foreign = (PhraseList(entity.words for entity in some) for some in ((*own, *others), others))
    rows = [row for i, row in enumerate(_templates(templates, listed)) if part.holds(i)]
    if not rows:
        raise InputError(f"has no template for part {part.number}; write {part.of} sentences or more", templates)
    rng = random.Random(seed)
    slots = sorted({slot for row in rows for slot in _SLOT.findall(row)})
    drawn = {slot: _drawn([e.written for e in own if e.entity_class == slot], rng) for slot in slots}
    sentences: List[str] = []
    for row in _drawn(rows, rng):
        if len(sentences) == count:
            return sentences
        sentence = _SLOT.sub(lambda slot: _phrase(drawn, slot[0], templates), row)
        if not foreign.occurrences(words_of(sentence)):
            sentences.append(sentence)
    raise AssertionError("the rows never end")


def _templates(path: Path, listed: PhraseList) -> Iterator[str]:
    for number, line in lines_of(path):
        row = line.strip()
        if not row or row.startswith("#"):
            continue
        for stretch in _SLOT.split(row):
            words = words_of(stretch)
            for start, end in listed.occurrences(words):
                raise InputError(
                    f"has {' '.join(words[start:end])!r}, a phrase of the list; write another word, or a slot",
                    path,
                    number,
                )
        yield row


def _drawn(rows: Sequence[str], rng: random.Random) -> Iterator[str]:
    """Yield random rows without end, each as often as the others; none where there are no rows."""
    while rows:
        yield from rng.sample(rows, len(rows))


def _phrase(drawn: Dict[str, Iterator[str]], slot: str, templates: Path) -> str:
    phrase = next(drawn[slot], None)
    if phrase is None:
        raise InputError(f"has the slot {slot}, but the list has no phrase of that class in this part", templates)
    return phrase
