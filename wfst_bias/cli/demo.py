"""``wfst-bias demo``: what a list does, on speech made on the spot."""

from pathlib import Path

import click

from wfst_bias.cli.options import PATH
from wfst_bias.cli.sections import Command


@click.command(cls=Command, short_help="Speak sentences full of names, decode them, show what a list does.")
@click.option(
    "--out", type=PATH, default=Path("exp/demo"), show_default=True, help="Where audio, graph and results go."
)
@click.option("--sentences", type=click.IntRange(1), default=30, show_default=True, help="How many are synthesized.")
@click.option(
    "--distractors",
    type=click.IntRange(0),
    default=1000,
    show_default=True,
    help="Names in the list that are not spoken.",
)
def demo(out: Path, sentences: int, distractors: int) -> None:
    """Synthesize sentences full of names, decode them without and with a list, and show what changed."""
    from wfst_bias.synth.demo import run_demo

    run_demo(out, sentences, distractors, click.echo)
