"""False alarms that verification expects among the phrases that it kept."""

import json
from pathlib import Path
from typing import Container, List, Optional

from wfst_bias.core.errors import content_errors
from wfst_bias.core.files import lines_of

_POSTERIOR = "posterior"  # of phrases that verification weighed


def predicted_false_alarms(decode_dir: Path, utterances: Container[str]) -> Optional[float]:
    """The sum over the kept phrases of the probability that they were not spoken.

    Args:
      utterances: that count.

    Returns:
      None where no phrase was weighed.
    """
    kept, rejected = (_posteriors(decode_dir / name, utterances) for name in ("entities.jsonl", "rejected.jsonl"))
    return sum(1.0 - posterior for posterior in kept) if kept or rejected else None


def _posteriors(path: Path, utterances: Container[str]) -> List[float]:
    """Those of the phrases of a file that were weighed."""
    if not path.is_file():
        return []
    posteriors = []
    for number, line in lines_of(path):
        with content_errors(path, number, "decode anew"):
            row = json.loads(line)
            if _POSTERIOR in row and row["utterance"] in utterances:
                posteriors.append(float(row[_POSTERIOR]))
    return posteriors
