"""``wfst-bias transcribe``: audio files to text, in one line."""

from pathlib import Path
from typing import Optional, Tuple

import click

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.cli.decoding import boost_options, gate_options, search_options
from wfst_bias.cli.graph import class_options
from wfst_bias.cli.options import (
    PATH,
    adapter_options,
    device_option,
    format_option,
    g2g_options,
)
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.config import ClassConfig


@click.command()
@click.argument("audio", type=PATH, nargs=-1, required=True)
@click.option(
    "--entities", type=PATH, metavar="LIST", help="Phrases to look out for, one a line; or a domain, such as medicine."
)
@format_option
@adapter_options
@class_options
@g2g_options
@search_options
@boost_options
@gate_options
@device_option
def transcribe(
    audio: Tuple[Path, ...],
    entities: Optional[Path],
    format_name: str,
    calibration: str,
    adapter: str,
    class_config: ClassConfig,
    g2g_config: G2GConfig,
    search_config: SearchConfig,
    boost_config: BoostConfig,
    gate_config: GateConfig,
    device: str,
) -> None:
    """Transcribe audio files; with a list, the entities found are marked, with time and evidence.

    The first call builds lexicon, language model and graph (a minute) into the cache folder.

    Example: wfst-bias transcribe meeting.wav --entities names.txt
    """
    from wfst_bias.acoustic.models import HAMA, load_model
    from wfst_bias.adapter.default import emission_adapter_of
    from wfst_bias.decode.search import usable_device
    from wfst_bias.recognize.recognizer import Recognizer

    device_of_search = usable_device(device)
    model = load_model(HAMA, device_of_search)
    recognizer = Recognizer(
        model=model,
        adapter=emission_adapter_of(model, HAMA, calibration, adapter, device_of_search),
        search=search_config,
        boost=boost_config,
        gate=gate_config,
        device=device_of_search,
        batch_size=1,
    )
    if entities:
        recognizer = recognizer.biased(entities, class_config, g2g_config, format_name)
    for outcome in recognizer.outcomes.unusable:
        click.echo(f"wfst-bias: {entities}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True)
    for result in recognizer.transcribe(audio):
        text = result.transcript.marked() or "(no speech was recognized)"
        click.echo(f"{result.name}: {text}" if len(audio) > 1 else text)
        for entity in result.entities:
            click.echo(f"    {entity.describe()}")
        for entity in result.transcript.rejected:
            click.echo(f"    rejected, its gate is {entity.gate:g}: {entity.describe()}")
