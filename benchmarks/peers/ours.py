"""This system: its search alone, and with the verification of phrases."""

from dataclasses import fields
from typing import List, Sequence

from peers.interface import Resources, WordList
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.store import read_base
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.emissions import BatchEmissions, emissions_of_arrays
from wfst_bias.recognize.recognition import recognitions
from wfst_bias.recognize.recognizer import Recognizer
from wfst_bias.recognize.verified import verified, verifying_chain
from wfst_bias.second_pass.chain import Chain
from wfst_bias.second_pass.config import VerifyConfig

BATCH_SIZE = 8


def search_config(settings) -> SearchConfig:
    """The search with the settings that it has."""
    return SearchConfig(**{one.name: settings[one.name] for one in fields(SearchConfig) if one.name in settings})


def graph_of(base, listed: WordList, settings) -> DecodingGraph:
    """The graph of a base with a list, or without one."""
    if not listed.words:
        return base.plain
    config = ClassConfig(bonus=settings.get("bonus", ClassConfig().bonus))
    return base.with_entities(*compile_lists(base, listed.spelled, config))


class Ours:
    """The search of this system.

    Settings are ``bonus`` (nats, of the list), ``alpha`` (of adaptive boosting) and the fields of
    :class:`~wfst_bias.decode.config.SearchConfig`; ``verify`` names what the prior of verification is estimated over.
    """

    def __init__(self, resources: Resources):
        self._resources, self._base = resources, read_base(resources.base)
        self._chain = Chain()
        if resources.settings.get("verify"):
            self._chain = verifying_chain(VerifyConfig(prior_over=resources.settings["verify"]), None, resources.model)
            if not self._chain.stages:
                raise InputError(f"there is no evidence model for the emissions of {resources.model!r}")

    def build(self, listed: WordList) -> None:
        """See :class:`~peers.interface.Peer`."""
        self._recognizer = None  # it holds the memory of the last graph
        graph = graph_of(self._base, listed, self._resources.settings)
        boost = BoostConfig(alpha=self._resources.settings.get("alpha", BoostConfig().alpha))
        decoder = Decoder(graph, search_config(self._resources.settings), boost)
        self._recognizer = Recognizer(biasing=OneGraph(decoder), second_pass=self._chain)
        self._phrases = graph.entities

    def texts(self, arrays: Sequence[FloatArray]) -> List[str]:
        """See :class:`~peers.interface.Peer`; utterances are searched eight at a time, and verified all together."""
        batches = (
            BatchEmissions.precomputed(
                emissions_of_arrays(
                    arrays[first : first + BATCH_SIZE], self._resources.frame_shift, self._base.lang.tokens
                ),
                self._phrases,
            )
            for first in range(0, len(arrays), BATCH_SIZE)
        )
        if not self._chain.stages:
            return [one.text for batch in batches for one in self._recognizer.search(batch).transcripts]
        segments = (segment for batch in batches for segment in self._recognizer.recognize_batch(batch))
        return [one.text for one in recognitions(verified(segments, self._chain))]
