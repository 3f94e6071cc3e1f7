"""Messages about the phrases of a list that are not used as they were meant."""

from typing import TYPE_CHECKING, Any, Sequence, Tuple

import click

if TYPE_CHECKING:
    from wfst_bias.entities.outcome import Outcome
    from wfst_bias.entities.spelled_list import SpelledList

_SHOWN = 5


def echo_outcomes(path: Any, spelled: "SpelledList") -> None:
    """Tell of phrases that cannot be used, and of weights that do not count, do not reach all of what they should, or do too much.

    Args:
      path: of the list.
    """
    from wfst_bias.entities.check import large_weights

    for outcome in spelled.unusable:
        click.echo(f"wfst-bias: {path}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True)
    _echo_some(path, [(outcome, f": {outcome.unreached}") for outcome in spelled.unreached])
    _echo_some(path, [(outcome, f" is {outcome.note}") for outcome in spelled.reweighted])
    for finding in large_weights(outcome.entity for outcome in spelled.used):
        click.echo(f"wfst-bias: {path}:{finding.entity.line}: {finding.message}", err=True)


def _echo_some(path: Any, outcomes: "Sequence[Tuple[Outcome, str]]") -> None:
    for outcome, message in outcomes[:_SHOWN]:
        click.echo(f"wfst-bias: {path}:{outcome.entity.line}: {outcome.entity.written!r}{message}", err=True)
    if (more := len(outcomes) - _SHOWN) > 0:
        click.echo(f"wfst-bias: {path}: {more:,} more weights of this kind", err=True)
