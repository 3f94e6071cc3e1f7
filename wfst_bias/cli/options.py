"""Options that several commands share, each making one config."""

import dataclasses
from pathlib import Path
from typing import Any, Callable

import click

PATH = click.Path(path_type=Path)


def config_options(config: type, group: str, **helps: str) -> Callable:
    """One option ``--GROUP-FIELD`` for each field of a config dataclass, with the field's default.

    Args:
      config: the dataclass; the command receives one as the argument named ``group``.
      group: first word of the options, empty for none; the argument is then the config's name in lower case.
      helps: help of each field, with its unit.
    """
    import functools

    fields = dataclasses.fields(config)
    assert set(helps) == {field.name for field in fields}

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def with_config(*args: Any, **kwargs: Any):
            values = {field.name: kwargs.pop(f"{group}_{field.name}") for field in fields}
            return command(*args, **{f"{group}_config": config(**values)}, **kwargs)

        for field in reversed(fields):
            name = field.name if field.name.startswith(group) else f"{group}-{field.name}"
            with_config = click.option(
                f"--{name.replace('_', '-')}",
                f"{group}_{field.name}",
                type=field.type if isinstance(field.type, type) else {"int": int, "float": float}[field.type],
                default=field.default,
                show_default=True,
                help=helps[field.name],
            )(with_config)
        return with_config

    return decorate
