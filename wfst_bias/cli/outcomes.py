"""Messages about the phrases of a list that are not used as they were meant."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from wfst_bias.entities.spelled_list import SpelledList

_SHOWN = 5


def echo_outcomes(path: Any, spelled: "SpelledList") -> None:
    """Tell of phrases that cannot be used, and of weights that do not reach all of what they should.

    Args:
      path: of the list.
    """
    for outcome in spelled.unusable:
        click.echo(f"wfst-bias: {path}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True)
    for outcome in spelled.unreached[:_SHOWN]:
        where = f"{path}:{outcome.entity.line}: {outcome.entity.written!r}"
        click.echo(f"wfst-bias: {where}: {outcome.unreached}", err=True)
    if (more := len(spelled.unreached) - _SHOWN) > 0:
        click.echo(f"wfst-bias: {path}: {more:,} more weights of this kind", err=True)
