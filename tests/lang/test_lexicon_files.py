"""Lexicons as other programs write them."""

import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.notes import Notes
from wfst_bias.lang.ipa import phones_of_ipa
from wfst_bias.lang.lexicon_files import read_lexicon
from wfst_bias.lang.model_langs import phones_lang
from wfst_bias.lang.phones import phones_of


def read(tmp_path, text, notes=None):
    path = tmp_path / "own.lexicon"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    lexicon = read_lexicon(path, phones_of, phones_of_ipa, notes)
    return {word: [" ".join(units) for units in found] for word, found in lexicon.entries.items()}


SAME = {
    "plain": "arran AE R AH N\narran EH R AH N\nskye S K AY\n",
    "capitals and stress": "ARRAN AE1 R AH0 N\nARRAN EH1 R AH0 N\nSKYE S K AY1\n",
    "small phones": "Arran ae r ah n\nArran eh r ah n\nSkye s k ay\n",
    "CMUdict": ";;; # CMUdict\narran AE1 R AH0 N # place\narran(2) EH1 R AH0 N\nskye S K AY1 #foreign, name\n",
    "CMUdict 0.7": "## Date\nARRAN  AE1 R AH0 N\nARRAN(1)  EH1 R AH0 N\nSKYE  S K AY1\n",
    "pocketsphinx": "arran\tAE R AH N\narran(02)\tEH R AH N\nskye\tS K AY\n",
    "only a second pronunciation": "arran(2) AE R AH N\narran(3) EH R AH N\nskye(2) S K AY\n",
    "lexiconp": "arran 0.6 AE R AH N\narran 1.0e-1 EH R AH N\nskye 1 S K AY\n",
    "likelier later": "arran 0.1 EH R AH N\narran 1.0 AE R AH N\nskye 1.0 S K AY\n",
    "lexiconp_disambig": "arran 1.0 AE R AH N #1\narran 0.5 EH R AH N #12\nskye .9 S K AY #2\n",
    "silprob": "arran 1.0 0.2 1.3 0.9 AE_B R_I AH_I N_E\narran 0.5 .2 1.3 .9 EH_B R_I AH_I N_E\nskye 1 .2 1 1 S_B K_I AY_E\n",
    "MFA": "arran\t0.99\t0.2\t1.3\t0.9\tAE1 R AH0 N\narran\t0.5\tEH1 R AH0 N\nskye\tS K AY1\n",
    "HTK": "ARRAN [arran] ae r ah n\nARRAN [Arran] eh r ah n\nSKYE [SKYE] 0.5 s k ay\n",
    "IPA": "arran ˈæ ɹ ə n\narran ɛ ɹ ə n\nskye s k aɪ\n",
    "IPA of MFA": "arran\t0.9\tæ ɹ ə n\narran\t0.2\tɛ ɹ ə n\nskye\ts k aj\n",
    "IPA and small ARPAbet": "arran æ ɹ ə n\narran eh0 r ah n\nskye s k ay1\n",
    "CRLF": "arran AE R AH N\r\narran EH R AH N\r\n\r\nskye S K AY\r\n",
    "byte-order mark": "\ufeffarran AE R AH N\narran EH R AH N\nskye S K AY\n",
    "blanks": "  arran   AE R  AH N  \n\n \t\narran\tEH\tR AH N\t\nskye S K AY",
    "twice": "arran AE R AH N\narran EH R AH N\nskye S K AY\nArran AE1 R AH0 N\n",
    "symbols": "<eps> SIL\n!SIL SIL\n<SPOKEN_NOISE> SPN\n<unk> spn\n[laughter] AE\n++breath++ +BREATH+\nsil sil\n#0 AE\n"
    "arran AE R AH N\narran EH R AH N\nskye S K AY\n",
    "TIMIT": "arran ae r ax n\narran eh r ix n\narran EH R AH N\nskye s k ay\n",
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_lexicons_that_mean_the_same(tmp_path, text):
    expected = {"arran": ["AE R AH N", "EH R AH N"], "skye": ["S K AY"]}
    if "ix" in text:
        expected["arran"].insert(1, "EH R IH N")
    assert read(tmp_path, text) == expected


def test_words(tmp_path):
    """In small letters and NFC, one form of apostrophe; what only looks like a mark of a pronunciation is a word."""
    text = "CAFE\u0301 K AE F EY\nCAF\u00c9 K AE F EH\nO\u2019Hara OW HH AA R AH\n(2) T UW\nmr. M IH S T ER\n#1 W AH N\n'em AH M\n"
    assert list(read(tmp_path, text)) == ["caf\u00e9", "o'hara", "(2)", "mr.", "'em"]
    assert len(read(tmp_path, text)["caf\u00e9"]) == 2


def test_what_is_left_out_or_changed_is_told(tmp_path):
    notes = Notes()
    text = (
        "!SIL SIL\n<unk> SPN\n#iona AY OW N AH\n# islands\nread(past) 0.5 R EH D\nread 0.4 R IY D\nSKYE [sky] S K AY\n"
    )
    assert read(tmp_path, text, notes) == {"read": ["R EH D", "R IY D"], "skye": ["S K AY"]}
    assert [note.partition("own.lexicon: ")[2] for note in notes.texts] == [
        "entries behind '#', which is a comment: 1 (#iona AY OW N AH)",
        "symbols and noises, which are no words: 2 (!SIL, <unk>)",
        "marks in parentheses, which tell pronunciations of a word apart: 1 (read(past))",
        "output symbols that are not the word, which are not used: 1 (SKYE [sky])",
        "probabilities, which give the order of the pronunciations of a word and are no scores: 2",
    ]


@pytest.mark.parametrize(
    "text, message",
    [
        ("arran\n", ":1: 'arran' has no pronunciation; write 'WORD PHONE PHONE ...'"),
        ("skye S K AY\narran 0.5\n", ":2: 'arran' has no pronunciation"),
        ("arran #1\n", ":1: 'arran' has no pronunciation"),
        ("arran AE QQ\n", ":1: 'QQ' is no ARPAbet phone"),
        ("arran AE 2 R\n", ":1: '2' is no ARPAbet phone"),
        ("arran 1.5 AE R\n", ":1: 'arran' has the probability 1.5; expected more than 0"),
        ("arran 0 AE R\n", ":1: 'arran' has the probability 0;"),
        ("arran 0.5 0.5 AE R\n", ":1: 'arran' has 2 numbers; expected a probability, or four"),
        ("arran \u00e6 \u0279 \u3042\n", ":1: '\u3042' is no symbol of IPA"),
        ("arran \u00e6 \u0279 sil\n", ":1: 'sil' is no symbol of IPA; write a symbol for each sound"),
        ("loch\u00a0ness L AA K\n", "has a no-break or other space in it"),
        ("# nothing\n\n", "holds no pronunciation of a word"),
        ("!SIL SIL\n", "holds no pronunciation of a word"),
    ],
)
def test_a_bad_line_is_told(tmp_path, text, message):
    with pytest.raises(InputError) as error:
        read(tmp_path, text)
    assert message in str(error.value) and "own.lexicon" in str(error.value)


def test_phones_of_a_model_in_its_own_case_and_without_stress(tmp_path):
    (tmp_path / "tokens.txt").write_text("<blk> 0\nae 1\nAH0 2\nn\u0303 3\nSIL 4\n", encoding="utf-8")
    (tmp_path / "lexicon.txt").write_text("One AE1 AH0\nTwo ah0 \u00f1\n<sil> SIL\n", encoding="utf-8")
    lang = phones_lang(tmp_path / "tokens.txt", [tmp_path / "lexicon.txt"])
    assert lang.lexicon.entries == {"one": (("ae", "AH0"),), "two": (("AH0", "n\u0303"),)}
    (tmp_path / "lexicon.txt").write_text("One AE1 AH1\n")
    with pytest.raises(InputError, match="lexicon.txt:1: 'AH1' is no phone of the model"):
        phones_lang(tmp_path / "tokens.txt", [tmp_path / "lexicon.txt"])
