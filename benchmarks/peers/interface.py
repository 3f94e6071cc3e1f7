"""The interface of a peer: prepared once, then built for one list after another, and asked for texts."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Protocol, Sequence, Tuple

from wfst_bias.core.types import FloatArray
from wfst_bias.entities.spelled_list import SpelledList


@dataclass(frozen=True)
class Resources:
    """What all peers share: the model, the lexicon and the language model, and a folder of the peer's own.

    Args:
      base: base folder, with the lexicon and the tokens of the model.
      arpa: the language model that the base was made of.
      model: name of the acoustic model, by which its evidence model is found.
      frame_shift: seconds a frame.
      folder: for files of the peer.
      settings: weights and beams of the peer, by their names.
    """

    base: Path
    arpa: Path
    model: str
    frame_shift: float
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WordList:
    """A list of single words.

    Args:
      words: as they are written.
      spelled: the same with their pronunciations in the units of the model.
    """

    words: Tuple[str, ...] = ()
    spelled: SpelledList = field(default_factory=SpelledList)


class Peer(Protocol):
    """A decoder of emissions; made from :class:`Resources`, which is the work that no list repeats."""

    def build(self, listed: WordList) -> None:
        """Take a list, in the place of any other one; an empty one is no list."""

    def texts(self, arrays: Sequence[FloatArray]) -> Sequence[str]:
        """Decode utterances, log-probabilities ``(T, C)`` each."""
