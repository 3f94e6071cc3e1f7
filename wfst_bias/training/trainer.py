"""The trainer of all networks: schedule, checkpoints, validation, averaging, several processes."""

import dataclasses
import math
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, Iterator, Optional, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.clip_grad import clip_grad_norm_
from tqdm import tqdm

from wfst_bias.core.errors import InputError
from wfst_bias.training import checkpoints
from wfst_bias.training.curves import Curves
from wfst_bias.training.ranks import Ranks
from wfst_bias.training.source import Batch, BatchSource, loader
from wfst_bias.training.trainer_config import TrainerConfig

CHECKPOINT, WEIGHTS = "checkpoint.pt", "model.pt"
_BAD_STEPS = 20  # in a row, and the run stops

Values = Dict[str, float]
Loss = Callable[[nn.Module, Any], Tuple[Tensor, Values]]  # of a batch of the trainer's source


@dataclass
class _State:
    """How far a run is: the content of a checkpoint besides weights, optimizer and random states."""

    step: int = 0
    epoch: int = 0
    position: int = 0  # in the plan of the epoch, batches
    seconds: float = 0.0
    kept: Dict[int, float] = dataclasses.field(default_factory=dict)  # validation loss of each step in Kept
    best: float = math.inf
    validations_since_best: int = 0


class Trainer:
    """Trains the weights of ``model`` that require a gradient.

    Under ``torchrun`` every process makes the same trainer and calls :meth:`run`; the gradients of a step are the
    mean over the processes, which read different batches.

    Args:
      model: the network; its ``state_dict`` is what is kept.
      loss: the loss of a batch and the values to plot. It must call the model that it is given, which in a
        distributed run is wrapped. On validation ``model.training`` is false.
      train: the batches to learn from.
      valid: the batches to validate on, its epoch 0; the mean of ``"loss"``, or of the loss itself where the values
        have none, selects the best weights.
      config: see :class:`TrainerConfig`.
      folder: of the experiment: ``checkpoint.pt``, from which a killed run goes on, ``curves.csv``, and at the end
        ``model.pt``.
      device: to train on.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Loss,
        train: BatchSource,
        valid: BatchSource,
        config: TrainerConfig,
        folder: Path,
        device: str = "cpu",
    ):
        self.config = config
        self.folder = Path(folder)
        self._ranks = Ranks()
        self.device = self._ranks.device(torch.device(device))
        self.model = model.to(self.device)
        self._loss = loss
        self._train, self._valid = train, valid
        self._wrapped = self._ranks.wrapped(self.model, self.device)
        self._optimizer = _adamw(self.model, config)
        self._kept = checkpoints.Kept(self.folder, config.average)
        self._state = _State()
        self._curves: Optional[Curves] = None
        self._started = self._seconds_before = 0.0
        self._bad_steps = 0

    def run(self) -> Path:
        """Train to the end, from the checkpoint of the folder where it has one.

        Returns:
          the file of the final weights, a ``state_dict``.

        Raises:
          InputError: the gradients are not finite, again and again, or the data hold no batch.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        self._curves = Curves(self.folder, self._state.step) if self._ranks.first else None
        self._started, self._seconds_before = time.monotonic(), self._state.seconds
        total, is_hidden = self.config.max_steps or None, not self._ranks.first or None
        with tqdm(desc="train", unit="step", total=total, initial=self._state.step, disable=is_hidden) as bar:
            batches = self._batches()
            while self._progress() < 1.0 and not self._is_out_of_patience():
                self._step(batches, bar)
        return self._finish()

    def _is_out_of_patience(self) -> bool:
        return bool(self.config.patience) and self._state.validations_since_best >= self.config.patience

    def _step(self, batches: Iterator[Batch], bar: "tqdm[None]") -> None:
        """Update the weights, and validate and save them where it is time for that."""
        state, config = self._state, self.config
        learning_rate = self._set_learning_rate()
        values = self._update([next(batches) for _ in range(config.accumulate)])
        state.position += config.accumulate * self._ranks.count
        state.step += 1
        state.seconds = self._ranks.agreed(self._seconds)
        self._check_gradient(values["gradient_norm"])
        bar.update()
        bar.set_postfix(epoch=state.epoch, **{name: f"{value:.3g}" for name, value in values.items()})
        if self._curves:
            self._curves.add(state.step, "train", {**values, "learning_rate": learning_rate})
        is_validated = state.step % config.validate_every == 0 or self._progress() >= 1.0
        if is_validated:
            self._show(self._validate(), bar)
        if is_validated or state.step % config.checkpoint_every == 0:
            self._save()

    def _check_gradient(self, norm: float) -> None:
        """Count steps in a row whose gradient is not finite; raise :class:`InputError` where there are too many."""
        self._bad_steps = 0 if math.isfinite(norm) else self._bad_steps + 1
        if self._bad_steps:
            tqdm.write(f"wfst-bias: step {self._state.step}: the gradient is not finite; skipped", file=sys.stderr)
        if self._bad_steps == _BAD_STEPS:
            raise InputError(
                f"the gradients of {_BAD_STEPS} steps were not finite; lower peak_learning_rate, or check the data",
                self.folder,
            )

    def _show(self, values: Values, bar: "tqdm[None]") -> None:
        """Plot and print validation values."""
        state = self._state
        if self._curves:
            minutes = state.seconds / 60
            self._curves.add(state.step, "valid", {**values, "epoch": state.epoch, "minutes": minutes})
            shown = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
            bar.write(f"step {state.step}, {minutes:.1f} min: valid {shown}", file=sys.stderr)

    def _update(self, batches: Sequence[Batch]) -> Values:
        """Take one step of the optimizer; return the mean of each value over the batches."""
        self._wrapped.train()
        self._optimizer.zero_grad(set_to_none=True)
        means: Values = {}
        for batch in batches:
            with self._autocast():
                loss, values = self._loss(self._wrapped, batch.to(self.device))
            torch.div(loss, len(batches)).backward()
            for name, value in {"loss": float(loss.detach()), **values}.items():
                means[name] = means.get(name, 0.0) + float(value) / len(batches)
        weights = [weight for group in self._optimizer.param_groups for weight in group["params"]]
        norm = float(clip_grad_norm_(weights, self.config.max_gradient_norm))
        if math.isfinite(norm):
            self._optimizer.step()
        return {**means, "gradient_norm": norm}

    def _autocast(self) -> ContextManager[Any]:
        return torch.autocast(  # type: ignore[attr-defined]
            self.device.type, torch.bfloat16, enabled=self.config.bf16
        )

    def _batches(self) -> Iterator[Batch]:
        """Yield batches of this process without end, from the position of the state on."""
        group = self.config.accumulate * self._ranks.count
        state = self._state
        while True:
            plan = self._train.plan(state.epoch)
            # an update takes the next batch of each process; what does not fill one at the end of an epoch is left out
            end = len(plan) - (len(plan) - state.position) % group
            if end == state.position == 0:
                raise InputError(f"there are fewer than {group} batches to train on, so no update; add data")
            keys = plan[state.position : end][self._ranks.rank :: self._ranks.count]
            yield from loader(self._train, state.epoch, keys, self.config.num_workers)
            state.epoch, state.position = state.epoch + 1, 0

    def _progress(self) -> float:
        """Return the share of the training that is done; the same in every process."""
        steps = self._state.step / self.config.max_steps if self.config.max_steps else 0.0
        minutes = self._state.seconds / 60 / self.config.max_minutes if self.config.max_minutes else 0.0
        return max(steps, minutes)

    def _set_learning_rate(self) -> float:
        warmup = min(1.0, (self._state.step + 1) / max(1, self.config.warmup_steps))
        rate = self.config.peak_learning_rate * warmup * 0.5 * (1.0 + math.cos(math.pi * min(1.0, self._progress())))
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        return rate

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._started

    def _validate(self) -> Values:
        """Return mean values over the validation batches; keep the weights where they are among the best."""
        state = self._state
        values: Values = self._ranks.agreed(self._valid_values)
        state.validations_since_best = 0 if values["loss"] < state.best else state.validations_since_best + 1
        state.best = min(state.best, values["loss"])
        candidates = {**state.kept, state.step: values["loss"]}
        if self._ranks.first:
            state.kept = self._kept.add(state.step, self.model.state_dict(), candidates)
        return values

    def _valid_values(self) -> Values:
        self.model.eval()
        many = []
        with torch.no_grad():
            for batch in loader(self._valid, 0, self._valid.plan(0), self.config.num_workers):
                with self._autocast():
                    loss, values = self._loss(self.model, batch.to(self.device))
                many.append({"loss": float(loss), **{name: float(value) for name, value in values.items()}})
        if not many:
            raise InputError("there is no batch to validate on; give validation data")
        return {name: float(np.mean([values[name] for values in many])) for name in many[0]}

    def _save(self) -> None:
        random_states = self._ranks.gathered(checkpoints.random_states())
        if self._ranks.first:
            content = {
                "state": dataclasses.asdict(self._state),
                "model": self.model.state_dict(),
                "optimizer": self._optimizer.state_dict(),
                "random": random_states,
            }
            checkpoints.save(self.folder / CHECKPOINT, content)
            self._kept.prune(list(self._state.kept))

    def _resume(self) -> None:
        path = self.folder / CHECKPOINT
        if not path.is_file():
            random.seed(self.config.seed)
            np.random.seed(self.config.seed)
            torch.manual_seed(self.config.seed + self._ranks.rank)
            return
        content = checkpoints.load(path)
        self.model.load_state_dict(content["model"])
        self._optimizer.load_state_dict(content["optimizer"])
        self._state = _State(**content["state"])
        if len(content["random"]) == self._ranks.count:
            checkpoints.restore_random_states(content["random"][self._ranks.rank])

    def _finish(self) -> Path:
        """Write the mean of the weights that were kept, or the best of them alone where that is better."""
        path, state = self.folder / WEIGHTS, self._state
        if math.isinf(state.best):  # it went on with a limit that it had passed, before it was ever validated
            self._validate()
            self._save()
        if self._ranks.first:
            steps = sorted(state.kept, key=state.kept.__getitem__)
            kept = self._kept.load(steps)
            self.model.load_state_dict(checkpoints.average(kept))
            value = self._valid_values()["loss"]
            origin = f"the mean of steps {', '.join(map(str, sorted(steps)))}"
            if not value <= state.kept[steps[0]]:
                self.model.load_state_dict(kept[0])
                value, origin = state.kept[steps[0]], f"step {steps[0]}"
            checkpoints.save(path, self.model.state_dict())
            tqdm.write(f"{path}: {origin}, valid loss {value:.4g}", file=sys.stderr)
        self._ranks.gathered(None)  # no process reads the file before it is there
        return path


def _adamw(model: nn.Module, config: TrainerConfig) -> torch.optim.Optimizer:
    """Return AdamW; biases and norms do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in weights if w.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=config.peak_learning_rate, betas=(0.9, 0.98))
