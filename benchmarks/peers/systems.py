"""The systems that are compared: each a peer with settings."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Mapping, Optional, Sequence, Tuple

from peers.interface import Peer, Resources
from wfst_bias.core.errors import InputError
from wfst_bias.lang.units import PHONES
from wfst_bias.second_pass.config import CORPUS, UTTERANCE


@dataclass(frozen=True)
class System:
    """A peer with settings.

    Args:
      name: as tables show it.
      peer: ``module:class`` of this package.
      settings: of the peer, its own defaults or chosen by ``tune_peers.py`` on training speech.
      grid: the values that were tried there, by setting.
      tune_as: peer and settings that give the same texts in less time, for tuning.
      has_phones: whether it can decode a phone model.
      sizes: of the lists that it is measured with; empty for all.
      is_large: whether building it takes gigabytes, so that no two are built at once.
      by_folder: whether it decodes the utterances of a data folder together, not in small groups, as what it estimates
        over a corpus demands.
    """

    name: str
    peer: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    tune_as: Optional[Tuple[str, Mapping[str, Any]]] = None
    has_phones: bool = True
    sizes: Sequence[int] = ()
    is_large: bool = False
    by_folder: bool = False

    def decodes(self, units: str, size: int) -> bool:
        """Whether it can decode a model with such units, and is measured with such a list."""
        return (self.has_phones or units != PHONES) and (not self.sizes or size in self.sizes)

    def make(self, resources: Resources) -> Peer:
        """Prepare the peer.

        Raises:
          InputError: its package is not installed, or it cannot decode the model.
        """
        module, _, name = self.peer.partition(":")
        try:
            return getattr(import_module(f"peers.{module}"), name)(resources)
        except ImportError as error:
            raise InputError(f"its package is missing ({error}); pip install 'wfst-bias[bench]'") from None


_SCALES = (1.4, 1.8, 2.4)
_FLASHLIGHT = {"unigram": (-12.0, -10.0, -8.0, -6.0, -4.0), "acoustic_scale": _SCALES}
_PREFIX = {
    "hotword_weight": (2.0, 5.0, 10.0, 15.0),
    "alpha": (0.3, 0.5, 0.8, 1.2),
    "beta": (0.0, 1.5, 3.0),
    "unk_score_offset": (-10.0, -5.0, 0.0),
}
_SPOTTER = {"token_bonus": (1.0, 2.0, 3.0, 4.0), "greedy_bonus": (0.0, 0.5, 1.0, 2.0, 3.0), "beam": (5.0, 8.0)}
_BONUSES = (3.0, 5.0, 7.0, 9.0, 11.0)
_ONE_SIZE = (1000,)

OURS = "wfst_bias"
SYSTEMS = (
    System(OURS, "ours:Ours", grid={"bonus": _BONUSES, "acoustic_scale": _SCALES}),
    System("wfst_bias, bonus 7", "ours:Ours", {"bonus": 7.0}, sizes=_ONE_SIZE),
    System("wfst_bias, narrow beam", "ours:Ours", {"search_beam": 10.0, "min_active": 10}),
    System("wfst_bias, verification", "ours:Ours", {"verify": CORPUS}, by_folder=True),
    System("wfst_bias, verification, each alone", "ours:Ours", {"verify": UTTERANCE}),
    System(
        "flashlight-text",
        "flashlight_lexicon:Flashlight",
        {"unigram": -8.0, "hypotheses": 100, "nats": 20.0},
        grid=_FLASHLIGHT,
    ),
    System(
        "flashlight-text, by the size of the list",
        "flashlight_lexicon:Flashlight",
        {"list_unigram": -0.9, "hypotheses": 100, "nats": 20.0},
        sizes=(100, 10000, 50000),
    ),
    System(
        "flashlight-text, narrow beam",
        "flashlight_lexicon:Flashlight",
        {"unigram": -8.0, "hypotheses": 20, "nats": 10.0},
    ),
    System(
        "kaldi-decoder, our graph", "exported:KaldiDecoder", {"boosted": True}, is_large=True, sizes=(0, 1000, 50000)
    ),
    System(
        "kaldi-decoder, without boosted columns",
        "exported:KaldiDecoder",
        {"bonus": 7.0},
        grid={"bonus": _BONUSES},
        tune_as=("ours:Ours", {"alpha": 0.0}),
        is_large=True,
        sizes=_ONE_SIZE,
    ),
    System("sherpa-onnx, our graph", "exported:SherpaOnnx", {"bonus": 7.0}, is_large=True, sizes=_ONE_SIZE),
    System("pyctcdecode", "prefix_beam:Pyctcdecode", has_phones=False),
    System("ctc-beam-decoder", "prefix_beam:CtcBeamDecoder", grid=_PREFIX, has_phones=False),
    System("greedy, word spotter", "spotter:WordSpotter", {"token_bonus": 2.0}, grid=_SPOTTER, has_phones=False),
    System("greedy, word spotter, NeMo's weights", "spotter:WordSpotter", has_phones=False, sizes=_ONE_SIZE),
)
