"""``default``: the base that comes with the package, wherever a command line names a base or a graph folder."""

import os
from pathlib import Path
from typing import Any, Optional

import click

from wfst_bias.cli.options import PathOrName

DEFAULT = Path("default")


class _BaseFolder(PathOrName):
    """A path; ``./default`` stays another one than ``default``."""

    def convert(self, value: Any, param: Optional[click.Parameter], ctx: Optional[click.Context]) -> Any:
        path = super().convert(value, param, ctx)
        is_folder = path == DEFAULT and isinstance(value, str) and value != str(DEFAULT)
        return Path(os.path.abspath(value)) if is_folder else path


BASE = _BaseFolder(lambda: [str(DEFAULT)])


def base_folder(path: Optional[Path]) -> Path:
    """The folder that a command line means: the default base, built where the cache does not have it, or a path.

    Args:
      path: as :data:`BASE` has read it; the default base where it is not given. A folder of the name 'default' comes before the
        default base, which standard error is told of.
    """
    from wfst_bias.recognize.transcribe import default_base

    if path is None or is_default(path):
        return default_base(progress=True)
    if path == DEFAULT:
        click.echo(
            "wfst-bias: 'default' is the folder of that name here, not the base that comes with the package; write "
            "'./default' to mean the folder, or run the command elsewhere to mean the base",
            err=True,
        )
    return path


def is_default(path: Optional[Path]) -> bool:
    """Whether a path names the default base."""
    return path == DEFAULT and not DEFAULT.is_dir()
