import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kaldialign import edit_distance

from wfst_bias.core.errors import InputError
from wfst_bias.g2p.graphones import (
    MODEL_FILE,
    cut_words,
    graphone_lexicon,
    graphone_model,
    read_graphones,
    write_graphones,
)
from wfst_bias.g2p.p2g import GraphoneP2G
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.phones import PHONES


@pytest.fixture(scope="module")
def p2g():
    return GraphoneP2G()


@pytest.fixture(scope="module")
def pairs():
    return graphone_lexicon().pairs


def spelled(p2g, phones):
    pronunciation = tuple(phones.split())
    return p2g.spell([pronunciation])[pronunciation]


def letter_error_rate(p2g, pairs):
    spellings = p2g.spell(p for _, p in pairs)
    errors = sum(edit_distance(list(word), list(spellings[p]))["total"] for word, p in pairs)
    return errors / sum(len(word) for word, _ in pairs)


@pytest.mark.parametrize(
    "phones, word",
    [
        ("K AE T", "cat"),
        ("TH R UW", "through"),
        ("K W AA N T AH M", "quantum"),
        ("L IH NG K AH N", "lincoln"),
        ("K0 AE1 T", "cat"),
        ("", ""),
    ],
)
def test_spelling(p2g, phones, word):
    assert spelled(p2g, phones) == word


def test_a_name_that_is_in_no_lexicon(p2g):
    assert re.fullmatch("zelensk(y|i|ie|ey|ee)", spelled(p2g, "Z EH L EH N S K IY"))


@pytest.mark.parametrize("phone", PHONES)
def test_every_phone_alone_and_again_and_again_has_a_spelling(p2g, phone):
    assert re.fullmatch("[a-z][a-z']*", spelled(p2g, phone))
    assert re.fullmatch("[a-z][a-z']*", spelled(p2g, " ".join([phone] * 20)))


@given(st.lists(st.sampled_from(PHONES), min_size=1, max_size=12).map(tuple))
def test_any_phones_have_a_spelling(p2g, phones):
    assert re.fullmatch("[a-z][a-z']*", p2g.spell([phones])[phones])


def test_a_symbol_that_is_no_phone_is_an_error(p2g):
    with pytest.raises(InputError, match="'QU' is no ARPAbet phone"):
        p2g.spell([("K", "AE", "T"), ("QU", "IY", "N")])


def test_words_that_it_has_learned(p2g, pairs):
    assert letter_error_rate(p2g, pairs[::100]) < 0.07


def test_words_that_it_has_not_learned(pairs, tmp_path):
    write_graphones(tmp_path / "graphones.npz", graphone_model(cut_words(Lexicon.of_pairs(pairs[::40]))))
    assert letter_error_rate(GraphoneP2G(tmp_path / "graphones.npz"), pairs[20::200]) < 0.23


def test_the_shipped_file_is_as_it_would_be_written(tmp_path):
    write_graphones(tmp_path / "graphones.npz", read_graphones(MODEL_FILE))
    with np.load(MODEL_FILE) as shipped, np.load(tmp_path / "graphones.npz") as written:
        assert shipped.files == written.files
        assert all(np.array_equal(shipped[name], written[name]) for name in shipped.files)
