"""Phrases of many scripts, in every form of Unicode: from the list over characters or pieces to the transcript."""

import io
import json
import unicodedata

import pytest

from helpers.emissions import best_transcript, frames_of
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.text import comparable_words
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base
from wfst_bias.lang.spellers import CharSpeller
from wfst_bias.lang.units import CHARS, Units


def nfd(text):
    return unicodedata.normalize("NFD", text)


# as the list has it, what is emitted, the words of the transcript around {}
PHRASES = [
    ("कृष्णमूर्ति", "कृष्णमूर्ति", "वह {} से मिली"),
    (nfd("ज़ुबैदा क़ाज़ी"), nfd("ज़ुबैदा क़ाज़ी"), "वह {} से मिली"),
    ("กิตติศักดิ์", "กิตติศักดิ์", "เรา พบ {} ที่นี่"),
    ("น้ำผึ้ง", "น้ำผึ้ง", "เรา พบ {} ที่นี่"),
    ("فَاطِمَة", "فاطمة", "قابلت {} اليوم"),
    ("محمـــود", "محمود", "قابلت {} اليوم"),
    ("علی\u200cرضا", "علیرضا", "قابلت {} اليوم"),
    ("רִבְקָה", "רבקה", "פגשתי את {} היום"),
    ('צה"ל', "צהל", "פגשתי את {} היום"),
    (nfd("박지성"), "박지성", "우리는 {} 만났다"),
    ("ДОСТОЕВСКИЙ", "достоевский", "мы читали {} вчера"),
    (nfd("Йошкар-Ола"), "йошкар ола", "мы читали {} вчера"),
    (nfd("Trần Hưng Đạo"), "trần hưng đạo", "chúng tôi gặp {} rồi"),
    ("ΟΔΥΣΣΕΥΣ", "οδυσσευς", "είδαμε τον {} χθες"),
    ("东京", "东京", "我 去 {} 了"),
    ("D‘Ærø", "d'ærø", "vi så {} igen"),
    ("ស្រីមុំ", "ស្រីមុំ", "យើង ជួប {} ម្សិលមិញ"),
    ("தமிழ்செல்வி", "தமிழ்செல்வி", "நாங்கள் {} பார்த்தோம்"),
]


def units_of(words):
    return " ".join("|" if char == " " else char for char in words)


@pytest.fixture(scope="module")
def chars(tmp_path_factory, run):
    folder = tmp_path_factory.mktemp("scripts")
    contexts = dict.fromkeys([*(context.format("") for _, _, context in PHRASES), "می\u200cخواهم große"])
    (folder / "sentences.txt").write_text("\n".join(map(nfd, contexts)) + "\n", encoding="utf-8")
    (folder / "words.txt").write_text("\n".join(map(nfd, " ".join(contexts).split())) + "\n", encoding="utf-8")
    spoken = "".join(context.format(emitted) for _, emitted, context in PHRASES)
    tokens = ["<pad>", "|", *sorted({*spoken, *"میخواهم große"} - {" "})]
    (folder / "vocab.json").write_text(json.dumps(tokens), encoding="utf-8")
    for command in (
        ("lm", "train", folder / "sentences.txt", folder / "lm.arpa", "--order", 1),
        ("lang", "chars", folder / "lang", "--tokens", folder / "vocab.json", "--words", folder / "words.txt"),
        ("graph", "base", folder / "lang", folder / "lm.arpa", folder / "base"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return read_base(folder / "base")


@pytest.fixture(scope="module")
def listed(chars, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "list.txt"
    path.write_text("\n".join(phrase for phrase, _, _ in PHRASES) + "\n", encoding="utf-8")
    graph, spelled = graph_of_list(chars, path)
    assert [outcome.entity.written for outcome in spelled if outcome.status != "used"] == []
    return graph


@pytest.mark.parametrize("phrase, emitted, context", PHRASES)
def test_characters_of_every_script(chars, listed, phrase, emitted, context):
    frames = frames_of(chars.lang.tokens, units_of(context.format(emitted)))
    transcript = best_transcript(listed, chars.lang.tokens, frames)
    assert transcript.marked() == context.format(f"[{phrase}]")
    assert emitted not in best_transcript(chars.plain, chars.lang.tokens, frames).text


def test_the_words_of_a_transcript_are_in_one_form(chars, listed):
    _, emitted, context = PHRASES[12]
    transcript = best_transcript(
        listed, chars.lang.tokens, frames_of(chars.lang.tokens, units_of(context.format(emitted)))
    )
    assert transcript.text == unicodedata.normalize("NFC", context.format(emitted))


@pytest.mark.parametrize("number", [4, 5, 6])
def test_the_words_of_a_transcript_are_spelled_as_in_the_list(chars, listed, number):
    """With vowel points, stretched, with a joiner; the tokens have none of them."""
    phrase, emitted, context = PHRASES[number]
    transcript = best_transcript(
        listed, chars.lang.tokens, frames_of(chars.lang.tokens, units_of(context.format(emitted)))
    )
    assert transcript.text == context.format(phrase)


def test_a_word_that_the_language_model_spells_otherwise_is_the_phrase(chars, tmp_path):
    """The list has one without a joiner, and one in capitals whose small form is another; the model knows both words."""
    (tmp_path / "list.txt").write_text("میخواهم\nGROSSE\n", encoding="utf-8")
    graph, spelled = graph_of_list(chars, tmp_path / "list.txt")
    frames = frames_of(chars.lang.tokens, units_of("میخواهم große قابلت"))
    found = best_transcript(graph, chars.lang.tokens, frames)
    assert [entity.phrase for entity in found.entities] == ["میخواهم", "GROSSE"]
    assert comparable_words(found.text) == comparable_words("می\u200cخواهم große قابلت")


@pytest.mark.parametrize(
    "tokens, word, units",
    [
        ("ㅂㅏㄱㅣ", "박", "ㅂ ㅏ ㄱ"),
        (nfd("박지"), "박지", " ".join(nfd("박지"))),
        (["e\u0323\u0301", "k"], "kẹ́", "k e\u0323\u0301"),
        (["é", "t"], "été", "é t é"),
        (["e", "\u0301", "t"], "été", "e \u0301 t e \u0301"),
        ("ÉT", nfd("été"), "É T É"),
        ("ABC", "ＡＢＣ", "A B C"),
        ("straße", "straße", "s t r a ß e"),
        ("strase", "straße", "s t r a s s e"),
        ("fi", "ﬁ", "f i"),
        ("ob", "o'b", "o b"),
        ("o'b", "o'b", "o ' b"),
        ("می\u200cخ", "می\u200cخ", "م ی \u200c خ"),
        ("ab", "c", ""),
        ("क", "कि", ""),
    ],
)
def test_tokens_of_any_form(tokens, word, units):
    speller = CharSpeller(Units(CHARS, SymbolTable(("<blk>", "|", *dict.fromkeys(tokens))), boundary="|"))
    assert speller.pronounce([word])[word] == ((tuple(units.split(" ")),) if units else ())


def test_pieces_of_every_script(tmp_path, run):
    import sentencepiece

    sentences = [context.format("") for _, _, context in PHRASES]
    spoken = [emitted for _, emitted, _ in PHRASES]
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*sentences, *spoken] * 5),
        model_writer=model,
        vocab_size=220,
        character_coverage=1.0,
        model_type="bpe",
        normalization_rule_name="identity",
        minloglevel=2,
    )
    (tmp_path / "bpe.model").write_bytes(model.getvalue())
    (tmp_path / "sentences.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")
    (tmp_path / "list.txt").write_text("\n".join(phrase for phrase, _, _ in PHRASES) + "\n", encoding="utf-8")
    for command in (
        ("lm", "train", tmp_path / "sentences.txt", tmp_path / "lm.arpa", "--order", 1),
        ("lang", "subwords", tmp_path / "lang", "--model", tmp_path / "bpe.model", "--words", tmp_path / "lm.arpa"),
        ("graph", "base", tmp_path / "lang", tmp_path / "lm.arpa", tmp_path / "base"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    base = read_base(tmp_path / "base")
    graph, spelled = graph_of_list(base, tmp_path / "list.txt")
    assert [outcome.entity.written for outcome in spelled if outcome.status != "used"] == []
    processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    for phrase, emitted, context in PHRASES:
        pieces = processor.encode(context.format(emitted), out_type=str)
        transcript = best_transcript(graph, base.lang.tokens, frames_of(base.lang.tokens, " ".join(pieces)))
        assert transcript.marked() == context.format(f"[{phrase}]")
