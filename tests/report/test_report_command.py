"""``wfst-bias report`` of folders that were really decoded."""

import base64
import io
import re

import pytest
import soundfile

from wfst_bias.report.pictures import SAMPLING_RATE


@pytest.fixture(scope="module")
def decoded(world, speech, run, tmp_path_factory):
    """Two sentences with a name each, decoded without a list, and with one that an adapter reads, too."""
    made = tmp_path_factory.mktemp("decoded")
    (made / "names.txt").write_text("Zelenskyy\nWhittemore\n")
    for command in (
        ("graph", "compile", world / "base", made / "names.txt", made / "graph"),
        ("decode", world / "base", speech, made / "none"),
        ("decode", made / "graph", speech, made / "names", "--adapter", "default", "--stages", "rescore"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return made


def test_a_page_with_audio_lattices_and_attention(decoded, speech, run):
    page = decoded / "report.html"
    some = ("--audio", 1, "--attention", 1, "--lattices", 2, "--utterance", "demo_001")
    result = run("report", decoded / "none", decoded / "names", page, *some)
    assert result.exit_code == 0, result.output
    assert "report.html: 3 rows" in result.output
    text = page.read_text()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert re.findall(r"<article.*?<h3>(\w+)</h3>", text, re.DOTALL)[0] == "demo_001"
    (sound,) = re.findall(r'src="data:audio/flac;base64,([^"]+)"', text)
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound)))
    original = soundfile.info(str(next(speech.rglob("*demo_001*.wav"), None) or next(speech.rglob("*demo_001*"))))
    assert rate == SAMPLING_RATE and len(samples) / rate == pytest.approx(original.duration, abs=0.01)
    assert {'aria-label="lattice of demo_001"', 'aria-label="lattice of demo_000"'} <= set(
        re.findall(r'aria-label="[^"]+"', text)
    )
    (attention,) = re.findall(r'aria-label="attention of demo_001">.*?</svg>', text, re.DOTALL)
    assert "Whittemore" in attention and "data:image/png" in attention
    assert "<b>none → names</b>" in text and "+ whittemore</span>" in text


def test_a_graph_that_is_another_one_now_is_rejected(decoded, run, world, tmp_path):
    (tmp_path / "other.txt").write_text("Quincy\n")
    result = run("graph", "compile", world / "base", tmp_path / "other.txt", decoded / "graph")
    assert result.exit_code == 0, result.output
    result = run("report", decoded / "names", tmp_path / "r.html")
    assert result.exit_code == 1 and "graph: is not the graph that" in result.output
    assert "name the list to score with --entities" in result.output
    scored = ("--entities", decoded / "names.txt", "--attention", 1)
    result = run("report", decoded / "names", tmp_path / "r.html", *scored)
    assert result.exit_code == 1 and "leave --attention out" in result.output
    assert not (tmp_path / "r.html").exists()
