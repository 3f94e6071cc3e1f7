"""Options and settings: files of options, recipes, JSON and TOML, domains, models of evidence."""

from importlib import resources
from pathlib import Path

import click
from hypothesis import strategies as st

from fuzz.mutations import TEXT_TOKENS
from fuzz.target import Case, Target
from fuzz.text import texts, words
from wfst_bias.cli.main import main
from wfst_bias.core.files import read_json, read_toml
from wfst_bias.core.option_files import read_option_lines
from wfst_bias.entities.domains import read_domain
from wfst_bias.evidence.model import EvidenceModel
from wfst_bias.training.conformer.ctc import TrainingRecipe
from wfst_bias.training.recipe import read_recipe

_OPTIONS = b"""# of decode
--search-beam=18
--nbest 5 # wrong
--max-active=5000
  --output-beam = 8
--spelling
--domain="a b"
--model='hama'
--config=x
"""
_VALID = b"# of decode\n--search-beam=18 # narrow\n--nbest=5\n\n--model='hama'\n--jobs=2\n"
_TOKENS = (
    *TEXT_TOKENS,
    b"--",
    b"--search-beam=",
    b"--no-readings",
    b"--nbest=",
    b"'",
    b'"',
    b" #",
    b"=",
    b"[training]\n",
    b"[[lists]]",
)
_RECIPE = b"# small\n--training-max-steps=5\n--training-patience=2\n--model-num-layers=6\n--model-subword-layers=3,5\n--training-bf16\n"
_TOML = (
    b"[training]\nmax_steps = 5\nweight_decay = 1e-3\n\n[model]\nsubword_layers = [3, 5]\nself_conditioning = false\n"
)
_DOMAIN = (
    b'[[lists]]\nfile = "names.txt"\nclass = "$NAME"\nweight = 1.5\n\n[[lists]]\nfile = "b.csv"\nformat = "csv:name"\n'
)


def _command(path):
    """Read a file of options as ``decode --config`` does."""
    group = click.Context(main, info_name="wfst-bias")
    command = main.commands["decode"]
    option = next(one for one in command.params if one.name == "config_files")
    context = click.Context(command, parent=group, info_name="decode")
    option.callback(context, option, (path / "options",))
    return context.default_map


def _lines(folder):
    found = read_option_lines(folder / "options")
    for line in found:
        line.words  # noqa: B018
    return [(line.name, line.value and line.one_value) for line in found]


@st.composite
def _option_files(draw):
    rows, expected = [], []
    for number in range(draw(st.integers(0, 4))):
        name = f"--option-{number}"
        value = draw(st.none() | st.lists(words, min_size=1, max_size=3).map(" ".join))
        quote = draw(st.sampled_from("'\"")) if value and ("'" in value or " " in value) else ""
        if value and ("'" in value or '"' in value):
            quote = '"'
        space = draw(st.sampled_from(["", " ", "\t"]))
        comment = draw(st.sampled_from(["", " # why", "\t#"]))
        rows.append(
            f"{space}{name}{comment}" if value is None else f"{space}{name}={space}{quote}{value}{quote}{comment}"
        )
        expected.append((name, value))
    return Case({"options": draw(texts(rows, ["", " ", "# comment", "  # it's"]))}, expected)


def _evidence():
    content = (Path(str(resources.files("wfst_bias.evidence"))) / "shipped" / "hama.json").read_bytes()
    return [{"model.json": content}]


TARGETS = (
    Target("options/lines", _lines, lambda: [{"options": _OPTIONS}, {"options": _VALID}], tokens=_TOKENS),
    Target("options/known", _lines, cases=_option_files()),
    Target(
        "options/command", _command, lambda: [{"options": _VALID}, {"options": _OPTIONS}], tokens=_TOKENS, share=0.5
    ),
    Target(
        "options/recipe",
        lambda folder: read_recipe(folder / "recipe", TrainingRecipe()),
        lambda: [{"recipe": _RECIPE}, {"recipe": _TOML}],
        tokens=_TOKENS,
    ),
    Target(
        "options/json",
        lambda folder: read_json(folder / "a.json"),
        lambda: [{"a.json": b'{"a": [1, 2.5, "x"], "b": null}'}],
    ),
    Target(
        "options/toml", lambda folder: read_toml(folder / "a.toml"), lambda: [{"a.toml": _TOML}, {"a.toml": _DOMAIN}]
    ),
    Target("options/domain", read_domain, lambda: [{"domain.toml": _DOMAIN}]),
    Target("options/evidence", lambda folder: EvidenceModel.read(folder / "model.json"), _evidence),
)
