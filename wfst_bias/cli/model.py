"""``wfst-bias model``: train an acoustic model of your own, export it, look at it."""

from pathlib import Path
from typing import Optional

import click

from wfst_bias.cli.options import PATH, device_option
from wfst_bias.cli.sections import Group


@click.group(cls=Group)
def model() -> None:
    """Train, export and show acoustic models; store their emissions."""


@model.command("train", short_help="Train a CTC model.")
@click.argument("config", metavar="CONFIG")
@click.argument("data", type=PATH)
@click.argument("exp", type=PATH)
@click.option("--lang", type=PATH, required=True, help="Subword lang folder, see 'lang subwords'.")
@click.option("--phones", type=PATH, required=True, help="Phone lang folder, see 'lang hama'.")
@click.option("--valid", type=PATH, help="Data to validate on; else a fiftieth of DATA is kept back.")
@click.option("--texts", type=PATH, help="More texts, one a line, whose phones are simulated; with hama's phones as input.")
@click.option(
    "--exclude",
    type=PATH,
    metavar="WORDS",
    help="Words of a later test, one a line: no utterance and no text that has one is trained on.",
)
@click.option("--minutes", type=float, help="Train for this long, all resumed runs together; else as CONFIG has it.")
@click.option("--steps", type=int, help="Train for so many updates; else as CONFIG has it.")
@click.option("--batch-seconds", type=float, help="Seconds of audio a batch; else as CONFIG has it.")
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads; else as torch has it.")
def model_train(
    config: str,
    data: Path,
    exp: Path,
    lang: Path,
    phones: Path,
    valid: Optional[Path],
    texts: Optional[Path],
    exclude: Optional[Path],
    minutes: Optional[float],
    steps: Optional[int],
    batch_seconds: Optional[float],
    device: str,
    threads: Optional[int],
) -> None:
    """Train CONFIG (small, hama, article or a file) on DATA; EXP that was begun so before goes on where it was.

    small and article read audio; hama reads the phones of the pretrained model hama and writes subwords, and may learn
    from texts without audio, too. A file has lines '--PART-KEY=VALUE', such as '--model-num-layers=6'; what is not in it
    is as in small, or as in hama where it has '--model-input=hama'.

    \b
    Example: wfst-bias model train small data/train exp/small --lang data/lang_bpe --phones data/lang --minutes 80
    Several GPUs: torchrun --nproc_per_node 4 --no-python wfst-bias model train ... --device cuda
    """
    import torch

    from wfst_bias.lang.model_langs import read_vocabulary
    from wfst_bias.training.conformer.ctc import ctc_recipe, limited, train_conformer

    if threads:
        torch.set_num_threads(threads)
    recipe = limited(ctc_recipe(config), minutes, steps, batch_seconds)
    excluded = frozenset(read_vocabulary(exclude)) if exclude else frozenset()
    weights, corpora = train_conformer(recipe, data, exp, lang, phones, valid, device, texts, excluded)
    click.echo(f"{weights}: trained on {len(corpora[0].cuts):,} utterances, validated on {len(corpora[1].cuts):,}")


@model.command("export", short_help="Write a model as ONNX, TorchScript or a folder.")
@click.argument("exp", type=PATH)
@click.argument("out", type=PATH, metavar="OUT")
def model_export(exp: Path, out: Path) -> None:
    """Write the model of EXP: OUT.onnx (sherpa-onnx reads it, too), OUT.pt (TorchScript), or a folder to ship.

    A folder holds all that '--model conformer:OUT' needs, the weights in half precision.

    \b
    Example: wfst-bias model export exp/small small.onnx
    """
    from wfst_bias.acoustic.conformer_export import export

    export(exp, out)
    click.echo(f"{out}: written; its tokens are those of {exp / 'tokens.txt'}")


@model.command("emissions", short_help="Store the emissions of a model, to decode often.")
@click.argument("spec", metavar="MODEL")
@click.argument("data", type=PATH)
@click.argument("out", type=PATH, metavar="OUT")
@device_option
def model_emissions(spec: str, data: Path, out: Path, device: str) -> None:
    """Store the emissions of MODEL (as of 'decode --model') for DATA, for many decodings: --model archive:OUT/emissions.npz.

    The words found are the same, without the network's time; an adapter that reads hidden layers needs the model itself.

    \b
    Example: wfst-bias model emissions hama data/test exp/emissions
    """
    from wfst_bias.acoustic.archive import ARRAYS, write_archive
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.data.cuts import read_data
    from wfst_bias.decode.search import usable_device
    from wfst_bias.recognize.emissions import EmissionPipeline, batches

    made = load_model(spec, usable_device(device))
    computed = map(EmissionPipeline(made).model_emissions, batches(read_data(data), batch_size=1))
    count = write_archive(out, made, spec, computed)
    click.echo(f"{out / ARRAYS}: of {count:,} utterances")


@model.command("info", short_help="Show sizes, tokens and last validation of a model.")
@click.argument("exp", type=PATH)
def model_info(exp: Path) -> None:
    """Sizes, tokens and last validation of the model of EXP."""
    from tabulate import tabulate

    from wfst_bias.acoustic.conformer_model import summary
    from wfst_bias.training.curves import last_values

    facts = summary(exp)
    units = facts.vocabulary
    rows = [
        ("layers", f"{facts.config.num_layers} of width {facts.config.dim}"),
        ("subword heads", f"layers {', '.join(map(str, (*facts.config.subword_layers, facts.config.num_layers)))}"),
        ("phone head", f"layer {facts.config.phone_layer}"),
        (
            "tokens",
            f"{len(units.subwords.tokens)} {units.subwords.kind}, {len(units.phones.tokens)} {units.phones.kind}",
        ),
        ("weights", f"{sum(facts.num_weights.values()):,}, {facts.num_bytes / 1e6:.1f} MB"),
        *((f"  {name}", f"{count:,}") for name, count in facts.num_weights.items()),
        *((f"valid {name}", f"{value:.4g}") for name, value in last_values(exp, "valid").items()),
    ]
    click.echo(tabulate(rows, tablefmt="plain", disable_numparse=True))
