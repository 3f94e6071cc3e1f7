"""Counts of all utterances of a decode folder, one utterance in memory at a time."""

from dataclasses import astuple, dataclass
from pathlib import Path
from typing import AbstractSet, Dict, Mapping, Optional, Tuple

import numpy as np

from wfst_bias.core.text import words_of
from wfst_bias.core.types import BoolArray, IntArray
from wfst_bias.score.counts import COUNT_NAMES, Counts, count_errors
from wfst_bias.score.librispeech import count_rare_errors
from wfst_bias.score.listed import ScoredPhrases, Words
from wfst_bias.score.texts import decoded_texts

RareWords = Mapping[str, AbstractSet[str]]


@dataclass(frozen=True)
class CountTable:
    """Counts of the utterances that are scored, in the order of their lists.

    Args:
      counts: of each utterance, int32 ``(U, 8)``: the fields of :class:`~wfst_bias.score.counts.Counts`.
      is_failed: of those without a transcript, whose words are counted as deleted ``(U,)``.
      failed: their names.
    """

    counts: IntArray
    is_failed: BoolArray
    failed: Tuple[str, ...]


def count_decoding(
    texts: Mapping[str, str],
    decode_dir: Path,
    lists: Mapping[str, ScoredPhrases],
    stage: str = "",
    rare: Optional[RareWords] = None,
) -> CountTable:
    """Count the utterances of a decode folder that have a list; see :func:`wfst_bias.score.report.score_with`.

    Beside references and lists it keeps 33 bytes for each utterance, as long as the folder has the order of the references.
    """
    counts, is_decoded = np.zeros((len(texts), len(COUNT_NAMES)), np.int32), np.zeros(len(texts), bool)
    for name, position, words in decoded_texts(texts, decode_dir, stage):
        if name in lists:
            counts[position] = astuple(count_utterance(texts[name], words, name, lists, rare))
        is_decoded[position] = True
    failed: Dict[str, None] = {}  # in their order
    for position, name in enumerate(texts if not is_decoded.all() else ()):
        if not is_decoded[position] and name in lists:
            failed[name] = None
            counts[position] = astuple(count_utterance(texts[name], (), name, lists, rare))
    if len(lists) == len(texts) and all(one == other for one, other in zip(lists, texts)):
        order = np.arange(len(texts))
    else:
        position_of = {name: position for position, name in enumerate(texts)}
        order = np.array([position_of[name] for name in lists], int)
    return CountTable(counts[order], ~is_decoded[order], tuple(failed))


def count_utterance(
    text: str, hypothesis: Words, name: str, lists: Mapping[str, ScoredPhrases], rare: Optional[RareWords] = None
) -> Counts:
    """Count one utterance by its list and, where they are given, its rare words."""
    if rare is None:
        return count_errors(words_of(text), hypothesis, lists[name])
    return count_rare_errors(words_of(text), hypothesis, rare[name], lists[name])
