"""Training curves: a row of ``curves.csv`` for each value, and TensorBoard where it is installed."""

import csv
from pathlib import Path
from typing import Any, Dict, List

_COLUMNS = ("step", "split", "name", "value")


class Curves:
    """Writer of the curves of an experiment.

    Args:
      folder: of the experiment.
      step: where the run goes on; rows of later steps, of a run that was killed, are deleted.
    """

    def __init__(self, folder: Path, step: int):
        self._path = Path(folder) / "curves.csv"
        rows = [row for row in read_curves(folder) if int(row["step"]) <= step]
        with open(self._path, "w", newline="") as stream:
            writer = csv.DictWriter(stream, _COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        self._board = _tensorboard(Path(folder) / "tensorboard", step)

    def add(self, step: int, split: str, values: Dict[str, float]) -> None:
        """Append values of a step."""
        with open(self._path, "a", newline="") as stream:
            csv.writer(stream).writerows((step, split, name, f"{value:.6g}") for name, value in values.items())
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{split}/{name}", value, step)


def read_curves(folder: Path) -> List[Dict[str, str]]:
    """Read the rows of the curves of an experiment; none where it has none."""
    path = Path(folder) / "curves.csv"
    if not path.is_file():
        return []
    with open(path, newline="") as stream:
        return list(csv.DictReader(stream))


def last_values(folder: Path, split: str) -> Dict[str, float]:
    """Return the last value of each name of a split, and the last step."""
    rows = [row for row in read_curves(folder) if row["split"] == split]
    return {**{row["name"]: float(row["value"]) for row in rows}, **({"step": int(rows[-1]["step"])} if rows else {})}


def _tensorboard(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter  # type: ignore[attr-defined]
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1)
