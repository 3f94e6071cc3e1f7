import pytest

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import GRAPHS
from wfst_bias.core.symbols import BLANK, SymbolTable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.outcome import USED
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.entities.spelling import spellings
from wfst_bias.g2p import g2g
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.g2p.g2g import PhoneVariants, SpellingVariants
from wfst_bias.g2p.graphemes import read_table
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.g2p.joint import JointModel
from wfst_bias.g2p.models import variants_of
from wfst_bias.lang.lang import Lang, hama_units, read_lang
from wfst_bias.lang.lexicon import Lexicon
from wfst_bias.lang.phones import PHONES
from wfst_bias.lang.spellers import CharSpeller
from wfst_bias.lang.units import CHARS, Units

ENGLISH, GERMAN = (read_table(GRAPHS / "g2g" / f"{name}.tsv") for name in ("en", "de"))


SYMBOLS = ("|", *"abcdefghijklmnopqrstuvwxyz'", *PHONES)


def of(variants, words):
    """The variants of each word."""
    ids = {symbol: i for i, symbol in enumerate(SYMBOLS)}
    return dict(zip(words, variants.table(words, ids).to_pairs(SYMBOLS)))


def first(table, word):
    return " ".join(table.pronounce(word, 1)[0][0])


@pytest.mark.parametrize(
    "word, phones",
    [
        ("zelenskyy", "Z EH L EH N S K IY"),
        ("nguyen", "W IH N"),
        ("wright", "R AY T"),
        ("knight", "N AY T"),
        ("beaux", "B OW"),
        ("mention", "M EH N SH AH N"),
    ],
)
def test_english_graphemes(word, phones):
    assert first(ENGLISH, word) == phones


@pytest.mark.parametrize(
    "word, phones",
    [
        ("schröder", "SH R ER D ER"),
        ("zweig", "T S V AY K"),
        ("müller", "M UW L ER"),
        ("jürgen", "Y UW R G AH N"),
        ("spitz", "SH P IH T S"),
        ("vogel", "F AO G AH L"),
        ("deutsch", "D OY CH"),
    ],
)
def test_a_table_is_enough_for_another_language(word, phones):
    assert phones in [" ".join(found) for found, _ in GERMAN.pronounce(word, 4)]


def test_the_scores_of_a_table_are_its_shares(tmp_path):
    (tmp_path / "t.tsv").write_text("a\tAA\t0.5\na\tEY\t0.25\nb\tB\t1\nab\tAE B\t0.25\n^b\tP\t0.125\n")
    table = read_table(tmp_path / "t.tsv")
    half = 0.6931
    found = {" ".join(phones): score for phones, score in table.pronounce("ab", 9)}
    assert found == pytest.approx({"AA B": -2 - half, "EY B": -2 - 2 * half, "AE B": -1 - 2 * half}, abs=1e-3)
    assert [" ".join(phones) for phones, _ in table.pronounce("b", 9)] == ["B", "P"]
    assert table.pronounce("c", 9) == []


def test_respellings(tmp_path):
    assert ("philip", "filip") not in ENGLISH.respell("philip", 9)
    assert {"filip", "phillip"} & {letters for letters, _ in ENGLISH.respell("philip", 9)} == {"filip"}
    assert {letters for letters, _ in GERMAN.respell("müller", 2)} == {"muller", "mueller"}
    assert all(letters != "müller" and score < 0 for letters, score in GERMAN.respell("müller", 9))


@pytest.mark.parametrize(
    "row, message",
    [
        ("ph F", "found 'ph F'"),
        ("ph\tF\tmany", "found 'ph\\tF\\tmany'"),
        ("ph\tQX\t0.5", "'QX' is no ARPAbet phone"),
        ("ph\tF\t1.5", "share 1.5"),
        ("p$h\tF\t0.5", "grapheme 'p$h'"),
        ("PH\tF\t0.5", "grapheme 'PH'"),
    ],
)
def test_broken_rows(tmp_path, row, message):
    (tmp_path / "t.tsv").write_text(f"# a table\na\tAA\t1\n{row}\n")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "t.tsv")
    assert f"t.tsv:3: {message}" in str(caught.value)


def test_a_table_without_rows(tmp_path):
    (tmp_path / "t.tsv").write_text("# nothing\n")
    with pytest.raises(InputError, match="holds no grapheme"):
        read_table(tmp_path / "t.tsv")


def test_sources_by_name_or_file(tmp_path):
    with pytest.raises(InputError, match="'klingon'; network, graphones, de, en are known"):
        PhoneVariants(G2GConfig(sources="klingon"))
    with pytest.raises(InputError, match="sources is ''; name one, or ask for 0 variants"):
        G2GConfig(sources="")
    (tmp_path / "mine.tsv").write_text("a\tAA\t1\n")
    assert of(PhoneVariants(G2GConfig(sources=str(tmp_path / "mine.tsv"))), ["a", "b"]) == {
        "a": [(("AA",), -1.0)],
        "b": [],
    }


def test_graphones_give_the_likeliest_pronunciations_of_a_word():
    found = JointModel().pronounce("philip", 5)
    assert found[0][0] == tuple("F IH L IH P".split())
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True) and len({phones for phones, _ in found}) == len(found)


def test_respelling_by_phones():
    assert "filip" in [letters for letters, _ in JointModel().respell("philip", 5)]


def test_variants_cost_what_the_config_has():
    cheap, dear = (
        of(PhoneVariants(G2GConfig(cost=cost, sources="graphones")), ["kaity"])["kaity"] for cost in (0.5, 2.0)
    )
    assert [phones for phones, _ in cheap] == [phones for phones, _ in dear]
    assert [a - b for (_, a), (_, b) in zip(cheap, dear)] == pytest.approx([1.5] * len(cheap))
    assert cheap[0][1] == -0.5


def test_apostrophes_at_the_edges_of_a_word_are_not_read():
    read = HamaG2P().pronounce(["'burbs", "burbs", "gallopin'", "gallopin"])
    assert read["'burbs"] == read["burbs"] and read["gallopin'"] == read["gallopin"]


def test_words_in_other_letters_have_no_variants():
    variants = PhoneVariants(G2GConfig(sources="graphones,de"))
    found = of(variants, ["kaity", "o'brien", "zelenskyy", "škoda", "日本", "ernest's"])
    assert found["škoda"] and found["o'brien"] and not found["日本"]


def test_the_network_and_graphones_give_variants_together():
    words = ["kaity", "škoda", "日本"]
    by_network, by_graphones, by_both = (
        of(PhoneVariants(G2GConfig(sources=sources)), words) for sources in ("network", "graphones", "network,graphones")
    )
    for word in words[:2]:
        best = dict(by_network[word])
        for pronunciation, score in by_graphones[word]:
            best[pronunciation] = max(score, best.get(pronunciation, score))
        assert [score for _, score in by_both[word]] == sorted(best.values(), reverse=True)[: len(by_both[word])]
        assert all(best[pronunciation] == score for pronunciation, score in by_both[word])
    assert by_network["日本"] == by_both["日本"] == []


def test_the_network_gives_the_variants_of_many_words(monkeypatch):
    monkeypatch.setattr(g2g, "MANY_WORDS", 2)
    words = ["kaity", "krasner", "steilacoom"]
    few, many, by_network, by_graphones = (
        of(PhoneVariants(G2GConfig(sources=sources)), some)
        for sources, some in (("auto", words[:2]), ("auto", words), ("network", words), ("graphones", words))
    )
    assert few == {word: by_graphones[word] for word in words[:2]}
    assert many == by_network != by_graphones


def test_the_network_has_no_spellings():
    units = Units(CHARS, SymbolTable((BLANK, "|", *"abcdefghijklmnopqrstuvwxyz'")), "|")
    with pytest.raises(InputError, match="'network', which has no spellings; name 'graphones'"):
        SpellingVariants(G2GConfig(sources="network"), CharSpeller(units))


LEXICON = Lexicon({"philip": (("F", "IH", "L", "IH", "P"),), "york": (("Y", "AO", "R", "K"),)})


class Unpronounceable:
    """A G2P without any pronunciation."""

    spells = False

    def pronounce(self, words):
        return {word: () for word in words}


def speller(g2p, num=2):
    return Speller(Lang(hama_units(), LEXICON), g2g=G2GConfig(variants=num, sources="graphones"), g2p=g2p)


def test_a_phrase_has_its_pronunciations_and_its_best_variants():
    (outcome,) = speller(HamaG2P()).spell([Entity("Kaity York")])
    pronounced = HamaG2P().pronounce(["kaity"])["kaity"][0] + ("<wb>", *LEXICON["york"][0])
    assert outcome.pronunciations[0] == pronounced
    assert outcome.scores[0] == 0.0 and len(outcome.scores) == 3
    assert list(outcome.scores) == sorted(outcome.scores, reverse=True) and max(outcome.scores[1:]) <= -1.0
    assert [s.score for s in spellings(SpelledList.of([outcome]), bonus=4.0)] == pytest.approx(
        [4.0 + s for s in outcome.scores]
    )
    assert SpelledList.of([outcome]).report.splitlines()[1].split("\t")[4].split(" | ")[0] == " ".join(pronounced)


def test_a_word_that_the_g2p_cannot_pronounce_has_its_best_variant():
    (outcome,) = speller(Unpronounceable()).spell([Entity("Kaity")])
    assert outcome.status == USED and outcome.scores[0] == 0.0
    assert outcome.pronunciations[0] == JointModel().pronounce("kaity", 1)[0][0]


def test_words_of_long_lists_have_their_best_variants(monkeypatch):
    monkeypatch.setattr("wfst_bias.entities.words.MOST_READ", 1)
    outcomes = speller(HamaG2P()).spell([Entity("Steilacoom"), Entity("Kaity"), Entity("Philip")])
    assert [outcome.pronunciations[0] for outcome in outcomes[:2]] == [
        JointModel().pronounce(word, 1)[0][0] for word in ("steilacoom", "kaity")
    ]
    assert outcomes[2].pronunciations[0] == LEXICON["philip"][0]


@pytest.mark.parametrize("most_read", [1, 2000])
def test_a_word_that_ends_in_an_apostrophe_is_read_without_it(monkeypatch, most_read):
    monkeypatch.setattr("wfst_bias.entities.words.MOST_READ", most_read)
    outcomes = speller(HamaG2P()).spell(map(Entity, ["Steilacooms' Day", "Kaity’", "Philip'", "‘philip’"]))
    assert [outcome.status for outcome in outcomes] == [USED] * 4
    assert outcomes[2].pronunciations[0] == outcomes[3].pronunciations[0] == LEXICON["philip"][0]
    assert outcomes[2].unknown_words == ()


def test_models_of_letters_get_other_spellings():
    units = Units(CHARS, SymbolTable((BLANK, "|", *"abcdefghijklmnopqrstuvwxyz'")), "|")
    variants = SpellingVariants(G2GConfig(sources="graphones,de"), CharSpeller(units))
    found = of(variants, ["müller", "philip"])
    assert tuple("mueller") in [spelled for spelled, _ in found["müller"]]
    assert tuple("filip") in [spelled for spelled, _ in found["philip"]]
    assert all(score <= -1.0 for some in found.values() for _, score in some)


def test_which_models_have_variants_by_themselves(world):
    phones = read_lang(world / "lang")
    letters = Lang(Units(CHARS, SymbolTable((BLANK, "|", *"abcdefghijklmnopqrstuvwxyz'")), "|"), Lexicon({}))
    assert of(variants_of(phones, G2GConfig()), ["kaity"])["kaity"]
    assert variants_of(letters, G2GConfig()) is None
    assert of(variants_of(letters, G2GConfig(sources="en")), ["philip"])["philip"]
