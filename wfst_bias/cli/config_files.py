"""``--config``: files that set the options of commands."""

from pathlib import Path
from typing import Any, Dict, List, Tuple

import click

from wfst_bias.core.option_files import OptionLine, check_repeated, closest, read_option_lines


def add_config_option(command: click.Command) -> None:
    """Give ``--config`` to a command, or to each command of a group, that has options."""
    if isinstance(command, click.Group):
        for each in command.commands.values():
            add_config_option(each)
    elif _options_of(command):
        command.params.append(
            click.Option(
                ["--config", "config_files"],
                type=click.Path(path_type=Path),
                metavar="FILE",
                multiple=True,
                is_eager=True,
                expose_value=False,
                callback=_take_defaults,
                help="Take options from FILE, lines '--OPTION=VALUE' or '--SWITCH'. Later files win, and the command line "
                "over all.",
            )
        )


def _options_of(command: click.Command) -> Dict[str, click.Option]:
    """The options of a command, or of all commands of a group, by each of their names."""
    if isinstance(command, click.Group):
        return {name: option for each in command.commands.values() for name, option in _options_of(each).items()}
    options = (parameter for parameter in command.params if isinstance(parameter, click.Option))
    return {
        name: option
        for option in options
        if option.name != "config_files"
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("--")
    }


def _take_defaults(context: click.Context, option: click.Parameter, paths: Tuple[Path, ...]) -> None:
    """Take the options of the files for the defaults of the command, where it has them; later files win."""
    for path in paths:
        context.default_map = {**(context.default_map or {}), **_defaults(context, read_option_lines(path))}


def _defaults(context: click.Context, lines: List[OptionLine]) -> Dict[str, Any]:
    """The values of the lines that the command has an option for, by the names of its parameters."""
    own, known = _options_of(context.command), _options_of(context.find_root().command)
    check_repeated(lines, [name for name, option in {**known, **own}.items() if option.multiple])
    defaults: Dict[str, Any] = {}
    given: Dict[str, OptionLine] = {}
    for line in lines:
        option = own.get(line.name)
        if option is None:
            if line.name not in known:
                raise line.error(f"no command has this option{closest(line.name, {**known, **own})}")
            continue
        name = option.name or ""
        value = _value(context, option, line)
        if option.multiple:
            defaults.setdefault(name, []).append(value)
        elif name in given:  # by another name of the same option
            raise line.error(f"line {given[name].line} has {given[name].text!r} already; keep one of them")
        else:
            defaults[name] = value
        given[name] = line
    return defaults


def _value(context: click.Context, option: click.Option, line: OptionLine) -> Any:
    """The value of a line as click takes it: a truth value, a text, or several.

    Raises:
      InputError: it is not of the option's type.
    """
    try:
        if option.is_flag or option.type is click.BOOL:
            is_on: bool = click.BOOL.convert("true" if line.value is None else line.one_value, option, context)
            return is_on != (line.name in option.secondary_opts)
        value: Any = line.one_value if option.nargs == 1 else line.words
        option.type_cast_value(context, [value] if option.multiple else value)
        return value
    except click.BadParameter as error:
        raise line.error(error.message) from None
