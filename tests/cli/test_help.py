"""Help pages: common options first, all options there, nothing cut short, American spelling."""

import re

import click
import pytest
from click.testing import CliRunner

from wfst_bias.cli.main import main
from wfst_bias.cli.sections import OPTIONS, Command, Group, in_section

WIDTH = 100
SCREEN = 48  # lines


def _visible(command=main, path=()):
    """All commands that a help shows, by their names."""
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            if not below.hidden:
                yield from _visible(below, (*path, name))


COMMANDS = {" ".join(path): command for path, command in _visible()}


def _help(path):
    runner = CliRunner(env={"COLUMNS": str(WIDTH)})
    result = runner.invoke(main, [*path.split(), "--help"], terminal_width=WIDTH)
    assert result.exit_code == 0
    return result.output


def _options(text, title):
    """The options of a section."""
    section = re.search(rf"^{re.escape(title)}:\n((?:  .*\n|\n(?=  ))+)", text, re.MULTILINE)
    return re.findall(r"^  (?:-h, )?(--[\w-]+)", section[1], re.MULTILINE) if section else []


@pytest.mark.parametrize("path", [path for path in COMMANDS if not isinstance(COMMANDS[path], click.Group)])
def test_every_option_is_shown_once_and_has_a_help(path):
    command, text = COMMANDS[path], _help(path)
    shown = re.findall(r"^  (?:-h, )?(--[\w-]+)", text.partition("\nOptions:\n")[2], re.MULTILINE)
    assert len(shown) == len(set(shown))
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    for option in options:
        assert set(option.opts) & set(shown), option.opts
        assert option.help, option.opts
    assert set(shown) <= {name for option in options for name in option.opts} | {"--help"}


@pytest.mark.parametrize("path, common", [
    ("decode", ["--model", "--nj", "--device", "--stages", "--boost-alpha", "--nbest", "--config", "--help"]),
    ("transcribe", ["--entities", "--format", "--out", "--model", "--base", "--class-bonus", "--device", "--config", "--help"]),
    ("graph compile", ["--class-bonus", "--class-prior", "--inflections", "--format", "--strict", "--config", "--help"]),
    ("tune", ["--utterances", "--max-u-wer-rise", "--max-false-alarms", "--model", "--stages", "--device", "--config", "--help"]),
])  # fmt: skip
def test_the_common_part_is_one_screen(path, common):
    text = _help(path)
    assert _options(text, OPTIONS) == common
    before_the_sections = text.partition("--help ")[0]
    assert len(before_the_sections.splitlines()) + 1 <= SCREEN


def test_advanced_options_stand_in_their_sections():
    text = _help("decode")
    assert _options(text, "Search")[:3] == ["--search-acoustic-scale", "--search-beam", "--search-output-beam"]
    assert "--min-posterior" in _options(text, "Verification")
    assert _options(text, "Clusters") == ["--job", "--merge", "--scheduler"]
    assert "--verify-min-posterior" not in text and "[default: inflections]" in " ".join(text.split())
    assert text.index("\nOptions:") < text.index("\nSearch:") < text.index("DECODE_DIR has these files")


def test_names_that_are_not_shown_work(run, tmp_path):
    for option in ("--class-inflections", "--no-class-inflections"):
        result = run("graph", "compile", tmp_path / "base", "names.txt", tmp_path / "out", option)
        assert result.exit_code == 1 and "is no graph folder" in result.stderr


def test_no_line_of_a_list_of_commands_is_cut_short():
    for path, command in COMMANDS.items():
        if isinstance(command, click.Group):
            text = CliRunner().invoke(main, [*path.split(), "--help"], terminal_width=80).output
            shown = [line for line in text.splitlines() if line.split()[:1] and line.split()[0] in command.commands]
            assert len(shown) >= len([name for name, below in command.commands.items() if not below.hidden])
            assert [line for line in shown if line.endswith("...")] == []


def test_spelling_is_american():
    british = re.compile(r"\w*(?:recognis|synthesis(?!\b)|normalis|colour|neighbour|behaviour|centre\b|organis)\w*", re.IGNORECASE)
    assert {path: found for path in COMMANDS if (found := british.findall(_help(path)))} == {}


def test_sections_of_a_group_and_options_that_are_common_elsewhere():
    @click.command(cls=Command, common=("--size",))
    @in_section("Rare", "--shape", help="A shape.")
    @in_section("Rare", "--size", type=click.IntRange(1), help="A size.")
    @click.option("--plain", help="Plain.")
    def make(**_):
        """Make it."""

    group = Group("group")
    group.add_section("First", make)
    group.add_command(click.Command("other", help="Other."))
    text = CliRunner().invoke(group, ["--help"]).output
    assert re.search(r"Commands:\n  other +Other\.\n\nFirst:\n  make +Make it\.", text)
    text = CliRunner().invoke(group, ["make", "--help"]).output
    assert _options(text, OPTIONS) == ["--size", "--plain", "--help"] and _options(text, "Rare") == ["--shape"]
    assert "--size INTEGER  A size.  [x>=1]" in text
