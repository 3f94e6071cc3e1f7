"""Former names of commands: hidden, the same results, and the new name on standard error."""

import json

import click
import pytest

from wfst_bias.cli.main import main
from wfst_bias.entities.biasing import BiasingRow

ROWS = (
    BiasingRow("a", "we met zelenskyy", ("zelenskyy",), ("zelenskyy", "hamlet", "keller")),
    BiasingRow("b", "call whittemore", ("whittemore",), ("whittemore", "aubigny", "brandsma")),
)
FORMER = {
    ("calibrate", "train"): "adapter train --kind calibration",
    ("data", "synthesise"): "data synthesize",
    ("entities", "lists"): "entities sample WORDS OUT.tsv --biasing TSV",
    ("entities", "pool"): "entities sample LIST --biasing TSV",
    ("lattice", "nbest"): "lattice best --nbest N",
}


@pytest.fixture(scope="module")
def lists(tmp_path_factory):
    folder = tmp_path_factory.mktemp("former")
    (folder / "own.tsv").write_text("".join(row.serialize() for row in ROWS))
    (folder / "words.txt").write_text("hamlet\naubigny\nkeller\nbrandsma\n")
    (folder / "text").write_text("a\twe met zelenskyy\n")
    return folder


def _note(name):
    return f"wfst-bias: '{' '.join(name)}' is called '{FORMER[name]}' now; the former name goes with the next version\n"


def _hidden(group, path=()):
    """The names of hidden commands, and of those in hidden groups."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _hidden(command, (*path, name))
        elif command.hidden:
            yield (*path, name)


def test_exactly_these_names_are_hidden():
    assert set(_hidden(main)) == set(FORMER)


@pytest.mark.parametrize("name", FORMER, ids=" ".join)
def test_no_help_shows_a_former_name(run, name):
    group = () if name[0] == "calibrate" else name[:1]
    shown = run(*group, "--help").output
    assert "Commands:" in shown or "Recognize speech:" in shown
    assert not any(line.split()[:1] == [name[len(group)]] for line in shown.splitlines())


@pytest.mark.parametrize("name", FORMER, ids=" ".join)
def test_each_option_of_a_former_name_is_one_of_the_new(name):
    old, new = (_command(path) for path in (name, FORMER[name].split()[:2]))
    options = [{option for each in command.params for option in each.opts if option[:2] == "--"} for command in (old, new)]
    assert options[0] <= options[1]
    assert "--config" in options[0]


def _command(path):
    command = main
    for name in path:
        command = command.commands[name]
    return command


def test_pool_and_lists_write_what_sample_writes(run, lists):
    for name, old, new in (
        ("pool", ("own.tsv", "old.txt"), ("new.txt", "--biasing", "own.tsv")),
        ("lists", ("own.tsv", "words.txt", "old.tsv"), ("words.txt", "new.tsv", "--biasing", "own.tsv")),
    ):
        results = [
            run("entities", command, *(word if word[:2] == "--" else lists / word for word in words), "--distractors", 2)
            for command, words in ((name, old), ("sample", new))
        ]
        assert [result.exit_code for result in results] == [0, 0]
        assert (results[0].stderr, results[1].stderr) == (_note(("entities", name)), "")
    assert (lists / "old.txt").read_text() == (lists / "new.txt").read_text()
    assert (lists / "old.txt").read_text().split()[:2] == ["whittemore", "zelenskyy"]
    assert (lists / "old.tsv").read_text() == (lists / "new.tsv").read_text()
    assert all(len(json.loads(line.split("\t")[3])) == 3 for line in (lists / "new.tsv").read_text().splitlines())


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("words.txt", "out"), "found 2 arguments; LIST DATA OUT, or --biasing TSV was expected"),
        (("words.txt", "text", "out", "--biasing", "own.tsv"), "found 3 arguments; OUT or LIST OUT was expected"),
        (("out", "--biasing", "own.tsv", "--unsaid"), "--unsaid and --format are for LIST DATA OUT"),
    ],
)
def test_what_sample_cannot_do_is_told(run, lists, arguments, message):
    result = run("entities", "sample", "--distractors", 1, *arguments)
    assert result.exit_code == 2 and message in result.output


def test_other_seeds_draw_other_distractors(run, lists):
    drawn = set()
    for seed in range(4):
        out = lists / f"seed_{seed}.txt"
        assert run("entities", "sample", out, "--biasing", lists / "own.tsv", "--distractors", 2, "--seed", seed).exit_code == 0
        drawn.add(out.read_text())
    assert len(drawn) > 1


def test_options_of_the_other_kind_of_adapter_are_told(run):
    for kind, option in (("calibration", "--phones"), ("calibration", "--attention=entities"), ("contextual", "--strength=0.3")):
        value = ("x",) if option == "--phones" else ()
        result = run("adapter", "train", "hama", "data", "out", "--kind", kind, option, *value)
        assert result.exit_code == 2 and f"{option.split('=')[0]} is not for --kind {kind}" in result.output


def test_the_former_calibration_and_list_of_the_best_are_the_new_ones(run, tmp_path):
    for name, arguments in ((("calibrate", "train"), ("hama", tmp_path / "no", tmp_path / "c")), (("lattice", "nbest"), (tmp_path,))):
        old = run(*name, *arguments)
        new = run(*FORMER[name].replace("--nbest N", "--nbest 10").split(), *arguments)
        assert (old.exit_code, old.stdout) == (new.exit_code, new.stdout) == (1, "")
        assert old.stderr == _note(name) + new.stderr and str(tmp_path) in new.stderr
