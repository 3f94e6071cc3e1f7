"""The pages for readers: their links lead somewhere, and the commands that they show exist with their options."""

import re
import shlex
from pathlib import Path

import click
import pytest

from wfst_bias.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def _commands(text):
    """The ``wfst-bias`` commands of the code blocks of a page, as words; continued lines are joined."""
    for block in re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            command = re.split(r"(?:^|\s)(?:#|&&|\||>|\.\.\.)", line.partition("wfst-bias ")[2])[0]
            if command and not command.startswith("|") and "lang |" not in command:
                yield shlex.split(command.replace('--merge"', "--merge").partition("; ")[0])


def _unknown_options(words):
    """The options among the words of a command that the command does not have."""
    command = main
    while isinstance(command, click.Group):
        command, words = command.commands[words[0]], words[1:]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    return {word for word in words if word.startswith("--")} - known


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_have_the_options_that_a_page_shows(page):
    commands = _commands(page.read_text())
    assert {" ".join(words): unknown for words in commands if (unknown := _unknown_options(words))} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
