"""``wfst-bias``: the command line, one file for each group of commands."""

import gc
import logging
import re
import signal
import sys
from typing import Any

import click

import wfst_bias
from wfst_bias.cli.adapter import adapter, calibrate
from wfst_bias.cli.config_files import add_config_option
from wfst_bias.cli.data import data
from wfst_bias.cli.decode import decode
from wfst_bias.cli.demo import demo
from wfst_bias.cli.doctor import doctor
from wfst_bias.cli.entities import entities
from wfst_bias.cli.evidence import evidence
from wfst_bias.cli.explain import explain
from wfst_bias.cli.graph import graph
from wfst_bias.cli.interrupts import EXIT_CODE, Interrupted, interruptible, report_interrupted
from wfst_bias.cli.lang import lang, lm
from wfst_bias.cli.lattice import lattice
from wfst_bias.cli.model import model
from wfst_bias.cli.process_end import end_process
from wfst_bias.cli.report import report
from wfst_bias.cli.score import score
from wfst_bias.cli.sections import Group
from wfst_bias.cli.transcribe import transcribe
from wfst_bias.cli.tune import tune
from wfst_bias.core.errors import InputError


class _Messages(logging.Handler):
    """Shows what the library logs as lines of standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"wfst-bias: {_by_option(self.format(record))}", err=True)


def _by_option(message: str) -> str:
    """A message that names ``--format`` of lists, by the option of the running command."""
    context = click.get_current_context(silent=True)
    root = context.find_root() if context else None
    command = main.commands.get(root.invoked_subcommand or "") if root else None
    has_other = command is not None and any("--list-format" in parameter.opts for parameter in command.params)
    return re.sub(r"--format\b", "--list-format", message) if has_other else message


def _show_messages() -> None:
    logger = logging.getLogger("wfst_bias")
    if not any(isinstance(handler, _Messages) for handler in logger.handlers):
        messages = _Messages(logging.INFO)  # a log file may have more
        logger.addHandler(messages)
        logger.setLevel(logging.INFO)


# Objects that are made before cycles of references are looked for: the modules of torch and k2 are a million objects,
# through which each full search goes, and lists make as many.
COLLECTED_AFTER = (100_000, 5, 5)


class _Commands(Group):
    """Prints an input error in one line, exit code 1; 130 after Ctrl-C."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        is_process = not args and kwargs.get("args") is None  # the command line is that of this process
        if is_process:
            gc.set_threshold(*COLLECTED_AFTER)
        try:
            return self._main(*args, **kwargs)
        except SystemExit as error:
            if is_process:
                end_process(error.code)
            raise

    def _main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with interruptible():
                return super().main(*args, **kwargs)
        except Interrupted:
            report_interrupted()
            sys.exit(EXIT_CODE)

    def invoke(self, context: click.Context) -> Any:
        _show_messages()
        # a scheduler's 'kill' unwinds like Ctrl-C, so that nothing half-written stays
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        try:
            return super().invoke(context)
        except InputError as error:
            click.echo(f"wfst-bias: {_by_option(str(error))}", err=True)
            sys.exit(1)
        except ModuleNotFoundError as error:
            if (error.name or "").split(".")[0] not in ("k2", "_k2"):
                raise
            click.echo("wfst-bias: k2 is needed and not installed; 'wfst-bias doctor' tells how to install it", err=True)
            sys.exit(1)
        except BrokenPipeError:  # the reader of our output has gone, 'wfst-bias ... | head'
            sys.stderr.close()
            sys.exit(1)
        except OSError as error:  # no space left, for example
            click.echo(f"wfst-bias: {error.filename or 'output'}: {error.strerror}", err=True)
            sys.exit(1)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True, "max_content_width": 100},
)
@click.version_option(wfst_bias.__version__, prog_name="wfst-bias")
def main() -> None:
    """Teach a speech recognizer new words without retraining it.

    \b
    wfst-bias transcribe meeting.wav --entities names.txt      in one line
    wfst-bias lang | lm | entities | graph | decode | score    as a recipe
    wfst-bias explain exp/decode utt_0001 Zelenskyy            why it was found, or was not
    wfst-bias report exp/decode_* report.html                  a page of what each part adds
    """


main.add_section("Recognize speech", transcribe, decode, tune)
main.add_section("Lists, language models and graphs", entities, lang, lm, graph)
main.add_section("Look at results", score, explain, lattice, report)
main.add_section("Speech and trained models", data, model, adapter, evidence)
main.add_section("Installation", demo, doctor)
main.add_command(calibrate)
add_config_option(main)
