"""The trainer: a killed run goes on as if nothing had been, and what it keeps is the best it saw."""

import fractions
import math
import os
import random
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from helpers.toy_training import Plane, distance, flat_trainer, network, trainer
from wfst_bias.core.errors import InputError
from wfst_bias.core.torch_files import load_data
from wfst_bias.training import checkpoints
from wfst_bias.training.checkpoints import average, restore_random_states
from wfst_bias.training.curves import read_curves
from wfst_bias.training.trainer import CHECKPOINT
from wfst_bias.training.trainer_config import TrainerConfig


def curve(folder, split, name):
    return {int(r["step"]): r["value"] for r in read_curves(folder) if (r["split"], r["name"]) == (split, name)}


class Killed(Exception):
    pass


def killed_after(num_batches):
    left = iter(range(num_batches))

    def loss(model, batch):
        if model.training and next(left, None) is None:
            raise Killed
        return distance(model, batch)

    return loss


def test_it_learns(tmp_path):
    weights = torch.load(trainer(tmp_path, max_steps=150).run(), weights_only=True)
    model = network()
    model.load_state_dict(weights)
    batch = Plane().load(9, 9)
    assert float(distance(model.eval(), batch)[0]) < 0.1


def test_a_checkpoint_holds_nothing_but_data(tmp_path):
    trainer(tmp_path).run()
    content = load_data(tmp_path / CHECKPOINT, frozenset())
    if int(torch.__version__.split(".")[0]) >= 2:  # before, it read no number that is not whole
        assert torch.load(tmp_path / CHECKPOINT, weights_only=True).keys() == content.keys()
    restore_random_states(content["random"][0])
    states = random.getstate(), np.random.get_state()
    old = {**content, "random": [(*states, *content["random"][0][2:])]}  # as version 0.1 has it, with an array of numpy
    torch.save(old, tmp_path / "old.pt")
    again = random.random(), np.random.rand(), torch.rand(1)
    restore_random_states(checkpoints.load(tmp_path / "old.pt")["random"][0])
    assert (random.random(), np.random.rand(), torch.rand(1)) == again


def test_a_checkpoint_that_is_a_program_is_not_loaded(tmp_path):
    torch.save({"model": fractions.Fraction(1, 2)}, tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match="checkpoint.pt: is no checkpoint .*fractions Fraction"):
        checkpoints.load(tmp_path / "checkpoint.pt")


@pytest.mark.parametrize("accumulate", [1, 2])
def test_a_killed_run_goes_on_with_the_same_losses(tmp_path, accumulate):
    trainer(tmp_path / "whole", accumulate=accumulate).run()
    with pytest.raises(Killed):
        trainer(tmp_path / "killed", killed_after(19 * accumulate), accumulate=accumulate).run()
    assert max(curve(tmp_path / "killed", "train", "loss")) == 19  # the checkpoint is of step 16
    trainer(tmp_path / "killed", accumulate=accumulate).run()
    for split, name in (("train", "loss"), ("train", "learning_rate"), ("valid", "loss")):
        assert curve(tmp_path / "killed", split, name) == curve(tmp_path / "whole", split, name)
    of_both = [torch.load(tmp_path / name / "model.pt", weights_only=True) for name in ("killed", "whole")]
    assert all(torch.equal(of_both[0][name], of_both[1][name]) for name in of_both[0])


def test_workers_change_nothing(tmp_path):
    for num_workers in (0, 1):
        trainer(tmp_path / str(num_workers), max_steps=10, num_workers=num_workers).run()
    assert curve(tmp_path / "0", "train", "loss") == curve(tmp_path / "1", "train", "loss")


def test_a_run_that_has_ended_is_not_begun_again(tmp_path):
    first = torch.load(trainer(tmp_path).run(), weights_only=True)
    again = torch.load(trainer(tmp_path, killed_after(0)).run(), weights_only=True)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_a_run_that_goes_on_with_less_to_do_than_it_did_ends_well(tmp_path):
    with pytest.raises(Killed):
        trainer(tmp_path, killed_after(9), validate_every=30).run()
    path = trainer(tmp_path, killed_after(0), validate_every=30, max_steps=5).run()
    assert torch.load(path, weights_only=True).keys() == network().state_dict().keys()
    assert list(curve(tmp_path, "valid", "loss")) in ([], [8])


def test_average_is_the_mean_of_each_weight():
    many = [
        {"w": torch.tensor([1.0, 4.0]), "count": torch.tensor(1)},
        {"w": torch.tensor([3.0, 0.0]), "count": torch.tensor(7)},
    ]
    assert average(many)["w"].tolist() == [2.0, 2.0] and average(many)["count"] == 7


def test_only_the_best_are_kept_and_the_final_weights_are_no_worse(tmp_path):
    path = trainer(tmp_path, average=2, max_steps=60).run()
    values = {step: float(value) for step, value in curve(tmp_path, "valid", "loss").items()}
    best = sorted(values, key=values.get)[:2]
    assert sorted(p.name for p in (tmp_path / "kept").iterdir()) == sorted(f"step-{step:08d}.pt" for step in best)
    model = network()
    model.load_state_dict(torch.load(path, weights_only=True))
    with torch.no_grad():
        losses = [float(distance(model.eval(), Plane().load(0, key))[0]) for key in Plane().plan(0)]
    assert np.mean(losses) <= min(values.values()) * (1 + 1e-4)


def test_it_stops_early_when_nothing_gets_better(tmp_path):
    trainer(tmp_path, peak_learning_rate=1e-12, weight_decay=0.0, patience=2, max_steps=1000).run()
    assert max(curve(tmp_path, "valid", "loss")) < 100


def test_a_step_whose_gradient_is_not_finite_is_skipped_and_reported(tmp_path, capsys):
    steps = iter(range(1000))

    def loss(model, batch):
        value, values = distance(model, batch)
        return (value * math.nan, values) if model.training and next(steps) == 3 else (value, values)

    weights = torch.load(trainer(tmp_path, loss).run(), weights_only=True)
    assert all(torch.isfinite(weight).all() for weight in weights.values())
    assert "step 4: the gradient is not finite; skipped" in capsys.readouterr().err


def test_gradients_that_stay_infinite_stop_the_run(tmp_path):
    with pytest.raises(InputError, match="20 steps were not finite; lower peak_learning_rate"):
        trainer(tmp_path, lambda model, batch: (distance(model, batch)[0] * math.inf, {})).run()


def test_the_rate_rises_and_falls_with_time(tmp_path):
    trainer(tmp_path, max_steps=0, max_minutes=0.01).run()
    rates = [float(value) for value in curve(tmp_path, "train", "learning_rate").values()]
    peak = int(np.argmax(rates))
    assert 0 < peak < len(rates) - 1 and rates[-1] < 0.2 * rates[peak]


def test_frozen_weights_stay(tmp_path):
    model = network()
    model[0].requires_grad_(False)
    before = model[0].weight.clone()
    trainer(tmp_path, model=model).run()
    assert torch.equal(model[0].weight, before)


def test_configs_that_cannot_be_are_rejected():
    with pytest.raises(InputError, match="max_steps and max_minutes are both 0"):
        TrainerConfig(max_steps=0)
    with pytest.raises(InputError, match="accumulate is 0; 1 or more was expected"):
        TrainerConfig(accumulate=0)


def test_two_processes_learn_what_one_does_that_accumulates_their_batches(tmp_path):
    flat_trainer(tmp_path / "alone", accumulate=2).run()
    script = tmp_path / "train.py"
    script.write_text(
        "import sys, torch; sys.path.insert(0, sys.argv[1])\n"
        "from helpers.toy_training import flat_trainer\n"
        "torch.set_num_threads(1)\n"
        "flat_trainer(sys.argv[2]).run()\n"
    )
    # as torchrun does, whose own launcher breaks in torch 1.13 on Python 3.11
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    where = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    command = [sys.executable, script, Path(__file__).parents[1], tmp_path / "two"]
    both = [subprocess.Popen(command, env={**where, "RANK": rank}) for rank in ("0", "1")]
    assert [process.wait(120) for process in both] == [0, 0]
    alone, two = (torch.load(tmp_path / name / "model.pt", weights_only=True) for name in ("alone", "two"))
    assert all(torch.allclose(alone[name], two[name], atol=1e-5) for name in alone)
