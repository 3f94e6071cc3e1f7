"""Speech to train on, aligned with its text: which token each frame writes, and which word."""

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Sequence, Set, Tuple

import numpy as np
import torch
from tqdm import tqdm

from wfst_bias.adapter.catalogue import catalogue_of
from wfst_bias.adapter.matching import Matcher
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.text import words_of
from wfst_bias.lang.units import Units
from wfst_bias.training.adapter.alignment import aligned
from wfst_bias.training.adapter.emission_store import EmissionStore

Way = Tuple[int, ...]
_BATCH = 16
_SURELY_BLANK = 0.9  # frames of a unit that tell nothing of it


@dataclass(frozen=True)
class Spoken:
    """A word of an utterance.

    Args:
      word: as it is written.
      start: where it begins in the utterance's target.
      way: how it was said, units.
    """

    word: str
    start: int
    way: Way


@dataclass(frozen=True)
class Utterance:
    """What was said, and when.

    Args:
      target: tokens, boundaries between the words included, int64 ``(U,)``.
      words: of it.
      position: of each frame the position in the target, -1 for blank, int64 ``(T,)``.
    """

    target: np.ndarray
    words: Tuple[Spoken, ...]
    position: np.ndarray


def align_texts(
    store: EmissionStore,
    texts: Dict[str, str],
    ways: Dict[str, Sequence[Way]],
    units: Units,
    matcher: Matcher,
    phones: bool = False,
) -> Dict[str, Utterance]:
    """Each utterance with its text, every word in that of its ways which matches best.

    Utterances with a word that cannot be said, or too short for their text, are left out.

    Args:
      phones: whether the ways are in the phones of a phone head.
    """
    log_probs_of = store.phones if phones else store.log_probs
    boundary = list(units.edge)
    spoken: Dict[str, Utterance] = {}
    words_in = {name: words_of(texts.get(name, "")) for name in store.names}
    names = [name for name, words in words_in.items() if words and all(map(ways.get, words))]
    for batch in tqdm(list(_batches(names)), desc="alignment", leave=False, disable=None):
        emissions = [log_probs_of(name) for name in batch]
        log_probs = torch.nn.utils.rnn.pad_sequence(emissions, batch_first=True)
        lengths = torch.tensor([len(x) for x in emissions])
        targets = []
        for name, heard in zip(batch, matcher.heard(log_probs, lengths)[0]):
            words = words_in[name]
            targets.append(written(words, _best_ways(set(words), ways, boundary, matcher, heard), boundary))
        positions = aligned(log_probs, lengths, [target for target, _ in targets])
        for name, (target, words), position in zip(batch, targets, positions):
            if (position >= 0).any():
                spoken[name] = Utterance(np.array(target, np.int64), tuple(words), position.numpy())
    return spoken


def _best_ways(words: Set[str], ways: Dict[str, Sequence[Way]], boundary, matcher, heard) -> Dict[str, Way]:
    """The way of each word that matches best; of the same ones the first."""
    words = sorted(words)
    edged = [[(*boundary, *way, *boundary) for way in ways[word]] for word in words]
    catalogue = catalogue_of(words, edged, most_ways=max(map(len, edged)))
    scores = iter(matcher.scores(heard, catalogue).tolist())
    return {word: max(((next(scores), -i, way) for i, way in enumerate(ways[word])))[2] for word in words}


def written(words: Sequence[str], best: Dict[str, Way], boundary: List[int]) -> Tuple[List[int], List[Spoken]]:
    """The target of some words, each said in its way, and where each of them stands in it."""
    target: List[int] = []
    spoken = []
    for word in words:
        target += boundary if target else []
        spoken.append(Spoken(word, len(target), best[word]))
        target += best[word]
    return target, spoken


def _batches(names: Sequence[str], size: int = _BATCH) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


def confusions(
    log_probs_of: Callable[[str], torch.Tensor], spoken: Dict[str, Utterance]
) -> Tuple[torch.Tensor, torch.Tensor]:
    """Tokens that were said ``(M,)``, and what was heard in their frames ``(M, C)``: see :meth:`Matcher.learn`."""
    if not spoken:
        raise InputError("no utterance can be trained on: none could be aligned with its text")
    said, heard = [], []
    for name, utterance in spoken.items():
        frames = utterance.position >= 0
        said.append(torch.from_numpy(utterance.target[utterance.position[frames]]))
        heard.append(log_probs_of(name)[torch.from_numpy(frames)].exp())
    said, heard = torch.cat(said), torch.cat(heard)
    sure = heard[:, BLANK_ID] < _SURELY_BLANK
    return said[sure], heard[sure]
