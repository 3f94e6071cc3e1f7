"""Aligned utterances in batches, for the networks that are trained on emissions."""

from typing import Dict, List

import numpy as np

from wfst_bias.core.errors import InputError
from wfst_bias.training.adapter.emission_store import EmissionStore
from wfst_bias.training.adapter.speech import Utterance
from wfst_bias.training.batching import length_batches


class AlignedSpeech:
    """The plan of batches: which utterances are in each; subclasses load them.

    Args:
      store: of the emissions.
      spoken: the utterances.
      batch_frames: of a batch, padding included.
      most_blank: see :mod:`wfst_bias.adapter.frames`; 1 for a white box, which sees all frames.
      seed: of the order.
      fixed: whether every epoch is the same, for validation.

    Raises:
      InputError: there is no utterance.
    """

    def __init__(
        self,
        store: EmissionStore,
        spoken: Dict[str, Utterance],
        batch_frames: int,
        most_blank: float,
        seed: int = 0,
        fixed: bool = False,
    ):
        self._store, self._spoken = store, spoken
        self._batch_frames, self._most_blank = batch_frames, most_blank
        self._seed, self._fixed = seed, fixed
        self._names = sorted(spoken)
        if not self._names:
            raise InputError("no utterance can be trained on: none could be aligned with its text")
        self._lengths = np.array([store.num_frames(name) for name in self._names])

    def plan(self, epoch: int) -> List[List[str]]:
        """Return names of the utterances of each batch."""
        rng = np.random.default_rng((self._seed, epoch))
        batches = length_batches(self._lengths, self._batch_frames, rng, self._fixed)
        return [[self._names[i] for i in batch] for batch in batches]
