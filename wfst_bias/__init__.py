"""Teach a CTC speech recognizer new words without retraining it.

The names below are loaded when they are first used, so ``import wfst_bias`` loads neither torch nor k2.
"""

import importlib
from typing import TYPE_CHECKING, Any, List

__version__ = "0.2.0"

_MODULE_OF = {
    "AcousticModel": "wfst_bias.acoustic.emissions",
    "ClassConfig": "wfst_bias.graph.config",
    "Emissions": "wfst_bias.acoustic.emissions",
    "Entity": "wfst_bias.entities.entity",
    "InputError": "wfst_bias.core.errors",
    "Recognition": "wfst_bias.recognize.recognition",
    "Recognizer": "wfst_bias.recognize.recognizer",
    "SearchConfig": "wfst_bias.decode.config",
    "compile_base": "wfst_bias.graph.compile",
    "compile_graph": "wfst_bias.graph.compile",
    "load_model": "wfst_bias.acoustic.models",
    "read_base": "wfst_bias.graph.store",
    "read_entities": "wfst_bias.entities.lists",
}

__all__ = ["__version__", *_MODULE_OF]

if TYPE_CHECKING:
    from wfst_bias.acoustic.emissions import AcousticModel as AcousticModel
    from wfst_bias.acoustic.emissions import Emissions as Emissions
    from wfst_bias.acoustic.models import load_model as load_model
    from wfst_bias.core.errors import InputError as InputError
    from wfst_bias.decode.config import SearchConfig as SearchConfig
    from wfst_bias.entities.entity import Entity as Entity
    from wfst_bias.entities.lists import read_entities as read_entities
    from wfst_bias.graph.compile import compile_base as compile_base
    from wfst_bias.graph.compile import compile_graph as compile_graph
    from wfst_bias.graph.config import ClassConfig as ClassConfig
    from wfst_bias.graph.store import read_base as read_base
    from wfst_bias.recognize.recognition import Recognition as Recognition
    from wfst_bias.recognize.recognizer import Recognizer as Recognizer


def __getattr__(name: str) -> Any:
    """Load a public name (PEP 562)."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(_MODULE_OF[name]), name)
    return value


def __dir__() -> List[str]:
    return sorted(__all__)
