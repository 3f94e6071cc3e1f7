"""Setup of a decoding, as the user names it: written to a decode folder, and made again from there."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import AbstractSet, Any, Callable, Dict, List, Optional, Tuple

import torch
from lhotse import CutSet, MonoCut

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.acoustic.models import HAMA, files_of_model, load_model
from wfst_bias.adapter.default import NONE, emission_adapter_of
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import file_stamps
from wfst_bias.data.channels import MEAN, Channel
from wfst_bias.data.cuts import read_data
from wfst_bias.data.failures import OnFailure, raise_failure
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Phrases
from wfst_bias.entities.lists import AUTO, read_entities
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.store import content_key, folder_key, graph_g2g, graph_list, read_base, read_decoding
from wfst_bias.lang.lang import hama_lang, read_lang
from wfst_bias.lang.units import PHONES
from wfst_bias.recognize.biasing import ListPerUtterance, OneGraph
from wfst_bias.recognize.utterance_lists import lists_by_field, lists_of_map, lists_of_utterances
from wfst_bias.recognize.verified import verification_of, verifying_chain
from wfst_bias.second_pass.chain import Chain, LexiconLookup, Rescoring, Stage
from wfst_bias.second_pass.config import NONE as NO_STAGES
from wfst_bias.second_pass.config import ChainConfig, LookupConfig, RescoringConfig, VerifyConfig
from wfst_bias.second_pass.lookup import Lookup
from wfst_bias.second_pass.pronunciations import Pronunciations
from wfst_bias.second_pass.rescoring import PhoneRescorer
from wfst_bias.second_pass.verification import Verification

# path fields by their names in meta.json
_PATHS = {"graph": "graph", "data": "data", "beside": "side_list", "biasing": "biasing"}
_NAMES = ("model", "channel", "calibration", "adapter", "list_format")
_CONFIGS = {
    "class_config": ("class", ClassConfig),
    "g2g": ("g2g", G2GConfig),
    "search": ("search", SearchConfig),
    "boost": ("boost", BoostConfig),
    "gate": ("gate", GateConfig),
    "stages": ("stages", ChainConfig),
    "rescore": ("rescore", RescoringConfig),
    "verify": ("verify", VerifyConfig),
    "lookup": ("lookup", LookupConfig),
}
_REMOVED_STAGES = ("mbr",)  # which old decode folders name


@dataclass(frozen=True)
class DecodeSetup:
    """Model, graph, lists and options that a corpus is decoded with.

    Args:
      graph: graph or base folder.
      data: Kaldi folder or cut manifest.
      model: specification of the acoustic model.
      channel: of the audio, see :func:`wfst_bias.data.channels.parse_channel`.
      calibration, adapter: see :func:`wfst_bias.adapter.default.emission_adapter_of`.
      side_list: list for the adapter and the second pass, instead of the graph's.
      biasing: TSV with a list for each utterance; needs a base, as ``entities_by``.
      entities_by: field of the cuts, and map from its values to lists.
      list_format: of the lists that are named here.
      class_config, g2g: of lists for utterances.
      search, boost, gate: of all.
      stages, rescore, verify, lookup: second pass.
    """

    graph: Path
    data: Path
    model: str = HAMA
    channel: Channel = MEAN
    calibration: str = NONE
    adapter: str = NONE
    side_list: Optional[Path] = None
    biasing: Optional[Path] = None
    entities_by: Optional[Tuple[str, Path]] = None
    list_format: str = AUTO
    class_config: ClassConfig = ClassConfig()
    g2g: G2GConfig = G2GConfig()
    search: SearchConfig = SearchConfig()
    boost: BoostConfig = BoostConfig()
    gate: GateConfig = GateConfig()
    stages: ChainConfig = ChainConfig()
    rescore: RescoringConfig = RescoringConfig()
    verify: VerifyConfig = VerifyConfig()
    lookup: LookupConfig = LookupConfig()

    @property
    def files(self) -> Dict[str, Path]:
        """Files and folders that it reads, by the option that names them anew."""
        lists = self.biasing or (self.entities_by and self.entities_by[1]) or self.side_list
        return {"graph": self.graph, "data": self.data, **({"lists": lists} if lists else {})}

    def with_lists_at(self, path: Path) -> "DecodeSetup":
        """The same, the file of lists that it has at another place.

        Raises:
          InputError: it has none.
        """
        if self.biasing:
            return replace(self, biasing=path)
        if self.entities_by:
            return replace(self, entities_by=(self.entities_by[0], path))
        if self.side_list:
            return replace(self, side_list=path)
        raise InputError("was decoded without lists other than the graph's; leave --lists out")

    @property
    def has_own_lists(self) -> bool:
        """Whether utterances have lists of their own."""
        return bool(self.biasing or self.entities_by)

    @property
    def meta(self) -> Dict[str, Any]:
        """Entries of ``meta.json``, without the configs, which the parts that they configure add."""
        paths = {name: getattr(self, field) for name, field in _PATHS.items()}
        return {
            **{name: getattr(self, name) for name in _NAMES},
            **{name: path and str(path) for name, path in paths.items()},
            "entities_by": self.entities_by and [self.entities_by[0], str(self.entities_by[1])],
            "graph_key": folder_key(self.graph),
            **({"g2g": asdict(self.g2g)} if self.has_own_lists else {}),
        }

    def key(self, *more: Any) -> str:
        """A hash of all that the results depend on, but for the data.

        Args:
          more: of what else they depend on; see :func:`wfst_bias.graph.store.content_key`.
        """
        configs = {key: asdict(getattr(self, name)) for name, (key, _) in _CONFIGS.items()}
        folders = (self.stages.phone_lang, self.adapter, self.calibration, self.verify.evidence)
        paths = [Path(folder) for folder in folders if folder and Path(folder).exists()]
        for spec in filter(None, (self.model, self.stages.phone_model)):
            paths += files_of_model(spec)
        paths += [path for path in (self.side_list, self.biasing) if path]
        if self.entities_by:
            paths += [self.entities_by[1], *lists_of_map(self.entities_by[1])]
        stamps = [stamp for path in paths for stamp in file_stamps(path)]
        return content_key(self.meta, configs, stamps, *more)[:20]

    @classmethod
    def from_meta(cls, meta: Dict[str, Any]) -> "DecodeSetup":
        """Make the setup of the ``meta.json`` of a decode folder."""
        values: Dict[str, Any] = {
            field: Path(meta[name]) for name, field in _PATHS.items() if meta[name] is not None
        }
        values.update({name: meta[name] for name in _NAMES if name in meta})
        meta = {**meta, "stages": _without_removed(meta.get("stages", {"stages": NO_STAGES}))}
        values.update({name: config(**meta[key]) for name, (key, config) in _CONFIGS.items() if key in meta})
        if meta["entities_by"]:
            field, path = meta["entities_by"]
            values["entities_by"] = field, Path(path)
        return cls(**values)

    def cuts(self, on_failure: OnFailure = raise_failure) -> CutSet:
        """The utterances of the data; see :func:`wfst_bias.data.cuts.read_data`."""
        return read_data(self.data, self.channel, on_failure)

    def acoustics(self, device: torch.device) -> Tuple[AcousticModel, EmissionAdapter]:
        """Load the acoustic model and its emission adapter."""
        model = load_model(self.model, device)
        return model, emission_adapter_of(model, self.model, self.calibration, self.adapter, device)

    @cached_property
    def side_phrases(self) -> Optional[Phrases]:
        """The side list, read; None where there is none."""
        return tuple(read_entities(self.side_list, self.list_format)) if self.side_list else None

    def one_graph(self, device: torch.device) -> OneGraph:
        """The same graph for all utterances."""
        decoder = Decoder(read_decoding(self.graph), self.search, self.boost, device, self.gate)
        return OneGraph(decoder, self.side_phrases)

    def base(self, device: torch.device) -> BaseGraph:
        """The base that lists of utterances are put into."""
        return read_base(self.graph, str(device))

    def lists(self, base: BaseGraph) -> Tuple[List[Phrases], Callable[[MonoCut], Phrases]]:
        """The lists of utterances, and which of them a cut has."""
        if self.biasing:
            return lists_of_utterances(self.biasing)
        assert self.entities_by is not None, "utterances have lists of their own"
        field, path = self.entities_by
        return lists_by_field(field, path, base.class_names, self.list_format)

    def own_lists(
        self, base: BaseGraph, lists: List[Phrases], list_of: Callable[[MonoCut], Phrases]
    ) -> ListPerUtterance:
        """A list for each utterance."""
        speller = speller_of(base, g2g=self.g2g)
        return ListPerUtterance(base, lists, list_of, speller, self.class_config, self.search, self.boost, self.gate)

    def pronunciations(
        self, known_words: AbstractSet[str], g2g: Optional[G2GConfig] = None, spelled: Optional[SpelledList] = None
    ) -> Optional[Pronunciations]:
        """The pronunciations that the second pass reads; None where it reads none.

        Args:
          known_words: of the language model.
          g2g: variants that the list was compiled with; those of the graph folder where not given.
          spelled: the list; that of the graph folder where not given.
        """
        if not self.stages.needs_phones:
            return None
        if g2g is None:
            g2g = self.g2g if self.has_own_lists else graph_g2g(self.graph)
        if spelled is None and not (self.has_own_lists or self.side_list):
            spelled = graph_list(self.graph)
        return pronunciations_of(self.stages, (), known_words, g2g, spelled)

    def second_pass(
        self,
        model: AcousticModel,
        pronunciations: Optional[Pronunciations],
        device: torch.device,
        has_list: bool = True,
    ) -> Chain:
        """The second pass.

        Args:
          model: that of the search.
          pronunciations: what :meth:`pronunciations` returns.
          has_list: whether there are phrases to verify.
        """
        if not has_list and self.verify.false_alarms_per_hour:
            raise InputError("--false-alarms-per-hour is of the phrases of a list, and the graph has none", self.graph)
        if self.stages.is_auto:
            return verifying_chain(self.verify if has_list else None, model, self.model)
        names = self.stages.names
        return Chain(
            tuple(self._stage(name, pronunciations, model) for name in names),
            phone_model_of(self.stages, model, self.model, device),
            {key: asdict(getattr(self, name)) for name, (key, _) in _CONFIGS.items() if name in ("stages", *names)},
        )

    def _stage(self, name: str, pronunciations: Optional[Pronunciations], model: AcousticModel) -> Stage:
        if name == Verification.name:
            return verification_of(self.verify, model, self.model)
        assert pronunciations is not None, "a stage that reads phones has pronunciations"
        if name == Rescoring.name:
            return Rescoring(PhoneRescorer(pronunciations, self.rescore), self.rescore.num_best)
        return LexiconLookup(Lookup(pronunciations, self.lookup))


def _without_removed(stages: Dict[str, Any]) -> Dict[str, Any]:
    """Options of a chain without the stages that former versions had."""
    names = [name for name in stages["stages"].split(",") if name not in _REMOVED_STAGES]
    return {**stages, "stages": ",".join(names)}


def phone_model_of(
    stages: ChainConfig, model: AcousticModel, spec: str, device: torch.device
) -> Optional[AcousticModel]:
    """The phone network of some stages; None where they read the searched emissions, or none.

    Args:
      model, spec: of the search.
    """
    if not (stages.needs_phones and stages.phone_model):
        return None
    return model if stages.phone_model == spec else load_model(stages.phone_model, device)


def pronunciations_of(
    stages: ChainConfig,
    phrases: Phrases,
    known_words: AbstractSet[str],
    g2g: G2GConfig,
    spelled: Optional[SpelledList] = None,
) -> Pronunciations:
    """Pronunciations of texts in the phones of the phone network.

    Args:
      phrases: of all lists.
      known_words: of the language model.
      g2g: variants of the phrases.
      spelled: the list of the graph; its phrases are not pronounced again where it was spelled in the same phones.
    """
    folder = stages.phone_lang
    lang = read_lang(Path(folder)) if folder else hama_lang()
    if lang.units.kind != PHONES:
        raise InputError("is no lang folder of phones; name that of the phone network with --phone-lang", folder)
    return Pronunciations(lang, phrases, known_words, g2g, spelled=spelled)
