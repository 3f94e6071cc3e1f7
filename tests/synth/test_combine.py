"""Several corpora as one."""

import numpy as np
import pytest
import soundfile

from wfst_bias.core.errors import InputError
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.synth.combine import combine


def corpus(folder, text, seconds=0.1):
    folder.mkdir()
    soundfile.write(str(folder / "a.wav"), np.full(int(16000 * seconds), 0.25), 16000)
    (folder / "wav.scp").write_text("utt a.wav\n")
    (folder / "text").write_text(f"utt {text}\n")
    (folder / "utt2spk").write_text("utt anna\n")
    return folder


def test_the_same_name_in_two_corpora_is_two_utterances(tmp_path):
    parts = [corpus(tmp_path / "one", "Good morning"), corpus(tmp_path / "two", "good night", 0.2)]
    assert combine(parts, tmp_path / "all") == 2
    cuts = {cut.id: cut for cut in read_data(tmp_path / "all")}
    assert {name: cut.supervisions[0].text for name, cut in cuts.items()} == {
        "1-utt": "good morning",
        "2-utt": "good night",
    }
    assert cuts["2-utt"].supervisions[0].speaker == "2-anna"
    assert len(load_audio(cuts["2-utt"], 16000)) == 3200


def test_a_stretch_of_a_recording_is_rejected(tmp_path):
    folder = corpus(tmp_path / "one", "good morning")
    (folder / "segments").write_text("utt utt 0.0 0.05\n")
    with pytest.raises(InputError, match="'utt' is no file of its own; cut the audio into utterances"):
        combine([folder], tmp_path / "all")
    assert not (tmp_path / "all").exists()
