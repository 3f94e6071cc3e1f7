"""How a network is trained: learning rate, length, validation."""

from dataclasses import dataclass

from wfst_bias.core.errors import InputError


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
      bf16: whether the network computes in bfloat16 where torch's autocast takes that for safe.
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

    def __post_init__(self) -> None:
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
