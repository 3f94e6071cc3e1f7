import pytest

from wfst_bias.g2p.alignment import align
from wfst_bias.lang.default_lexicons import cmudict_lexicon

WORDS = ("through", "though", "knight", "tax", "make", "queue", "philadelphia")


@pytest.fixture(scope="module")
def pairs():
    known = cmudict_lexicon()
    sample = [(p, word) for word, p in known.pairs[::40] if word.isalpha() and len(word) < 10]
    return sample + [(known[word][0], word) for word in WORDS]


@pytest.fixture(scope="module")
def cuts(pairs):
    return dict(zip(pairs, align(pairs, rare=0.0)))


def test_chunks_put_together_are_the_pair(cuts):
    for (source, target), cut in cuts.items():
        if cut:
            assert sum((left for left, _ in cut), ()) == source
            assert "".join(letter for _, right in cut for letter in right) == target


def test_hardly_a_word_cannot_be_cut(cuts):
    assert sum(not cut for cut in cuts.values()) < 0.002 * len(cuts)


@pytest.mark.parametrize(
    "word, cut",
    [
        ("through", "TH:th R:r UW:ough"),
        ("knight", "N:kn AY:igh T:t"),
        ("tax", "T:t AE:a K|S:x"),
        ("make", "M:m EY:a K:ke"),
        ("philadelphia", "F:ph IH:i L:l AH:a D:d EH:e L:l F:ph IY:i AH:a"),
    ],
)
def test_cut(cuts, word, cut):
    found = next(cut for (_, target), cut in cuts.items() if target == word)
    assert " ".join(f"{'|'.join(source)}:{''.join(target)}" for source, target in found) == cut


@pytest.mark.parametrize("pair", [(("K",), "extraordinary"), (("EH", "K", "S"), "x"), ((), "x"), (("K",), "")])
def test_what_cannot_be_cut_has_no_chunks(pair):
    assert align([(("K", "AE", "T"), "cat"), pair], rare=0.0)[-1] == ()


def test_rare_chunks_are_not_used():
    pairs = 3 * [(("T", "IH", "N"), "tin"), (("AE", "N", "T"), "ant")] + [(("T", "IH"), "qj")]
    assert align(pairs, rare=0.0)[-1] == ((("T",), ("q",)), (("IH",), ("j",)))
    assert align(pairs, rare=1.5)[-1] == ()
