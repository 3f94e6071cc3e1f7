"""``wfst-bias report``: a page of what lists and stages change."""

from pathlib import Path
from typing import Optional, Tuple

import click

from wfst_bias.cli.options import LIST, PATH, device_option, format_option_in
from wfst_bias.cli.sections import Command, in_section

_number = click.IntRange(0)
_SCORING, _SHOWN = "How it is scored", "What the page shows"


@click.command(
    cls=Command,
    common=("--entities", "--audio", "--tables", "--plots"),
    short_help="Make a page of what lists and stages change.",
)
@click.argument("decode_dirs", type=PATH, nargs=-1, required=True, metavar="DECODE_DIR...")
@click.argument("out", type=PATH, metavar="OUT.html")
@in_section(_SCORING, "--data", type=PATH, help="What was decoded, if it is no longer where it was.")
@click.option(
    "--entities", type=LIST, metavar="LIST", help="Score by this list instead of those that were decoded with."
)
@format_option_in(_SCORING)
@in_section(_SCORING, "--biasing", type=PATH, metavar="TSV", help="Score each utterance by its own list.")
@in_section(_SCORING, "--utterances", type=PATH, metavar="FILE", help="Score only these, one name a line.")
@in_section(_SCORING, "--librispeech", is_flag=True, help="Count words as score.py of the public LibriSpeech lists does.")
@click.option("--tables", type=PATH, metavar="FILE.md", help="Write the ladders there, too, as a table of Markdown.")
@click.option("--plots", type=PATH, metavar="DIR", help="Write the plots there, too, as PNG and SVG.")
@in_section(
    _SHOWN,
    "--changes",
    type=_number,
    default=40,
    help="Changed utterances to show of each step, those with the most changed phrases.",
)
@in_section(_SHOWN, "--alarms", type=_number, default=30, help="False alarms to show of each folder, the most confident.")
@in_section(
    _SHOWN,
    "--details", type=_number, default=6, help="Utterances to show in detail, those with the most changed phrases."
)
@in_section(
    _SHOWN,
    "--utterance", "named", multiple=True, metavar="NAME", help="Show this one in detail, too; may be given again."
)
@click.option(
    "--audio",
    type=_number,
    default=0,
    help="How many of those in detail have their audio in the page; a second of it takes 25 kB.",
)
@in_section(
    _SHOWN,
    "--lattices", type=_number, default=3, help="How many have a picture of their lattice in the last folder."
)
@in_section(
    _SHOWN,
    "--attention",
    type=_number,
    default=0,
    help="How many have a picture of the attention of the last folder's adapter; they are decoded again.",
)
@device_option
def report(
    decode_dirs: Tuple[Path, ...],
    out: Path,
    data: Optional[Path],
    entities: Optional[Path],
    format_name: str,
    biasing: Optional[Path],
    utterances: Optional[Path],
    librispeech: bool,
    tables: Optional[Path],
    plots: Optional[Path],
    changes: int,
    alarms: int,
    details: int,
    named: Tuple[str, ...],
    audio: int,
    lattices: int,
    attention: int,
    device: str,
) -> None:
    """Compare each DECODE_DIR with the one before, and each of their stages, in one page that needs no network.

    Its title is the result in a sentence. It has the table of 'score --ladder' with intervals, plots, the utterances
    that changed, the false alarms with their evidence, and some utterances in detail.

    Data and lists are those that the folders were decoded with; a folder without a list is scored by each list of the
    others. Folders whose names differ in numbers only, decode_100 and decode_1000, or decode_bonus_2 and
    decode_bonus_3.5, are one line in the plots: F1 against the size of the list, precision against recall.

    \b
    Examples:
    wfst-bias report exp/decode_none exp/decode_names report.html --audio 6
    wfst-bias report exp/decode_none exp/decode_100 exp/decode_1000 report.html --plots exp/plots
    """
    from wfst_bias.decode.search import usable_device
    from wfst_bias.report.config import ReportConfig
    from wfst_bias.report.page import check_page, write_report
    from wfst_bias.report.report import make_report

    _check(entities, biasing, librispeech)
    check_page(out)
    shown = ReportConfig(changes, alarms, details, audio, lattices, attention, named)
    scored = (entities, biasing, utterances, format_name, librispeech)
    made = make_report(decode_dirs, data, *scored, config=shown, device=usable_device(device))
    write_report(made, out, plots, tables)
    click.echo(f"{made.headline}.\n{out}: {made.size_in_words}; {out.stat().st_size / 1e6:.1f} MB")


def _check(entities: Optional[Path], biasing: Optional[Path], librispeech: bool) -> None:
    """Raise a usage error where options exclude each other."""
    if entities and biasing:
        raise click.UsageError("give --entities or --biasing, not both")
    if librispeech and entities:
        raise click.UsageError("--librispeech counts by lists for each utterance: name them with --biasing")
