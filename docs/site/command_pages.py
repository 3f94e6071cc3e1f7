"""The pages of the command line, made from the commands themselves."""

import re
from functools import lru_cache
from typing import Dict, Iterator, List, Tuple

import click

from wfst_bias.cli.main import main


@lru_cache(maxsize=None)
def command_pages() -> Dict[str, str]:
    """Return the Markdown page of each command that ``wfst-bias --help`` shows."""
    context = click.Context(main, info_name="wfst-bias", **main.context_settings)
    names = [name for name in main.list_commands(context) if not main.commands[name].hidden]
    return {name: "\n".join(_page(main.commands[name], _below(context, name, main.commands[name]))) for name in names}


def _below(parent: click.Context, name: str, command: click.Command) -> click.Context:
    return click.Context(command, parent=parent, info_name=name, **command.context_settings)


def _page(command: click.Command, context: click.Context, level: int = 1) -> Iterator[str]:
    """The lines about a command, and those about its commands below it."""
    yield f"{'#' * level} {context.command_path}\n"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```\n"
    yield from _prose(command.help or "")
    for title, rows in _sections(command, context):
        yield f"**{title}**\n"
        for names, text in rows:
            yield f"`{names}`\n:   {_escaped(text)}\n"
    yield from _prose(command.epilog or "")
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.commands[name]
            if not below.hidden:
                yield from _page(below, _below(context, name, below), level + 1)


def _sections(command: click.Command, context: click.Context) -> List[Tuple[str, List[Tuple[str, str]]]]:
    """The options as ``--help`` shows them, section by section."""
    formatter = _Rows()
    command.format_options(context, formatter)  # type: ignore[arg-type]
    return [(title, rows) for title, rows in formatter.sections if rows and not title.startswith("Commands")]


class _Rows(click.HelpFormatter):
    """Keeps the rows that a command writes, rather than lines of text."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: List[Tuple[str, List[Tuple[str, str]]]] = []

    def write_heading(self, heading: str) -> None:
        self.sections.append((heading, []))

    def write_dl(self, rows, col_max: int = 30, col_spacing: int = 2) -> None:
        self.sections[-1][1].extend(rows)


def _prose(text: str) -> Iterator[str]:
    """The paragraphs of a help text; those after click's mark against wrapping stay as they are."""
    for paragraph in filter(None, re.split(r"\n\s*\n", text.strip())):
        lines = [line.strip("\n") for line in paragraph.splitlines()]
        if lines[0].strip() == "\b":
            yield "\n".join(["```text", *lines[1:], "```\n"])
        elif lines[0].startswith("wfst-bias "):
            yield "\n".join(["```sh", *lines, "```\n"])
        else:
            yield _escaped(" ".join(line.strip() for line in lines)) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", text).replace("\\<", "&lt;").replace("\\>", "&gt;")
