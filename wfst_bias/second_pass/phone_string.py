"""The phone string of an utterance, from the best token of each frame, and its alignment with words."""

from dataclasses import dataclass
from typing import List

import numpy as np

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.types import BoolArray, FloatArray, IntArray
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.phone_graphs import Alignment


@dataclass(frozen=True)
class PhoneString:
    """The phone string of an utterance: runs of frames with the same best token, ``(R,)``.

    Args:
      phones: of the runs.
      first, last: the first frame of each, and the one after its last.
      posterior: of its phone in its best frame.
      opens: whether a boundary of words comes before it, or no token; one more for the end ``(R + 1,)``.
    """

    phones: Pronunciation
    first: IntArray
    last: IntArray
    posterior: FloatArray
    opens: BoolArray

    def pieces(self, alignment: Alignment, num_pieces: int) -> IntArray:
        """Return the piece of a text that each run belongs to ``(R,)``.

        Two pieces part in the middle of the boundary between them, or else of the frames between their last and first
        phones.
        """
        frames = np.flatnonzero(alignment.piece >= 0)
        piece = alignment.piece[frames]
        numbers = np.arange(num_pieces)
        last = frames[np.searchsorted(piece, numbers[:-1], side="right") - 1]
        first = frames[np.searchsorted(piece, numbers[1:])]
        boundary = np.flatnonzero(alignment.is_boundary)
        begin, end = np.searchsorted(boundary, last), np.searchsorted(boundary, first)
        boundary = np.append(boundary, 0)  # where there is none
        cuts = np.where(begin < end, boundary[begin] + boundary[end - 1], last + first) / 2
        return np.searchsorted(cuts, (self.first + self.last - 1) / 2)


def phone_string(phones: Emissions, units: Units) -> List[PhoneString]:
    """Return the phone string of each utterance of a batch."""
    probability, best = (x.cpu().numpy() for x in phones.log_probs.max(dim=-1))
    symbols = units.tokens.symbols
    strings = []
    for row, scores, length in zip(best, np.exp(probability), phones.lengths.tolist()):
        row = row[:length]
        first = np.flatnonzero(np.append(True, row[1:] != row[:-1]))
        token = row[first]
        posterior = np.maximum.reduceat(scores[:length], first)
        is_boundary = np.isin(token, units.edge)
        is_phone = (token != BLANK_ID) & ~is_boundary
        num_boundaries = np.append(np.cumsum(is_boundary)[is_phone], is_boundary.sum())
        opens = np.concatenate([[True], num_boundaries[1:] > num_boundaries[:-1]])
        opens[-1] = True
        last = np.append(first[1:], length)
        strings.append(
            PhoneString(
                tuple(symbols[i] for i in token[is_phone].tolist()),
                first[is_phone],
                last[is_phone],
                posterior[is_phone],
                opens,
            )
        )
    return strings
