"""The recognizer of a command line: a model, and a base with a list or a graph that has one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Optional

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.cli.bases import base_folder, is_default
from wfst_bias.core.errors import InputError
from wfst_bias.decode.config import GateConfig, SearchConfig
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.config import ClassConfig
from wfst_bias.second_pass.config import VerifyConfig

if TYPE_CHECKING:
    from wfst_bias.acoustic.emissions import AcousticModel
    from wfst_bias.core.symbols import SymbolTable
    from wfst_bias.recognize.recognizer import Recognizer


def recognizer_of(
    base_dir: Optional[Path],
    entities: Optional[Path],
    format_name: str,
    model_spec: str,
    calibration: str,
    adapter: str,
    class_config: ClassConfig,
    g2g_config: G2GConfig,
    search_config: SearchConfig,
    boost_config: BoostConfig,
    gate_config: GateConfig,
    verify_config: VerifyConfig,
    device: str,
) -> "Recognizer":
    """The recognizer that options of the same names describe.

    Args:
      base_dir: base or graph folder; the default base where it is not given, or is 'default'.
      entities: list to put into a base.

    Raises:
      InputError: the graph is of other tokens than the model, or see what is read.
    """
    from wfst_bias.acoustic.models import load_model
    from wfst_bias.adapter.default import emission_adapter_of
    from wfst_bias.decode.search import Decoder, usable_device
    from wfst_bias.graph.store import read_base, read_decoding
    from wfst_bias.recognize.biasing import OneGraph
    from wfst_bias.recognize.recognizer import Recognizer
    from wfst_bias.recognize.verified import verifying_chain

    on_device = usable_device(device)
    model = load_model(model_spec, on_device)
    changes = emission_adapter_of(model, model_spec, calibration, adapter, on_device)
    configs: Dict[str, Any] = {"search": search_config, "boost": boost_config, "gate": gate_config, "device": on_device}
    folder = base_folder(base_dir)
    if entities is None:
        decoder = Decoder(graph := read_decoding(folder), **configs)
        _check_tokens(model, model_spec, graph.tokens, base_dir)
        second_pass = verifying_chain(verify_config if graph.entities else None, model, model_spec)
        return Recognizer(
            model=model, biasing=OneGraph(decoder), adapter=changes, second_pass=second_pass, batch_size=1, **configs
        )
    base = read_base(folder, str(on_device))
    _check_tokens(model, model_spec, base.lang.tokens, base_dir)
    configs["second_pass"] = verifying_chain(verify_config, model, model_spec)
    recognizer = Recognizer(base, model, adapter=changes, batch_size=1, **configs)
    return recognizer.biased(entities, class_config, g2g_config, format_name)


def _check_tokens(model: "AcousticModel", spec: str, tokens: "SymbolTable", base_dir: Optional[Path]) -> None:
    """The graph must be made for the tokens of the model."""
    if model.tokens.checksum == tokens.checksum:
        return
    comes_along = base_dir is None or is_default(base_dir)
    whose = "the base that comes with the package was" if comes_along else "was"
    raise InputError(
        f"{whose} made for {len(tokens)} tokens that are not the {len(model.tokens)} of the model {spec!r}; make a base for "
        "it with 'wfst-bias lang' and 'wfst-bias graph base', and name that with --base",
        None if comes_along else base_dir,
    )
