"""Help pages in sections: common options first, advanced ones below them; commands by what they are for."""

import copy
import re
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import click

OPTIONS = "Options"


class Option(click.Option):
    """An option with a section of its own.

    Args:
      section: title in the help; with the common options where it is not given.
      hidden_names: names that are understood and not shown.
    """

    def __init__(
        self, *args: Any, section: Optional[str] = None, hidden_names: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        self.hidden_names = hidden_names

    def get_help_record(self, ctx: click.Context) -> Optional[Tuple[str, str]]:
        """The names that are shown, and the help."""
        shown = copy.copy(self)
        shown.opts = [name for name in self.opts if name not in self.hidden_names]
        shown.secondary_opts = [name for name in self.secondary_opts if name not in self.hidden_names]
        return click.Option.get_help_record(shown, ctx)


def in_section(title: str, *names: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``click.option`` of an option that stands in a section of the help."""
    return click.option(*names, cls=Option, section=title, **settings)


class Command(click.Command):
    """A command whose help shows common options first.

    Args:
      common: names of the options that stand first, in this order, whatever their section. Those without a section follow.
    """

    def __init__(self, *args: Any, common: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.common = common

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by section."""
        sections: Dict[str, List[Tuple[str, str]]] = {OPTIONS: []}
        options = [parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option)]
        for parameter in sorted(options, key=self._position):
            record = parameter.get_help_record(ctx)
            if record:
                names = re.sub(r"(INTEGER|FLOAT) RANGE", r"\1", record[0])
                sections.setdefault(self.section_of(parameter), []).append((names, record[1]))
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)

    def section_of(self, parameter: click.Parameter) -> str:
        """The title of the section in which a parameter stands."""
        is_common = self._position(parameter) < len(self.common)
        return (None if is_common else getattr(parameter, "section", None)) or OPTIONS

    def _position(self, parameter: click.Parameter) -> int:
        """Its place among the common options; behind them for all others, which keep their order."""
        return next((i for i, name in enumerate(self.common) if name in parameter.opts), len(self.common))


class Group(click.Group):
    """A group of such commands, which may be shown by section, too."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections: Dict[str, List[str]] = {}

    def add_section(self, title: str, *commands: click.Command) -> None:
        """Add commands that the help shows below a title."""
        for command in commands:
            self.add_command(command)
            self.sections.setdefault(title, []).append(command.name or "")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, hidden ones left out."""
        others = [name for name in self.list_commands(ctx) if name not in sum(self.sections.values(), [])]
        for title, names in {"Commands": others, **self.sections}.items():
            commands = [(name, self.commands[name]) for name in names if not self.commands[name].hidden]
            if commands:
                limit = formatter.width - 6 - max(len(name) for name, _ in commands)
                with formatter.section(title):
                    formatter.write_dl([(name, command.get_short_help_str(limit)) for name, command in commands])
