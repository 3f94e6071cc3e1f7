"""The evidence that verification weighed for a phrase of an utterance, as a decode folder has it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Tuple

from wfst_bias.core.errors import content_errors
from wfst_bias.core.files import lines_of
from wfst_bias.core.text import comparable_words
from wfst_bias.core.types import Seconds
from wfst_bias.evidence.features import FEATURES

_FILES = {"entities.jsonl": True, "rejected.jsonl": False}


@dataclass(frozen=True)
class WeighedPhrase:
    """A phrase that verification weighed.

    Args:
      is_kept: whether it was kept.
      start, end: its time.
      posterior: the probability that it was spoken.
      log_likelihood_ratio: of its features, nats; None for an error of the search.
      prior_log_odds: before its features are seen, nats.
      features: by name; None where one is missing.
    """

    is_kept: bool
    start: Seconds
    end: Seconds
    posterior: float
    log_likelihood_ratio: Optional[float]
    prior_log_odds: float
    features: Mapping[str, Optional[float]]

    def describe(self) -> str:
        """A sentence, and a line for each feature."""
        outcome = "kept" if self.is_kept else "rejected"
        if self.log_likelihood_ratio is None:
            why = "without it the score is better: the beam alone brought it"
        else:
            why = f"log odds {self.prior_log_odds:.2f} of this speech, {self.log_likelihood_ratio:+.2f} by its evidence"
        lines = [
            f"Verification {outcome} it at {self.start:.2f}-{self.end:.2f} s: "
            f"it was spoken with probability {self.posterior:.2f} ({why})."
        ]
        for name, value in self.features.items():
            shown = "-" if value is None else f"{value:.2f}"
            lines.append(f"  {name:<21}{shown:>8}  {FEATURES.get(name, '')}")
        return "\n".join(lines)


def weighed_phrases(decode_dir: Path, utterance: str, phrase: str) -> Tuple[WeighedPhrase, ...]:
    """A phrase of an utterance each time that verification weighed it; none where it was not run."""
    found = []
    for name, is_kept in _FILES.items():
        path = decode_dir / name
        for number, line in lines_of(path) if path.is_file() else ():
            with content_errors(path, number, "decode anew"):
                row = json.loads(line)
                is_spoken_there = row["utterance"] == utterance
                if is_spoken_there and "posterior" in row and comparable_words(row["phrase"]) == comparable_words(phrase):
                    names = ("start", "end", "posterior", "log_likelihood_ratio", "prior_log_odds", "features")
                    found.append(WeighedPhrase(is_kept, *(row[name] for name in names)))
    return tuple(found)
