"""Every command once for real, and what it says to bad input."""

import gzip
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import wfst_bias


@pytest.fixture(scope="session")
def names(world):
    path = world / "names.txt"
    path.write_text("Zelenskyy\nWhittemore\t0.5\nAir 日本\n")
    return path


@pytest.fixture(scope="session")
def graph(world, names, run):
    result = run("graph", "compile", world / "base", names, world / "graph")
    assert result.exit_code == 0
    return world / "graph"


@pytest.fixture(scope="session")
def decoded(world, graph, speech, run):
    for graph_dir, name in ((world / "base", "decode_none"), (graph, "decode_names")):
        result = run("decode", graph_dir, speech, world / name)
        assert result.exit_code == 0, result.output
    return world


def test_version_and_help(run):
    assert wfst_bias.__version__ in run("--version").output
    for command in ((), ("lang", "hama"), ("graph", "compile"), ("decode",), ("score",), ("transcribe",)):
        assert "Usage:" in run(*command, "--help").output


def test_doctor_finds_every_part(run):
    result = run("doctor")
    assert result.exit_code == 0 and "MISSING" not in result.output
    assert "1.23" in result.output or "1.24" in result.output


def test_the_installed_command_tells_an_error_in_one_line(tmp_path):
    command = [sys.executable, "-c", "from wfst_bias.cli.main import main; main()", "graph", "compile"]
    done = subprocess.run(
        [*command, tmp_path / "base", tmp_path / "list", tmp_path / "out"], capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == ""
    assert (
        done.stderr
        == f"wfst-bias: {tmp_path}/base: is no graph folder (no meta.json); make one with 'wfst-bias graph base' or 'graph compile'\n"
    )


def test_lang_folder(world):
    tokens = (world / "lang" / "tokens.txt").read_text().split()
    assert tokens[:4] == ["<blk>", "0", "<wb>", "1"] and len(tokens) == 2 * 41
    assert (world / "lang" / "words.txt").read_text().startswith("<eps> 0\n")


def test_base_is_compiled_once_for_the_same_content(world, run):
    result = run("graph", "base", world / "lang", world / "lm.arpa.gz", world / "base")
    assert "is up to date" in result.output


def test_words_that_the_lexicon_does_not_have_are_told(world, run, tmp_path):
    (tmp_path / "text").write_text("call zelenskyy now\n")
    assert run("lm", "train", tmp_path / "text", tmp_path / "lm.arpa", "--order", 3).exit_code == 0
    result = run("graph", "base", world / "lang", tmp_path / "lm.arpa", tmp_path / "base")
    assert result.exit_code == 0
    assert "n-grams are left out, a word of theirs is not in the lexicon" in result.output


def test_a_pruned_model_makes_a_base(world, run, tmp_path):
    result = run("lm", "prune", world / "lm.arpa.gz", tmp_path / "small.arpa.gz", "--threshold", "inf")
    assert result.exit_code == 0 and "small.arpa.gz: 38 of 38 1-grams, 0 of 54 2-grams" in result.output
    assert run("graph", "base", world / "lang", tmp_path / "small.arpa.gz", tmp_path / "base").exit_code == 0


def test_a_changed_weight_and_a_lost_file_make_the_graph_anew(world, run, tmp_path):
    names, graph = tmp_path / "names.txt", tmp_path / "g"
    weights = []
    for weight in ("5", "-5"):
        names.write_text(f"Zelenskyy\t{weight}\n")
        assert run("graph", "compile", world / "base", names, graph).exit_code == 0
        weights.append(json.loads((graph / "entities.jsonl").read_text())["weight"])
    assert weights == [5.0, -5.0]
    (graph / "arcs.npy").unlink()
    assert run("graph", "compile", world / "base", names, graph).exit_code == 0
    assert (graph / "arcs.npy").is_file()


def test_report_tells_what_became_of_each_phrase(graph):
    header, *rows = [line.split("\t") for line in (graph / "report.tsv").read_text().splitlines()]
    by_phrase = {row[1]: dict(zip(header, row)) for row in rows}
    assert by_phrase["Zelenskyy"]["status"] == "used"
    assert by_phrase["Zelenskyy"]["pronunciations"].split(" | ")[0] == "Z EH L EH N S K IY"
    rates = {phrase: float(row["false_alarms_per_hour"]) for phrase, row in by_phrase.items()}
    assert rates["Zelenskyy"] > rates["Air 日本"] == 0.0
    assert by_phrase["Air 日本"]["status"] == "unusable" and "日本" in by_phrase["Air 日本"]["note"]


def test_unusable_phrases_are_told_and_strict_makes_them_an_error(world, names, run, tmp_path):
    result = run("graph", "compile", world / "base", names, tmp_path / "g")
    assert f"{names}:3: 'Air 日本' cannot be spelled: 日本" in result.output
    result = run("graph", "compile", world / "base", names, tmp_path / "strict", "--strict")
    assert result.exit_code == 1 and f"wfst-bias: {names}:3: 'Air 日本' cannot be spelled" in result.output
    assert not (tmp_path / "strict").exists()


def test_decode_writes_all_that_it_promises(decoded):
    folder = decoded / "decode_names"
    assert (
        folder / "text"
    ).read_text() == "demo_000 we met zelenskyy at the station\ndemo_001 please call whittemore before friday\n"
    ctm = [line.split() for line in (folder / "ctm").read_text().splitlines()]
    assert [row[4] for row in ctm][:3] == ["we", "met", "zelenskyy"]
    ends = [float(row[2]) + float(row[3]) for row in ctm[:6]]
    assert ends == sorted(ends) and all(float(row[3]) > 0 for row in ctm)
    found = [json.loads(line) for line in (folder / "entities.jsonl").read_text().splitlines()]
    assert [(row["utterance"], row["phrase"]) for row in found] == [
        ("demo_000", "Zelenskyy"),
        ("demo_001", "Whittemore"),
    ]
    with gzip.open(folder / "lat.1.gz", "rt") as archive:
        assert [line for line in archive if line.startswith("demo_")] == ["demo_000\n", "demo_001\n"]
    assert not (folder / "nbest.jsonl").exists()
    assert json.loads((folder / "meta.json").read_text())["num_utterances"] == 2


def test_the_second_pass_and_the_ladder_of_its_stages(decoded, speech, run, tmp_path):
    row = {"phrase": "Zelenskyy", "pronunciation": ["S EH L EH N S K IY"]}  # as the network hears this voice
    (tmp_path / "names.jsonl").write_text(json.dumps(row))
    (tmp_path / "stages.conf").write_text("--stages=rescore,lookup\n--lookup-min-posterior=0.2\n")
    options = ("--config", tmp_path / "stages.conf", "--list", tmp_path / "names.jsonl", "--nbest", 3)
    assert run("decode", decoded / "base", speech, tmp_path / "d", *options).exit_code == 0
    lines = lambda name: (tmp_path / "d" / name).read_text().splitlines()
    rows = [json.loads(line) for line in lines("lookup.jsonl")]
    assert lines("text.lookup") == lines("text") and lines("text.search") == lines("text.rescore")
    assert sum(a != b for a, b in zip(lines("text.search"), lines("text"))) == len({row["utterance"] for row in rows})
    assert [(row["utterance"], row["to"]) for row in rows] == [("demo_000", "Zelenskyy")]
    found = [json.loads(line) for line in lines("entities.jsonl")]
    assert [row["phrase"] for row in found if row["way"] == "lookup"] == [row["to"] for row in rows]
    assert all(json.loads(line)["phones"] != 0 for line in lines("nbest.jsonl"))
    meta = json.loads((tmp_path / "d" / "meta.json").read_text())
    assert meta["stages"]["stages"] == "rescore,lookup" and meta["lookup"]["min_posterior"] == 0.2

    explained = run("explain", tmp_path / "d", "demo_000", "Zelenskyy").output
    assert f"After the search, the second pass made {lines('text')[0].split(' ', 1)[1]!r} of it" in explained

    arguments = (speech, decoded / "decode_none", tmp_path / "d", "--entities", tmp_path / "names.jsonl")
    result = run("score", *arguments, "--ladder", "--json", tmp_path / "ladder.json")
    names = [" ".join(line.split()[:2]) for line in result.output.splitlines()]
    assert names[3].startswith(str(tmp_path / "d")) and names[4:] == ["+ rescore", "+ lookup"]
    scores = json.loads((tmp_path / "ladder.json").read_text())
    assert [row["stage"] for row in scores] == ["", "search", "rescore", "lookup"]
    assert scores[-1]["recall"]["value"] > scores[-2]["recall"]["value"] == scores[0]["recall"]["value"]
    assert "give one DECODE_DIR, or --ladder" in run("score", *arguments).output


@pytest.mark.parametrize(
    "options, message",
    [
        (("--stages", "lookup,rescore"), "name each stage once, and lookup last"),
        (("--stages", "guess"), "--stages has 'guess'; give some of rescore, verify, lookup, or none"),
        (("--stages", "mbr"), "--stages has 'mbr'; give some of rescore, verify, lookup, or none"),
        (("--stages", "lookup", "--phone-lang", "{speech}"), "is no lang folder"),
        (("--stages", "verify,rescore"), "name verify after rescore"),
        (("--stages", "rescore", "--rescore-weight", 2), "--rescore-weight is 2.0; give a share"),
    ],
)
def test_stages_that_cannot_be_run_are_errors_before_anything_is_written(decoded, speech, run, tmp_path, options, message):
    options = [str(option).format(speech=speech) for option in options]
    result = run("decode", decoded / "graph", speech, tmp_path / "d", *options)
    assert result.exit_code == 1 and message in result.output and not (tmp_path / "d").exists()


def test_unsure_phrases_are_taken_back_and_told(decoded, speech, run, tmp_path):
    result = run("decode", decoded / "base", speech, tmp_path / "d", "--stages", "verify")
    assert result.exit_code == 1 and "the graph has none: compile one" in result.output
    wide = ("--search-output-beam", 40, "--search-beam", 40)
    for least, refused in ((0, False), (1, True)):
        options = ("--verify-min-confidence", least, *wide)  # which is enough to turn it on
        assert run("decode", decoded / "graph", speech, tmp_path / "d", *options).exit_code == 0
        rows = (tmp_path / "d" / "rejected.jsonl").read_text().splitlines()
        assert all(json.loads(row)["reason"] == "verify" for row in rows)
        assert (tmp_path / "d" / "refused.jsonl").read_text().splitlines() == rows  # its name in older versions
        assert bool(rows) == refused
        changed = (tmp_path / "d" / "text.search").read_text() != (tmp_path / "d" / "text.verify").read_text()
        assert changed == refused
        assert (tmp_path / "d" / "text.verify").read_text() == (tmp_path / "d" / "text").read_text()


def test_nbest_and_lattices_of_frames_are_written_where_asked_for(decoded, speech, run, tmp_path):
    options = ("--nbest", 5, "--lattices", "frames", "--search-output-beam", 40, "--search-beam", 40)
    assert run("decode", decoded / "graph", speech, tmp_path / "d", *options).exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "d" / "nbest.jsonl").read_text().splitlines()]
    for line in (tmp_path / "d" / "text").read_text().splitlines():
        name, text = line.split(" ", 1)
        own = [row for row in rows if row["utterance"] == name]
        assert [row["rank"] for row in own] == list(range(1, len(own) + 1)) and 2 <= len(own) <= 5
        assert own[0]["text"] == text
        terms = [[row[term] for term in ("acoustic", "boost", "language_model", "list")] for row in own]
        assert [sum(some) for some in terms] == pytest.approx([row["total"] for row in own], abs=1e-2)
    assert rows[0]["entities"] == [{"phrase": "Zelenskyy", "first_word": 2, "num_words": 1}]
    with gzip.open(tmp_path / "d" / "lat.1.gz", "rt") as archive:
        assert archive.read().splitlines()[1].count(",") == 1
    assert not (tmp_path / "d" / "terms.1.jsonl.gz").exists()


def test_times_of_words_are_where_they_are_spoken(decoded, speech, run, tmp_path):
    """A second of silence in front moves every word by a second."""
    samples, rate = soundfile.read(speech / "wav" / "demo_000.flac")
    soundfile.write(tmp_path / "late.wav", np.concatenate([np.zeros(rate), samples]), rate)
    (tmp_path / "wav.scp").write_text("demo_000 late.wav\n")
    assert run("decode", decoded / "graph", tmp_path, tmp_path / "d").exit_code == 0
    starts = lambda folder: [
        float(line.split()[2]) for line in (folder / "ctm").read_text().splitlines() if "demo_000" in line
    ]
    assert starts(tmp_path / "d") == pytest.approx([s + 1.0 for s in starts(decoded / "decode_names")], abs=0.1)


def test_score_with_the_list_and_without(decoded, names, speech, run, tmp_path):
    result = run("score", speech, decoded / "decode_names", "--entities", names, "--json", tmp_path / "s.json")
    assert result.exit_code == 0 and "B-WER" in result.output
    with_list = json.loads((tmp_path / "s.json").read_text())
    assert with_list["F1"]["value"] == 100.0 and with_list["WER"]["value"] == 0.0
    (tmp_path / "names.csv").write_text("id;name\n1;Zelenskyy\n2;Whittemore\n")
    by_column = ("--entities", tmp_path / "names.csv", "--format", "csv:name", "--json", tmp_path / "csv.json")
    assert run("score", speech, decoded / "decode_names", *by_column).exit_code == 0
    assert json.loads((tmp_path / "csv.json").read_text()) == with_list
    run("score", speech, decoded / "decode_none", "--entities", names, "--json", tmp_path / "none.json")
    assert json.loads((tmp_path / "none.json").read_text())["F1"]["value"] == 0.0


def test_score_of_confidences(decoded, names, speech, run, tmp_path):
    options = ("--entities", names, "--confidence", "--json", tmp_path / "s.json")
    result = run("score", speech, decoded / "decode_names", *options)
    assert result.exit_code == 0 and "normalized cross entropy" in result.output
    scores = json.loads((tmp_path / "s.json").read_text())
    assert scores["confidence"]["num_hits"] == scores["counts"]["hits"] > 0
    words = (decoded / "decode_names" / "text").read_text().split()
    assert scores["confidence"]["words"]["ctm"]["num_words"] == len(words) - scores["num_utterances"]
    rows = [json.loads(line) for line in (decoded / "decode_names" / "entities.jsonl").read_text().splitlines()]
    assert all(row["rival"] is None or row["rival"]["words"] != row["rival"]["instead_of"] for row in rows)


def test_a_manifest_decodes_as_the_folder_does(decoded, speech, run, tmp_path):
    from wfst_bias.data.cuts import read_data

    read_data(speech).to_file(tmp_path / "cuts.jsonl.gz")
    assert run("decode", decoded / "graph", tmp_path / "cuts.jsonl.gz", tmp_path / "d").exit_code == 0
    assert (tmp_path / "d" / "text").read_text() == (decoded / "decode_names" / "text").read_text()
    assert run("score", tmp_path / "cuts.jsonl.gz", tmp_path / "d").exit_code == 0


def silence_and_noise(folder):
    chance = np.random.default_rng(0)
    sounds = {
        "hum": 0.05 * np.sin(2 * np.pi * 50 * np.arange(80000) / 16000),
        "noise": chance.normal(0, 0.01, 80000),
        "silence": np.zeros(80000),
        "tick": np.zeros(160),
    }
    for key, samples in sounds.items():
        soundfile.write(folder / f"{key}.wav", samples, 16000)
    (folder / "wav.scp").write_text("".join(f"{key} {key}.wav\n" for key in sorted(sounds)))


def test_silence_comes_back_empty_and_invents_nothing(decoded, run, tmp_path):
    silence_and_noise(tmp_path)
    result = run("decode", decoded / "graph", tmp_path, tmp_path / "d")
    assert result.exit_code == 0
    assert (tmp_path / "d" / "text").read_text() == "hum\nnoise\nsilence\ntick\n"
    assert (tmp_path / "d" / "entities.jsonl").read_text() == ""
    assert "4 transcripts are empty" in result.output


def test_transcribe_builds_what_it_needs_once_and_marks_what_it_finds(names, speech, run, cache, monkeypatch):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    wav = speech / "wav" / "demo_001.flac"
    result = run("transcribe", wav, "--entities", names)
    assert result.exit_code == 0 and "[Whittemore]" in result.output
    assert "pronounced W IH T M AO R" in result.output
    (base,) = cache.glob("base-*")
    made = base.stat().st_mtime_ns
    plain = run("transcribe", wav)
    assert plain.exit_code == 0 and "whittemore" not in plain.output and "friday" in plain.output
    assert base.stat().st_mtime_ns == made


BAD = {
    "no list": (("graph", "compile", "{world}/base", "{tmp}/none.txt", "{tmp}/out"), "{tmp}/none.txt: no such file"),
    "empty list": (("graph", "compile", "{world}/base", "{tmp}/empty.txt", "{tmp}/out"), "empty.txt: holds no phrase"),
    "no weight": (("graph", "compile", "{world}/base", "{tmp}/weight.txt", "{tmp}/out"), "weight.txt:2: weight 'x'"),
    "nothing spelled": (
        ("graph", "compile", "{world}/base", "{tmp}/signs.txt", "{tmp}/out"),
        "signs.txt:1: '日本' cannot",
    ),
    "no base": (("graph", "compile", "{tmp}", "{tmp}/weight.txt", "{tmp}/out"), "{tmp}: is no graph folder"),
    "a graph for a base": (("graph", "compile", "{world}/graph", "{tmp}/empty.txt", "{tmp}/out"), "not a base"),
    "no lang": (("graph", "base", "{tmp}", "{world}/lm.arpa.gz", "{tmp}/out"), "{tmp}: is no lang folder"),
    "no lm": (("graph", "base", "{world}/lang", "{tmp}/no.arpa", "{tmp}/out"), "no.arpa: cannot be read"),
    "cut lm": (("graph", "base", "{world}/lang", "{tmp}/cut.arpa", "{tmp}/out"), "cut.arpa:"),
    "cut lm to prune": (("lm", "prune", "{tmp}/cut.arpa", "{tmp}/out"), "cut.arpa:"),
    "no lm to prune": (("lm", "prune", "{tmp}/no.arpa", "{tmp}/out"), "no.arpa: no such file"),
    "no threshold": (("lm", "prune", "{world}/lm.arpa.gz", "{tmp}/out", "--threshold", "-1"), "--threshold is -1.0"),
    "bad prior": (
        ("graph", "compile", "{world}/base", "{tmp}/a.txt", "{tmp}/out", "--class-prior", "2"),
        "--class-prior is 2.0",
    ),
    "huge bonus": (
        ("graph", "compile", "{world}/base", "{tmp}/a.txt", "{tmp}/out", "--class-bonus", "1e9"),
        "--class-bonus is",
    ),
    "a file in the way": (
        ("graph", "compile", "{world}/base", "{tmp}/a.txt", "{tmp}/a.txt/out"),
        "a.txt/out: cannot be written",
    ),
    "a file in the way of a file": (("lm", "default", "{tmp}/a.txt/out"), "a.txt/out: cannot be written"),
    "no room to search": (
        ("decode", "{world}/base", "{speech}", "{tmp}/out", "--search-max-active", "20"),
        "--search-max-active is 20",
    ),
    "a demo elsewhere": (("demo", "--out", "{tmp}/precious"), "precious: exists and has no DEMO"),
    "no data to score": (("score", "{tmp}/nodata", "{tmp}/out"), "nodata: no such data folder"),
    "a folder for audio": (("transcribe", "{tmp}"), "{tmp}: holds no file of audio or video"),
    "no graph": (("decode", "{tmp}", "{speech}", "{tmp}/out"), "{tmp}: is no graph folder"),
    "no data": (("decode", "{world}/base", "{tmp}/nodata", "{tmp}/out"), "nodata: no such data folder"),
    "other tokens": (("decode", "{tmp}/changed", "{speech}", "{tmp}/out"), "tokens.txt: is not the token table"),
    "damaged arrays": (("decode", "{tmp}/damaged", "{speech}", "{tmp}/out"), "arcs.npy: is missing or damaged"),
    "no device": (
        ("decode", "{world}/base", "{speech}", "{tmp}/out", "--device", "warp"),
        "device 'warp' cannot be used",
    ),
    "not ours": (
        ("graph", "compile", "{world}/base", "{tmp}/a.txt", "{tmp}/precious"),
        "precious: exists and is no graph folder of ours",
    ),
    "a base is no output": (
        ("graph", "compile", "{world}/base", "{tmp}/a.txt", "{world}/base"),
        "base: exists and is no graph",
    ),
    "a graph is no output": (
        ("decode", "{world}/base", "{speech}", "{world}/graph"),
        "graph: exists and is no decode folder",
    ),
    "a meta.json of others": (
        ("decode", "{world}/base", "{speech}", "{tmp}/theirs"),
        "theirs: exists and is no decode folder",
    ),
    "a symbol for a word": (
        ("lang", "hama", "{tmp}/out", "--lexicon", "{tmp}/eps.txt"),
        "eps.txt: holds no pronunciation of a word",
    ),
    "no text to train on": (("lm", "train", "{tmp}/empty.txt", "{tmp}/out"), "empty.txt: holds no word"),
    "no audio": (("transcribe", "{tmp}/no.wav"), "no.wav: no such audio file"),
    "bad lexicon": (("lang", "hama", "{tmp}/out", "--lexicon", "{tmp}/a.txt"), "a.txt:1: 'York' is no ARPAbet phone"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error_and_leaves_nothing_behind(
    case, world, graph, speech, run, tmp_path, cache, monkeypatch
):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    (tmp_path / "empty.txt").write_text("\n")
    (tmp_path / "a.txt").write_text("New York\n")
    (tmp_path / "weight.txt").write_text("York\nNew York\tx\n")
    (tmp_path / "signs.txt").write_text("日本\n")
    (tmp_path / "cut.arpa").write_text(gzip.open(world / "lm.arpa.gz", "rt").read()[:-200])
    (tmp_path / "eps.txt").write_text("<eps> AA B\n")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "meta.json").write_text("{}")
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    shutil.copytree(world / "base", tmp_path / "changed")
    table = tmp_path / "changed" / "tokens.txt"
    table.write_text(table.read_text().replace("AA", "QQ"))
    shutil.copytree(world / "base", tmp_path / "damaged")
    arrays = tmp_path / "damaged" / "arcs.npy"
    arrays.write_bytes(arrays.read_bytes()[:-1000])

    arguments, message = BAD[case]
    fill = lambda text: text.format(world=world, speech=speech, tmp=tmp_path)
    result = run(*map(fill, arguments))
    assert result.exit_code == 1, result.output
    assert result.output.splitlines()[-1].startswith("wfst-bias: ") and fill(message) in result.output.splitlines()[-1]
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".*"))
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "years of work"


def break_audio(path):
    """Put samples that are no numbers in the place of a recording."""
    soundfile.write(path, np.full(40000, np.nan), 16000, format="WAV", subtype="FLOAT")


def test_one_bad_file_does_not_stop_a_corpus(decoded, speech, run, tmp_path):
    shutil.copytree(speech, tmp_path / "data")
    assert run("decode", decoded / "graph", tmp_path / "data", tmp_path / "whole").exit_code == 0
    flac = tmp_path / "data" / "wav" / "demo_001.flac"
    break_audio(flac)
    result = run("decode", decoded / "graph", tmp_path / "data", tmp_path / "d")
    assert result.exit_code == 0 and "1 of 2 inputs failed" in result.output
    (failed,) = map(json.loads, (tmp_path / "d" / "failed.jsonl").read_text().splitlines())
    assert failed["utterance"] == "demo_001" and failed["path"].endswith("demo_001.flac")
    for name in ("text", "ctm", "segments"):
        whole = (tmp_path / "whole" / name).read_text().splitlines(keepends=True)
        rest = [line for line in whole if not line.startswith("demo_001")]
        assert (tmp_path / "d" / name).read_text() == "".join(rest) and len(rest) < len(whole)


def test_strict_stops_at_a_bad_file_and_an_older_result_stays(decoded, speech, run, tmp_path):
    shutil.copytree(speech, tmp_path / "data")
    assert run("decode", decoded / "graph", tmp_path / "data", tmp_path / "d").exit_code == 0
    flac = tmp_path / "data" / "wav" / "demo_001.flac"
    break_audio(flac)
    before = (tmp_path / "d" / "text").read_text()
    result = run("decode", decoded / "graph", tmp_path / "data", tmp_path / "d", "--strict")
    assert result.exit_code == 1 and "demo_001" in result.output.splitlines()[-1]
    assert (tmp_path / "d" / "text").read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d", "d.parts", "data"]
    shutil.copy(speech / "wav" / "demo_001.flac", flac)
    assert run("decode", decoded / "graph", tmp_path / "data", tmp_path / "d", "--strict").exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d", "data"]


def test_demo_shows_a_gain(run, cache, monkeypatch, tmp_path):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    result = run("demo", "--out", tmp_path / "demo", "--sentences", 5, "--distractors", 50)
    assert result.exit_code == 0 and "SYNTHETIC" in result.output
    assert "no list" in result.output and "F1" in result.output
    page = (tmp_path / "demo" / "report.html").read_text()
    assert "<b>decode_no_list → decode_list</b>" in page and page.count('src="data:audio/flac;base64,') == 4


def test_a_list_of_another_kind_is_converted_and_compiled(run, world, tmp_path):
    foreign = tmp_path / "set.json"
    foreign.write_text('{"phrases": [{"value": "Zelenskyy", "boost": 10},\n {"value": "NY"}]}')
    result = run("entities", "convert", foreign, tmp_path / "own.jsonl")
    assert result.exit_code == 0 and result.stdout == f"{tmp_path}/own.jsonl: 2 phrases\n"
    assert f"wfst-bias: {foreign}:1: the format is taken for google, the line for 'Zelenskyy', +2 nats" in result.stderr
    assert (tmp_path / "own.jsonl").read_text() == '{"phrase": "Zelenskyy", "weight": 2.0}\n{"phrase": "NY"}\n'
    for path, name in ((foreign, "google"), (tmp_path / "own.jsonl", "auto")):
        result = run("graph", "compile", world / "base", path, tmp_path / "graph", "--format", name)
        assert result.exit_code == 0, result.output
    classed = tmp_path / "classed.jsonl"
    classed.write_text('{"phrase": "Ozempic", "class": "$DRUG"}\n')
    result = run("graph", "compile", world / "base", classed, tmp_path / "graph")
    assert result.exit_code == 1
    assert "classed.jsonl:1: the base has no class '$DRUG' (it has: none); name it with" in result.stderr


def test_how_a_list_is_read_is_told_and_kept(run, world, tmp_path):
    loose = tmp_path / "loose.txt"
    loose.write_text("# board\n- Zelenskyy\n- Whittemore\n")
    graph = run("graph", "compile", world / "base", loose, tmp_path / "graph")
    comment, bullet = graph.stderr.splitlines()
    assert comment.startswith(f"wfst-bias: {loose}:1: '# board' is taken for a comment")
    assert bullet.startswith(f"wfst-bias: {loose}:2: taken for 'Zelenskyy' and a bullet; --format lines")
    notices = json.loads((tmp_path / "graph" / "meta.json").read_text())["list_notices"]
    assert [f"wfst-bias: {notice}" for notice in notices] == [comment, bullet]
    loose.write_text("Zelenskyy, Whittemore")
    checked = json.loads(run("entities", "check", "--base", world / "base", loose, "--json", "-").stdout)
    assert [row["phrase"] for row in checked["phrases"]] == ["Zelenskyy", "Whittemore"]
    (notice,) = checked["notices"]
    assert notice["line"] == 1 and notice["message"].startswith("the only line is taken for 2 phrases")


def test_entities_check_tells_by_its_exit_code_what_it_found(run, world, names, tmp_path):
    fine, risky = tmp_path / "fine.txt", tmp_path / "risky.txt"
    fine.write_text("Zelenskyy\nWhittemore\n")
    risky.write_text("Zelenskyy\nzelenskyy\n")
    check = ("entities", "check", "--base", world / "base")
    for path, flags, code in (
        (fine, ["--strict"], 0),
        (risky, [], 0),
        (risky, ["--strict"], 1),
        (names, [], 1),
        (tmp_path / "none.txt", [], 1),
        (fine, ["--stric"], 2),
        (fine, ["--format", "nemo"], 1),
    ):
        result = run(*check, path, *flags)
        assert result.exit_code == code, result.output
    assert f"{risky}:2: warning: 'zelenskyy' is the same words as line 1" in run(*check, risky).output
    predicted = run(*check, fine).output.split("\n\n")[-1].splitlines()
    assert predicted[0].startswith("predicted false alarms an hour where nobody says any of it, before verification: ")
    worst = [(line.rsplit(": ", 1)[0], float(line.rsplit(": ", 1)[1])) for line in predicted[1:]]
    assert {place for place, _ in worst} == {f"{fine}:1: 'Zelenskyy'", f"{fine}:2: 'Whittemore'"}
    assert worst[0][1] >= worst[1][1] > 0.0
    printed = run(*check, names, "--json", "-")
    assert printed.exit_code == 1
    assert run(*check, names, "--json", tmp_path / "found.json").exit_code == 1
    found = json.loads(printed.stdout)
    assert found == json.loads((tmp_path / "found.json").read_text())
    assert [(f["severity"], f["line"]) for f in found["findings"] if f["severity"] == "error"] == [("error", 3)]
    assert run(*check, names, "--json", names).exit_code == 1 and names.read_text().startswith("Zelenskyy\n")


def test_entities_check_holds_a_list_against_the_base_of_transcribe(run, cache, monkeypatch, tmp_path):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    (tmp_path / "names.txt").write_text("CRAN\nPhilipp\n")
    result = run("entities", "check", tmp_path / "names.txt")
    assert result.exit_code == 0 and "'Philipp' sounds exactly like 'philip'" in result.output
    assert "'CRAN' is one unit from 'can'" in result.output


def test_entities_check_says_what_its_findings_mean(run):
    from wfst_bias.entities.findings import KINDS

    lines = run("entities", "check", "--help").output.splitlines()
    assert all(any(line.split()[:1] == [kind] for line in lines) for kind in KINDS)


@pytest.fixture
def too_long(tmp_path, speech):
    """A Kaldi data folder with 31 s of synthetic speech, over and over."""
    (tmp_path / "data").mkdir()
    samples, rate = soundfile.read(speech / "wav" / "demo_000.flac")
    soundfile.write(tmp_path / "data" / "long.wav", np.resize(samples, 31 * rate), rate)
    (tmp_path / "data" / "wav.scp").write_text("long long.wav\n")
    return tmp_path / "data"


def test_decode_takes_more_than_the_window_of_the_model(tmp_path, world, too_long, run):
    assert run("decode", world / "base", too_long, tmp_path / "out").exit_code == 0
    (row,) = (tmp_path / "out" / "text").read_text().splitlines()
    starts = [float(line.split()[2]) for line in (tmp_path / "out" / "ctm").read_text().splitlines()]
    assert len(starts) == len(row.split()) - 1 and starts == sorted(starts) and starts[-1] > 29.0
    segments = (tmp_path / "out" / "segments").read_text().splitlines()
    assert len(segments) == 2 and segments[-1].endswith(" 31.000")


def test_transcribe_takes_more_than_the_window_of_the_model(monkeypatch, world, too_long, run):
    monkeypatch.setattr("wfst_bias.recognize.transcribe.default_base", lambda progress=False: world / "base")
    result = run("transcribe", too_long / "long.wav")
    assert result.exit_code == 0 and len(result.stdout.split()) > 30
