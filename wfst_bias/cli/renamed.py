"""Former names of commands: they work as before for a version, and are not shown."""

import copy
import functools
from typing import Any

import click


def add_former(group: click.Group, name: str, command: click.Command, new: str) -> None:
    """Keep the former name of a command as a hidden one, which says the new name on standard error.

    Args:
      group: of the former name.
      name: the former one.
      command: what it does, with its own arguments and options.
      new: what to write instead, without ``wfst-bias``.
    """
    former = copy.copy(command)
    former.name, former.hidden, former.params = name, True, list(command.params)
    run = command.callback
    assert run is not None

    @functools.wraps(run)
    def with_note(*args: Any, **kwargs: Any) -> Any:
        context = click.get_current_context()
        old = context.command_path[len(context.find_root().command_path) :].strip() or name
        click.echo(f"wfst-bias: '{old}' is called '{new}' now; the former name goes with the next version", err=True)
        return run(*args, **kwargs)

    former.callback = with_note
    group.add_command(former)
