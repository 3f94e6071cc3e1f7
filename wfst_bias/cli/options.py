"""Options that several commands share, each making one config."""

import dataclasses
import functools
from pathlib import Path
from typing import Any, Callable

import click

PATH = click.Path(path_type=Path)

model_option = click.option(
    "--model",
    "model_spec",
    default="hama",
    show_default=True,
    metavar="SPEC",
    help="Acoustic model: hama, onnx:FILE (NeMo, sherpa-onnx), hf:FOLDER (transformers), archive:FILE (stored "
    "log-probabilities), conformer:EXP. The graph must be compiled on its tokens.",
)


def upstream_options(command: Callable) -> Callable:
    """``--calibration`` and ``--adapter``."""
    for name, what in (
        (
            "adapter",
            "Contextual adapter of the model: a folder, none, or 'default', which comes with the package for hama.",
        ),
        ("calibration", "Calibration of the model: a folder, or none."),
    ):
        command = click.option(
            f"--{name}",
            default="none",
            show_default=True,
            metavar="DIR",
            help=what,
        )(command)
    return command


format_option = click.option(
    "--format",
    "format_name",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="Format of the list: plain, tsv, jsonl, csv:COLUMN, sherpa, nemo, nemo-spellings, deepgram, aws, google, azure, "
    "speechmatics, gladia, ibm, strings (a JSON list); its content tells, but for csv and nemo.",
)

device_option = click.option(
    "--device", default="cpu", show_default=True, help="Where the model and the search run: cpu, cuda, cuda:1."
)


def config_options(config: type, group: str, **helps: str) -> Callable:
    """One option ``--GROUP-FIELD`` for each field of a config dataclass, with the field's default.

    Args:
      config: the dataclass; the command receives one as its argument ``GROUP_config``.
      group: first word of the options, not repeated where a field begins with it.
      helps: help of each field, with its unit.
    """
    fields = dataclasses.fields(config)
    assert set(helps) == {field.name for field in fields}

    def decorate(command: Callable) -> Callable:
        @functools.wraps(command)
        def with_config(*args: Any, **kwargs: Any):
            values = {field.name: kwargs.pop(f"{group}_{field.name}") for field in fields}
            return command(*args, **{f"{group}_config": config(**values)}, **kwargs)

        for field in reversed(fields):
            with_config = click.option(
                f"--{group}-{field.name.removeprefix(f'{group}_').replace('_', '-')}",
                f"{group}_{field.name}",
                type=field.type,
                default=field.default,
                show_default=True,
                help=helps[field.name],
            )(with_config)
        return with_config

    return decorate
