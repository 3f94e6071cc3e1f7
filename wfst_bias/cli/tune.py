"""``wfst-bias tune``: weights for a development set."""

import click

from wfst_bias.cli.decode import boost_options, rescore_options, search_options, stage_options
from wfst_bias.cli.graph import class_options
from wfst_bias.cli.options import (
    PATH,
    config_file_option,
    device_option,
    format_option,
    g2g_options,
    model_option,
    upstream_options,
)


@click.command()
@click.argument("base_dir", type=PATH)
@click.argument("entities", type=PATH, metavar="LIST")
@click.argument("data", type=PATH)
@click.argument("out", type=PATH, metavar="OUT.conf")
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
    help="Phrases an hour that are found where nobody said them, at most; those of the first weights by default.",
)
@format_option
@model_option
@upstream_options
@class_options
@g2g_options
@search_options
@boost_options
@stage_options
@rescore_options
@config_file_option
@device_option
@click.option(
    "--batch-size", type=click.IntRange(1), default=4, show_default=True, help="Utterances searched together."
)
def tune(
    base_dir,
    entities,
    data,
    out,
    utterances,
    max_u_wer_rise,
    max_false_alarms,
    format_name,
    model_spec,
    calibration,
    adapter,
    class_config,
    g2g_config,
    search_config,
    boost_config,
    stages_config,
    rescore_config,
    device,
    batch_size,
):
    """Find class bonuses, boost and language model weight for DATA, and write them to OUT.conf for --config.

    DATA has texts. The options are the first weights; one after the other is changed to what finds more phrases of LIST
    (F1), as long as the words outside it and false alarms keep within the caps. What the list is and how it is said stays
    as it is. The language model's weight is the inverse of --search-acoustic-scale. With --stages rescore, the weight of
    phone rescoring is tuned, too; other stages are only written down.

    Examples:

    wfst-bias tune exp/base names.txt data/dev exp/tuned.conf

    wfst-bias graph compile exp/base names.txt exp/names --config exp/tuned.conf

    wfst-bias decode exp/names data/test exp/decode --config exp/tuned.conf
    """
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.adapter.default import emission_adapter_of
    from wfst_bias.data.cuts import read_data, read_texts
    from wfst_bias.decode.search import usable_device
    from wfst_bias.graph.compile import spelled_list, speller_of
    from wfst_bias.graph.store import read_base
    from wfst_bias.recognize.setup import phone_model_of, pronunciations_of
    from wfst_bias.score.texts import read_names
    from wfst_bias.second_pass.config import RESCORE
    from wfst_bias.tune.tuner import Caps, Tuner, Weights, emissions_of, write_config

    device = usable_device(device)
    texts = read_texts(data)
    names = set(read_names(utterances, texts) if utterances else texts)
    base = read_base(base_dir, device)
    speller = speller_of(base, g2g=g2g_config)
    spelled = spelled_list(entities, speller, format_name=format_name, classes=base.class_names)
    model = load_model(model_spec, device)
    upstream = emission_adapter_of(model, model_spec, calibration, adapter, device)
    phrases = spelled.entities
    cuts = read_data(data).filter(lambda cut: cut.id in names)
    rescores = RESCORE in stages_config.names
    phone_model = phone_model_of(stages_config, model, model_spec, device) if rescores else None
    heard = emissions_of(cuts, model, upstream, phrases, batch_size, phone_model)
    sayings = pronunciations_of(stages_config, phrases, base.known_words, g2g_config) if rescores else None
    tuner = Tuner(base, spelled, heard, texts, device, sayings)
    first = Weights(class_config, boost_config, search_config, rescore_config if rescores else None)
    trials = []
    for trial in tuner.tuned(first, Caps(max_u_wer_rise, max_false_alarms)):
        trials.append(trial)
        rates = {name: f"{rate.value:.2f}" for name, rate in trial.score.rates.items()}
        click.echo(
            f"F1 {rates['F1']}, WER {rates['WER']}, U-WER {rates['U-WER']}, B-WER {rates['B-WER']}, "
            f"{trial.score.false_alarms_per_hour:.1f} false alarms an hour: {trial.weights.told(trials[0].weights)}"
        )
    comment = f"tuned on {len(names):,} utterances of {data} with {len(phrases):,} phrases of {entities}"
    write_config(out, trials, comment, stages_config)
    click.echo(f"{out}: written after {tuner.num_trials} trials; give it to 'graph compile' and 'decode' as --config")
