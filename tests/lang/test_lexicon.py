import numpy as np
import pytest

from helpers.machines import language
from wfst_bias.core.errors import InputError
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.lang.default_lexicons import cmudict_lexicon, hama_pronunciations
from wfst_bias.lang.ipa import IPA_TO_PHONE
from wfst_bias.lang.lexicon import Lexicon, disambiguation_ranks, lexicon_fst, padded
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.phones import PHONES, phones_of

B, N, U, WB = 1, 2, 3, 4
BACKOFF, MARK = 10, 11


def test_homophones_are_ranked_and_others_are_not():
    rows = padded([[N, U], [B, U], [N, U], [N]])
    assert disambiguation_ranks(rows).tolist() == [1, 0, 2, 0]


def test_lexicon_fst_puts_a_boundary_between_words():
    L = lexicon_fst(padded([[N, U], [B]]), np.array([7, 8]), WB, True, (BACKOFF, 9), MARK)
    accepted = language(L, 4, allowed=lambda s: BACKOFF not in s and s[:1] != (WB,) and (WB, WB) not in zip(s, s[1:]))
    assert ((N, U), (7,)) in accepted
    assert ((B, WB, N, U), (8, 7)) in accepted
    assert not any(units == (N, U, B) for units, _ in accepted)


def test_without_a_token_between_words_each_word_ends_in_a_symbol():
    L = lexicon_fst(padded([[N, U], [B]]), np.array([7, 8]), WB, False, (BACKOFF, 9), MARK)
    accepted = language(L, 4, allowed=lambda s: BACKOFF not in s)
    assert set(accepted) == {((), ()), ((N, U, WB), (7,)), ((B, WB), (8,)), ((B, WB, B, WB), (8, 8))}


def test_lexicon_fst_keeps_homophones_apart():
    L = lexicon_fst(padded([[N, U], [N, U]]), np.array([7, 8]), WB, True, (BACKOFF, 9), MARK)
    accepted = language(L, 3, allowed=lambda s: BACKOFF not in s and WB not in s)
    assert {((N, U, MARK), (7,)), ((N, U, MARK + 1), (8,))} <= set(accepted)


def test_every_cmudict_phone_is_a_phone_of_ours():
    assert {p for _, phones in cmudict_lexicon().pairs for p in phones} == set(PHONES)


def test_every_phone_has_a_symbol_of_the_model():
    from hama import ASRModel

    symbols = set(ASRModel().decoder_tokens)
    assert set(IPA_TO_PHONE) - symbols == set("ʧ ʤ ɜr ər əʊ ʊə ts".split())  # in text only
    assert {IPA_TO_PHONE[s] for s in symbols & set(IPA_TO_PHONE)} == set(PHONES)


@pytest.mark.parametrize(
    "word, phones",
    [
        ("zelenskyy", "Z EH L EH N S K IY"),
        ("weigh", "W EY"),  # not the Korean diphthong "we" and IH
        ("ernest's", "ER N AH S T S"),
        ("church's", "CH ER CH IH Z"),
        ("one", "OW N EY"),  # as the phone network recognizes it
    ],
)
def test_g2p_of_hama(word, phones):
    assert HamaG2P().pronounce([word]) == {word: (tuple(phones.split()),)}


def test_shipped_pronunciations_are_those_of_the_g2p():
    shipped = hama_pronunciations()
    words = list(shipped.entries)[::800]
    found = HamaG2P().pronounce(words)
    assert found == {w: shipped[w] for w in words}


def test_user_lexicon_with_stress_and_comments(tmp_path):
    path = tmp_path / "names.lexicon"
    path.write_text(";;; my names\nZelenskyy Z AH0 L EH1 N S K IY0\n\nZelenskyy Z EH L EH N S K IY\n")
    lexicon = read_lexicon(path, phones_of)
    assert lexicon["zelenskyy"] == (tuple("Z AH L EH N S K IY".split()), tuple("Z EH L EH N S K IY".split()))


@pytest.mark.parametrize(
    "text, line, message",
    [
        ("york Y AO R K\nnew N QQ\n", 2, "'QQ' is no ARPAbet phone"),
        ("york\n", 1, "'york' has no pronunciation"),
    ],
)
def test_bad_lexicon_names_its_line(tmp_path, text, line, message):
    path = tmp_path / "bad.lexicon"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_lexicon(path, phones_of)
    assert str(error.value).startswith(f"{path}:{line}: ")


def test_lexicons_merge_without_repeating():
    one, two = Lexicon.of_pairs([("a", ("AH",))]), Lexicon.of_pairs([("a", ("EY",)), ("a", ("AH",))])
    assert one.merged(two).entries == {"a": (("AH",), ("EY",))}
