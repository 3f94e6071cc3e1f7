"""``wfst-bias adapter``: small networks after a frozen acoustic model."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, Sequence

import click
from click.core import ParameterSource

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.options import PATH, adapter_options, device_option, model_option
from wfst_bias.cli.renamed import add_former
from wfst_bias.cli.sections import Group, in_section

if TYPE_CHECKING:
    from wfst_bias.training.adapter.contextual import AdapterRecipe, ListWords

_NEVER_LISTED = 1500  # words; of the others enough are spoken to learn from
CONTEXTUAL, CALIBRATION = "contextual", "calibration"
_FOR_CONTEXTUAL = "Contextual adapters only"
_FOR_CALIBRATION = "Calibrations only"
_model = click.argument("model_spec", metavar="MODEL")
_data = click.argument("data", type=PATH)
_out = click.argument("out", type=PATH)
_lang = click.option(
    "--lang", "lang_dir", type=PATH, help="Lang folder of the model's tokens; hama has one of its own."
)
_valid = click.option(
    "--valid", type=PATH, metavar="DATA", help="Data to validate on; else a twentieth of DATA is kept back."
)
_recipe = click.option(
    "--recipe",
    type=PATH,
    metavar="FILE",
    help="Settings of the training, lines '--PART-KEY=VALUE'; see egs/synthetic/conf.",
)
_strength = in_section(
    _FOR_CALIBRATION,
    "--strength",
    type=click.FloatRange(0.0, 1.0),
    help="Share of the change that is made; else that of the recipe, or 0.4.",
)


@click.group(cls=Group)
def adapter() -> None:
    """Train and show networks that change emissions before the search."""


@adapter.command("train", short_help="Train a contextual adapter, or a calibration, of a model.")
@_model
@_data
@_out
@click.option(
    "--kind",
    type=click.Choice([CONTEXTUAL, CALIBRATION]),
    default=CONTEXTUAL,
    show_default=True,
    help="contextual attends from the speech to the list of a decoding; calibration needs no list, it corrects the "
    "systematic errors of a model.",
)
@_lang
@_valid
@click.option(
    "--steps",
    type=click.IntRange(1),
    help="Updates (of a contextual adapter those of the last phase); else those of the recipe, or 1,000, and 600 of a "
    "calibration.",
)
@_recipe
@device_option
@in_section(
    _FOR_CONTEXTUAL, "--phones", "phones_dir", type=PATH, help="Lang folder of the model's phone head, where it has one."
)
@in_section(
    _FOR_CONTEXTUAL,
    "--distractors",
    type=PATH,
    metavar="WORDS",
    help="Words to fill lists with, one a line; else those of the lang folder.",
)
@in_section(
    _FOR_CONTEXTUAL,
    "--common",
    type=PATH,
    metavar="WORDS",
    help="Words that are never in a list; else the 1,500 most common ones.",
)
@in_section(
    _FOR_CONTEXTUAL,
    "--exclude",
    type=PATH,
    metavar="WORDS",
    help="Words of a later test: they are in no list, and speech that has one is not trained on.",
)
@in_section(
    _FOR_CONTEXTUAL,
    "--calibration",
    default="none",
    show_default=True,
    metavar="DIR",
    help="Calibration that the emissions pass before: a folder, or none.",
)
@in_section(
    _FOR_CONTEXTUAL,
    "--attention",
    type=click.Choice(["positions", "entities"]),
    help="What is attended to: each unit of a phrase (positions), or the whole phrase; else as the recipe has it, or positions.",
)
@_strength
def adapter_train(
    model_spec: str,
    data: Path,
    out: Path,
    kind: str,
    lang_dir: Optional[Path],
    valid: Optional[Path],
    recipe: Optional[Path],
    steps: Optional[int],
    device: str,
    strength: Optional[float],
    **contextual: Any,
) -> None:
    """Train an adapter of MODEL on DATA into OUT; MODEL itself stays as it is.

    MODEL is named as for 'wfst-bias decode --model'; DATA may be synthetic speech. OUT.exp holds emissions, checkpoints and
    curves; run again after an interruption, the training goes on.

    A contextual adapter is trained first on simulated emissions of texts (where the model shows nothing but its
    log-probabilities), then on speech with guided attention, then with the CTC loss, each time with lists of 20 to 2,000
    phrases.

    \b
    Examples:
    wfst-bias adapter train hama data/synthetic exp/adapter
    wfst-bias adapter train hama data/synthetic exp/calibration --kind calibration
    wfst-bias adapter train conformer:exp/small data/train exp/adapter --lang data/lang_bpe --phones data/lang
    """
    _check_kind(kind)
    if kind == CALIBRATION:
        _train_calibration(model_spec, data, out, lang_dir, valid, recipe, steps, strength, device)
    else:
        _train_contextual(model_spec, data, out, lang_dir, valid, recipe, steps, device, **contextual)


def _check_kind(kind: str) -> None:
    """Options of the other kind are an error of usage."""
    context = click.get_current_context()
    other = _FOR_CONTEXTUAL if kind == CALIBRATION else _FOR_CALIBRATION
    for parameter in context.command.params:
        is_given = context.get_parameter_source(parameter.name or "") == ParameterSource.COMMANDLINE
        if is_given and getattr(parameter, "section", None) == other:
            raise click.UsageError(f"{parameter.opts[0]} is not for --kind {kind}: leave it out")


def _train_calibration(
    model_spec: str,
    data: Path,
    out: Path,
    lang_dir: Optional[Path],
    valid: Optional[Path],
    recipe: Optional[Path],
    steps: Optional[int],
    strength: Optional[float],
    device: str,
) -> None:
    from dataclasses import replace

    from wfst_bias.acoustic.models import load_model
    from wfst_bias.decode.search import usable_device
    from wfst_bias.training.adapter.calibration import CalibrationRecipe, train_calibration
    from wfst_bias.training.adapter.frozen import FrozenModel, lang_of_model
    from wfst_bias.training.recipe import read_recipe

    made = read_recipe(recipe, CalibrationRecipe()) if recipe else CalibrationRecipe()
    if steps:
        made = replace(made, training=replace(made.training, max_steps=steps))
    if strength is not None:
        made = replace(made, network=replace(made.network, strength=strength))
    model = load_model(model_spec, usable_device(device))
    frozen = FrozenModel(model, model_spec, lang_of_model(model_spec, lang_dir))
    train_calibration(frozen, data, out, made, valid, device)
    click.echo(f"{out}: trained; give it to 'wfst-bias decode --calibration'")


def _train_contextual(
    model_spec: str,
    data: Path,
    out: Path,
    lang_dir: Optional[Path],
    valid: Optional[Path],
    recipe: Optional[Path],
    steps: Optional[int],
    device: str,
    phones_dir: Optional[Path],
    distractors: Optional[Path],
    common: Optional[Path],
    exclude: Optional[Path],
    calibration: str,
    attention: Optional[str],
) -> None:
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.adapter.default import NONE, emission_adapter_of
    from wfst_bias.decode.search import usable_device
    from wfst_bias.lang.lang import read_lang
    from wfst_bias.lang.model_langs import read_vocabulary
    from wfst_bias.training.adapter.contextual import train_adapter
    from wfst_bias.training.adapter.frozen import FrozenModel, lang_of_model

    made = _adapter_recipe(recipe, attention, steps)
    torch_device = usable_device(device)
    model, lang = load_model(model_spec, torch_device), lang_of_model(model_spec, lang_dir)
    sounding = read_lang(phones_dir) if phones_dir else None
    before = emission_adapter_of(model, model_spec, calibration, NONE, torch_device).calibration
    fillers = read_vocabulary(distractors) if distractors else list((sounding or lang).lexicon.entries)
    frozen = FrozenModel(model, model_spec, lang, sounding, before)
    train_adapter(frozen, data, out, _list_words(fillers, common, exclude), made, valid, device)
    click.echo(f"{out}: trained; give it to 'wfst-bias decode --adapter'")


def _adapter_recipe(path: Optional[Path], attention: Optional[str], steps: Optional[int]) -> "AdapterRecipe":
    """Return the recipe of a file, or the default one, with what the options change."""
    from dataclasses import replace

    from wfst_bias.training.adapter.contextual import AdapterRecipe
    from wfst_bias.training.recipe import read_recipe

    made = read_recipe(path, AdapterRecipe()) if path else AdapterRecipe()
    if attention:
        made = replace(made, network=replace(made.network, attention=attention))
    return replace(made, joint=replace(made.joint, max_steps=steps)) if steps else made


def _list_words(fillers: Sequence[str], common: Optional[Path], exclude: Optional[Path]) -> "ListWords":
    """Return the words of lists: distractors among ``fillers`` that are neither common nor held out."""
    from wfst_bias.lang.model_langs import read_vocabulary
    from wfst_bias.lm.default import common_words
    from wfst_bias.training.adapter.contextual import ListWords

    never = set(read_vocabulary(common) if common else common_words(_NEVER_LISTED))
    held_out = frozenset(read_vocabulary(exclude) if exclude else ())
    return ListWords(never, [word for word in fillers if word not in never | held_out], held_out=held_out)


@adapter.command(
    "plot",
    common=("--model", "--adapter"),
    short_help="Draw what an adapter attends to in an utterance.",
)
@click.argument("graph_dir", type=BASE)
@_data
@click.argument("utterance")
@click.argument("out", type=PATH, metavar="OUT.png|OUT.svg")
@model_option
@adapter_options
@click.option("--top", type=click.IntRange(1), default=12, show_default=True, help="Phrases to show.")
def adapter_plot(
    graph_dir: Path, data: Path, utterance: str, out: Path, model_spec: str, calibration: str, adapter: str, top: int
) -> None:
    """Draw what the adapter attends to in one UTTERANCE of DATA: phrases against time, the words decoded below.

    The phrases are those of GRAPH_DIR, a graph with a list, by which the utterance is decoded, too.

    Example: wfst-bias adapter plot exp/names data/test utt_0001 attention.png
    """
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.adapter.default import emission_adapter_of
    from wfst_bias.explain.attention import plot_attention

    model = load_model(model_spec)
    plot_attention(
        base_folder(graph_dir), data, utterance, out, model, emission_adapter_of(model, model_spec, calibration, adapter), top
    )
    click.echo(f"{out}: written")


@click.group(hidden=True)
def calibrate() -> None:
    """Train a calibration; the former name of 'adapter train --kind calibration'."""


@click.command()
@_model
@_data
@_out
@_lang
@_valid
@_recipe
@click.option("--steps", type=click.IntRange(1), help="Updates; else those of the recipe, or 600.")
@_strength
@device_option
def _calibrate_train(**options: Any) -> None:
    """Train a calibration of MODEL on DATA into OUT."""
    _train_calibration(**options)


add_former(calibrate, "train", _calibrate_train, "adapter train --kind calibration")
