"""Run the lines of shell blocks: commands of ours in this process, which loads torch once, all others by bash."""

import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from click.testing import CliRunner

from wfst_bias.cli.main import main

_QUOTED = re.compile(r"'[^']*'|\"[^\"$`]*\"|(?:^|\s)#.*")
_FOR_BASH = re.compile(r"[|;&<>()`$*?\[{~\\]")
_SECONDS = 300


@dataclass
class Shell:
    """A folder in which lines are run, and the processes that they left behind."""

    folder: Path
    groups: list = field(default_factory=list)

    def run(self, text):
        """Run all commands of a text; returns what they wrote, and the exit code of the first that failed."""
        output = []
        for ours, commands in groupby(commands_of(text), is_ours):
            for written, code in map(_in_process, commands) if ours else [self._by_bash(list(commands))]:
                output.append(written)
                if code:
                    return "".join(output), code
        return "".join(output), 0

    def _by_bash(self, commands):
        """Run commands as one script, so that variables and processes in the background outlive their line."""
        script, log = "\n".join(["set -eo pipefail", *commands]), self.folder / ".output"
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(timeout=_SECONDS)
        return log.read_text(encoding="utf-8"), code

    def end(self):
        """End what runs in the background."""
        for group in self.groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                pass


def commands_of(text):
    """The commands of a text, each with its continued lines."""
    command = ""
    for line in text.splitlines():
        command += line
        if _is_complete(command):
            if command.strip() and not command.lstrip().startswith("#"):
                yield command
            command = ""
        else:
            command += "\n"
    assert not command.strip(), f"no end of the command: {command}"


def _is_complete(command):
    if command.endswith("\\"):
        return False
    if is_ours(command):
        return True
    here = re.search(r"<<-?\s*'?(\w+)'?", command)
    if here and not re.search(rf"^{here[1]}$", command, re.MULTILINE):
        return False
    return subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.DEVNULL).returncode == 0


def is_ours(command):
    """True for one command of ours in which nothing is left to a shell."""
    command = command.replace("\\\n", " ")
    return command.startswith("wfst-bias ") and not _FOR_BASH.search(_QUOTED.sub(" ", command))


def _in_process(command):
    arguments = shlex.split(command.replace("\\\n", " "), comments=True)[1:]
    result = CliRunner().invoke(main, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output, result.exit_code
