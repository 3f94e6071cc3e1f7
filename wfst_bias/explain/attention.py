"""The attention of an adapter in one utterance, drawn over the words that are recognized there."""

from pathlib import Path
from typing import List, Sequence, Tuple

from lhotse import MonoCut

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.adapter.adapter import Adapter
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import Word
from wfst_bias.explain.attention_plot import write_attention_plot
from wfst_bias.graph.store import read_decoding
from wfst_bias.recognize.biasing import Biasing, OneGraph
from wfst_bias.recognize.recognizer import Recognizer


def plot_attention(
    graph_dir: Path,
    data: Path,
    utterance: str,
    out: Path,
    model: AcousticModel,
    emission_adapter: EmissionAdapter,
    top: int,
) -> None:
    """Draw the attention of ``emission_adapter``'s adapter to the list of a compiled graph.

    Args:
      graph_dir: a graph with a list; the utterance is decoded with it, too.
      data: where the utterance is.
      utterance: its name.
      out: PNG or SVG, as it ends.
      top: phrases to show, those attended to most.

    Raises:
      InputError: there is no such utterance, no list, no adapter, or ``out`` ends in something else.
    """
    _adapter_of(emission_adapter)
    decoder = Decoder(read_decoding(graph_dir))
    if not decoder.graph.entities:
        raise InputError("has no list to attend to; name a graph of 'wfst-bias graph compile'", graph_dir)
    cut = next((cut for cut in read_data(data) if cut.id == utterance), None)
    if cut is None:
        raise InputError(f"has no utterance {utterance!r}; name one of its wav.scp, segments or cuts", data)
    write_attention_plot(out, *attention_to_phrases(cut, model, emission_adapter, OneGraph(decoder)), top)


def attention_to_phrases(
    cut: MonoCut, model: AcousticModel, emission_adapter: EmissionAdapter, biasing: Biasing
) -> Tuple[FloatArray, List[str], Seconds, Sequence[Word]]:
    """The attention in one utterance, which is decoded again.

    Args:
      emission_adapter: with an adapter.
      biasing: whose list of the utterance is attended to, and which it is decoded with.

    Returns:
      attention to each phrase in each frame ``(T, E)``, the phrases, the frame shift and the words.
    """
    adapter = _adapter_of(emission_adapter)
    recognizer = Recognizer(model=model, biasing=biasing, adapter=emission_adapter)
    emissions = recognizer.emissions([cut])
    calibrated = EmissionAdapter(emission_adapter.calibration).changed(emissions.model, emissions.lists)
    attended = adapter.attend(calibrated, emissions.lists)
    (transcript,) = recognizer.search(emissions).transcripts
    attention = attended.of_entities(0, emissions.model.log_probs.shape[1]).cpu().numpy()
    written = [entity.written for entity in attended.catalogues[0].entities]
    return attention, written, emissions.model.frame_shift, transcript.words


def _adapter_of(emission_adapter: EmissionAdapter) -> Adapter:
    if emission_adapter.adapter is None:
        raise InputError("there is no adapter to look at: none comes with this model; name a folder with --adapter")
    return emission_adapter.adapter
