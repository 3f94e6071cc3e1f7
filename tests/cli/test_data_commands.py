"""``wfst-bias data``, ``entities sample`` and stored emissions, from templates to a score."""

import json
import shutil

import pytest
from lhotse import load_manifest

TEMPLATES = "Please call $PERSON when you are in the city.\nWe met $PERSON at the station.\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory, run):
    """Two sentences with a name each, spoken, beside the templates and the list they are from."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "templates.txt").write_text(TEMPLATES)
    rows = ({"phrase": name, "class": "$PERSON"} for name in ("Zelenskyy", "Whittemore", "Olson"))
    (folder / "names.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = folder / "sentences.txt"
    result = run("data", "templates", folder / "templates.txt", folder / "names.jsonl", out, "--count", 2)
    assert result.exit_code == 0 and "2 sentences" in result.output
    voice = "flite:slt" if shutil.which("flite") else "hibari"
    result = run("data", "synthesize", out, folder / "data", "--voice", voice, "--noise", 30, 40)
    assert result.exit_code == 0, result.output
    return folder


def test_stored_emissions_give_the_same_words_with_the_adapter_of_the_package_too(world, corpus, run):
    base, names = corpus / "base", corpus / "list.jsonl"
    run("graph", "base", world / "lang", world / "lm.arpa.gz", base, "--class", "$PERSON")
    result = run("entities", "sample", corpus / "names.jsonl", corpus / "data", names, "--distractors", 1)
    assert result.exit_code == 0 and "3 phrases, 1 of them distractors" in result.output
    assert run("graph", "compile", base, names, corpus / "graph").exit_code == 0
    assert run("data", "cuts", corpus / "data", corpus / "cuts.jsonl.gz").exit_code == 0
    result = run("model", "emissions", "hama", corpus / "cuts.jsonl.gz", corpus / "emissions")
    assert result.exit_code == 0 and "of 2 utterances" in result.output
    stored = f"archive:{corpus / 'emissions' / 'emissions.npz'}"
    for adapter in ("none", "default"):
        for model, name in (("hama", "heard"), (stored, "stored")):
            out = corpus / f"{name}_{adapter}"
            result = run("decode", corpus / "graph", corpus / "data", out, "--model", model, "--adapter", adapter)
            assert result.exit_code == 0, result.output
        heard, again = (corpus / f"{name}_{adapter}" for name in ("heard", "stored"))
        assert (heard / "text").read_text() == (again / "text").read_text()
        assert json.loads((again / "meta.json").read_text())["adapter"] == adapter


def test_cuts_hold_their_texts_and_audio_wherever_they_are_read(corpus, run, tmp_path, monkeypatch):
    assert run("data", "cuts", corpus / "data", tmp_path / "cuts.jsonl.gz", "--channel", "1").exit_code == 0
    monkeypatch.chdir(tmp_path)
    cuts = list(load_manifest("cuts.jsonl.gz"))
    texts = (corpus / "data" / "text").read_text().splitlines()
    assert [f"{cut.id} {cut.supervisions[0].text}" for cut in cuts] == texts
    assert all(cut.load_audio().shape[1] == cut.num_samples for cut in cuts)
    result = run("data", "cuts", corpus / "data", tmp_path / "cuts.txt")
    assert result.exit_code == 1 and "end it in .jsonl.gz" in result.stderr


def test_a_list_of_which_nothing_is_said_and_noise_without_speech(corpus, run, tmp_path):
    result = run("data", "noise", tmp_path / "noise", "--minutes", 0.5)
    assert result.exit_code == 0 and "3 utterances in which nobody speaks" in result.output
    unsaid = tmp_path / "unsaid.jsonl"
    arguments = ("entities", "sample", corpus / "names.jsonl", corpus / "data", unsaid, "--unsaid", "--distractors")
    assert run(*arguments, 1).exit_code == 0
    said = (corpus / "data" / "text").read_text()
    (row,) = map(json.loads, unsaid.read_text().splitlines())
    assert row["phrase"].lower() not in said
    result = run(*arguments, 2)
    assert result.exit_code == 1 and "1 phrases that nobody says, 2 were asked for" in result.stderr


def test_a_part_that_is_none_is_told(corpus, run, tmp_path):
    result = run(
        "data", "templates", corpus / "templates.txt", corpus / "names.jsonl", tmp_path / "out", "--part", "3/2"
    )
    assert result.exit_code == 1 and "there is no part 3 of 2" in result.stderr and not (tmp_path / "out").exists()
