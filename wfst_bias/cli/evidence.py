"""``wfst-bias evidence``: models that tell spoken phrases of a list from false alarms."""

from pathlib import Path
from typing import Optional, Tuple

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.options import PATH, device_option, model_option
from wfst_bias.cli.sections import Group

_COMMON = 5000  # words; the others are rare


@click.group(cls=Group)
def evidence() -> None:
    """Train models that tell spoken phrases of a list from false alarms."""


@evidence.command("train", short_help="Train an evidence model on transcribed speech.")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="DATA... OUT.json")
@click.option(
    "--base", "base_dir", type=BASE, metavar="BASE_DIR", help="Base graph; else 'default', the English one."
)
@model_option
@click.option(
    "--words", type=PATH, metavar="WORDS", help="Rare words to make lists of, one a line; else those of the lexicon."
)
@click.option(
    "--common", type=PATH, metavar="WORDS", help="Words that are never in a list; else the 5,000 most common ones."
)
@click.option("--list-size", type=click.IntRange(1), default=2000, show_default=True, help="Words that are drawn for a list.")
@click.option(
    "--lists", type=click.IntRange(1), default=5, show_default=True, help="Lists of words that nobody says."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another one draws other lists.")
@device_option
def evidence_train(
    paths: Tuple[Path, ...],
    base_dir: Optional[Path],
    model_spec: str,
    words: Optional[Path],
    common: Optional[Path],
    list_size: int,
    lists: int,
    seed: int,
    device: str,
) -> None:
    """Train an evidence model on transcribed speech DATA into OUT.json, for 'decode --stages verify --verify-evidence'.

    The rare words of DATA in a list with others are phrases that were spoken; lists of words that nobody says give false
    alarms, and how many there are in an hour. Of stored emissions (see 'wfst-bias model emissions') it takes minutes.

    \b
    Examples:
    wfst-bias evidence train data/train exp/evidence.json --base exp/base
    wfst-bias evidence train data/a data/b exp/evidence.json --model archive:exp/emissions/emissions.npz
    """
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.decode.search import usable_device
    from wfst_bias.graph.store import read_base
    from wfst_bias.lang.model_langs import read_vocabulary
    from wfst_bias.lm.default import common_words
    from wfst_bias.recognize.emissions import EmissionPipeline
    from wfst_bias.tune.evidence import TrainingLists, read_speech, train_evidence

    *folders, out = paths
    if not folders:
        raise click.UsageError("found one argument; DATA... OUT.json were expected")
    base = read_base(base_folder(base_dir), device)
    speech = read_speech(folders, EmissionPipeline(load_model(model_spec, usable_device(device))))
    never = frozenset(read_vocabulary(common) if common else common_words(_COMMON))
    rare = [word for word in (read_vocabulary(words) if words else base.lang.lexicon.entries) if word not in never]
    made = TrainingLists(tuple(sorted(speech.words - never)), tuple(rare), list_size, lists, seed)
    about = {"model": model_spec, "data": [str(folder) for folder in folders]}
    model, candidates = train_evidence(base, speech, made, about)
    model.write(out)
    num_true = int(candidates.is_true.sum())
    click.echo(
        f"{out}: trained on {num_true:,} spoken and {len(candidates.is_true) - num_true:,} false candidates in "
        f"{speech.hours:.2f} h; give it to 'decode --stages verify' as --verify-evidence"
    )
