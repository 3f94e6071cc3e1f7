"""The frames that carry something."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from wfst_bias.adapter.frames import kept_frames


def emissions(*texts):
    """``(N, T, 3)`` of one letter a frame: ``_`` surely blank, ``?`` perhaps, ``a`` no blank."""
    blank = {"_": 0.99, "?": 0.6, "a": 0.01}
    rows = [torch.tensor([[blank[c], (1 - blank[c]) / 2, (1 - blank[c]) / 2] for c in text]).log() for text in texts]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), torch.tensor([len(text) for text in texts])


@pytest.mark.parametrize(
    "text, kept",
    [
        ("a", [0]),
        ("_", [0]),
        ("___", [0]),
        ("a?a", [0, 1, 2]),
        ("__aa___a_", [0, 2, 3, 4, 7, 8]),
    ],
)
def test_the_first_of_each_run_of_sure_blanks_is_kept(text, kept):
    heard = kept_frames(*emissions(text))
    assert heard.index.tolist() == [kept] and heard.lengths.tolist() == [len(kept)]


def test_what_is_behind_an_utterance_is_never_kept():
    heard = kept_frames(*emissions("a", "__a__a"))
    assert heard.lengths.tolist() == [1, 4]
    assert heard.mask.tolist() == [[True, False, False, False], [True] * 4]
    assert heard.index.tolist() == [[0, 0, 0, 0], [0, 2, 3, 5]]


some_texts = st.lists(st.text("_?a", min_size=1, max_size=12), min_size=1, max_size=4)


@given(some_texts)
def test_at_most_blank_1_all_are_kept(texts):
    heard = kept_frames(*emissions(*texts), most_blank=1.0)
    assert heard.lengths.tolist() == [len(text) for text in texts]
    assert [row[:length].tolist() for row, length in zip(heard.index, heard.lengths)] == [
        list(range(len(text))) for text in texts
    ]


@given(some_texts)
def test_put_is_the_way_back_of_take(texts):
    log_probs, lengths = emissions(*texts)
    heard = kept_frames(log_probs, lengths)
    frames = torch.arange(log_probs[..., 0].numel(), dtype=torch.float32).view(*log_probs.shape[:2], 1)
    assert torch.equal(heard.put(frames, heard.take(frames)), frames)
    changed = heard.put(frames, heard.take(frames) + 0.5) != frames
    for row, text in zip(changed[..., 0].tolist(), texts):
        here = [not (text[t] == "_" and t and text[t - 1] == "_") for t in range(len(text))]
        assert row == here + [False] * (len(row) - len(text))
