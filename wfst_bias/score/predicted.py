"""False alarms that verification expects among the phrases that it kept."""

import json
from pathlib import Path
from typing import Container, Optional

from wfst_bias.core.files import lines_of

_POSTERIOR = "posterior"  # of phrases that verification weighed


def predicted_false_alarms(decode_dir: Path, utterances: Container[str]) -> Optional[float]:
    """The sum over the kept phrases of the probability that they were not spoken.

    Args:
      utterances: that count.

    Returns:
      None where no phrase was weighed.
    """
    path = decode_dir / "entities.jsonl"
    if not path.is_file():
        return None
    rows = (json.loads(line) for _, line in lines_of(path))
    missing = [1.0 - row[_POSTERIOR] for row in rows if _POSTERIOR in row and row["utterance"] in utterances]
    return sum(missing) if missing else None
