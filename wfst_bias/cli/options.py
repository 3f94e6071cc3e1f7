"""Options that several commands share, each making one config."""

import dataclasses
import functools
import glob
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Type

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from wfst_bias.cli.sections import Option, in_section
from wfst_bias.core.errors import FieldError, InputError
from wfst_bias.g2p.config import G2GConfig

if TYPE_CHECKING:
    from wfst_bias.data.channels import Channel



class PathOrName(click.Path):
    """A path, or a name that is known; completion offers both.

    Args:
      names: the known names.
    """

    def __init__(self, names: Callable[[], Sequence[str]]) -> None:
        super().__init__(path_type=Path)
        self.names = names

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> List[CompletionItem]:
        """The names and paths that begin so; paths alone, which the shell lists itself, where no name does."""
        names = [name for name in self.names() if incomplete and name.startswith(incomplete)]
        if not names:
            return super().shell_complete(ctx, param, incomplete)
        paths = sorted(set(glob.glob(f"{glob.escape(incomplete)}*")) - set(names))
        return [CompletionItem(found) for found in (*names, *paths)]


def _domains() -> Sequence[str]:
    from wfst_bias.entities.domains import domain_names

    return domain_names()


PATH = click.Path(path_type=Path)
LIST = PathOrName(_domains)
MODEL_SECTION = "Audio and model"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

model_option = click.option(
    "--model",
    "model_spec",
    default="hama",
    show_default=True,
    metavar="SPEC",
    help="Acoustic model: hama, onnx:FILE (NeMo, sherpa-onnx), hf:FOLDER (transformers), archive:FILE (stored "
    "log-probabilities), conformer:EXP. The graph must be compiled on its tokens.",
)


def adapter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--calibration`` and ``--adapter``."""
    for name, what in (
        (
            "adapter",
            "Contextual adapter of the model: a folder, none, or 'default', which comes with the package for hama.",
        ),
        ("calibration", "Calibration of the model: a folder, or none."),
    ):
        command = in_section(
            MODEL_SECTION,
            f"--{name}",
            default="none",
            show_default=True,
            metavar="DIR",
            help=what,
        )(command)
    return command


LIST_FORMAT_HELP = (
    "Format of LIST, such as lines, tsv, csv:COLUMN or aws; auto recognizes it by the content. 'entities convert --help' "
    "has all formats."
)


def format_option_in(section: Optional[str], name: str = "--format") -> Decorator:
    """The format of a list, in a section of the help, or with the common options."""
    return click.option(
        name,
        "format_name",
        cls=Option,
        section=section,
        default="auto",
        show_default=True,
        metavar="NAME",
        help=LIST_FORMAT_HELP,
    )


format_option = format_option_in(None)


def _channel(context: click.Context, option: click.Parameter, text: str) -> "Channel":
    from wfst_bias.data.channels import parse_channel

    try:
        return parse_channel(text)
    except InputError as error:
        raise click.BadParameter(error.message) from None


channel_option = in_section(
    MODEL_SECTION,
    "--channel",
    default="mean",
    show_default=True,
    metavar="N",
    callback=_channel,
    help="Channel of recordings with several: its number, from 1, or 'mean' for the average of all.",
)

device_option = click.option(
    "--device", default="cpu", show_default=True, help="Where the model and the search run: cpu, cuda, cuda:1."
)


def was_given(group: str) -> bool:
    """Whether an option of a group stands on the command line."""
    context = click.get_current_context()
    names = (parameter.name or "" for parameter in context.command.params)
    given = (name for name in names if context.get_parameter_source(name) == ParameterSource.COMMANDLINE)
    return any(name.startswith(f"{group}_") for name in given)


def is_set(name: str) -> bool:
    """Whether an option has a value of the command line or of a file of options, by the name of its argument."""
    return click.get_current_context().get_parameter_source(name) not in (None, ParameterSource.DEFAULT)


def config_options(
    config: Type[Any], group: str, section: str, prefix: Optional[str] = None, short: Mapping[str, str] = {}
) -> Decorator:
    """One option ``--GROUP-FIELD`` for each field of a config dataclass, with the field's default.

    The help of an option is the description of its field in the docstring of the config; an error of the config that
    names a field is raised with the name of the option.

    Args:
      config: the dataclass; the command receives one as its argument ``GROUP_config``.
      group: of the options, see ``config``.
      section: title of the options in the help.
      prefix: first word of the options, not repeated where a field begins with it; the group where it is not given.
      short: name of the option of a field without the group, which the help shows instead; of a switch ``--x/--no-x``.
    """
    fields = dataclasses.fields(config)
    helps = field_helps(config)

    def option_of(field: str) -> str:
        words = (group if prefix is None else prefix, *field.removeprefix(f"{group}_").split("_"))
        return f"--{'-'.join(filter(None, words))}"

    def declared(field: "dataclasses.Field[Any]") -> Decorator:
        option = option_of(field.name)
        names = f"{option}/--no-{option[2:]}" if field.type is bool else option
        return in_section(
            section,
            *filter(None, (names, short.get(field.name))),
            f"{group}_{field.name}",
            hidden_names=names.split("/") if field.name in short else (),
            type=field.type,
            default=field.default,
            show_default=True,
            help=helps[field.name],
        )

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def with_config(*args: Any, **kwargs: Any) -> Any:
            values = {field.name: kwargs.pop(f"{group}_{field.name}") for field in fields}
            try:
                made = config(**values)
            except FieldError as error:
                raise InputError(f"{option_of(error.field)} {error.problem}") from None
            return command(*args, **{f"{group}_config": made}, **kwargs)

        return with_options(with_config, *map(declared, fields))

    return decorate


def with_options(command: Callable[..., Any], *options: Decorator) -> Callable[..., Any]:
    """A command with further options, in their order."""
    for add_option in reversed(options):
        command = add_option(command)
    return command


def field_helps(config: Type[Any]) -> Dict[str, str]:
    """The description of each field of a config, from the ``Args`` of its docstring, as sentences."""
    described = (inspect.getdoc(config) or "").partition("Args:\n")[2]
    entries = re.findall(r"^  (\w+): (.*(?:\n    .*)*)", described, re.MULTILINE)
    helps = {name: " ".join(text.split()) for name, text in entries}
    return {name: f"{text[0].upper()}{text[1:]}" for name, text in helps.items()}


g2g_options = config_options(G2GConfig, "g2g", "Pronunciations of the list")
