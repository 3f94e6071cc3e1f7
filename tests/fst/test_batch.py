"""Several machines in one set of arrays, held against each of them alone."""

from dataclasses import astuple

import numpy as np
import pynini

from helpers.machines import machine
from wfst_bias.fst.batch import WfstBatch, from_openfst_batch
from wfst_bias.fst.wfst import from_openfst, to_openfst

ONE = machine("""
    0 1 3 4 -1
    0 2 0 5 -2
    1 2 7 0 -0.5
    2 0
""")
OTHER = machine("""
    0 1 1 1 -1.5
    1 2 0 2 -0.25
    0 2 2 3 -4
    2 0
""")


def alone(batch):
    return [from_openfst(fst) for fst in batch.to_openfst()]


def same(one, other):
    return all(np.array_equal(*pair) for pair in zip(astuple(one), astuple(other)))


def test_machines_come_back_as_they_were_those_without_a_state_too():
    batch = from_openfst_batch([to_openfst(ONE), pynini.Fst(), to_openfst(OTHER), pynini.Fst()])
    one, none, other, _ = alone(batch)
    assert (len(batch), batch.all.num_states, batch.arc_splits.tolist()) == (4, 6, [0, 3, 3, 6, 6])
    assert same(one, ONE) and same(other, OTHER)
    assert (none.num_states, none.start) == (0, -1)
    assert batch.machine_of_arc.tolist() == [0, 0, 0, 2, 2, 2]


def test_openfst_removes_epsilons_of_machines_without_a_state():
    batch = from_openfst_batch([pynini.Fst(), to_openfst(OTHER)])
    assert [fst.rmepsilon().num_states() for fst in batch.to_openfst()] == [0, 3]


def test_scores_are_those_of_each_machine():
    batch = from_openfst_batch([to_openfst(ONE), to_openfst(OTHER)])
    assert batch.forward_scores().tolist() == [0.0, -1.0, -1.5, 0.0, -1.5, -1.75]
    for machine_alone, own in zip((ONE, OTHER), np.split(batch.forward_scores(), 2)):
        assert np.array_equal(WfstBatch.of(machine_alone).forward_scores(), own)
