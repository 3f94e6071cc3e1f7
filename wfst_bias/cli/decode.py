"""``wfst-bias decode`` and ``wfst-bias transcribe``: from audio to words."""

import click

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.cli.graph import class_options
from wfst_bias.cli.options import (
    PATH,
    config_file_option,
    config_options,
    device_option,
    format_option,
    g2g_options,
    model_option,
    upstream_options,
    was_given,
)
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.second_pass.config import STAGES, VERIFY, ChainConfig, LookupConfig, RescoringConfig, VerifyConfig

search_options = config_options(
    SearchConfig,
    "search",
    acoustic_scale="Weight of the emissions against the graph.",
    search_beam="Paths this far below a frame's best are dropped; nats.",
    output_beam="Arcs this far below the best path are kept in the lattice; nats.",
    min_active="States kept a frame, at least.",
    max_active="States kept a frame, at most.",
)
boost_options = config_options(
    BoostConfig,
    "boost",
    alpha="Adaptive boosting: share of a unit's gap to the frame's best that is given back inside an entity; 0 is off.",
    cap="Adaptive boosting: the largest gap that counts; nats.",
    top_k="Adaptive boosting: units of a frame that may be boosted.",
)
gate_options = config_options(
    GateConfig,
    "gate",
    evidence="Phrases are found only by this evidence, if their list has no gate for them: probability of a unit against "
    "the best one, before any boost, the mean over the phrase; 0 is off.",
)

stage_options = config_options(
    ChainConfig,
    "stages",
    prefix="",
    stages="What is done behind the search, in this order, with commas between: rescore (n-best lists by a phone network), "
    "verify (takes unsure phrases back), lookup (phrases where exactly their phones were heard), or none.",
    phone_model="Phone network of rescore and lookup, as --model; else what is searched, or the phone head of the model.",
    phone_lang="Its lang folder; else the lexicon for hama.",
)
rescore_options = config_options(
    RescoringConfig,
    "rescore",
    num_best="Hypotheses of an utterance that are rescored.",
    weight="Share of the acoustic score that the phone network's takes the place of, 0 to 1.",
    measure="What that is: emissions (log-probability of the pronunciations) or distance (weighted phone-edit distance to "
    "what was heard).",
    bound="Phones by which these may differ in number, for distance.",
)
verify_options = config_options(
    VerifyConfig,
    "verify",
    min_confidence="Least posterior of a phrase that a list brought, without what the list pays.",
)
lookup_options = config_options(
    LookupConfig,
    "lookup",
    min_phones="Phones that a phrase must have.",
    max_words="Words that one phrase may replace.",
    min_posterior="Mean probability that the phone network must give to the phones that it heard.",
    min_lead="Nats by which what was heard must be likelier to the phone network than the words that were written.",
    whole_words="Whether a boundary of words must be heard on both sides.",
    keep_listed="Whether phrases of the list that were written stay.",
    variants="Whether phrases may be heard in other ways than list, lexicon and G2P say.",
)


@click.command()
@click.argument("graph_dir", type=PATH)
@click.argument("data", type=PATH)
@click.argument("decode_dir", type=PATH)
@click.option(
    "--biasing",
    type=PATH,
    metavar="TSV",
    help="A list for each utterance, in the form of the public LibriSpeech lists.",
)
@click.option(
    "--entities-by",
    type=(str, PATH),
    metavar="FIELD MAP",
    help="A list for each value of FIELD (speaker, recording, utterance, or a custom field of lhotse cuts): MAP has "
    "'VALUE LIST' lines.",
)
@model_option
@upstream_options
@click.option(
    "--list",
    "--adapter-list",
    "beside",
    type=PATH,
    metavar="LIST",
    help="Phrases for the adapter and the stages; else those of the graph, or of each utterance's own list.",
)
@format_option
@class_options
@g2g_options
@search_options
@boost_options
@gate_options
@stage_options
@rescore_options
@verify_options
@lookup_options
@config_file_option
@device_option
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
@click.option(
    "--batch-size", type=click.IntRange(1), default=4, show_default=True, help="Utterances searched together."
)
def decode(
    graph_dir,
    data,
    decode_dir,
    biasing,
    entities_by,
    model_spec,
    calibration,
    adapter,
    beside,
    format_name,
    class_config,
    g2g_config,
    search_config,
    boost_config,
    gate_config,
    stages_config,
    rescore_config,
    verify_config,
    lookup_config,
    device,
    lattice_form,
    num_best,
    batch_size,
):
    """Decode DATA, a Kaldi data folder or a lhotse cut manifest, with GRAPH_DIR into DECODE_DIR.

    Writes text, text.display (the phrases as LIST writes them), ctm and ctm.with_list (words with confidences, without
    what the list pays and with it), entities.jsonl (each entity found, with its evidence and its rival), lat.1.gz
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
    from wfst_bias.data.cuts import read_data
    from wfst_bias.decode.search import usable_device
    from wfst_bias.recognize.decode import decode_corpus
    from wfst_bias.recognize.setup import DecodeSetup

    setup = DecodeSetup(
        graph=graph_dir,
        data=data,
        model=model_spec,
        calibration=calibration,
        adapter=adapter,
        beside=beside,
        biasing=biasing,
        entities_by=entities_by,
        list_format=format_name,
        class_config=class_config,
        g2g=g2g_config,
        search=search_config,
        boost=boost_config,
        gate=gate_config,
        stages=stages_config,
        rescore=rescore_config,
        verify=verify_config,
        lookup=lookup_config,
    )
    if biasing and entities_by:
        raise click.UsageError("give --biasing or --entities-by, not both")
    if (was_given("class") or was_given("g2g")) and not setup.has_own_lists:
        raise click.UsageError("the class and G2G options are compiled into a graph: give them to 'graph compile'")
    for stage in STAGES:
        if was_given(stage) and stage not in stages_config.names:
            raise click.UsageError(f"--{stage}-... are options of a stage that is not run: add --stages {stage}")
    if (stages_config.phone_model or stages_config.phone_lang) and not stages_config.hears:
        raise click.UsageError("no stage hears a phone network: add --stages rescore, lookup or both")
    device = usable_device(device)
    if beside and setup.has_own_lists:
        raise click.UsageError("each utterance has a list of its own: leave --list out")
    model, upstream = setup.acoustics(device)
    if setup.has_own_lists:
        base = setup.base(device)
        own = setup.own_lists(base, *setup.lists(base))
        _tell_unusable(own.unusable)
    else:
        own = setup.one_graph(device)
    if VERIFY in stages_config.names and not (setup.has_own_lists or own.meta["num_phrases"]):
        raise click.UsageError("verify takes phrases back that a list brought, and the graph has none: compile one")
    meta = decode_corpus(
        read_data(data),
        model,
        own,
        decode_dir,
        batch_size,
        model_name=model_spec,
        upstream=upstream,
        sources=setup.meta,
        lattice_form=lattice_form,
        num_best=num_best,
        chain=setup.chain(model, own, device),
    )
    click.echo(
        f"{decode_dir}: {meta['num_utterances']:,} utterances, {meta['audio_seconds']:,.0f} s of audio, "
        f"{meta['num_entities_found']:,} entities found; search {meta['search_real_time_factor']} of real time, "
        f"acoustic model {meta['acoustic_real_time_factor']}"
    )
    if meta["empty_transcripts"]:
        names = ", ".join(meta["empty_transcripts"][:5])
        click.echo(f"{len(meta['empty_transcripts'])} transcripts are empty, nothing was heard: {names} ...", err=True)


def _tell_unusable(outcomes):
    """A line for the first of them, and where the rest is told."""
    if outcomes:
        some = ", ".join(f"{outcome.entity.written!r} {outcome.note}" for outcome in outcomes[:3])
        click.echo(
            f"wfst-bias: not used: {len(outcomes):,} of the phrases: {some} ...; report.tsv has them all", err=True
        )


@click.command()
@click.argument("audio", type=PATH, nargs=-1, required=True)
@click.option(
    "--entities", type=PATH, metavar="LIST", help="Phrases to look out for, one a line; or a domain, such as medicine."
)
@format_option
@upstream_options
@class_options
@g2g_options
@search_options
@boost_options
@gate_options
@config_file_option
@device_option
def transcribe(
    audio,
    entities,
    format_name,
    calibration,
    adapter,
    class_config,
    g2g_config,
    search_config,
    boost_config,
    gate_config,
    device,
):
    """Transcribe audio files; with a list, the entities found are marked, with time and evidence.

    The first call builds lexicon, language model and graph (a minute) into the cache folder.

    Example: wfst-bias transcribe meeting.wav --entities names.txt
    """
    from wfst_bias.acoustic.models import HAMA, load_model
    from wfst_bias.adapter.default import emission_adapter_of
    from wfst_bias.decode.search import usable_device
    from wfst_bias.recognize.recognizer import Recognizer

    device = usable_device(device)
    model = load_model(HAMA, device)
    recognizer = Recognizer(
        model=model,
        adapter=emission_adapter_of(model, HAMA, calibration, adapter, device),
        search=search_config,
        boost=boost_config,
        gate=gate_config,
        device=device,
        batch_size=1,
    )
    if entities:
        recognizer = recognizer.biased(entities, class_config, g2g_config, format_name)
    for outcome in recognizer.outcomes.unusable:
        click.echo(f"wfst-bias: {entities}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True)
    for result in recognizer.transcribe(audio):
        heard = result.transcript.marked() or "(no speech was heard)"
        click.echo(f"{result.name}: {heard}" if len(audio) > 1 else heard)
        for entity in result.entities:
            click.echo(f"    {entity.describe()}")
        for entity in result.transcript.rejected:
            click.echo(f"    refused, its gate is {entity.gate:g}: {entity.describe()}")
