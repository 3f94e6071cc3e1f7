"""Emissions, the log-probabilities of tokens in each frame, and the protocols of models that compute them."""

from dataclasses import dataclass, replace
from typing import List, Optional, Protocol, Sequence, Union

import numpy as np
import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.types import FloatArray, Seconds


class EmissionsError(InputError):
    """Values that cannot be emissions."""


@dataclass(frozen=True)
class Emissions:
    """Log-probabilities of a batch of utterances; numpy arrays are taken as tensors.

    Args:
      log_probs: natural logarithms, float32 ``(N, T, C)``; padding beyond an utterance's length is not
        read by the search, but must be a number, too.
      lengths: frames of each utterance, at least 1, int64 ``(N,)`` on the CPU.
      frame_shift: seconds a frame.
      tokens: the table of the C columns; blank is 0.
      names: of the utterances, for error messages.
      layers: hidden layers of a model that shows them, float32 ``(N, T, L, D)``; the last is what its CTC head reads.
      phones: emissions of a phone head of the same model, for the same utterances; the frame shift may differ.

    Raises:
      EmissionsError: they have another shape or are no floats; there is a NaN or plus infinity in them, a frame
        without any probability, or no frame.
    """

    log_probs: torch.Tensor
    lengths: torch.Tensor
    frame_shift: Seconds
    tokens: SymbolTable
    names: Sequence[str]
    layers: Optional[torch.Tensor] = None
    phones: Optional["Emissions"] = None

    def __post_init__(self) -> None:
        self._to_tensors()
        self._check_shapes()
        if len(self.names) and int(self.lengths.min()) < 1:
            raise EmissionsError(
                f"utterance {self.names[int(self.lengths.argmin())]!r} has no frame; take it out of the data"
            )
        # one maximum is enough: it is NaN where a score is, and -inf where a frame has no probability
        bad = (~torch.isfinite(self.log_probs.amax(dim=-1))).any(dim=1)
        if bad.any():  # one wait for the device a batch
            name = self.names[int(bad.nonzero()[0])]
            raise EmissionsError(
                f"utterance {name!r}: the emissions hold NaN or infinity; log-probabilities were expected, check the audio and the model"
            )

    def _to_tensors(self) -> None:
        """Take numpy arrays as tensors, and scores in single precision."""
        for name in ("log_probs", "lengths", "layers"):
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value = torch.from_numpy(value)
            if value is not None and not isinstance(value, torch.Tensor):
                raise EmissionsError(f"found {name} of type {type(value).__name__}; a tensor or an array was expected")
            if name != "lengths" and value is not None and value.is_floating_point():
                value = value.float()
            object.__setattr__(self, name, value)

    def _check_shapes(self) -> None:
        shape, num_utterances, num_tokens = tuple(self.log_probs.shape), len(self.names), len(self.tokens)
        which = f"utterance {self.names[0]!r}: " if num_utterances else ""
        if len(shape) != 3 or shape[0] != num_utterances or not self.log_probs.is_floating_point():
            raise EmissionsError(
                f"{which}found log_probs {shape} of {self.log_probs.dtype}; floats ({num_utterances}, frames, "
                f"{num_tokens}) were expected, return them as such"
            )
        if shape[2] != num_tokens:
            raise EmissionsError(
                f"{which}found {shape[2]} columns; {num_tokens} were expected, one for each token, name the tokens "
                "that the model was trained with"
            )
        if tuple(self.lengths.shape) != (num_utterances,) or self.lengths.is_floating_point():
            raise EmissionsError(
                f"{which}found lengths {tuple(self.lengths.shape)} of {self.lengths.dtype}; whole numbers "
                f"({num_utterances},) were expected, one for each utterance"
            )
        if num_utterances and int(self.lengths.max()) > shape[1]:
            longest = int(self.lengths.argmax())
            raise EmissionsError(
                f"utterance {self.names[longest]!r} has the length {int(self.lengths[longest])}, but there are "
                f"{shape[1]} frames; return its length in frames"
            )
        if self.layers is not None and self.layers.shape[:2] != shape[:2]:
            raise EmissionsError(
                f"{which}found layers {tuple(self.layers.shape)}; {shape[:2]} was expected of utterances and frames, "
                "as in log_probs"
            )

    @property
    def durations(self) -> List[Seconds]:
        """The time that the frames of each utterance last."""
        return [num_frames * self.frame_shift for num_frames in self.lengths.tolist()]

    def to(self, device: Union[str, torch.device]) -> "Emissions":
        """Return the emissions with their scores on a device."""
        return replace(
            self,
            log_probs=self.log_probs.to(device),
            layers=None if self.layers is None else self.layers.to(device),
            phones=None if self.phones is None else self.phones.to(device),
        )


class AcousticModel(Protocol):
    """Anything that turns audio into emissions.

    The contract, which :func:`wfst_bias.acoustic.contract.compute_emissions` checks for every model: the utterances
    are the given ones, in their order; there is a column for each token, without NaN and plus infinity;
    and the frames of an utterance times the frame shift are the duration of its audio, within two frames and a window.

    A model may have a ``name`` for error messages, and may declare how it takes audio of any length, in seconds (see
    :class:`wfst_bias.acoustic.windows.Windowing`): ``longest``, the audio that it takes in one pass at most; ``window``,
    at most as long, the length of the windows in which longer audio is computed; and ``overlap``, of these windows. One
    that declares nothing is given all audio in one pass.
    """

    @property
    def tokens(self) -> SymbolTable: ...

    @property
    def sampling_rate(self) -> int: ...

    @property
    def frame_shift(self) -> Seconds: ...

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """Emissions of a batch, an utterance's the same as if it were alone.

        Call it by :func:`wfst_bias.acoustic.contract.compute_emissions`, which checks the result.

        Args:
          names: of the utterances.
          audio: mono samples in [-1, 1] of each, float32 ``(num_samples,)``, at the model's sampling rate.
        """
        ...


class LayeredModel(AcousticModel, Protocol):
    """A model whose hidden layers can be seen, and changed before its CTC head (a white box).

    Its emissions have ``layers``, and ``head(layers[:, :, -1])`` gives their ``log_probs`` again.
    """

    network: torch.nn.Module
    num_layers: int
    layer_dim: int

    def head(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return log-probabilities ``(N, T, C)`` for the input of the CTC head ``(N, T, D)``; differentiable."""
        ...


def padded_emissions(
    log_probs: Sequence[FloatArray], frame_shift: Seconds, tokens: SymbolTable, names: Sequence[str]
) -> Emissions:
    """Pad the log-probabilities ``(T, C)`` of utterances at the end into a batch."""
    return Emissions(
        log_probs=torch.nn.utils.rnn.pad_sequence([torch.from_numpy(x) for x in log_probs], batch_first=True),
        lengths=torch.tensor([len(x) for x in log_probs]),
        frame_shift=frame_shift,
        tokens=tokens,
        names=list(names),
    )
