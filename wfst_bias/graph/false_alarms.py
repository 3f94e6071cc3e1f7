"""The false alarms that lists are predicted to give in a base."""

import math
from pathlib import Path
from typing import Mapping, Optional, Sequence

import numpy as np

from wfst_bias.core.types import FloatArray
from wfst_bias.entities.false_alarm_rates import ListScores, predicted_false_alarms
from wfst_bias.entities.ordinary_speech import OrdinarySpeech
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import read_token_graph
from wfst_bias.graph.unigrams import word_log_probs
from wfst_bias.lang.units import PHONES


def predicted_report(
    base_dir: Path,
    base: BaseGraph,
    lists: Sequence[SpelledList],
    config: ClassConfig = ClassConfig(),
    configs: Mapping[str, ClassConfig] = {},
) -> str:
    """The table of ``report.tsv`` of several lists, with the false alarms of each phrase where they can be predicted.

    Args:
      base_dir: the folder of ``base``.
      config, configs: see :func:`wfst_bias.graph.compile.compile_lists`.
    """
    joined = SpelledList.joined(lists)
    speech = ordinary_speech(base, word_log_probs(read_token_graph(base_dir), base.words))
    if speech is None or not lists:
        return joined.report
    return joined.report_with(
        np.concatenate([false_alarms_of_lists(base, one, speech, config, configs) for one in lists])
    )


def ordinary_speech(base: BaseGraph, log_probs: Mapping[str, float]) -> Optional[OrdinarySpeech]:
    """Ordinary speech as the acoustic model of a base hears it; none for characters and subwords, whose confusions are unknown.

    None for a loop of units either, which has no language model of words.

    Args:
      log_probs: of the words of its language model without a history, nats.
    """
    if base.lang.units.kind != PHONES:
        return None
    has_words = any(math.isfinite(log_probs.get(word, -math.inf)) for word in base.lang.sounds.words)
    return OrdinarySpeech.of(base.lang, log_probs) if has_words else None


def false_alarms_of_lists(
    base: BaseGraph,
    spelled: SpelledList,
    speech: OrdinarySpeech,
    config: ClassConfig = ClassConfig(),
    configs: Mapping[str, ClassConfig] = {},
) -> FloatArray:
    """How often each phrase is found in an hour of speech in which nobody says it, before verification, float64 ``(E,)``.

    Args:
      spelled: the lists; phrases that are not used are found 0 times.
      speech: see :func:`ordinary_speech`.
      config, configs: see :func:`wfst_bias.graph.compile.compile_lists`.
    """
    rates = np.zeros(len(spelled))
    names = np.array([entity.entity_class for entity in spelled.table.entities], object)
    in_model = {entity_class.name: entity_class.in_model for entity_class in base.classes}
    for name, part in spelled.used_by_class().items():
        own = configs.get(name, config)
        entry = own.entry_score(len(part), in_model[name])
        scores = ListScores(entry, own.bonus, own.length_bonus, base.lang.lexicon.mean_length)
        rates[(names == name) & spelled.table.is_used] = predicted_false_alarms(part, speech, scores)
    return rates
