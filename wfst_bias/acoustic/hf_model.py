"""CTC networks of transformers, Wav2Vec2, HuBERT, Wav2Vec2-BERT and their like, from a folder on disk."""

from pathlib import Path
from typing import Any, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.acoustic.windows import LONGEST_WINDOW
from wfst_bias.core.errors import InputError
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.lang.token_files import ModelTokens, read_model_tokens

FILES = ("config.json", "preprocessor_config.json", "vocab.json")
# whose hidden frames do not change with what an attention mask hides
_BATCHED = ("wav2vec2", "hubert", "wav2vec2-bert")
_BERT_SHIFT = 0.01  # seconds, of the features that Wav2Vec2-BERT stacks


class HfModel:
    """A network whose hidden layers can be seen, and changed before its CTC head.

    Its weights are frozen, dropout, layer drop and masking are off. Nothing is downloaded from the hub.

    Args:
      folder: as ``save_pretrained`` writes it, with :data:`FILES`.
      device: where it runs.
      layers: which hidden states its emissions have before the last, 0 being the input of the first layer; all
        where not given.

    Raises:
      InputError: a file is missing, the weights have no CTC head, or the head has other outputs than the vocabulary.
    """

    longest = LONGEST_WINDOW

    def __init__(
        self, folder: Path, device: torch.device = torch.device("cpu"), layers: Optional[Sequence[int]] = None
    ):
        from transformers import AutoFeatureExtractor

        self._folder = Path(folder)
        self.name = f"hf:{folder}"
        missing = [name for name in FILES if not (self._folder / name).is_file()]
        if missing:
            raise InputError(
                f"has no {' and no '.join(missing)}; a folder that transformers' save_pretrained wrote was expected, "
                "of the model and of its processor",
                folder,
            )
        self._device = torch.device(device)
        self.network = _load(self._folder).to(self._device)
        self._extractor = AutoFeatureExtractor.from_pretrained(self._folder, local_files_only=True)
        config = self.network.config
        tokens = _tokens(self._folder, config)
        self.tokens, self._column = tokens.table, list(tokens.column)
        if self.network.lm_head.out_features != len(self._column):
            raise InputError(
                f"its head has {self.network.lm_head.out_features} outputs, but vocab.json has {len(self._column)} "
                "tokens; take the vocabulary that it was trained with",
                folder,
            )
        self.sampling_rate = self._extractor.sampling_rate
        self.frame_shift = _frame_shift(config, self._extractor)
        self.layer_dim = self.network.lm_head.in_features
        # an adapter's frames are longer than those of the layers before it, and cannot be stacked with them
        self._adapted = getattr(config, "add_adapter", False)
        num_before = 0 if self._adapted else config.num_hidden_layers
        self._layers = tuple(range(num_before) if layers is None else layers)
        if not set(self._layers) <= set(range(num_before)):
            raise InputError(f"has no layers {self._layers}; {num_before} are before its last, counted from 0", folder)
        self.num_layers = len(self._layers) + 1

    @property
    def _batches(self) -> bool:
        """Whether an utterance gets the same emissions in a batch as alone.

        It does not where the convolutions normalize over time (wav2vec2-base), or reach over an utterance's end.
        """
        config = self.network.config
        return (
            config.model_type in _BATCHED
            and getattr(config, "feat_extract_norm", "layer") != "group"
            and getattr(self._extractor, "return_attention_mask", False)
            and not self._adapted
        )

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.LayeredModel`."""
        batches = [list(audio)] if self._batches else [[samples] for samples in audio]
        self._check_lengths(names, audio)
        parts = [self._hidden(batch) for batch in batches]
        num_frames = max(hidden.shape[1] for hidden, _ in parts)
        pad = torch.nn.functional.pad
        layers = torch.cat([pad(hidden, (0, 0, 0, 0, 0, num_frames - hidden.shape[1])) for hidden, _ in parts])
        with torch.no_grad():
            log_probs = self.head(layers[:, :, -1])
        return Emissions(
            log_probs=log_probs,
            lengths=torch.cat([lengths for _, lengths in parts]).cpu(),
            frame_shift=self.frame_shift,
            tokens=self.tokens,
            names=list(names),
            layers=layers,
        )

    def head(self, hidden: torch.Tensor) -> torch.Tensor:
        """See :class:`wfst_bias.acoustic.emissions.LayeredModel`."""
        result: torch.Tensor = self.network.lm_head(hidden).log_softmax(dim=-1)[..., self._column]
        return result

    @torch.no_grad()
    def _hidden(self, audio: Sequence[FloatArray]) -> Tuple[torch.Tensor, torch.Tensor]:
        """Return hidden layers ``(N, T, L, D)`` of a batch, and the frames of each utterance ``(N,)``."""
        features = self._extractor(
            [np.ascontiguousarray(samples, np.float32) for samples in audio],
            sampling_rate=self.sampling_rate,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self._device)
        mask = features["attention_mask"]
        if not getattr(self._extractor, "return_attention_mask", False):  # it was trained without one
            del features["attention_mask"]
        out = self.network.base_model(**features, output_hidden_states=True)
        layers = [out.hidden_states[layer] for layer in self._layers] + [out.last_hidden_state]
        lengths = self.network._get_feat_extract_output_lengths(mask.sum(dim=1)).long()
        return torch.stack(layers, dim=2), lengths

    def _check_lengths(self, names: Sequence[str], audio: Sequence[FloatArray]) -> None:
        shortest = 2 * self.frame_shift  # seconds; it takes the windows of all its convolutions
        for name, samples in zip(names, audio):
            if len(samples) < shortest * self.sampling_rate:
                raise InputError(
                    f"utterance {name!r} has {len(samples)} samples, less than {1000 * shortest:g} ms; take it out of "
                    "the data"
                )


def _load(folder: Path) -> torch.nn.Module:
    """Load the network for evaluation, its weights frozen."""
    from transformers import AutoConfig, AutoModelForCTC

    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        model, found = AutoModelForCTC.from_pretrained(
            folder, config=config, local_files_only=True, output_loading_info=True
        )
    except Exception as error:  # transformers raises errors of any kind
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"transformers cannot load a CTC network from it ({reason})", folder) from error
    # transformers fills what is missing with random numbers; masks are for training alone
    missing = [key for key in found["missing_keys"] if not key.endswith("masked_spec_embed")]
    if missing or not hasattr(model, "lm_head"):
        raise InputError(
            f"has no weights for {', '.join(missing[:3]) or 'lm_head'}; a network fine-tuned for CTC was expected",
            folder,
        )
    result: torch.nn.Module = model.eval().requires_grad_(False)
    return result


def _tokens(folder: Path, config: Any) -> ModelTokens:
    """Read the tokens; the one for padding is blank."""
    path = folder / "vocab.json"
    tokens = read_model_tokens(path)
    pad = config.pad_token_id
    if pad not in tokens.column:
        raise InputError(f"its pad_token_id is {pad}, the blank of CTC; an id of vocab.json was expected", folder)
    if tokens.column[0] != pad:
        tokens = read_model_tokens(path, blank=tokens.table.symbols[tokens.column.index(pad)])
    return tokens


def _frame_shift(config: Any, extractor: Any) -> Seconds:
    """Return the seconds of a frame."""
    if hasattr(config, "conv_stride"):
        shift = float(np.prod(config.conv_stride)) / extractor.sampling_rate
    else:
        shift = _BERT_SHIFT * extractor.stride
    result: Seconds = shift * (
        config.adapter_stride**config.num_adapter_layers if getattr(config, "add_adapter", False) else 1
    )
    return result
