"""Parts of a list for training, tuning and testing, none of which has a phrase of another."""

import re
import zlib
from dataclasses import dataclass
from typing import Dict, List, Sequence, Tuple

from wfst_bias.core.errors import InputError
from wfst_bias.entities.entity import Entity

Words = Tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """One of some parts.

    Args:
      number: from 1.
      of: how many parts there are.
    """

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise InputError(f"there is no part {self.number} of {self.of}; write 1/{self.of} to {self.of}/{self.of}")

    @classmethod
    def parse(cls, text: str) -> "Part":
        """The part that a text names: ``2/3``, the second of three."""
        if not re.fullmatch(r"[1-9]\d*/[1-9]\d*", text):
            raise InputError(f"found the part {text!r}; write K/N, '1/2' for the first of two")
        return cls(*map(int, text.split("/")))

    def holds(self, number: int) -> bool:
        """Whether a number, of a row or a checksum, falls to it."""
        return number % self.of == self.number - 1


def split_list(phrases: Sequence[Entity], part: Part) -> Tuple[List[Entity], List[Entity]]:
    """The phrases of a part, and those of all others, in their order.

    Phrases that contain each other, word by word (*Merkel*, *Angela Merkel*), are in one part; which one, the checksum of
    the first of them by alphabet decides, so that it does not depend on the order of the list.
    """
    leader = _leaders([entity.words for entity in phrases])
    held = [part.holds(zlib.crc32(" ".join(leader[entity.words]).encode())) for entity in phrases]
    inside = [entity for entity, is_held in zip(phrases, held) if is_held]
    return inside, [entity for entity, is_held in zip(phrases, held) if not is_held]


def _leaders(phrases: Sequence[Words]) -> Dict[Words, Words]:
    """The first by alphabet of all phrases that a phrase is joined with, by containing or being contained."""
    leader = {phrase: phrase for phrase in phrases}

    def leader_of(phrase: Words) -> Words:
        while leader[phrase] != phrase:
            phrase = leader[phrase]
        return phrase

    for phrase in list(leader):
        for inner in _stretches(phrase):
            if inner in leader:
                first, second = sorted((leader_of(phrase), leader_of(inner)))
                leader[second] = first
    return {phrase: leader_of(phrase) for phrase in leader}


def _stretches(words: Words) -> List[Words]:
    return [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
