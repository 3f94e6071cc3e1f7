"""Train the network that reads unknown words::

    python -m wfst_bias.training.g2p.train FOLDER

The folder keeps what takes long: hama's pronunciations of 250 thousand words (a quarter of an hour on a core) and a
checkpoint of each epoch (an hour on a core), from which a second run goes on. At the end the weights of the package are
replaced. One word family in twenty is kept out, so that ``benchmarks/g2p.py`` can measure the network.
"""

import argparse
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.amp.autocast_mode import autocast
from torch.nn.utils.clip_grad import clip_grad_norm_

from wfst_bias.core.files import publish_file
from wfst_bias.g2p.ctc_nbest import BLANK
from wfst_bias.g2p.letter_network import WEIGHTS_FILE
from wfst_bias.training.checkpoints import load, save
from wfst_bias.training.g2p.examples import Batch, Examples, Targets, known_words, lexicon_targets, teacher_targets
from wfst_bias.training.g2p.families import family_of, kept_out_families
from wfst_bias.training.g2p.network import NetworkConfig, TrainedNetwork
from wfst_bias.training.g2p.words import crossed_words, read_by_hama, real_words

_MAX_GRADIENT_NORM = 5.0


@dataclass(frozen=True)
class TrainConfig:
    """How the letter network is trained.

    Args:
      steps: updates.
      peak_learning_rate: of AdamW; it rises for ``rise`` of the steps and falls as a cosine to zero.
      weight_decay: of AdamW.
      num_letters: of a batch.
      hama_share: of the targets of words of CMUdict; hama's pronunciations are those that its phone network recognizes.
    """

    steps: int = 22_000
    peak_learning_rate: float = 3e-3
    rise: float = 0.15
    weight_decay: float = 0.01
    num_letters: int = 4096
    hama_share: float = 0.75


def train(examples: Examples, network_config: NetworkConfig, config: TrainConfig, checkpoint: Path) -> TrainedNetwork:
    """Train a network; go on from the checkpoint where there is one."""
    torch.manual_seed(0)
    network = TrainedNetwork(network_config, examples.frequent_trigrams(network_config.fewest))
    optimizer = torch.optim.AdamW(network.parameters(), config.peak_learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.peak_learning_rate, total_steps=config.steps + 1, pct_start=config.rise
    )
    parts: Dict[str, Any] = {"network": network, "optimizer": optimizer, "schedule": schedule}
    step = 0
    if checkpoint.exists():
        stored = load(checkpoint)
        step = stored["step"]
        for name, part in parts.items():
            part.load_state_dict(stored[name])
    while step < config.steps:
        losses = []
        for batch in examples.batches(config.num_letters):
            if step == config.steps:
                break
            losses.append(_update(network, optimizer, batch))
            schedule.step()
            step += 1
        save(checkpoint, {"step": step, **{name: part.state_dict() for name, part in parts.items()}})
        print(f"step {step:,} of {config.steps:,}, loss {np.mean(losses):.4f}", flush=True)
    return network.eval()


def _update(network: TrainedNetwork, optimizer: torch.optim.Optimizer, batch: Batch) -> float:
    """Make a step on a batch, and return its loss per word, nats."""
    with autocast("cpu", dtype=torch.bfloat16):
        log_probs = network(batch.letters)
    frames = torch.full_like(batch.sizes, len(log_probs))
    loss: Tensor = F.ctc_loss(
        log_probs.float(), batch.targets, frames, batch.sizes, BLANK, reduction="sum", zero_infinity=True
    )
    loss = torch.div(loss, len(batch.sizes))
    optimizer.zero_grad()
    loss.backward()
    clip_grad_norm_(network.parameters(), _MAX_GRADIENT_NORM)
    optimizer.step()
    return float(loss.item())


def write_weights(path: Path, network: TrainedNetwork) -> None:
    """Write the weights of a trained network; the same ones give the same file."""
    file = io.BytesIO()
    np.savez(file, **network.exported())
    publish_file(path, file.getvalue())


def training_targets(folder: Path) -> Dict[str, Targets]:
    """Return all words and their targets, without the families that are kept out.

    Args:
      folder: where hama's pronunciations are kept.
    """
    known = known_words()
    kept_out = kept_out_families(known)
    real = real_words()
    crossed = crossed_words(word for word in [*known, *real] if family_of(word) not in kept_out)
    taught = read_by_hama(real, folder / "real_words.txt") + read_by_hama(crossed, folder / "crossed_words.txt")
    targets = {**teacher_targets(taught), **lexicon_targets(known)}
    return {word: some for word, some in targets.items() if family_of(word) not in kept_out}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    config, network_config = TrainConfig(), NetworkConfig()
    examples = Examples(training_targets(folder), config.hama_share)
    print(f"{len(examples):,} words, {asdict(config)}, {asdict(network_config)}", flush=True)
    write_weights(WEIGHTS_FILE, train(examples, network_config, config, folder / "checkpoint.pt"))


if __name__ == "__main__":
    main()
