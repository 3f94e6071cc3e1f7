"""``wfst-bias decode``: a corpus to words and lattices."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Sequence

import click

from wfst_bias.cli.decoding import decoding_options
from wfst_bias.cli.options import PATH, was_given
from wfst_bias.second_pass.config import VERIFY

if TYPE_CHECKING:
    from wfst_bias.entities.outcome import Outcome
    from wfst_bias.recognize.setup import DecodeSetup


@click.command()
@click.argument("graph_dir", type=PATH)
@click.argument("data", type=PATH)
@click.argument("decode_dir", type=PATH)
@click.option(
    "--list",
    "--adapter-list",
    "side_list",
    type=PATH,
    metavar="LIST",
    help="Phrases for the adapter and the stages; else those of the graph, or of each utterance's own list.",
)
@decoding_options
@click.option(
    "--lattices",
    "lattice_form",
    type=click.Choice(["words", "frames"]),
    default="words",
    show_default=True,
    help="What an arc of lat.1.gz is: a word (each word sequence once, Kaldi's CompactLattice), or a frame (all paths).",
)
@click.option(
    "--nbest",
    "num_best",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="N",
    help="Write the N best word sequences of each utterance and their terms into nbest.jsonl; a wider "
    "--search-output-beam holds more.",
)
def decode(
    graph_dir: Path,
    data: Path,
    decode_dir: Path,
    side_list: Optional[Path],
    setup_of: "Callable[..., DecodeSetup]",
    device: str,
    lattice_form: str,
    num_best: int,
    batch_size: int,
) -> None:
    """Decode DATA, a Kaldi data folder or a lhotse cut manifest, with GRAPH_DIR into DECODE_DIR.

    Writes text, text.display (the phrases as LIST writes them), ctm and ctm.with_list (words with confidences, without
    what the list pays and with it), entities.jsonl (each entity found, with its evidence and its competitor), lat.1.gz
    (Kaldi text lattices) with lat.1.terms.jsonl.gz (what list and boost have in their scores),
    words.txt, with --nbest nbest.jsonl, and meta.json, all of them or none. A base folder decodes, too: without a list,
    or, with --biasing or --entities-by, with a list for each utterance. The class and G2G options are for these alone:
    a compiled graph has its own.

    TSV has rows 'UTTERANCE<TAB>TEXT<TAB>["rare word", ...]<TAB>["phrase", ...]', of which the last column counts here;
    MAP has rows 'VALUE LIST', LIST being relative to MAP, or '-' for none.

    Examples:

    wfst-bias decode exp/names data/test exp/decode_names

    wfst-bias decode exp/base data/test exp/decode_own --biasing test.biasing_100.tsv

    wfst-bias decode exp/names data/test exp/decode_names --model onnx:nemo/model.onnx
    """
    from wfst_bias.decode.search import usable_device
    from wfst_bias.recognize.decode import decode_setup

    setup = setup_of(graph=graph_dir, data=data, side_list=side_list)
    if (was_given("class") or was_given("g2g")) and not setup.has_own_lists:
        raise click.UsageError("the class and G2G options are compiled into a graph: give them to 'graph compile'")
    decoding = decode_setup(setup, usable_device(device))
    _report_unusable(decoding.unusable)
    if VERIFY in setup.stages.names and not decoding.has_lists:
        raise click.UsageError("verify removes phrases of a list, and the graph has none: compile one")
    _report_decoded(decode_dir, decoding.decode(decode_dir, batch_size, lattice_form, num_best))


def _report_decoded(decode_dir: Path, meta: Dict[str, Any]) -> None:
    """Counts and times of a decoding, and which transcripts are empty."""
    click.echo(
        f"{decode_dir}: {meta['num_utterances']:,} utterances, {meta['audio_seconds']:,.0f} s of audio, "
        f"{meta['num_entities_found']:,} entities found; search {meta['search_real_time_factor']} of real time, "
        f"acoustic model {meta['acoustic_real_time_factor']}"
    )
    if meta["empty_transcripts"]:
        names = ", ".join(meta["empty_transcripts"][:5])
        click.echo(f"{len(meta['empty_transcripts'])} transcripts are empty: {names} ...", err=True)


def _report_unusable(outcomes: "Sequence[Outcome]") -> None:
    """The first phrases that cannot be used, and where to find the rest."""
    if outcomes:
        some = ", ".join(f"{outcome.entity.written!r} {outcome.note}" for outcome in outcomes[:3])
        click.echo(
            f"wfst-bias: not used: {len(outcomes):,} of the phrases: {some} ...; report.tsv has them all", err=True
        )
