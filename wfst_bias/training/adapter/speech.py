"""Speech to train on, aligned with its text: the token and the word of each frame."""

from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Mapping, Sequence, Tuple

import numpy as np
import torch
from tqdm import tqdm

from wfst_bias.adapter.catalogue import catalogue_of
from wfst_bias.adapter.matching import Matcher
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import BLANK_ID
from wfst_bias.core.text import words_of
from wfst_bias.core.types import IntArray
from wfst_bias.lang.units import Units
from wfst_bias.training.adapter.alignment import aligned
from wfst_bias.training.adapter.emission_store import EmissionStore

TokenIds = Tuple[int, ...]  # a pronunciation in the tokens of a lang
_BATCH = 16
_SURELY_BLANK = 0.9  # frames of a unit without evidence of it


@dataclass(frozen=True)
class Spoken:
    """A word of an utterance.

    Args:
      word: as it is written.
      start: where it begins in the utterance's target.
      pronunciation: that was spoken, units.
    """

    word: str
    start: int
    pronunciation: TokenIds


@dataclass(frozen=True)
class Utterance:
    """The target of an utterance, its words and its alignment.

    Args:
      target: tokens, boundaries between the words included, int64 ``(U,)``.
      words: of it.
      position: of each frame the position in the target, -1 for blank, int64 ``(T,)``.
    """

    target: IntArray
    words: Tuple[Spoken, ...]
    position: IntArray


def align_texts(
    store: EmissionStore,
    texts: Dict[str, str],
    pronunciations: Mapping[str, Sequence[TokenIds]],
    units: Units,
    matcher: Matcher,
    phones: bool = False,
) -> Dict[str, Utterance]:
    """Align each utterance with its text, every word in the pronunciation that matches best.

    Utterances with a word without pronunciation, or too short for their text, are left out.

    Args:
      phones: whether the pronunciations are in the phones of a phone head.
    """
    log_probs_of = store.phones if phones else store.log_probs
    boundary = list(units.edge)
    spoken: Dict[str, Utterance] = {}
    words_in = {name: words_of(texts.get(name, "")) for name in store.names}
    names = [name for name, words in words_in.items() if words and all(map(pronunciations.get, words))]
    for batch in tqdm(list(_batches(names)), desc="alignment", leave=False, disable=None):
        emissions = [log_probs_of(name) for name in batch]
        log_probs = torch.nn.utils.rnn.pad_sequence(emissions, batch_first=True)
        lengths = torch.tensor([len(x) for x in emissions])
        targets = []
        for name, similarity in zip(batch, matcher.similarities(log_probs, lengths)[0]):
            words = words_in[name]
            best = _best_pronunciations(words, pronunciations, boundary, matcher, similarity)
            targets.append(written(words, best, boundary))
        positions = aligned(log_probs, lengths, [target for target, _ in targets])
        for name, (target, placed), position in zip(batch, targets, positions):
            if int(position.max()) >= 0:
                spoken[name] = Utterance(np.array(target, np.int64), tuple(placed), position.numpy())
    return spoken


def _best_pronunciations(
    texts: Sequence[str],
    pronunciations: Mapping[str, Sequence[TokenIds]],
    boundary: Sequence[int],
    matcher: Matcher,
    similarity: torch.Tensor,
) -> Dict[str, TokenIds]:
    """Return the pronunciation of each word that matches best; of equal ones the first."""
    words = sorted(set(texts))
    edged = [[(*boundary, *pronunciation, *boundary) for pronunciation in pronunciations[word]] for word in words]
    catalogue = catalogue_of(words, edged, most_pronunciations=max(map(len, edged)))
    scores = iter(matcher.scores(similarity, catalogue).tolist())
    return {
        word: max(((next(scores), -i, pronunciation) for i, pronunciation in enumerate(pronunciations[word])))[2]
        for word in words
    }


def written(words: Sequence[str], best: Mapping[str, TokenIds], boundary: List[int]) -> Tuple[List[int], List[Spoken]]:
    """Return the target of words, each in its pronunciation, and the position of each of them in it."""
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
    """Return spoken tokens ``(M,)``, and the probabilities in their frames ``(M, C)``: see :meth:`Matcher.learn`."""
    if not spoken:
        raise InputError("no utterance can be trained on: none could be aligned with its text")
    tokens: List[torch.Tensor] = []
    probs: List[torch.Tensor] = []
    for name, utterance in spoken.items():
        frames = utterance.position >= 0
        tokens.append(torch.from_numpy(utterance.target[utterance.position[frames]]))
        probs.append(log_probs_of(name)[torch.from_numpy(frames)].exp())
    spoken_tokens, found = torch.cat(tokens), torch.cat(probs)
    sure = found[:, BLANK_ID] < _SURELY_BLANK
    return spoken_tokens[sure], found[sure]
