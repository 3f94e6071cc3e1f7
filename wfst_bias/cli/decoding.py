"""The options of a decoding, which ``decode``, ``transcribe`` and ``tune`` share."""

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable

import click

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.cli.graph import class_options
from wfst_bias.cli.options import (
    PATH,
    adapter_options,
    channel_option,
    config_options,
    device_option,
    format_option_in,
    g2g_options,
    is_set,
    model_option,
    was_given,
    with_options,
)
from wfst_bias.cli.sections import in_section
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.second_pass.config import CONFIDENCE, STAGES, ChainConfig, LookupConfig, RescoringConfig, VerifyConfig

if TYPE_CHECKING:
    from wfst_bias.recognize.setup import DecodeSetup

search_options = config_options(SearchConfig, "search", "Search")
boost_options = config_options(BoostConfig, "boost", "Adaptive boosting")
gate_options = config_options(GateConfig, "gate", "Gates")

stage_options = config_options(ChainConfig, "stages", "Second pass", prefix="")
rescore_options = config_options(RescoringConfig, "rescore", "Rescoring (--stages rescore)")
_verify_options = config_options(
    VerifyConfig,
    "verify",
    "Verification",
    short={
        "min_posterior": "--min-posterior",
        "false_alarms_per_hour": "--false-alarms-per-hour",
        "prior_over": "--prior-over",
    },
)


def verify_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of verification; a confidence that is demanded decides instead of an evidence model that is not named."""

    @functools.wraps(command)
    def with_confidence(*args: Any, verify_config: VerifyConfig, **kwargs: Any) -> Any:
        if is_set("verify_min_confidence") and not is_set("verify_evidence"):
            if is_set("verify_min_posterior") or is_set("verify_false_alarms_per_hour"):
                raise click.UsageError(
                    "--verify-min-confidence decides without an evidence model: leave it out, or leave out --min-posterior "
                    "and --false-alarms-per-hour"
                )
            verify_config = replace(verify_config, evidence=CONFIDENCE)
        return command(*args, verify_config=verify_config, **kwargs)

    return _verify_options(with_confidence)


lookup_options = config_options(LookupConfig, "lookup", "Lookup (--stages lookup)")
LISTS_SECTION = "Lists"
_biasing_option = in_section(
    LISTS_SECTION,
    "--biasing",
    type=PATH,
    metavar="TSV",
    help="A list for each utterance, in the form of the public LibriSpeech lists.",
)
_entities_by_option = in_section(
    LISTS_SECTION,
    "--entities-by",
    type=(str, PATH),
    metavar="FIELD MAP",
    help="A list for each value of FIELD (speaker, recording, utterance, or a custom field of lhotse cuts): MAP has "
    "'VALUE LIST' lines.",
)

_OPTIONS = (
    _biasing_option,
    _entities_by_option,
    model_option,
    channel_option,
    adapter_options,
    format_option_in(LISTS_SECTION),
    class_options,
    g2g_options,
    search_options,
    boost_options,
    gate_options,
    stage_options,
    rescore_options,
    verify_options,
    lookup_options,
    device_option,
    in_section(
        "Search",
        "--batch-size",
        type=click.IntRange(1),
        default=8,
        show_default=True,
        help="Utterances searched together.",
    ),
)
# fields of a setup by the arguments that make them
_FIELDS = {
    "biasing": "biasing",
    "entities_by": "entities_by",
    "model_spec": "model",
    "channel": "channel",
    "calibration": "calibration",
    "adapter": "adapter",
    "format_name": "list_format",
    "class_config": "class_config",
    "g2g_config": "g2g",
    "search_config": "search",
    "boost_config": "boost",
    "gate_config": "gate",
    "stages_config": "stages",
    "rescore_config": "rescore",
    "verify_config": "verify",
    "lookup_config": "lookup",
}


def decoding_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All options of a decoding; the command receives ``setup_of``, ``device`` and ``batch_size``.

    ``setup_of(graph=..., data=..., **more)`` checks the options and returns the
    :class:`~wfst_bias.recognize.setup.DecodeSetup`.
    """

    @functools.wraps(command)
    def with_setup(*args: Any, **kwargs: Any) -> Any:
        values = {field: kwargs.pop(name) for name, field in _FIELDS.items()}

        def setup_of(**more: Any) -> "DecodeSetup":
            from wfst_bias.recognize.setup import DecodeSetup

            setup = DecodeSetup(**values, **more)
            _check(setup)
            return setup

        return command(*args, setup_of=setup_of, **kwargs)

    return with_options(with_setup, *_OPTIONS)


def _check(setup: "DecodeSetup") -> None:
    """Options that contradict each other are an error of usage."""
    if setup.biasing and setup.entities_by:
        raise click.UsageError("give --biasing or --entities-by, not both")
    for stage in STAGES:
        if was_given(stage) and stage not in setup.stages.names:
            raise click.UsageError(f"--{stage}-... are options of a stage that is not run: add --stages {stage}")
    if (setup.stages.phone_model or setup.stages.phone_lang) and not setup.stages.needs_phones:
        raise click.UsageError("no stage uses a phone network: add --stages rescore, lookup or both")
    if setup.side_list and setup.has_own_lists:
        raise click.UsageError("each utterance has a list of its own: leave --list out")
