"""Synthetic speech and the sentences for it."""

import json
import shutil

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.synth.sentences import clauses, with_rare_words
from wfst_bias.synth.synthesis import read_named_sentences, synthesize
from wfst_bias.synth.voices import voice_of

SENTENCES = ["Please call Keller.", "...", "We met her."]


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


PROGRAMS = pytest.mark.parametrize(
    "voice",
    [pytest.param("flite:slt", marks=needs("flite")), pytest.param("espeak-ng:en-us", marks=needs("espeak-ng"))],
)


class Hum:
    """A voice that is as long as its text."""

    def __init__(self, name, rate=16000):
        self.name, self.rate = name, rate

    def speak(self, text, speed, seed):
        length = int(0.05 * self.rate * len(text) / speed)
        return np.sin(0.1 * np.arange(length + seed)).astype(np.float32), self.rate


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_hibari_speaks_into_a_data_folder(tmp_path):
    assert synthesize(SENTENCES[:2], [voice_of("hibari")], tmp_path / "data", seed=1) == 1
    (cut,) = read_data(tmp_path / "data")
    (supervision,) = cut.supervisions
    assert (cut.id, supervision.text, supervision.speaker) == ("utt_000000", "please call keller", "hibari")
    assert cut.sampling_rate == 16000 and 0.5 < cut.duration < 4.0
    assert np.abs(load_audio(cut, 16000)).max() > 0.05


@PROGRAMS
def test_programs_speak_too(tmp_path, voice):
    assert synthesize(SENTENCES, [voice_of(voice)], tmp_path / "data", speeds=(1.2, 1.2)) == 1
    cuts = list(read_data(tmp_path / "data"))
    assert [cut.id for cut in cuts] == ["utt_000000", "utt_000002"]
    assert all(cut.sampling_rate == 16000 and np.abs(load_audio(cut, 16000)).max() > 0.05 for cut in cuts)


@PROGRAMS
def test_a_slower_voice_takes_longer(voice):
    slow, fast = (len(voice_of(voice).speak("we met her at the station", speed, 0)[0]) for speed in (0.8, 1.25))
    assert slow > 1.2 * fast


@PROGRAMS
def test_a_voice_that_the_program_does_not_have_is_rejected(voice):
    program = voice.partition(":")[0]
    with pytest.raises(InputError, match=f"'{program}' has no voice 'nobody'"):
        voice_of(f"{program}:nobody")


def test_utterances_keep_their_names(tmp_path):
    (tmp_path / "named").write_text("u-2 we met her\nu-10\tplease call Keller\n")
    named = read_named_sentences(tmp_path / "named")
    synthesize(list(named.values()), [Hum("anna")], tmp_path / "data", names=list(named))
    assert (tmp_path / "data" / "text").read_text() == "u-10 please call keller\nu-2 we met her\n"
    assert [cut.id for cut in read_data(tmp_path / "data")] == ["u-10", "u-2"]


@pytest.mark.parametrize("line", ["u-3", "u-2 again", "../u-3 out of the folder"])
def test_names_that_do_not_do(tmp_path, line):
    (tmp_path / "named").write_text(f"u-2 we met her\n{line}\n")
    with pytest.raises(InputError, match="named:2: found .* expected 'UTTERANCE SENTENCE', each utterance once"):
        read_named_sentences(tmp_path / "named")


def test_the_same_seed_gives_the_same_folder(tmp_path):
    voices = [Hum("anna"), Hum("bert", 22050)]
    sentences = [f"sentence number {'so ' * i}" for i in range(1, 12)]
    for name, seed, jobs in (("one", 5, 1), ("two", 5, 3), ("other", 6, 1)):
        assert synthesize(sentences, voices, tmp_path / name, (0.9, 1.1), seed, jobs) == 0
    one, two, other = (files(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two != other
    speakers = {line.split()[1] for line in (tmp_path / "one" / "utt2spk").read_text().splitlines()}
    assert speakers == {"anna", "bert"}
    assert all(soundfile.info(path).samplerate == 16000 for path in (tmp_path / "one" / "wav").iterdir())


def test_unknown_voices_and_missing_programs_are_rejected(monkeypatch):
    for spec in ("siri", "flite", "festival:kal", "espeak-ng:"):
        with pytest.raises(
            InputError, match=f"no voice '{spec}'; write hibari, flite:VOICE, espeak-ng:VOICE or piper:"
        ):
            voice_of(spec)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=r"'flite:slt' needs the program 'flite'; install it \(apt install flite\)"):
        voice_of("flite:slt")


@pytest.fixture
def piper_voice(tmp_path):
    """A voice as piper reads it, which hums: 2,000 samples a letter at the voice's own pace."""
    onnx = pytest.importorskip("onnx", reason="makes a voice")
    node, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    constant = lambda name, array: onnx.numpy_helper.from_array(np.array(array, np.float32), name)
    nodes = [
        node("Gather", ["scales", "one"], ["stretch"]),
        node("Cast", ["input_lengths"], ["letters"], to=onnx.TensorProto.FLOAT),
        node("Squeeze", ["letters"], ["count"]),
        node("Mul", ["count", "samples"], ["plain"]),
        node("Mul", ["plain", "stretch"], ["limit"]),
        node("Range", ["zero", "limit", "step"], ["time"]),
        node("Mul", ["time", "pitch"], ["phase"]),
        node("Sin", ["phase"], ["hum"]),
        node("Reshape", ["hum", "shape"], ["output"]),
    ]
    weights = [constant(*pair) for pair in (("samples", 2000), ("zero", 0), ("step", 1), ("pitch", 0.05))]
    weights += [
        onnx.numpy_helper.from_array(np.array(one), name) for name, one in (("one", 1), ("shape", [1, 1, 1, -1]))
    ]
    integers, floats = onnx.TensorProto.INT64, onnx.TensorProto.FLOAT
    inputs = [value("input", integers, [1, None]), value("input_lengths", integers, [1]), value("scales", floats, [3])]
    graph = onnx.helper.make_graph(nodes, "hum", inputs, [value("output", floats, [1, 1, 1, None])], weights)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
    path = tmp_path / "hum.onnx"
    onnx.save(model, str(path))
    letters = {letter: [number] for number, letter in enumerate("_^$ abcdefghijklmnopqrstuvwxyz")}
    config = {"audio": {"sample_rate": 22050}, "espeak": {"voice": "en"}, "phoneme_type": "text", "num_symbols": 30}
    (tmp_path / "hum.onnx.json").write_text(json.dumps({**config, "num_speakers": 1, "phoneme_id_map": letters}))
    return path


def test_a_voice_of_piper_speaks_at_the_pace_that_is_asked_for(piper_voice):
    pytest.importorskip("piper", reason="pip install --no-deps piper-tts")
    voice = voice_of(f"piper:{piper_voice}")
    samples, rate = voice.speak("so", 1.0, 0)
    assert (voice.name, rate, samples.dtype) == ("piper:hum", 22050, np.float32) and len(samples) % 2000 == 0
    assert np.abs(samples).max() == pytest.approx(1.0, abs=0.01)
    assert len(voice.speak("so", 2.0, 0)[0]) == len(samples) // 2


def test_a_voice_of_piper_that_is_not_there_is_rejected(tmp_path):
    (tmp_path / "voice.onnx").write_bytes(b"")
    for file, missing in (("none.onnx", "none.onnx"), ("voice.onnx", "voice.onnx.json")):
        with pytest.raises(InputError, match=f"{missing}: no such file of a voice of piper"):
            voice_of(f"piper:{tmp_path / file}")


def test_nothing_to_speak_is_rejected_and_leaves_nothing_behind(tmp_path):
    with pytest.raises(InputError, match="none of the sentences could be spoken"):
        synthesize(["...", ""], [Hum("anna")], tmp_path / "data")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "line, stretches",
    [
        ("We met her at the station.", ["We met her at the station."]),
        ("He came.", []),  # too short
        ("Well, he came to the city, and she left it.", ["Well, he came to the city, and she left it."]),
        (
            "The meeting with the doctor was on monday afternoon, and we were all there; the flight was late again.",
            [
                "The meeting with the doctor was on monday afternoon, and we were all there;",
                "the flight was late again.",
            ],
        ),
        (
            "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen",
            [],
        ),
        ("Mr. Keller came to the city.", []),
        ("The BBC sent it to the city.", []),
        ("On the 4th we met her again.", []),
    ],
)
def test_stretches_of_a_text(line, stretches):
    assert list(clauses([line])) == stretches


def test_rare_words_come_in_and_none_twice_before_all_have_come():
    sentences = ["please send another report before friday morning"] * 200
    rare = ["keller", "olson", "quincy", "delgado", "whittemore"]
    made = list(with_rare_words(sentences, rare, mean=1.5, seed=3))
    found = [word for line in made for word in line.split() if word in rare]
    assert len(found) / len(made) == pytest.approx(1.5, abs=0.2)
    for start in range(0, len(found) - 5, 5):
        # of a sentence the last word was put in first
        assert len(set(found[start : start + 5])) >= 3
    assert {word: found.count(word) for word in rare}.keys() == set(rare)
    assert max(map(found.count, rare)) - min(map(found.count, rare)) <= 1
    assert all(len(line.split()) == 7 for line in made)
    assert made == list(with_rare_words(sentences, rare, mean=1.5, seed=3))
    assert made != list(with_rare_words(sentences, rare, mean=1.5, seed=4))


def test_short_words_and_punctuation_stay():
    assert list(with_rare_words(["as if it is, or so?"], ["keller"], mean=4.0, seed=0)) == ["as if it is, or so?"]
    (line,) = with_rare_words(["we met (there), again!"], ["keller"], mean=4.0, seed=2)
    assert line in ("we met (keller), again!", "we met (there), keller!")


def test_noise_is_put_in_and_the_texts_stay(tmp_path):
    for name, snrs in (("clean", None), ("noisy", (10.0, 20.0)), ("again", (10.0, 20.0))):
        synthesize(SENTENCES, [Hum("anna")], tmp_path / name, snrs=snrs)
    clean, noisy, again = (files(tmp_path / name) for name in ("clean", "noisy", "again"))
    assert noisy == again
    assert {str(path) for path in clean if clean[path] != noisy[path]} == {"wav/utt_000000.flac", "wav/utt_000002.flac"}


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite is not installed")
def test_flite_reads_accents_as_their_letters():
    voice = voice_of("flite:slt")
    accents, plain = (voice.speak(text, 1.0, 0)[0] for text in ("Timișoara and Łódź", "Timisoara and Lodz"))
    assert np.array_equal(accents, plain)
