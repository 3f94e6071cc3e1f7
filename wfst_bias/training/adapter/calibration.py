"""Training of a calibration: the CTC loss of what it makes of emissions, against the texts."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List, Optional, Tuple

import torch
from torch import nn

from wfst_bias.adapter.calibration import Calibration, CalibrationConfig
from wfst_bias.adapter.frames import kept_frames
from wfst_bias.adapter.store import CALIBRATION, write_calibration
from wfst_bias.core.files import check_folder
from wfst_bias.core.types import Nats
from wfst_bias.training.adapter.batches import AlignedSpeech
from wfst_bias.training.adapter.frozen import FrozenModel, training_speech
from wfst_bias.training.adapter.loss import with_noise
from wfst_bias.training.losses import ctc_loss
from wfst_bias.training.recipe import describe_run
from wfst_bias.training.source import TensorBatch
from wfst_bias.training.trainer import Trainer
from wfst_bias.training.trainer_config import TrainerConfig


@dataclass(frozen=True)
class CalibrationBatch(TensorBatch):
    """Kept frames of some utterances and their targets.

    Args:
      log_probs: ``(N, S, C)``.
      mask: what is no padding, bool ``(N, S)``.
      targets: tokens, padded with -1 ``(N, U)``.
    """

    log_probs: torch.Tensor
    mask: torch.Tensor
    targets: torch.Tensor


class CalibrationSpeech(AlignedSpeech):
    """Batches of emissions: a :class:`wfst_bias.training.source.BatchSource`."""

    def load(self, epoch: int, key: List[str]) -> CalibrationBatch:
        pad = torch.nn.utils.rnn.pad_sequence
        emissions = [self._store.log_probs(name) for name in key]
        log_probs = pad(emissions, batch_first=True)
        kept = kept_frames(log_probs, torch.tensor([len(x) for x in emissions]), self._most_blank)
        targets = [torch.from_numpy(self._spoken[name].target) for name in key]
        return CalibrationBatch(kept.take(log_probs), kept.mask, pad(targets, batch_first=True, padding_value=-1))


def calibration_loss(noise: Nats) -> Callable[[nn.Module, CalibrationBatch], Tuple[torch.Tensor, Dict[str, float]]]:
    """Return the loss of a batch; in training, noise is added to the emissions."""

    def loss(model: nn.Module, batch: CalibrationBatch) -> Tuple[torch.Tensor, Dict[str, float]]:
        log_probs = with_noise(batch.log_probs, noise if model.training else 0.0)
        ctc = ctc_loss(model(log_probs, batch.mask), batch.mask.sum(1), batch.targets)
        return ctc, {"ctc": float(ctc.detach())}

    return loss


@dataclass(frozen=True)
class CalibrationRecipe:
    """How a calibration is trained.

    Args:
      network: its size.
      training: of the trainer.
      batch_frames: of a batch, padding included.
      noise: on the emissions, nats.
    """

    network: CalibrationConfig = CalibrationConfig()
    training: TrainerConfig = TrainerConfig(
        peak_learning_rate=2e-3, warmup_steps=30, max_steps=600, validate_every=100, bf16=True
    )
    batch_frames: int = 8000
    noise: float = 0.3


def train_calibration(
    frozen: FrozenModel,
    data: Path,
    out: Path,
    recipe: CalibrationRecipe = CalibrationRecipe(),
    valid: Optional[Path] = None,
    device: str = "cpu",
) -> Calibration:
    """Train a calibration of a model into the folder ``out``; the experiment is in ``out.exp``.

    Args:
      frozen: whose emissions are calibrated; it learns the pronunciation of each word that matches best.
      data: speech with text; synthetic speech will do.
      valid: to validate on, else every twentieth utterance of ``data``.
    """
    exp = Path(f"{out}.exp")
    check_folder(out, CALIBRATION)
    describe_run(exp, {**dataclasses.asdict(recipe), **frozen.described()})
    speech = training_speech(frozen, data, valid, exp)
    torch.manual_seed(recipe.training.seed)
    calibration = Calibration(len(frozen.tokens), recipe.network)
    sizes = (recipe.batch_frames, recipe.network.most_blank, recipe.training.seed)
    Trainer(
        calibration,
        calibration_loss(recipe.noise),
        CalibrationSpeech(speech.train.store, speech.train_spoken, *sizes, fixed=False),
        CalibrationSpeech(speech.valid.store, speech.valid_spoken, *sizes, fixed=True),
        recipe.training,
        exp / "ctc",
        device,
    ).run()
    notes = {"model": frozen.name, "trained_on": speech.train.name, "num_utterances": len(speech.train_spoken)}
    write_calibration(out, calibration.cpu().eval(), frozen.tokens.checksum, notes)
    return calibration
