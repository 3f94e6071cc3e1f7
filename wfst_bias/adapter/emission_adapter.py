"""Changes of emissions between an acoustic model and the search: calibration, then the contextual adapter."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.entities.entity import Phrases

if TYPE_CHECKING:
    from wfst_bias.adapter.adapter import Adapter
    from wfst_bias.adapter.calibration import Calibration


@dataclass(frozen=True)
class EmissionAdapter:
    """Changes emissions before they are searched; without its parts it changes nothing.

    Args:
      calibration: for every utterance.
      adapter: for those that have a list.
      meta: what a decode folder tells of it.
    """

    calibration: "Optional[Calibration]" = None
    adapter: "Optional[Adapter]" = None
    meta: Dict[str, Any] = field(default_factory=dict)

    def changed(self, emissions: Emissions, lists: Sequence[Phrases]) -> Emissions:
        """The emissions of a batch; ``lists`` are those of its utterances."""
        if self.calibration is not None:
            emissions = self.calibration.calibrated(emissions)
        if self.adapter is not None:
            emissions = self.adapter.adapted(emissions, lists)
        return emissions
