"""Train the network that reads unknown words::

    python -m wfst_bias.training.g2p.train FOLDER

The folder keeps what takes long: hama's pronunciations of 250 thousand words (a quarter of an hour on a core) and a
checkpoint of each epoch (an hour on a core), from which a second run goes on. At the end the weights of the package are
replaced. One word family in twenty is kept out, so that ``benchmarks/g2p.py`` can measure the network.
"""

import argparse
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Sequence, Set

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
    """

    steps: int = 22_000
    peak_learning_rate: float = 3e-3
    rise: float = 0.15
    weight_decay: float = 0.01
    num_letters: int = 4096


_FINAL = TrainConfig(steps=2600, peak_learning_rate=1e-3, rise=0.1)
# targets of words of CMUdict that are hama's: of the first training, which learns to read from many words, and of the
# second one, whose readings are to be others than hama's, as hama's own come first where there is time for them
_HAMA_SHARE, _FINAL_HAMA_SHARE = 0.75, 0.2
_TEMPERATURE = 1.25  # which gives pronunciations of words that were kept out the highest probability


def train(network: TrainedNetwork, examples: Examples, config: TrainConfig, checkpoint: Path) -> None:
    """Train a network; go on from the checkpoint where there is one."""
    torch.manual_seed(0)
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), config.peak_learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.peak_learning_rate, total_steps=config.steps + 1, pct_start=config.rise
    )
    parts: Dict[str, Any] = {"network": network, "optimizer": optimizer}  # the schedule follows from the step
    step = 0
    if checkpoint.exists():
        stored = load(checkpoint)
        step = stored["step"]
        for name, part in parts.items():
            part.load_state_dict(stored[name])
        schedule.last_epoch = step
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
    network.eval()


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


def write_weights(path: Path, network: TrainedNetwork, temperature: float = _TEMPERATURE) -> None:
    """Write the weights of a trained network, its outputs divided by a temperature; the same ones give the same file."""
    file = io.BytesIO()
    np.savez(file, **network.exported(temperature))
    publish_file(path, file.getvalue())


def taught_targets(folder: Path, known: Sequence[str], kept_out: Set[str]) -> Dict[str, Targets]:
    """Return the words that hama teaches, and their targets.

    Args:
      folder: where hama's pronunciations are kept.
      known: words of CMUdict.
      kept_out: families that have no part in invented words.
    """
    real = real_words()
    crossed = crossed_words(word for word in [*known, *real] if family_of(word) not in kept_out)
    taught = read_by_hama(real, folder / "real_words.txt") + read_by_hama(crossed, folder / "crossed_words.txt")
    return teacher_targets(pair for pair in taught if family_of(pair[0]) not in kept_out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    known = known_words()
    kept_out = kept_out_families(known)
    of_cmudict = lexicon_targets(word for word in known if family_of(word) not in kept_out)
    examples = Examples({**taught_targets(folder, known, kept_out), **of_cmudict}, _HAMA_SHARE)
    config = NetworkConfig()
    network = TrainedNetwork(config, examples.frequent_trigrams(config.fewest))
    print(f"{len(examples):,} words", flush=True)
    train(network, examples, TrainConfig(), folder / "checkpoint.pt")
    train(network, Examples(of_cmudict, _FINAL_HAMA_SHARE), _FINAL, folder / "final.pt")
    write_weights(WEIGHTS_FILE, network)


if __name__ == "__main__":
    main()
