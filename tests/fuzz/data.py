"""Data: Kaldi folders, lhotse manifests, audio files."""

import io
import json
import math
import re
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
from hypothesis import strategies as st

from fuzz.graphs import files_in
from fuzz.mutations import BINARY_TOKENS, TEXT_TOKENS
from fuzz.target import Case, Target
from fuzz.text import names, words
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data, read_texts, text_of
from wfst_bias.data.recordings import audio_recording
from wfst_bias.explain.verification_evidence import weighed_phrases
from wfst_bias.recognize.pseudo_labels import decoded_cuts

_RATE = 16000


@lru_cache(None)
def _audio(form="WAV", seconds=0.05, channels=1, subtype=None):
    """A file of audio in a form of libsndfile's."""
    stream = io.BytesIO()
    samples = np.sin(np.arange(int(seconds * _RATE) * channels) / 7).reshape(-1, channels) / 3
    soundfile.write(stream, samples, _RATE, format=form, subtype=subtype)
    return stream.getvalue()


_FOLDER = {
    "wav.scp": b"r1 r1.wav\nr2 r2.wav\n",
    "segments": b"u1 r1 0.0 0.02\nu2 r1 0.02 -1\nu3 r2 0 0.03\n",
    "text": b"u1 call anna\nu2\nu3 hello there\n",
    "utt2spk": b"u1 s1\nu2 s1\nu3 s2\n",
    "spk2utt": b"s1 u1 u2\ns2 u3\n",
    "reco2dur": b"r1 0.05\nr2 0.05\n",
    "reco2file_and_channel": b"r1 r1 A\nr2 r2 A\n",
}
_WHOLE = {
    "wav.scp": b"u1 u1.wav\nu2 u2.wav\nu3 missing.wav\n",
    "text": b"u1 call anna\nu2\nu3 x\n",
    "utt2spk": b"u1 s1\nu2 s1\nu3 s2\n",
    "utt2dur": b"u1 0.05\nu2 0.05\nu3 1\n",
}
_TABLES = tuple({*_FOLDER, *_WHOLE})


def _kaldi_seeds():
    wav = _audio()
    return [{**_FOLDER, "r1.wav": wav, "r2.wav": wav}, {**_WHOLE, "u1.wav": wav, "u2.wav": wav}]


_BLANKS = " \t\r\n\v\f"  # others may be part of a key


def _keys(path):
    """The keys of a table."""
    return {re.split(f"[{_BLANKS}]", row.strip(_BLANKS))[0] for _, row in lines_of(path)} - {""}


def _read(path):
    """Utterances and failures of data; each is one or the other."""
    failures = []
    cuts = list(read_data(path, on_failure=failures.append))
    for cut in cuts:
        assert cut.duration > 0 and not set(_BLANKS) & set(cut.id)
    assert all(failure.reason and failure.utterance for failure in failures)
    return cuts, {failure.utterance for failure in failures}


def _kaldi(folder):
    """Read a folder: no command of it is run, no utterance is lost."""
    if b"|" in (folder / "wav.scp").read_bytes():
        return None
    cuts, failed = _read(folder)
    told = {cut.id for cut in cuts} | failed
    table = folder / ("segments" if (folder / "segments").is_file() else "wav.scp")
    lost = {key for key in _keys(table) if key.isascii()} - told
    assert not lost, f"neither read nor failed: {lost}"
    return len(cuts)


def _kaldi_texts(folder):
    return read_texts(folder)


@st.composite
def _known_kaldi(draw):
    """A folder whose audio is not opened: durations are in utt2dur."""
    keys = sorted(draw(st.lists(names, min_size=1, max_size=4, unique=True)))
    gap, end = draw(st.sampled_from([" ", "\t", "  "])), draw(st.sampled_from(["\n", "\r\n"]))
    spoken = {key: " ".join(draw(st.lists(words, min_size=1, max_size=3))) for key in keys}

    def table(values):
        return "".join(f"{key}{gap}{value}{end}" for key, value in values.items()).encode()

    files = {
        "wav.scp": table({key: f"/nowhere/{key}.wav" for key in keys}),
        "text": table(spoken),
        "utt2spk": table({key: f"{key}-s" for key in keys}),
        "utt2dur": table({key: 1.5 for key in keys}),
    }
    return Case(files, [(key, spoken[key], f"{key}-s", 1.5) for key in keys])


def _utterances(folder):
    cuts, failed = _read(folder)
    assert not failed, failed
    return [(cut.id, text_of(cut), cut.supervisions[0].speaker, cut.duration) for cut in cuts]


def _cut(name, text, start=0.0, duration=0.05):
    source = {"type": "file", "channels": [0], "source": "a.wav"}
    recording = {"id": f"r-{name}", "sources": [source], "sampling_rate": _RATE, "num_samples": 800, "duration": 0.05}
    recording["channel_ids"] = [0]
    speech = {
        "id": name,
        "recording_id": f"r-{name}",
        "start": 0.0,
        "duration": duration,
        "channel": 0,
        "text": text,
        "speaker": "s",
    }
    return {
        **{"id": name, "start": start, "duration": duration, "channel": 0, "supervisions": [speech]},
        **{"recording": recording, "type": "MonoCut"},
    }


def _manifest_seed():
    rows = [_cut("u1", "call anna"), _cut("u2", "hello", 0.01, 0.03)]
    return [{"cuts.jsonl": "".join(json.dumps(row) + "\n" for row in rows).encode()}]


def _manifest(folder):
    path = folder / "cuts.jsonl"
    failures = []
    cuts = list(read_data(path, on_failure=failures.append))
    assert len(cuts) + len(failures) == sum(1 for _, line in lines_of(path) if line.strip())
    try:
        read_texts(path)
    except InputError as error:
        assert str(folder) in str(error)
    return len(cuts)


@st.composite
def _known_manifest(draw):
    rows = [
        (name, " ".join(draw(st.lists(words, max_size=3))))
        for name in draw(st.lists(names, min_size=1, max_size=4, unique=True))
    ]
    escaped = draw(st.booleans())
    content = "".join(
        json.dumps(_cut(*row), ensure_ascii=escaped) + draw(st.sampled_from(["\n", "\r\n"])) for row in rows
    )
    return Case({"cuts.jsonl": content.encode()}, [(name, text, "s", 0.05) for name, text in rows])


def _manifest_utterances(folder):
    return _utterances(folder / "cuts.jsonl")


@lru_cache(None)
def _shar_seeds():
    from lhotse import CutSet

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.wav").write_bytes(_audio())
        rows = [_cut("u1", "call anna"), _cut("u2", "hello")]
        for row in rows:
            row["recording"]["sources"][0]["source"] = str(folder / "a.wav")
        (folder / "cuts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / "shar").mkdir()
        CutSet.from_jsonl(folder / "cuts.jsonl").to_shar(folder / "shar", {"recording": "wav"})
        return [files_in(folder / "shar")]


def _shar(folder):
    cuts, failed = _read(folder)
    return len(cuts), failed


@lru_cache(None)
def _decoded_seeds():
    """A data folder and what was decoded of it."""
    data = {f"data/{name}": content for name, content in _kaldi_seeds()[1].items()}
    data["data/wav.scp"] = b"u1 u1.wav\nu2 u2.wav\n"
    data.update(
        {"data/text": b"u1 a b\nu2 c\n", "data/utt2spk": b"u1 s\nu2 s\n", "data/utt2dur": b"u1 0.05\nu2 0.05\n"}
    )
    position = {"first_word": 0, "num_words": 1, "phrase": "a", "confidence": 0.5, "posterior": 0.7}
    position.update(start=0.0, end=0.01, log_likelihood_ratio=1.0, prior_log_odds=0.5, features={"gap": 1.0})
    return [
        {
            **data,
            "d/meta.json": b'{"kind": "decode"}',
            "d/text": b"u1 a b\nu2 c\n",
            "d/ctm": b"u1 1 0.0 0.01 a 0.9\nu1 1 0.02 0.01 b 0.8\nu2 1 0.0 0.02 c 0.7\n",
            "d/segments": b"u1 u1 0.0 0.05\nu2 u2 0.0 0.05\n",
            "d/entities.jsonl": (json.dumps({"utterance": "u1", **position}) + "\n").encode(),
            "d/failed.jsonl": b"",
        }
    ]


def _decoded(folder):
    """Read a decode folder as pseudo labels and for explain."""
    weighed_phrases(folder / "d", "u1", "a")
    cuts = list(decoded_cuts(folder / "data", folder / "d"))
    return [(cut.id, text_of(cut)) for cut in cuts]


def _samples(folder):
    """Open and read an audio file."""
    path = next(folder.iterdir())
    where = f"{path}:7" if path.suffix == ".ark" else str(path)
    recording = audio_recording(Path(where), "key")
    samples = load_audio(recording.to_cut(), _RATE)
    assert samples.dtype == np.float32 and samples.ndim == 1 and np.isfinite(samples).all()
    assert math.isfinite(recording.duration) and len(samples)
    return len(samples)


def _audio_target(name, *files, share=0.3):
    return Target(
        f"audio/{name}",
        _samples,
        lambda: [dict([file()]) for file in files],
        tokens=(*BINARY_TOKENS, *TEXT_TOKENS[:40]),
        share=share,
    )


TARGETS = (
    Target("data/kaldi", _kaldi, _kaldi_seeds, changes=_TABLES, share=0.5),
    Target("data/kaldi-texts", _kaldi_texts, _kaldi_seeds, changes=("text",)),
    Target("data/known-kaldi", _utterances, cases=_known_kaldi(), share=0.15),
    Target("data/manifest", _manifest, _manifest_seed, share=0.5),
    Target("data/shar", _shar, _shar_seeds, share=0.3),
    Target(
        "data/decoded",
        _decoded,
        _decoded_seeds,
        changes=("d/meta.json", "d/text", "d/ctm", "d/segments", "d/entities.jsonl", "d/failed.jsonl"),
        share=0.5,
    ),
    Target("data/known-manifest", _manifest_utterances, cases=_known_manifest(), share=0.1),
    _audio_target(
        "wav",
        lambda: ("a.wav", _audio()),
        lambda: ("a.wav", _audio(channels=2, subtype="FLOAT")),
        lambda: ("a.wav", _audio("WAVEX", subtype="PCM_24")),
        lambda: ("a.wav", _audio(subtype="ULAW")),
    ),
    _audio_target("ark", lambda: ("a.ark", b"u1 \0B  "[:7] + _audio())),
    _audio_target("flac", lambda: ("a.flac", _audio("FLAC"))),
    _audio_target("sphere", lambda: ("a.sph", _audio("NIST"))),
    _audio_target("mp3", lambda: ("a.mp3", _audio("MP3", 0.3)), share=0.1),
    _audio_target("ogg", lambda: ("a.ogg", _audio("OGG", 0.2)), share=0.1),
    _audio_target("aiff", lambda: ("a.aiff", _audio("AIFF")), lambda: ("a.au", _audio("AU")), share=0.1),
)
