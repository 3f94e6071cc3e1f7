"""The weights that are tuned, as options of ``--config``, and the values that are tried of each."""

import shlex
from dataclasses import dataclass, fields, replace
from typing import Any, Callable, Optional, Tuple

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.decode.config import SearchConfig
from wfst_bias.graph.config import ClassConfig
from wfst_bias.second_pass.config import RescoringConfig


@dataclass(frozen=True)
class Weights:
    """The weights of a decoding.

    Args:
      entity_class: what the class costs and pays.
      boost: adaptive boosting.
      search: its acoustic scale is the inverse of the weight of the language model.
      rescore: phone rescoring, where that is a stage.
    """

    entity_class: ClassConfig = ClassConfig()
    boost: BoostConfig = BoostConfig()
    search: SearchConfig = SearchConfig()
    rescore: Optional[RescoringConfig] = None

    @property
    def options(self) -> Tuple[str, ...]:
        """As ``--config`` reads them."""
        groups = {"class": self.entity_class, "boost": self.boost, "search": self.search, "rescore": self.rescore}
        return tuple(option for group, config in groups.items() if config for option in options_of(group, config))

    def changes(self, first: "Weights") -> str:
        """The options that are not those of ``first``."""
        return " ".join(a for a, b in zip(self.options, first.options) if a != b) or "as given"


def options_of(group: str, config: Any) -> Tuple[str, ...]:
    """The fields of a config as lines ``--GROUP-FIELD=VALUE``, without those that are empty; all digits are kept."""
    options = []
    for field in fields(config):
        value = getattr(config, field.name)
        short = f"{value:g}" if isinstance(value, float) else str(value)
        text = short if not isinstance(value, float) or float(short) == value else repr(value)
        words = (group, *field.name.removeprefix(f"{group}_").split("_"))
        if text:
            options.append(f"--{'-'.join(filter(None, words))}={shlex.quote(text)}")
    return tuple(options)


def _set(part: str, name: str) -> Callable[[Weights, float], Weights]:
    return lambda weights, value: replace(weights, **{part: replace(getattr(weights, part), **{name: value})})


# the values that are tried of each weight, besides the one it has
GRID: Tuple[Tuple[Callable[[Weights, float], Weights], Tuple[float, ...]], ...] = (
    (_set("entity_class", "bonus"), (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)),
    (_set("boost", "alpha"), (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)),
    (_set("search", "acoustic_scale"), (1.2, 1.5, 1.8, 2.1, 2.4)),
    (_set("boost", "cap"), (3.0, 4.0, 6.0, 8.0)),
    (_set("entity_class", "length_bonus"), (0.0, 1.5, 2.5, 4.0)),
)
RESCORING_WEIGHTS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.7)


def with_rescoring(weights: Weights, weight: float) -> Weights:
    """The weights, phone rescoring with one of its own."""
    assert weights.rescore is not None, "rescoring is a stage"
    return replace(weights, rescore=replace(weights.rescore, weight=weight))
