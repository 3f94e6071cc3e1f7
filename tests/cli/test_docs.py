"""The pages for readers: their links lead somewhere, and the commands that they show exist with their options."""

import re
import shlex

import click
import pytest

from helpers.doc_blocks import PAGES, read_blocks
from wfst_bias.cli.main import main


def _commands(page):
    """The ``wfst-bias`` commands of a page, as words; continued lines are joined."""
    for block in read_blocks(page):
        prefix = {"sh": "", "console": "$ "}.get(block.language)
        for line in block.text.replace("\\\n", " ").splitlines() if prefix is not None else ():
            command = re.split(r"(?:^|\s)(?:#|&&|\||>|\.\.\.)", line.partition("wfst-bias ")[2])[0]
            if command and line.startswith(prefix):
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
    commands = _commands(page)
    assert {" ".join(words): unknown for words in commands if (unknown := _unknown_options(words))} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []
