"""The pages for readers: each code block is run, and what it shows is what its commands write."""

import contextlib
import io
import json
import re

import pytest

from helpers.doc_blocks import PAGES, read_blocks
from helpers.doc_output import first_difference
from helpers.doc_shell import Shell

MOST_NOT_RUN = 16
pytestmark = pytest.mark.docs


class _Page:
    """Runs the blocks of a page in order, in one folder."""

    def __init__(self, folder):
        self.shell = Shell(folder)
        self.names = {"__name__": "page"}
        self.written = ""

    def run(self, block):
        if block.title:
            path = self.shell.folder / block.title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.run_text, encoding="utf-8")
            _check_file(path, block)
        elif block.language == "sh":
            self._run_shell(block.run_text, block)
        elif block.language == "console":
            for command, shown in _shown_commands(block.run_text):
                self._run_shell(command, block)
                self._compare(shown, block)
        elif block.language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block.run_text, block.place, "exec"), self.names)
            self.written = output.getvalue()
        else:
            self._compare(block.run_text, block)

    def _run_shell(self, text, block):
        self.written, code = self.shell.run(text)
        assert code == block.exit_code, f"{block.place}: exit code {code} of\n{text}\n{self.written}"

    def _compare(self, shown, block):
        line = first_difference(shown, self.written)
        assert line is None, f"{block.place}: shown, but not written: {line}\nwritten:\n{self.written}"


def _check_file(path, block):
    """Read a file that a page shows; a block of Python must be a program."""
    if path.suffix == ".json":
        json.loads(block.text)
    elif path.suffix == ".py":
        compile(block.text, block.place, "exec")


def _shown_commands(text):
    """The commands of a console, behind ``$``, each with the output that follows."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\")) + 1
        yield "\n".join(lines[:end]), "\n".join(lines[end:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_a_page_run(page, page_folder):
    running = _Page(page_folder)
    try:
        for block in read_blocks(page):
            assert block.language, f"{block.place}: a block without a language; sh, console, python, text or a file's"
            if not block.not_run:
                running.run(block)
    finally:
        running.shell.end()


def test_few_blocks_are_not_run():
    not_run = [f"{block.place}: {block.not_run}" for page in PAGES for block in read_blocks(page) if block.not_run]
    assert len(not_run) <= MOST_NOT_RUN, "\n".join(not_run)
