"""``wfst-bias explain``: why a phrase was found, or was not."""

from pathlib import Path
from typing import Optional

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.options import PATH, device_option
from wfst_bias.cli.sections import Command, in_section


@click.command(cls=Command, short_help="Explain why a phrase was found in an utterance, or was not.")
@click.argument("decode_dir", type=PATH)
@click.argument("utterance")
@click.argument("phrase")
@in_section("What has moved since", "--graph", type=BASE, metavar="GRAPH_DIR", help="Where the graph is now.")
@in_section("What has moved since", "--data", type=PATH, help="Where the data are now.")
@in_section("What has moved since", "--lists", type=PATH, metavar="FILE", help="Where the TSV, MAP or LIST of 'decode' is now.")
@in_section("What has moved since", "--model", metavar="SPEC", help="The acoustic model, as it is named now.")
@in_section("What has moved since", "--calibration", metavar="DIR", help="Where the calibration is now.")
@in_section("What has moved since", "--adapter", metavar="DIR", help="Where the adapter is now.")
@device_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON, with all numbers.")
def explain(
    decode_dir: Path,
    utterance: str,
    phrase: str,
    graph: Optional[Path],
    data: Optional[Path],
    lists: Optional[Path],
    model: Optional[str],
    calibration: Optional[str],
    adapter: Optional[str],
    device: str,
    as_json: bool,
) -> None:
    """Explain why PHRASE of a list was found in UTTERANCE of DECODE_DIR, or was not.

    The utterance is decoded again, with what DECODE_DIR/meta.json names (paths as they were given then): once as it was and
    once with paths that must have PHRASE, or must not. The explanation is one of these:

    \b
    cannot be used    and why, from report.tsv
    not in the list   and what it would do there, if the graph is a base
    is found          where, and over which words by how much
    is rejected       by its gate; what verification weighed follows, with all features
    left the beam     when, though its path is better than what was written
    loses             to which words and by how many nats: sound, language model, list
    is not close      to anything that was recognized: where it fits best, and which units do not

    Example: wfst-bias explain exp/decode_names utt_0001 Zelenskyy
    """
    from wfst_bias.decode.search import usable_device
    from wfst_bias.explain.phrase import explain_phrase

    options = {"graph": graph and base_folder(graph), "data": data, "model": model, "calibration": calibration, "adapter": adapter}
    moved = {name: value for name, value in options.items() if value is not None}
    explained = explain_phrase(decode_dir, utterance, phrase, moved, lists, usable_device(device))
    click.echo(explained.to_json() if as_json else explained.describe())
