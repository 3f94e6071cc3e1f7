"""Options of a corpus that is decoded."""

from dataclasses import dataclass

from wfst_bias.core.types import Seconds
from wfst_bias.corpus.plan import PART_SECONDS
from wfst_bias.lattice.archive import OF_WORDS
from wfst_bias.recognize.emissions import DEFAULT_BATCH_SIZE


@dataclass(frozen=True)
class OutputOptions:
    """Options that the files of a part depend on.

    Args:
      lattice_form: one of :data:`wfst_bias.lattice.archive.LATTICES`.
      num_best: hypotheses of each utterance in ``nbest.jsonl``; 0 writes none.
      batch_size: utterances, or segments of a long one, that are searched together.
    """

    lattice_form: str = OF_WORDS
    num_best: int = 0
    batch_size: int = DEFAULT_BATCH_SIZE


@dataclass(frozen=True)
class RunOptions:
    """Options that do not change the files.

    Args:
      part_seconds: audio of a part, which is written whole or not at all.
      strict: whether the first input that cannot be read or decoded ends the run.
      max_failed: share of the inputs that may fail; more end the run.
      progress: whether it is shown.
    """

    part_seconds: Seconds = PART_SECONDS
    strict: bool = False
    max_failed: float = 0.5
    progress: bool = True
