"""What the recipes of ``egs`` share: their options, the files of these, their jobs, their usage, their form."""

import subprocess
from pathlib import Path

import pytest

from wfst_bias.core.option_files import read_option_lines

EGS = Path(__file__).resolve().parents[2] / "egs"
RECIPES = sorted(path.parent.name for path in EGS.glob("*/run.sh"))
RECIPE = """#!/usr/bin/env bash
# A recipe.
#
#   ./run.sh [--stop-stage N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ../recipe.sh
stop_stage=2
options "$@"
for each in 1 2 3 4; do ! run $each || echo "stage $each in $exp"; done
"""


@pytest.fixture
def recipe(tmp_path):
    """Runs a recipe of two stages, from another folder."""
    (tmp_path / "egs" / "own" / "conf").mkdir(parents=True)
    for shared in ("recipe.sh", "path.sh", "cmd.sh"):
        (tmp_path / "egs" / shared).write_text((EGS / shared).read_text())
    (tmp_path / "egs" / "own" / "run.sh").write_text(RECIPE)
    return lambda *options: subprocess.run(
        ["bash", "egs/own/run.sh", *options], cwd=tmp_path, capture_output=True, text=True
    )


def test_options_are_the_variables_that_a_recipe_has(recipe, tmp_path):
    assert recipe().stdout == "stage 1 in exp\nstage 2 in exp\n"
    done = recipe("--stage", "2", "--stop-stage", "3", "--exp", "some/where else")
    assert done.stdout == "stage 2 in some/where else\nstage 3 in some/where else\n" and done.returncode == 0
    assert (tmp_path / "egs" / "own" / "some" / "where else").is_dir()


@pytest.mark.parametrize("wrong", [("--stop_stage", "3"), ("--speed", "3"), ("3",), ("--stage; ls", "1"), ("--", "x")])
def test_what_is_no_option_is_told_with_the_usage(recipe, wrong):
    done = recipe(*wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"run.sh: no option '{wrong[0]}'\nA recipe.\n\n  ./run.sh [--stop-stage N]\n")


def test_an_option_needs_its_value_and_help_is_the_usage(recipe):
    assert "option --stage needs a value" in recipe("--stage").stderr
    assert recipe("--help").stderr == "A recipe.\n\n  ./run.sh [--stop-stage N]\n"


LINES = """# sizes of lists
--sizes="100 500"  # two
  --tuned-size=100
--domain='a # b'
--speed=0.9 1.1\t
--text=
--strict
--class=$(touch run) `touch run` $HOME ; touch run
"""
VALUES = {
    "sizes": "100 500",
    "tuned_size": "100",
    "domain": "a # b",
    "speed": "0.9 1.1",
    "text": "",
    "strict": "true",
    "class": "$(touch run) `touch run` $HOME ; touch run",
}
SHOW = "".join(f"printf '%s\\n' \"{name}=${name}\"\n" for name in VALUES)


def test_a_recipe_reads_the_files_that_commands_read_and_executes_nothing(recipe, tmp_path):
    script, conf = tmp_path / "egs" / "own" / "run.sh", tmp_path / "egs" / "own" / "conf" / "recipe.conf"
    script.write_text(RECIPE + SHOW)
    conf.write_text(LINES)
    done = recipe("--stop-stage", "0")
    assert (done.returncode, done.stderr) == (0, "")
    assert dict(line.split("=", 1) for line in done.stdout.splitlines()) == VALUES
    assert not list(tmp_path.rglob("run"))
    commands = {line.name[2:].replace("-", "_"): line for line in read_option_lines(conf)}
    assert {name: "true" if line.value is None else line.one_value for name, line in commands.items()} == VALUES


def test_the_order_is_recipe_conf_then_files_then_the_command_line(recipe, tmp_path):
    own = tmp_path / "egs" / "own"
    (own / "run.sh").write_text(RECIPE + 'echo "$stage $stop_stage $nj"\n')
    (own / "conf" / "recipe.conf").write_text("--nj=2\n--stage=9\n--stop-stage=3\n")
    (own / "a.conf").write_text("--nj=3\n--stage=8\n")
    (own / "b.conf").write_text("--nj=4\n")
    assert recipe().stdout == "9 3 2\n"
    assert recipe("--stage", "7", "--config", "a.conf").stdout == "7 3 3\n"
    assert recipe("--config", "a.conf", "--config", "b.conf").stdout == "8 3 4\n"
    assert recipe("--config", "a.conf", "--nj", "5", "--config", "b.conf").stdout == "8 3 5\n"


@pytest.mark.parametrize(
    "text, message",
    [
        ("--nj=1\n\n--nj=2\n", "my.conf:3: found '--nj=2'; line 1 has this option already"),
        ("--stages=1\n", "my.conf:1: found '--stages=1'; run.sh has no such option"),
        ("--stage 1\n", "my.conf:1: found '--stage 1'; write '--OPTION=VALUE'"),
        ("--stage=1#2\n", "my.conf:1: found '--stage=1#2'; write"),
        ("--exp='a\n", "my.conf:1: found '--exp='a'; write"),
        ("--PATH=.\n", "my.conf:1: found '--PATH=.'; write"),
        ("rm -rf exp\n", "my.conf:1: found 'rm -rf exp'; write"),
        ("--nj=many\n", "--nj is 'many'; give the number of jobs"),
    ],
)
def test_files_that_a_recipe_cannot_read(recipe, tmp_path, text, message):
    (tmp_path / "egs" / "own" / "my.conf").write_text(text)
    done = recipe("--config", "my.conf")
    assert done.returncode == 2 and message in done.stderr and done.stdout == ""


def test_the_old_form_of_recipe_conf_is_read_with_a_note(recipe, tmp_path):
    (tmp_path / "egs" / "own" / "conf" / "recipe.conf").write_text('stage=2 # last\nexp="my exp"\n')
    done = recipe()
    assert done.stdout == "stage 2 in my exp\n"
    assert "conf/recipe.conf:1: 'stage=...' is the old form; write '--stage=...'\n" in done.stderr


@pytest.fixture
def decoding(recipe, tmp_path):
    """Runs a recipe that decodes and trains, by a ``wfst-bias`` that prints its arguments."""
    command = tmp_path / ".venv" / "bin" / "wfst-bias"
    command.parent.mkdir(parents=True)
    command.write_text('#!/bin/sh\nprintf "<%s> " "$@"; echo; [ "$2" != broken ] || exit 3\n')
    command.chmod(0o755)
    (tmp_path / "egs" / "run_jobs.sh").write_text((EGS / "run_jobs.sh").read_text())
    (tmp_path / "egs" / "run_jobs.sh").chmod(0o755)
    lines = (
        'graph=g\noptions "$@"\ndecode_jobs "$graph" "my data" out --nbest 3\ntrain adapter wfst-bias adapter train x\n'
    )
    (tmp_path / "egs" / "own" / "run.sh").write_text(RECIPE.replace('options "$@"\n', lines).partition("for each")[0])
    return recipe


def test_jobs_run_here_where_no_command_is_named(decoding):
    assert decoding().stdout == "<decode> <g> <my data> <out> <--nbest> <3> \n<adapter> <train> <x> \n"
    done = decoding("--nj", "3")
    assert done.stdout.splitlines()[0] == "<decode> <g> <my data> <out> <--nbest> <3> <--nj> <3> "


def test_jobs_run_by_the_commands_of_cmd_sh_and_are_merged(decoding, tmp_path):
    own = tmp_path / "egs" / "own"
    (own / "cmd.sh").write_text('decode_cmd="../run_jobs.sh --mem 4G"\ntrain_cmd=../run_jobs.sh\n')
    done = decoding("--nj", "3")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "<decode> <g> <my data> <out> <--nbest> <3> <--merge> \n"
    for job in (1, 2, 3):
        log = (own / "out.log" / f"decode.{job}.log").read_text().splitlines()
        assert log[1:] == [f"<decode> <g> <my data> <out> <--nbest> <3> <--job> <{job}/3> "]
    assert (own / "exp" / "log" / "adapter.log").read_text().endswith("\n<adapter> <train> <x> \n")
    done = decoding("--nj", "2", "--graph", "broken")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("a job ended with exit code 3; see out.log/decode.") == 2


def test_run_jobs_passes_words_as_they_are(tmp_path):
    command = [EGS / "run_jobs.sh", "J=2:3", "l J.log", "printf", "[%s]", "a  $x J", "*"]
    assert subprocess.run(command, cwd=tmp_path).returncode == 0
    assert (tmp_path / "l 3.log").read_text().endswith("[a  $x 3][*]")
    assert subprocess.run([EGS / "run_jobs.sh", "log"], capture_output=True).returncode == 2


@pytest.mark.parametrize("conf", sorted(EGS.glob("*/conf/*.conf")), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_all_files_of_options_have_one_syntax(conf):
    assert read_option_lines(conf)


@pytest.mark.parametrize("conf", sorted(EGS.glob("*/conf/*.conf")), ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_commands_take_the_files_of_the_recipes(run, conf):
    kinds = {"voices": ("data", "synthesize"), "classes": ("graph", "base"), "model": ("model", "train")}
    kind = conf.stem.partition("_")[0]
    if kind in ("recipe", "adapter", "calibration"):  # of the recipe, and of trainings
        return
    result = run(*kinds.get(kind, ("decode",)), "--config", conf, "--help")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_the_files_of_kaldi(name):
    for file in ("path.sh", "cmd.sh"):
        assert (EGS / name / file).resolve() == EGS / file


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_short_and_tells_its_usage_from_anywhere(name, tmp_path):
    script = EGS / name / "run.sh"
    assert len(script.read_text().splitlines()) < 120
    done = subprocess.run(["bash", str(script), "--no-such-option", "1"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "./run.sh " in done.stderr and "--stop-stage N] [--nj N]" in done.stderr
