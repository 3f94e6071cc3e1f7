"""One trainer for every network of ours: schedule, checkpoints, validation, averaging, several processes."""

import dataclasses
import math
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Iterator, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from wfst_bias.core.errors import InputError
from wfst_bias.training import checkpoints
from wfst_bias.training.curves import Curves
from wfst_bias.training.ranks import Ranks
from wfst_bias.training.source import Batch, BatchSource, loader

CHECKPOINT, WEIGHTS = "checkpoint.pt", "model.pt"
_BAD_STEPS = 20  # in a row, and the run stops

Values = Dict[str, float]
Loss = Callable[[nn.Module, Batch], Tuple[Tensor, Values]]


@dataclass(frozen=True)
class TrainerConfig:
    """How a network is trained.

    The learning rate rises in a line for ``warmup_steps`` and falls as a cosine to zero at the end, which is at
    ``max_steps`` or after ``max_minutes`` of training, whichever comes first.

    Args:
      peak_learning_rate: of AdamW.
      warmup_steps: until the peak.
      max_steps: updates at most; 0 for no such limit.
      max_minutes: of wall-clock time at most, over all resumed runs; 0 for no such limit.
      weight_decay: of AdamW, on matrices.
      max_gradient_norm: gradients are scaled down to this norm.
      accumulate: batches an update.
      validate_every: updates.
      checkpoint_every: updates.
      patience: validations without a better one until the run stops early; 0 for never.
      average: how many of the best validated weights the final ones are the mean of.
      bf16: whether the network computes in bfloat16 where torch's autocast holds that to be safe.
      num_workers: processes that load batches ahead; 0 loads them in the training process.
      seed: of weights, dropout and data.
    """

    peak_learning_rate: float = 1e-3
    warmup_steps: int = 500
    max_steps: int = 10000
    max_minutes: float = 0.0
    weight_decay: float = 1e-2
    max_gradient_norm: float = 5.0
    accumulate: int = 1
    validate_every: int = 500
    checkpoint_every: int = 250
    patience: int = 0
    average: int = 3
    bf16: bool = False
    num_workers: int = 0
    seed: int = 20

    def __post_init__(self):
        for name in ("peak_learning_rate", "max_gradient_norm"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}; more than 0 was expected")
        for name in ("accumulate", "validate_every", "checkpoint_every", "average"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; 1 or more was expected")
        for name in ("warmup_steps", "max_steps", "max_minutes", "weight_decay", "patience", "num_workers", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"{name} is {getattr(self, name)}; 0 or more was expected")
        if not (self.max_steps or self.max_minutes):
            raise InputError("max_steps and max_minutes are both 0; give one of them, or the training never ends")


@dataclass
class _State:
    """Where a run is: what a checkpoint holds beside weights, optimizer and random states."""

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
        distributed run is a wrapper of ours. On validation ``model.training`` is false.
      train: the batches to learn from.
      valid: the batches to validate on, its epoch 0; the mean of ``"loss"``, or of the loss itself where the values
        have none, says which weights are best.
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
        self._started = self._seconds_before = 0.0

    def run(self) -> Path:
        """Train to the end, from the checkpoint of the folder where it has one.

        Returns:
          the file of the final weights, a ``state_dict``.

        Raises:
          InputError: the gradients are not finite, again and again, or the data hold no batch.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._resume()
        state, config = self._state, self.config
        curves = Curves(self.folder, state.step) if self._ranks.first else None
        self._started, self._seconds_before = time.monotonic(), state.seconds
        bar = tqdm(
            desc="train",
            unit="step",
            total=config.max_steps or None,
            initial=state.step,
            disable=not self._ranks.first or None,
        )
        bad_steps = 0
        batches = self._batches()
        while self._progress() < 1.0 and not (config.patience and state.validations_since_best >= config.patience):
            learning_rate = self._set_learning_rate()
            values = self._update([next(batches) for _ in range(config.accumulate)])
            state.position += config.accumulate * self._ranks.count
            state.step += 1
            state.seconds = self._ranks.agreed(self._seconds)
            bad_steps = 0 if math.isfinite(values["gradient_norm"]) else bad_steps + 1
            if bad_steps:
                tqdm.write(f"wfst-bias: step {state.step}: the gradient is not finite; skipped", file=sys.stderr)
            if bad_steps == _BAD_STEPS:
                raise InputError(
                    f"the gradients of {_BAD_STEPS} steps were not finite; lower peak_learning_rate, or check the data",
                    self.folder,
                )
            bar.update()
            bar.set_postfix(epoch=state.epoch, **{name: f"{value:.3g}" for name, value in values.items()})
            if curves:
                curves.add(state.step, "train", {**values, "learning_rate": learning_rate})
            done = self._progress() >= 1.0
            if state.step % config.validate_every == 0 or done:
                values = self._validate()
                if curves:
                    curves.add(state.step, "valid", {**values, "epoch": state.epoch, "minutes": state.seconds / 60})
                    shown = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
                    bar.write(f"step {state.step}, {state.seconds / 60:.1f} min: valid {shown}", file=sys.stderr)
            if state.step % config.checkpoint_every == 0 or state.step % config.validate_every == 0 or done:
                self._save()
        bar.close()
        return self._finish()

    def _update(self, batches) -> Values:
        """One step of the optimizer; the mean of each value over the batches."""
        self._wrapped.train()
        self._optimizer.zero_grad(set_to_none=True)
        means: Values = {}
        for batch in batches:
            with self._autocast():
                loss, values = self._loss(self._wrapped, batch.to(self.device))
            (loss / len(batches)).backward()
            for name, value in {"loss": float(loss.detach()), **values}.items():
                means[name] = means.get(name, 0.0) + float(value) / len(batches)
        weights = [weight for group in self._optimizer.param_groups for weight in group["params"]]
        norm = float(nn.utils.clip_grad_norm_(weights, self.config.max_gradient_norm))
        if math.isfinite(norm):
            self._optimizer.step()
        return {**means, "gradient_norm": norm}

    def _autocast(self):
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.bf16)

    def _batches(self) -> Iterator[Batch]:
        """Batches of this process, from where the state is, for ever."""
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
        """Share of the training that is done; the same in every process."""
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
        """Mean values over the validation batches; the weights are kept where they are among the best."""
        state = self._state
        values = self._ranks.agreed(self._valid_values)
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
        """The mean of the weights that were kept, or the best of them alone where that is better."""
        path, state = self.folder / WEIGHTS, self._state
        if math.isinf(state.best):  # it went on with a limit that it had passed, before it was ever validated
            self._validate()
            self._save()
        if self._ranks.first:
            steps = sorted(state.kept, key=state.kept.__getitem__)
            kept = self._kept.load(steps)
            self.model.load_state_dict(checkpoints.average(kept))
            value = self._valid_values()["loss"]
            what = f"the mean of steps {', '.join(map(str, sorted(steps)))}"
            if not value <= state.kept[steps[0]]:
                self.model.load_state_dict(kept[0])
                value, what = state.kept[steps[0]], f"step {steps[0]}"
            checkpoints.save(path, self.model.state_dict())
            tqdm.write(f"{path}: {what}, valid loss {value:.4g}", file=sys.stderr)
        self._ranks.gathered(None)  # nobody reads the file before it is there
        return path


def _adamw(model: nn.Module, config: TrainerConfig) -> torch.optim.Optimizer:
    """AdamW; biases and norms do not decay."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [
        {"params": [w for w in weights if w.dim() > 1], "weight_decay": config.weight_decay},
        {"params": [w for w in weights if w.dim() <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW([g for g in groups if g["params"]], lr=config.peak_learning_rate, betas=(0.9, 0.98))
