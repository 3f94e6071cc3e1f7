"""``--config``: which option of which file counts, switches, repeated options, and what is wrong in which line."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wfst_bias.cli.config_files import add_config_option
from wfst_bias.core.errors import InputError
from wfst_bias.core.option_files import read_option_lines


def _commands():
    """Commands that print their options: ``decode``, and ``synthesise``, whose options are others."""

    @click.group()
    def main():
        pass

    @main.command()
    @click.option("--beam", type=float, default=14.0)
    @click.option("--nj", type=click.IntRange(1), default=1)
    @click.option("--model", "--network", "spec", default="hama")
    @click.option("--strict", is_flag=True)
    @click.option("--readings/--no-readings", default=True)
    @click.option("--entities-by", type=(str, click.Path(path_type=Path)))
    @click.option("--class", "classes", type=(str, float, float), multiple=True)
    @click.option("--lang", required=True)
    def decode(**options):
        click.echo(repr(options))

    @main.command()
    @click.option("--voice", multiple=True)
    @click.option("--speed", nargs=2, type=float, default=(1.0, 1.0))
    @click.option("--copies", type=int, default=1)
    def synthesise(**options):
        click.echo(repr(options))

    add_config_option(main)
    return main


DEFAULTS = dict(beam=14.0, nj=1, spec="hama", strict=False, readings=True, entities_by=None, classes=(), lang="en")


@pytest.fixture
def options_of(tmp_path):
    """The options that a command receives from the texts of config files and a command line; errors are raised."""

    def received(name, files, *arguments):
        paths = []
        for number, text in enumerate(files, 1):
            paths.append(tmp_path / f"{number}.conf")
            paths[-1].write_text(text)
        configs = [part for path in paths for part in ("--config", str(path))]
        result = CliRunner().invoke(_commands(), [name, *configs, *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return eval(result.output, {"PosixPath": Path})

    return received


def _decoded(options_of, *files, arguments=()):
    """What differs from the defaults of the toy command ``decode``."""
    options = options_of("decode", ["--lang=en\n", *files], *arguments)
    return {name: value for name, value in options.items() if value != DEFAULTS[name]}


def test_every_option_can_stand_in_a_file_also_one_that_is_required(options_of):
    text = "# a comment\n\n--beam=9  # narrow\n--nj=4\n--network=onnx:x\n--entities-by=speaker my.map\n"
    assert _decoded(options_of, text) == {
        "beam": 9.0, "nj": 4, "spec": "onnx:x", "entities_by": ("speaker", Path("my.map")),
    }  # fmt: skip


@pytest.mark.parametrize(
    "text, received",
    [
        ("--strict", {"strict": True}),
        ("--strict=true", {"strict": True}),
        ("--strict=no", {}),
        ("--no-readings", {"readings": False}),
        ("--no-readings=false", {}),
        ("--readings=false", {"readings": False}),
    ],
)
def test_switches(options_of, text, received):
    assert _decoded(options_of, text) == received


def test_later_files_win_and_the_command_line_over_all(options_of):
    files = "--beam=9\n--nj=2\n--strict\n", "--beam=8\n--strict=false\n"
    assert _decoded(options_of, *files) == {"beam": 8.0, "nj": 2}
    assert _decoded(options_of, *files, arguments=("--beam", "7", "--strict")) == {"beam": 7.0, "nj": 2, "strict": True}


def test_a_repeatable_option_stands_several_times_and_is_replaced_as_a_whole(options_of):
    voices = "--voice=hibari\n--voice=hibari\n--voice='flite slt'\n--speed=0.85 1.2\n"
    assert options_of("synthesise", [voices]) == {
        "voice": ("hibari", "hibari", "flite slt"),
        "speed": (0.85, 1.2),
        "copies": 1,
    }
    assert options_of("synthesise", [voices, "--voice=kal"])["voice"] == ("kal",)
    assert options_of("synthesise", [voices], "--voice", "awb")["voice"] == ("awb",)
    classes = "--class=$DRUG 0.02 3\n--class='#nonterm:x y' 0.1 -1e-3\n"
    assert _decoded(options_of, classes) == {"classes": (("$DRUG", 0.02, 3.0), ("#nonterm:x y", 0.1, -0.001))}


@pytest.mark.parametrize(
    "value, received",
    [
        ("onnx:a b.onnx", "onnx:a b.onnx"),
        ("'onnx:a b.onnx'", "onnx:a b.onnx"),
        ('"onnx:a  #1.onnx" # the first', "onnx:a  #1.onnx"),
        ("hf:a\\b=$HOME", "hf:a\\b=$HOME"),
        ('hf:"it\'s"', "hf:it's"),
        ("''", ""),
        ("", ""),
    ],
)
def test_quotes(options_of, value, received):
    assert _decoded(options_of, f"--model={value}") == {"spec": received}


def test_options_of_other_commands_are_left_out(options_of):
    assert _decoded(options_of, "--voice=a\n--voice=b\n--copies=many\n--beam=3\n") == {"beam": 3.0}


@pytest.mark.parametrize(
    "text, message",
    [
        ("--beam=9\n--nj=2\n--beam=8\n", "2.conf:3: found '--beam=8'; line 1 has '--beam=9' already"),
        ("--model=a\n\n--network=b\n", "2.conf:3: found '--network=b'; line 1 has '--model=a' already"),
        ("--copies=1\n--copies=2\n", "2.conf:2: found '--copies=2'; line 1 has '--copies=1' already"),
        ("#\n--baem=9\n", "2.conf:2: found '--baem=9'; no command has this option; did you mean --beam?"),
        ("--no_readings\n", "2.conf:1: found '--no_readings'; no command has this option; did you mean --no-readings?"),
        ("--xyz=1\n", "2.conf:1: found '--xyz=1'; no command has this option"),
        ("--config=my.conf\n", "2.conf:1: found '--config=my.conf'; no command has this option"),
        ("--beam 9\n", "2.conf:1: found '--beam 9'; write '--OPTION=VALUE'"),
        ("beam=9\n", "2.conf:1: found 'beam=9'; write '--OPTION=VALUE'"),
        ("--voice=a --voice=b --beam=3\n", None),
        ("--beam\n", "2.conf:1: found '--beam'; --beam needs a value"),
        ("--beam=9#8\n", "2.conf:1: found '--beam=9#8'; write a blank before the #"),
        ("--model='hama\n", "2.conf:1: found \"--model='hama\"; a quote is not closed"),
        ("--model='a' b\n", "2 values were given, 1 was expected"),
        ("--beam=high\n", "2.conf:1: found '--beam=high'; 'high' is not a valid float"),
        ("--nj=0\n", "2.conf:1: found '--nj=0'; 0 is not in the range x>=1"),
        ("--strict=perhaps\n", "2.conf:1: found '--strict=perhaps'; 'perhaps' is not a valid boolean"),
        ("--entities-by=speaker\n", "2.conf:1: found '--entities-by=speaker'; "),
        ("--class=$DRUG 1\n", "2.conf:1: found '--class=$DRUG 1'; "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(options_of, text, message):
    if message is None:  # of another command, and so left alone
        assert _decoded(options_of, text) == {}
        return
    with pytest.raises(InputError) as error:
        _decoded(options_of, text)
    assert message in str(error.value)


def test_a_file_that_is_missing(run, tmp_path):
    result = run("data", "synthesize", "in", "out", "--config", tmp_path / "no.conf")
    assert result.exit_code == 1 and "no.conf" in result.output


def test_lines_have_their_numbers(tmp_path):
    (tmp_path / "a.conf").write_bytes(b"\xef\xbb\xbf--a=1\r\n\r\n  # x\r\n --b-c  \r\n")
    lines = read_option_lines(tmp_path / "a.conf")
    assert [(line.name, line.value, line.line) for line in lines] == [("--a", "1", 1), ("--b-c", None, 4)]


def test_every_command_with_options_has_config(run):
    for command in ("decode", "transcribe", "score", "tune", "report"), ("graph", "compile"), ("data", "synthesize"):
        for name in [(each,) for each in command] if command[0] == "decode" else [command]:
            assert "--config FILE" in run(*name, "--help").output
