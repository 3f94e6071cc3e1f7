"""Inputs of a corpus that cannot be used: raised, or collected so that the others can be used."""

import json
from dataclasses import asdict, dataclass
from typing import Callable, NoReturn, Optional

from wfst_bias.core.errors import InputError

FAILED = "failed.jsonl"  # the file of a decode folder that names them


@dataclass(frozen=True)
class FailedInput:
    """An utterance that cannot be read or decoded.

    Args:
      utterance: its name.
      reason: what was found, what was expected, what to do.
      path, line: the file at fault and its line, where there are any.
      unexpected: whether the input may be right: memory ended, a process or a library failed; None where it is not.
    """

    utterance: str
    reason: str
    path: Optional[str] = None
    line: Optional[int] = None
    unexpected: Optional[bool] = None

    @classmethod
    def of_error(cls, utterance: str, error: Exception) -> "FailedInput":
        """The failure of an utterance whose reading or decoding raised an error."""
        if isinstance(error, InputError):
            return cls(utterance, error.message, error.path, error.line)
        return cls(utterance, f"{type(error).__name__}: {error}", unexpected=True)

    @property
    def error(self) -> InputError:
        """The error that stops a program which needs every input."""
        return InputError(self.reason, self.path, self.line)

    def to_json(self) -> str:
        """A line of ``failed.jsonl``."""
        return json.dumps({key: value for key, value in asdict(self).items() if value is not None}, ensure_ascii=False)


OnFailure = Callable[[FailedInput], None]
"""What is done with an input that cannot be used; the next one follows where it returns."""


def raise_failure(failed: FailedInput) -> NoReturn:
    """Stop at the first input that cannot be used.

    Raises:
      InputError: always.
    """
    raise failed.error
