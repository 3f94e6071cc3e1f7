"""Phone rescoring of the same utterances by many weights."""

from typing import Dict, List, Sequence, Tuple

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.entities.entity import Phrases
from wfst_bias.second_pass.config import RescoringConfig
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer

PhoneScores = Dict[Tuple[str, Tuple[str, ...]], float]
"""The score of an utterance, by its name, and of a text, nats."""


class RememberingRescorer(PhoneRescorer):
    """Asks the phone network for each text of an utterance once, and for none where its weight is 0.

    Args:
      pronunciations, config: see :class:`wfst_bias.second_pass.rescoring.PhoneRescorer`.
      memory: scores that are known, to which new ones are added; of the same emissions, lists and measure.
    """

    def __init__(self, pronunciations: Pronunciations, config: RescoringConfig, memory: PhoneScores):
        super().__init__(pronunciations, config)
        self._weight, self._memory = config.weight, memory

    def phone_scores(
        self, texts: Sequence[Sequence[Sequence[str]]], emissions: Emissions, lists: Sequence[Phrases] = ()
    ) -> List[List[float]]:
        """See :meth:`wfst_bias.second_pass.rescoring.PhoneRescorer.phone_scores`."""
        if not self._weight:  # whatever they are, they change nothing
            return [[0.0] * len(some) for some in texts]
        keys = [[(name, tuple(words)) for words in some] for name, some in zip(emissions.names, texts)]
        new = [[key for key in dict.fromkeys(some) if key not in self._memory] for some in keys]
        if any(new):
            scores = super().phone_scores([[words for _, words in some] for some in new], emissions, lists)
            for some, values in zip(new, scores):
                self._memory.update(zip(some, values))
        return [[self._memory[key] for key in some] for some in keys]
