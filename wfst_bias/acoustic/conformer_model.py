"""Our own Conformer as an acoustic model, from an experiment folder or a folder to ship."""

import dataclasses
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional, Sequence, Tuple, Union

import torch

from wfst_bias.acoustic.conformer import Conformer
from wfst_bias.acoustic.conformer_config import HAMA, ConformerConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.features import SAMPLING_RATE, log_mel
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.acoustic.windows import LONGEST_WINDOW
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file, publish_folder, read_json
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.core.types import FloatArray
from wfst_bias.lang.units import Units

META, WEIGHTS = "conformer.json", "model.pt"
_TOKENS, _PHONES, _PIECE_MODEL = "tokens.txt", "phones.txt", "bpe.model"
KIND = "conformer"
_OVERLAP_ON_HAMA = 4.0  # seconds, of windows


@dataclass(frozen=True)
class ConformerVocabulary:
    """The output units of the two heads.

    Args:
      subwords: units of the subword head.
      phones: units of the phone head.
      piece_model: the sentencepiece model of the subwords; empty for characters.
    """

    subwords: Units
    phones: Units
    piece_model: bytes = dataclasses.field(default=b"", repr=False)


def write_description(folder: Path, config: ConformerConfig, vocabulary: ConformerVocabulary) -> None:
    """Write all of a model folder but its weights."""
    folder = Path(folder)
    vocabulary.subwords.tokens.write(folder / _TOKENS)
    vocabulary.phones.tokens.write(folder / _PHONES)
    if vocabulary.piece_model:
        publish_file(folder / _PIECE_MODEL, vocabulary.piece_model)
    described = {
        name: {"kind": units.kind, "boundary": units.boundary, "word_start": units.word_start}
        for name, units in (("subwords", vocabulary.subwords), ("phones", vocabulary.phones))
    }
    meta = {"kind": KIND, "config": dataclasses.asdict(config), "units": described}
    publish_file(folder / META, json.dumps(meta, indent=2, ensure_ascii=False) + "\n")


def read_description(folder: Path) -> Tuple[ConformerConfig, ConformerVocabulary]:
    """Read the config and the vocabulary of a model folder.

    Raises:
      InputError: it is no model folder.
    """
    folder = Path(folder)
    if not (folder / META).is_file():
        raise InputError(f"is no folder of a Conformer (no {META}); make one with 'wfst-bias model train'", folder)
    meta = read_json(folder / META)
    tables = (SymbolTable.read(folder / name, first=BLANK) for name in (_TOKENS, _PHONES))
    subwords, phones = (
        Units(units["kind"], table, units["boundary"], units["word_start"])
        for table, units in zip(tables, (meta["units"]["subwords"], meta["units"]["phones"]))
    )
    pieces = folder / _PIECE_MODEL
    vocabulary = ConformerVocabulary(subwords, phones, pieces.read_bytes() if pieces.is_file() else b"")
    return ConformerConfig(**meta["config"]), vocabulary


@dataclass(frozen=True)
class ConformerSummary:
    """The sizes of the model in a folder.

    Args:
      config: sizes.
      vocabulary: output units of the heads.
      num_weights: of each part of the network.
      num_bytes: of the file of weights.
    """

    config: ConformerConfig
    vocabulary: ConformerVocabulary
    num_weights: Dict[str, int]
    num_bytes: int


def summary(folder: Path) -> ConformerSummary:
    """Summarize a model folder whose training has ended."""
    config, vocabulary = read_description(folder)
    parts = {name: sum(w.numel() for w in part.parameters()) for name, part in read_conformer(folder).named_children()}
    return ConformerSummary(config, vocabulary, parts, (Path(folder) / WEIGHTS).stat().st_size)


def read_conformer(folder: Path) -> Conformer:
    """Read the network of a model folder with its weights, in float32, for evaluation."""
    config, vocabulary = read_description(folder)
    path = Path(folder) / WEIGHTS
    if not path.is_file():
        raise InputError("no such file; the training of this model has not ended, run it again", path)
    model = Conformer(config, len(vocabulary.subwords.tokens), len(vocabulary.phones.tokens))
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))  # half precision is widened
    except Exception as error:  # pickle and zip raise anything
        raise InputError(f"does not hold the weights of this model ({error}); train it anew", path) from error
    return model.eval()


def write_shipped(folder: Path, out: Path) -> None:
    """Write a folder that has all that is needed to use the model, with weights in half precision."""
    config, vocabulary = read_description(folder)
    weights = {name: weight.half() for name, weight in read_conformer(folder).state_dict().items()}
    stream = io.BytesIO()
    torch.save(weights, stream)
    with publish_folder(out, KIND, META) as building:
        write_description(building, config, vocabulary)
        publish_file(building / WEIGHTS, stream.getvalue())


class ConformerModel:
    """A Conformer: a :class:`wfst_bias.acoustic.emissions.LayeredModel`, with subwords and phones.

    Args:
      folder: of the experiment, or shipped.
      device: to compute on.
    """

    sampling_rate = SAMPLING_RATE
    longest = LONGEST_WINDOW
    window = LONGEST_WINDOW
    overlap = 16.0  # of windows; what a frame of long audio sees beyond the half of it hardly changes its best token
    longest_attended = 30.0
    """Seconds. Attention is to all of the audio where that is no longer, and to what is near where it is."""

    def __init__(self, folder: Path, device: Union[str, torch.device] = "cpu"):
        _, self.vocabulary = read_description(folder)
        self.name = f"conformer:{folder}"
        self.device = torch.device(device)
        self.network = read_conformer(folder).to(self.device).requires_grad_(False)
        self.tokens = self.vocabulary.subwords.tokens
        self.num_layers = self.network.num_layers
        self.layer_dim = self.network.config.dim
        self.frame_shift = self.network.config.frame_shift
        self._hama = HamaModel() if self.network.config.input == HAMA else None
        if self._hama is not None:
            self.longest, self.window, self.overlap = self._hama.longest, self._hama.window, _OVERLAP_ON_HAMA

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.AcousticModel`; the phones are in ``phones``."""
        features, lengths, phones = self._features(names, audio)
        with torch.no_grad():
            output = self.network(features.to(self.device), lengths.to(self.device), self._is_long(audio))
        lengths = output.lengths.cpu()
        if output.phone_log_probs is not None:
            table = self.vocabulary.phones.tokens
            phones = Emissions(output.phone_log_probs, lengths, self.frame_shift, table, list(names))
        return Emissions(
            output.log_probs, lengths, self.frame_shift, self.tokens, list(names), layers=output.layers, phones=phones
        )

    def _features(
        self, names: Sequence[str], audio: Sequence[FloatArray]
    ) -> Tuple[torch.Tensor, torch.Tensor, Optional[Emissions]]:
        """Return what the network reads, padded, and its lengths; of hama its emissions, too."""
        if self._hama is not None:
            phones = self._hama.emissions(names, audio)
            return phones.log_probs, phones.lengths, phones
        num_mels = self.network.config.num_mels
        features = [torch.from_numpy(log_mel(name, samples, num_mels)) for name, samples in zip(names, audio)]
        padded = torch.nn.utils.rnn.pad_sequence(features, batch_first=True)
        return padded, torch.tensor([len(x) for x in features]), None

    def _is_long(self, audio: Sequence[FloatArray]) -> Optional[torch.Tensor]:
        """Which utterances are longer than what is attended to as a whole, bool ``(N,)``; None where none is."""
        is_long = [len(samples) > self.longest_attended * self.sampling_rate for samples in audio]
        return torch.tensor(is_long, device=self.device) if any(is_long) else None

    def head(self, hidden: torch.Tensor) -> torch.Tensor:
        """See :class:`wfst_bias.acoustic.emissions.LayeredModel`."""
        return self.network.head(hidden)
