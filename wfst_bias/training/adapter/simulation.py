"""Speech simulated from text: emissions joined from pieces of aligned ones, a piece for each unit.

With it the attention learns to read lists of words without recordings.
"""

from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy as np

from wfst_bias.core.text import words_of
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.lang.units import Units
from wfst_bias.training.adapter.emission_store import LOG_PROBS, EmissionStore
from wfst_bias.training.adapter.speech import TokenIds, Utterance, written
from wfst_bias.training.array_store import ArrayStore

_MOST_PIECES = 500  # of a unit


@dataclass(frozen=True)
class UnitBank:
    """Pieces of emissions.

    Args:
      pieces: of each unit the frames that it begins, up to the next unit, and which of them write it; float32
        ``(t, C)`` and bool ``(t,)``.
    """

    pieces: Dict[int, List[Tuple[FloatArray, BoolArray]]]

    @classmethod
    def of(cls, store: EmissionStore, spoken: Dict[str, Utterance]) -> "UnitBank":
        """Take the pieces of aligned utterances."""
        pieces: Dict[int, List[Tuple[FloatArray, BoolArray]]] = {}
        for name, utterance in spoken.items():
            log_probs = store.log_probs(name).numpy()
            position = utterance.position
            starts = np.flatnonzero(np.diff(position, prepend=-1) > 0)
            starts = starts[position[starts] > np.maximum.accumulate(np.append(-1, position))[starts]]
            for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(position)]):
                some = pieces.setdefault(int(utterance.target[position[start]]), [])
                if len(some) < _MOST_PIECES:
                    some.append((log_probs[start:end], position[start:end] >= 0))
        return cls(pieces)

    def spoken(self, target: Sequence[int], rng: np.random.Generator) -> Tuple[FloatArray, IntArray]:
        """Return emissions ``(T, C)`` of a target, and the position that each frame writes ``(T,)``."""
        frames, positions = [], []
        for i, unit in enumerate(target):
            some = self.pieces[unit]
            if tuple(target[i + 1 : i + 2]) == (unit,):  # the same again: a blank must be between
                some = [piece for piece in some if not piece[1][-1]] or some
            log_probs, writes = some[rng.integers(len(some))]
            frames.append(log_probs)
            positions.append(np.where(writes, i, -1))
        return np.concatenate(frames), np.concatenate(positions)


def simulate(
    texts: Iterable[str],
    pronunciations: Mapping[str, Sequence[TokenIds]],
    units: Units,
    bank: UnitBank,
    frame_shift: float,
    seed: int,
) -> Tuple[EmissionStore, Dict[str, Utterance]]:
    """Simulate speech for texts; those with a word without pronunciation or a unit without pieces are left out."""
    rng = np.random.default_rng(seed)
    boundary = list(units.edge)
    emissions: Dict[str, FloatArray] = {}
    spoken: Dict[str, Utterance] = {}
    for i, text in enumerate(texts):
        words = words_of(text)
        if not words or not all(pronunciations.get(word) for word in words):
            continue
        chosen = {word: pronunciations[word][rng.integers(len(pronunciations[word]))] for word in words}
        target, marked = written(words, chosen, boundary)
        if not all(unit in bank.pieces for unit in target):
            continue
        name = f"simulated_{i:06d}"
        log_probs, position = bank.spoken(target, rng)
        emissions[name] = log_probs.astype(np.float16)
        spoken[name] = Utterance(np.array(target, np.int64), tuple(marked), position)
    frames = np.concatenate(list(emissions.values())) if emissions else np.zeros((0, 0), np.float16)
    arrays = ArrayStore(list(emissions), list(map(len, emissions.values())), {LOG_PROBS: frames})
    return EmissionStore(arrays, frame_shift), spoken
