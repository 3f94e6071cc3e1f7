"""What the recipes of ``egs`` share: their options, their usage, their form."""

import subprocess
from pathlib import Path

import pytest

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
    (tmp_path / "egs" / "own").mkdir(parents=True)
    (tmp_path / "egs" / "recipe.sh").write_text((EGS / "recipe.sh").read_text())
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


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_short_and_tells_its_usage_from_anywhere(name, tmp_path):
    script = EGS / name / "run.sh"
    assert len(script.read_text().splitlines()) < 120
    done = subprocess.run(["bash", str(script), "--no-such-option", "1"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "./run.sh " in done.stderr and "--stop-stage N" in done.stderr
