import numpy as np

from helpers.machines import language, machine
from wfst_bias.fst.batch import WfstBatch
from wfst_bias.fst.wfst import from_openfst, k2_arcs, k2_rows, to_openfst, trim

NEW_YORK = machine(
    """
    0 1 3 7 -0.5
    0 2 4 0 -1.5
    1 2 4 0 0
    2 0 5 8 -2
    2 -0.25
    """
)


def test_openfst_and_back():
    back = from_openfst(to_openfst(NEW_YORK))
    assert back.start == 0
    for name in ("src", "dst", "ilabel", "olabel", "score", "final"):
        assert np.array_equal(getattr(back, name), getattr(NEW_YORK, name)), name


def test_openfst_counts_what_we_gave():
    fst = to_openfst(NEW_YORK)
    assert (fst.num_states(), sum(fst.num_arcs(s) for s in fst.states())) == (3, 4)


def test_trim_drops_dead_ends_and_islands_and_keeps_the_order():
    wfst = machine(
        """
        1 0 5 0 0
        1 2 6 0 0
        3 4 7 0 0
        4 2 8 0 0
        2 0.5
        """
    )
    kept = trim(wfst)
    assert (kept.num_states, kept.start, kept.ilabel.tolist()) == (2, 0, [6])
    assert language(kept, 3) == {((6,), ()): 0.5}


def test_trim_of_nothing_is_empty():
    assert trim(machine("0 1 5 0 0\n2 0.0")).num_states == 0


def test_k2_arcs_end_in_one_last_state():
    arcs = k2_arcs(NEW_YORK)
    assert arcs[:, :3].tolist() == [[0, 1, 3], [0, 2, 4], [1, 2, 4], [2, 0, 5], [2, 3, -1]]
    assert arcs[:, 3].view(np.float32).tolist() == [-0.5, -1.5, 0.0, -2.0, -0.25]
    rows, final_rows = k2_rows(NEW_YORK)
    assert (rows.tolist(), final_rows.tolist()) == ([0, 1, 2, 3], [4])


def test_a_machine_without_states_among_others():
    size = NEW_YORK.num_states
    first, none = WfstBatch(NEW_YORK, np.array([0, size]), np.array([0, size, size])).to_openfst()
    assert language(from_openfst(first), 4) == language(NEW_YORK, 4)
    assert (none.num_states(), none.start(), none.rmepsilon().num_states()) == (0, -1, 0)
