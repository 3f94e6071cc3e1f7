"""Audio, lattices and attention of some utterances, to be put into a page."""

import base64
import io
from pathlib import Path
from typing import Collection, Dict, Optional, Sequence

import soundfile
import torch
from lhotse import MonoCut

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.explain.attention import attention_to_phrases
from wfst_bias.explain.attention_plot import attention_picture
from wfst_bias.graph.store import folder_key
from wfst_bias.lattice.archive import OF_WORDS
from wfst_bias.lattice.draw import lattice_picture
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.rescored import pruned
from wfst_bias.lattice.stored import stored_lattices
from wfst_bias.lattice.utterances import by_utterance
from wfst_bias.lattice.word_lattice import WordLattice
from wfst_bias.recognize.biasing import Biasing
from wfst_bias.recognize.setup import DecodeSetup
from wfst_bias.report.folders import DecodeFolder

SAMPLING_RATE = 16000
_MOST_ARCS = 50  # of a lattice that is read at a glance
_BEAMS = (8.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.5)
_MOST_PHRASES = 10  # of a list, in a picture of attention
_ATTENTION = "#c2410c"


def cuts_of(data: Path, utterances: Sequence[str]) -> Dict[str, MonoCut]:
    """Find the cuts of utterances.

    Raises:
      InputError: one is not there.
    """
    wanted = set(utterances)
    found = {cut.id: cut for cut in read_data(data) if cut.id in wanted} if wanted else {}
    missing = next((name for name in utterances if name not in found), None)
    if missing is not None:
        raise InputError(f"has no utterance {missing!r}; name one of its wav.scp, segments or cuts", data)
    return found


def sound(cut: MonoCut) -> str:
    """Return an utterance at 16 kHz as a FLAC in a data URL; every browser plays it."""
    stream = io.BytesIO()
    soundfile.write(stream, load_audio(cut, SAMPLING_RATE), SAMPLING_RATE, format="FLAC", subtype="PCM_16")
    return f"data:audio/flac;base64,{base64.b64encode(stream.getvalue()).decode()}"


def with_lattices(folders: Sequence[DecodeFolder]) -> Optional[DecodeFolder]:
    """Return the last folder with lattices of words."""
    return next((folder for folder in reversed(folders) if folder.meta.get("lattices") == OF_WORDS), None)


def lattice_pictures(folder: DecodeFolder, utterances: Collection[str]) -> Dict[str, bytes]:
    """Draw the lattice of each utterance, within the widest beam that can be read; none where it has no path.

    Of a long utterance it is that of the first segment whose best path has a phrase of the list, else of the first one.
    """
    wanted, found = set(utterances), {}
    stored = stored_lattices(folder.path)
    for segments in by_utterance(stored) if wanted else ():
        lattices = [lattice for lattice, _ in segments if lattice.num_arcs]
        name = segments[0][0].utterance
        if name in wanted:
            wanted.remove(name)
            if lattices:
                shown = next((one for one in lattices if _has_phrase(one, stored.words)), lattices[0])
                found[name] = lattice_picture(_readable(shown), stored.words, ".svg", folder.meta.get("frame_shift"))
        if not wanted:
            break
    return found


def _has_phrase(lattice: WordLattice, words: SymbolTable) -> bool:
    return any(hypothesis.phrases for hypothesis in nbest_of(lattice, 1, words).hypotheses)


def _readable(lattice: WordLattice) -> WordLattice:
    for beam in _BEAMS:
        if lattice.num_arcs <= _MOST_ARCS:
            break
        lattice = pruned(lattice, beam)
    return lattice


def with_adapter(folders: Sequence[DecodeFolder]) -> Optional[DecodeFolder]:
    """Return the last folder that was decoded with an adapter."""
    return next((folder for folder in reversed(folders) if folder.has_adapter), None)


def attention_pictures(folder: DecodeFolder, cuts: Sequence[MonoCut], device: torch.device) -> Dict[str, bytes]:
    """Draw the attention of a folder's adapter in each utterance, which are decoded again.

    Raises:
      InputError: graph, model or lists are not what or where they were.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    if not cuts:
        return {}
    try:
        setup = DecodeSetup.from_meta(dict(folder.meta))
    except KeyError as error:
        raise InputError(f"does not have {error}; decode anew, or leave --attention out", folder.path) from None
    for option, file in setup.files.items():
        if option != "data" and not file.exists():
            raise InputError(f"is not there any more, and attention needs it ({option}); leave --attention out", file)
    if folder_key(setup.graph) != folder.meta.get("graph_key"):
        raise InputError(f"is not the graph that {folder.path} was decoded with; leave --attention out", setup.graph)
    model, adapter = setup.acoustics(device)
    biasing = _biasing(setup, device)
    rgb = to_rgb(_ATTENTION)
    colors = LinearSegmentedColormap.from_list("attention", [(*rgb, 0.0), (*rgb, 1.0)])  # on any ground
    pictures = {}
    for cut in cuts:
        attended = attention_to_phrases(cut, model, adapter, biasing)
        pictures[cut.id] = attention_picture(*attended, _MOST_PHRASES, ".svg", colors, cut.id)
    return pictures


def _biasing(setup: DecodeSetup, device: torch.device) -> Biasing:
    if not setup.has_own_lists:
        return setup.one_graph(device)
    base = setup.base(device)
    return setup.own_lists(base, *setup.lists(base))
