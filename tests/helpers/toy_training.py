"""A network that learns a plane, and its trainer."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from wfst_bias.training.trainer import Trainer
from wfst_bias.training.trainer_config import TrainerConfig


@dataclass(frozen=True)
class Points:
    """Inputs ``(N, 4)`` and what is to come out ``(N,)``."""

    x: torch.Tensor
    y: torch.Tensor

    def to(self, device):
        return Points(self.x.to(device), self.y.to(device))


class Plane:
    """Seven batches an epoch of points on a plane; what is drawn depends on epoch and key alone."""

    slope = torch.tensor([1.0, -2.0, 0.5, 3.0])

    def plan(self, epoch):
        return list(np.random.default_rng(epoch).permutation(7))

    def load(self, epoch, key):
        x = torch.randn(16, 4, generator=torch.Generator().manual_seed(100 * epoch + int(key)))
        return Points(x, x @ self.slope)


def distance(model, batch):
    loss = (model(batch.x).squeeze(1) - batch.y).square().mean()
    return loss, {"rms": float(loss.detach().sqrt())}


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 1))


CONFIG = TrainerConfig(peak_learning_rate=0.05, warmup_steps=5, max_steps=40, validate_every=10, checkpoint_every=4)


def trainer(folder, loss=distance, model=None, **changes):
    return Trainer(model or network(), loss, Plane(), Plane(), replace(CONFIG, **changes), folder)


def flat_trainer(folder, **changes):
    """Without dropout, which no two processes draw alike."""
    torch.manual_seed(1)
    return trainer(folder, model=nn.Linear(4, 1), max_steps=9, average=1, **changes)
