"""A tuner for what a development set is decoded with, as the user names it."""

from pathlib import Path
from typing import AbstractSet, Any, Dict, Mapping, Optional

import torch
from lhotse import CutSet

from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile import spelled_list, speller_of
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.score.listed import ScoredPhrases
from wfst_bias.score.phrase_lists import phrase_lists
from wfst_bias.second_pass.config import RESCORE
from wfst_bias.tune.lists import OneList, TunedLists, UtteranceLists
from wfst_bias.tune.tuner import Tuner, dev_emissions
from wfst_bias.tune.weights import Weights


def tuner_of(
    setup: DecodeSetup,
    entities: Optional[Path],
    texts: Mapping[str, str],
    names: AbstractSet[str],
    device: torch.device,
    batch_size: int,
) -> Tuner:
    """A tuner of the weights of a setup, with the emissions of its data.

    Args:
      setup: what is decoded with; its graph is a base.
      entities: the list; None where the setup has lists of utterances.
      texts: references.
      names: the utterances to tune on.
      device: where models and searches run.
      batch_size: utterances searched together.
    """
    base = setup.base(device)
    cuts = setup.cuts().filter(lambda cut: cut.id in names)
    lists: TunedLists
    if entities is None:
        lists = UtteranceLists(base, setup.own_lists(base, *setup.lists(base)))
        pronunciations = setup.pronunciations(lists.known_words)
    else:
        spelled = spelled_list(
            entities, speller_of(base, g2g=setup.g2g), format_name=setup.list_format, classes=base.class_names
        )
        lists = OneList(base, spelled, setup.gate)
        pronunciations = setup.pronunciations(lists.known_words, setup.g2g, spelled)
    model, adapter = setup.acoustics(device)
    second_pass = setup.second_pass(model, pronunciations, device)
    biasing = lists.biasing(setup.class_config, setup.search, setup.boost)
    with Recognizer(model=model, biasing=biasing, adapter=adapter, second_pass=second_pass) as recognizer:
        emissions = dev_emissions(cuts, recognizer, biasing, batch_size)
    return Tuner(lists, emissions, texts, _phrases(setup, entities, cuts, base), second_pass, pronunciations)


def _phrases(setup: DecodeSetup, entities: Optional[Path], cuts: CutSet, base: BaseGraph) -> Dict[str, ScoredPhrases]:
    """The phrases of each utterance that ``score`` counts."""
    if setup.entities_by is None:
        return phrase_lists([cut.id for cut in cuts], entities, setup.biasing, setup.list_format)
    _, list_of = setup.lists(base)
    phrases: Dict[int, ScoredPhrases] = {}
    listed = {cut.id: list_of(cut) for cut in cuts}
    for one in listed.values():
        if id(one) not in phrases:
            phrases[id(one)] = ScoredPhrases.of(one)
    return {name: phrases[id(one)] for name, one in listed.items()}


def first_weights(setup: DecodeSetup) -> Weights:
    """The weights of a setup."""
    rescore = setup.rescore if RESCORE in setup.stages.names else None
    return Weights(setup.class_config, setup.boost, setup.search, rescore)


def other_configs(setup: DecodeSetup) -> Dict[str, Any]:
    """The configs of a setup that are not tuned, by the first word of their options; stages last, where there are any."""
    second_pass = {name: getattr(setup, name) for name in setup.stages.names if name != RESCORE}
    stages = {"": setup.stages} if setup.stages.names else {}
    return {"g2g": setup.g2g, "gate": setup.gate, **second_pass, **stages}
