"""``wfst-bias tune``: weights for a development set."""

from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional, Tuple

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.decoding import decoding_options
from wfst_bias.cli.options import PATH
from wfst_bias.cli.sections import Command

if TYPE_CHECKING:
    from wfst_bias.recognize.setup import DecodeSetup


@click.command(
    cls=Command,
    common=("--utterances", "--max-u-wer-rise", "--max-false-alarms", "--model", "--stages", "--device"),
    short_help="Find bonuses, boost and language model weight on a development set.",
)
@click.argument("paths", type=BASE, nargs=-1, metavar="BASE_DIR [LIST] DATA OUT.conf")
@click.option("--utterances", type=PATH, metavar="FILE", help="Tune on these only, one name a line; score the others.")
@click.option(
    "--max-u-wer-rise",
    type=click.FloatRange(0),
    default=0.2,
    show_default=True,
    help="Errors in words outside LIST may be this far above those without a list; absolute percent.",
)
@click.option(
    "--max-false-alarms",
    type=click.FloatRange(0),
    help="Phrases an hour that are found where they were not spoken, at most; those of the first weights by default.",
)
@decoding_options
def tune(
    paths: Tuple[Path, ...],
    utterances: Optional[Path],
    max_u_wer_rise: float,
    max_false_alarms: Optional[float],
    setup_of: "Callable[..., DecodeSetup]",
    device: str,
    batch_size: int,
) -> None:
    """Find class bonuses, boost and language model weight for DATA, and write them to OUT.conf for --config.

    DATA has texts. The options are the first weights; one after the other is changed to what finds more phrases of LIST
    (F1), as long as the words outside it and false alarms keep within the caps. The list and its pronunciations stay
    as they are. The language model's weight is the inverse of --search-acoustic-scale. With --stages rescore, the weight
    of phone rescoring is tuned, too. Gates and stages are run in each trial as 'decode' runs them. There is no LIST where
    utterances have lists of their own, by --biasing or --entities-by.

    \b
    Examples:
    wfst-bias tune exp/base names.txt data/dev exp/tuned.conf
    wfst-bias graph compile exp/base names.txt exp/names --config exp/tuned.conf
    wfst-bias decode exp/names data/test exp/decode --config exp/tuned.conf
    wfst-bias tune exp/base data/dev exp/tuned.conf --biasing dev.biasing_100.tsv
    """
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.decode.search import usable_device
    from wfst_bias.score.texts import read_names
    from wfst_bias.tune.setup import first_weights, other_configs, tuner_of
    from wfst_bias.tune.tuner import Caps, write_config

    base_dir, entities, data, out = _paths(paths)
    setup = setup_of(graph=base_folder(base_dir), data=data)
    if (entities is None) != setup.has_own_lists:
        raise click.UsageError("give a LIST, or lists of utterances by --biasing or --entities-by, and not both")
    texts = read_texts(data)
    names = set(read_names(utterances, texts) if utterances else texts)
    tuner = tuner_of(setup, entities, texts, names, usable_device(device), batch_size)
    trials = []
    for trial in tuner.tuned(first_weights(setup), Caps(max_u_wer_rise, max_false_alarms)):
        trials.append(trial)
        click.echo(trial.describe(trials[0]))
    listed = entities or setup.biasing or (setup.entities_by and setup.entities_by[1])
    comment = f"tuned on {len(names):,} utterances of {data} with the phrases of {listed}"
    write_config(out, trials, comment, other_configs(setup))
    click.echo(f"{out}: written after {tuner.num_trials} trials; give it to 'graph compile' and 'decode' as --config")


def _paths(paths: Tuple[Path, ...]) -> Tuple[Path, Optional[Path], Path, Path]:
    """Base folder, list, data and output."""
    if len(paths) == 4:
        return paths
    if len(paths) == 3:
        base_dir, data, out = paths
        return base_dir, None, data, out
    raise click.UsageError(
        f"found {len(paths)} arguments; BASE_DIR LIST DATA OUT.conf were expected, or those without LIST"
    )
