"""The layout of emission columns: every column is one token in one block."""

import numpy as np
import pytest
import torch

from wfst_bias.fst.columns import ColumnLayout

LAYOUTS = [
    ColumnLayout.of_lists(5, gates, marks_words)
    for gates in ([], [-1], [0], [-1, 2, 0])
    for marks_words in (True, False)
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_token_and_block_tell_the_column(layout):
    columns = np.arange(layout.num_columns, dtype=np.int32)
    token, block = layout.token(columns), layout.block(columns)
    assert token.dtype == block.dtype == np.int32
    assert token.max() < layout.num_tokens and block.max() == layout.num_blocks - 1
    assert len({*zip(token.tolist(), block.tolist())}) == layout.num_columns
    tensor = torch.from_numpy(columns)
    assert layout.token(tensor).tolist() == token.tolist() and layout.block(tensor).tolist() == block.tolist()


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout.has_lists], ids=str)
def test_the_columns_of_a_token_are_all_columns(layout):
    tokens = np.arange(layout.num_tokens, dtype=np.int32)
    blocks = [tokens, layout.boosted(tokens), *(layout.gated(tokens, gate) for gate in range(layout.num_gates))]
    blocks += [layout.entry(tokens)] if layout.has_entry_block else []
    assert np.concatenate(blocks).tolist() == list(range(layout.num_columns))
    assert all((layout.token(columns) == tokens).all() for columns in blocks)
    assert [bool(layout.is_boosted(columns).all()) for columns in blocks] == [i == 1 for i in range(len(blocks))]
    assert [bool(layout.is_plain(columns).all()) for columns in blocks] == [i == 0 for i in range(len(blocks))]


@pytest.mark.parametrize("layout", [layout for layout in LAYOUTS if layout.has_lists], ids=str)
def test_the_stack_has_each_score_in_its_column(layout):
    generator = torch.Generator().manual_seed(0)
    plain, boosted = torch.randn(2, 3, 4, layout.num_tokens, generator=generator)
    gates = [-1, 0, 2]
    columns = layout.stack(plain, boosted, gates)
    assert columns.shape == (3, 4, layout.num_columns)
    tokens = torch.arange(layout.num_tokens)
    assert torch.equal(columns[..., tokens], plain)
    assert torch.equal(columns[..., layout.boosted(tokens)], boosted)
    for gate in range(layout.num_gates):
        for utterance, own in enumerate(gates):
            read = columns[utterance][:, layout.gated(tokens, gate)]
            assert torch.equal(read, plain[utterance]) if gate == own else (read == -torch.inf).all()
    if layout.has_entry_block:
        assert torch.equal(columns[..., layout.entry(tokens)], plain)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_a_free_frame_enters_no_gate(layout):
    scores = torch.arange(layout.num_tokens, dtype=torch.float32)
    frame = layout.free_frame(scores)
    columns = torch.arange(layout.num_columns)
    may_read = layout.is_plain(columns) | layout.is_boosted(columns)
    assert torch.equal(frame[may_read], scores[layout.token(columns[may_read])])
    assert (frame[~may_read] == -torch.inf).all()
