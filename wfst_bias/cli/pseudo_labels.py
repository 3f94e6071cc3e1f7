"""``wfst-bias data pseudo-labels``: a cut manifest with the transcripts of a decode folder."""

from pathlib import Path

import click

from wfst_bias.cli.options import PATH
from wfst_bias.cli.sections import Command


@click.command("pseudo-labels", cls=Command, short_help="Write a manifest with the transcripts of a decode folder.")
@click.argument("data", type=PATH)
@click.argument("decode_dir", type=PATH)
@click.argument("out", type=PATH)
def pseudo_labels(data: Path, decode_dir: Path, out: Path) -> None:
    """Write the cuts of DATA with the transcripts of DECODE_DIR as supervisions into OUT, a lhotse cut manifest.

    A supervision has the text, the speaker of DATA, the words with times and confidences as alignment, and the entities
    that were found as custom field. A long recording has one for each segment in which it was searched:
    CutSet.trim_to_supervisions() makes cuts to train on of these. Utterances of failed.jsonl are left out.

    Example: wfst-bias data pseudo-labels data/unlabeled exp/decode_names pseudo.jsonl.gz
    """
    check_output(data, out)
    write_pseudo_labels(data, decode_dir, out)


def check_output(data: Path, out: Path) -> None:
    """Raise :class:`InputError` before long work where a manifest cannot be written."""
    from wfst_bias.core.files import check_not_input
    from wfst_bias.data.cuts import check_manifest_name

    check_manifest_name(out)
    check_not_input(out, data)


def write_pseudo_labels(data: Path, decode_dir: Path, out: Path) -> None:
    """Write the manifest, and how many cuts it has."""
    from wfst_bias.data.cuts import write_cuts
    from wfst_bias.recognize.pseudo_labels import decoded_cuts
    from wfst_bias.score.texts import failed_utterances

    count = write_cuts(decoded_cuts(data, decode_dir), out)
    failed = len(failed_utterances(decode_dir))
    left_out = f"; {failed:,} of failed.jsonl are left out" if failed else ""
    click.echo(f"{out}: {count:,} cuts{left_out}")
