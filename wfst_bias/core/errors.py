"""The errors of the package; those that a user can correct are :class:`InputError`."""

import contextlib
from pathlib import Path
from typing import Iterator, Optional, Union


class WfstBiasError(Exception):
    """Root of every error that this package raises on purpose."""


class InputError(WfstBiasError):
    """An input of the user cannot be used.

    The text is ``PATH:LINE: what was found; what to do``, for example
    ``contacts.tsv:41: weight 'x' is not a number; write 'PHRASE<TAB>2.0'``.

    Args:
      message: what was found, what was expected, what to do.
      path: the file or folder at fault, where there is one.
      line: its line, counted from 1.
    """

    def __init__(
        self,
        message: str,
        path: Optional[Union[str, Path]] = None,
        line: Optional[int] = None,
    ):
        self.message = message
        self.path = None if path is None else str(path)
        self.line = line
        where = [str(part) for part in (self.path, line) if part is not None]
        super().__init__(": ".join([":".join(where), message]) if where else message)


class FieldError(InputError):
    """A field of a config has a value that cannot be used; the command line names its option instead.

    Args:
      field: its name.
      problem: text after the name: "is 2.0; give a share, 0 (off) to 1".
    """

    def __init__(self, field: str, problem: str):
        self.field, self.problem = field, problem
        super().__init__(f"{field} {problem}")


@contextlib.contextmanager
def content_errors(
    path: Union[str, Path], line: Optional[int] = None, advice: str = "make the folder anew"
) -> Iterator[None]:
    """Raise :class:`InputError` where a file of ours has other content than the block, which only reads it, expects.

    Args:
      path, line: where it stands; an :class:`InputError` without a file gets them, too.
      advice: what to do.
    """
    try:
        yield
    except InputError as error:
        raise error if error.path else InputError(error.message, path, line) from error
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"is not as it was written ({reason}); {advice}", path, line) from error
