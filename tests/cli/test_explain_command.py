"""``wfst-bias explain`` on decode folders, and what it says where they are no longer what they were."""

import json
import shutil

import pytest


@pytest.fixture(scope="module")
def folder(world, speech, run, tmp_path_factory):
    """Data, a graph with a list, and decode folders with that list, with lists of utterances and without."""
    folder = tmp_path_factory.mktemp("explain")
    (folder / "names.txt").write_text("Zelenskyy\nWhittemore\t0.5\n日本\nzelenskyy\n")
    rows = {"demo_000": ["Zelenskyy", "日本"], "demo_001": ["Zelenskyy"]}
    (folder / "own.tsv").write_text("".join(f"{name}\ttext\t[]\t{json.dumps(row)}\n" for name, row in rows.items()))
    shutil.copytree(speech, folder / "data")
    for command in (
        ("graph", "compile", world / "base", folder / "names.txt", folder / "graph"),
        ("decode", folder / "graph", folder / "data", folder / "decode"),
        ("decode", world / "base", folder / "data", folder / "plain"),
        ("decode", world / "base", folder / "data", folder / "own", "--biasing", folder / "own.tsv"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def explained(folder, run):
    """What the command says, in one line."""

    def explained(name, *arguments):
        result = run("explain", folder / name, *arguments)
        assert result.exit_code == 0, result.output
        return " ".join(result.output.split())

    return explained


def test_a_phrase_that_was_found(explained, folder):
    said = explained("decode", "demo_000", "ZELENSKYY")
    (entity, _) = map(json.loads, (folder / "decode" / "entities.jsonl").read_text().splitlines())
    assert said.startswith("demo_000: we met zelenskyy at the station 'ZELENSKYY' is found at")
    assert f"{entity['start']:.2f}-{entity['end']:.2f} s by the list; it wins by" in said
    assert f"{-entity['gap']:.1f} nats below the best units" in said
    assert "expected Z EH L EH N S K IY recognized" in said and said.endswith("Line 1 of the list.")


def test_a_phrase_that_nobody_said(explained):
    said = explained("decode", "demo_001", "Zelenskyy")
    assert "'Zelenskyy' is not found: " in said and "close to" in said


def test_phrases_that_no_graph_has(explained):
    said = explained("decode", "demo_000", "日本")
    assert "'日本' cannot be used: cannot be spelled: 日本; write it in letters, as it is spoken." in said
    said = explained("decode", "demo_000", "Zelensky")
    assert said.endswith("'Zelensky' is not in the list of demo_000. It has 'Zelenskyy'.")


def test_a_list_of_its_own(explained):
    assert "'Zelenskyy' is found at" in explained("own", "demo_000", "Zelenskyy")
    assert "'日本' cannot be used: cannot be spelled: 日本" in explained("own", "demo_000", "日本")
    said = explained("own", "demo_001", "Whittemore")
    assert "'Whittemore' is not in the list of demo_001. Put there, 'Whittemore' is found at" in said


def test_without_a_list(explained):
    said = explained("plain", "demo_001", "Whittemore")
    assert "'Whittemore' is not in the list of demo_001. Put there, 'Whittemore' is found at" in said


def test_all_numbers_as_json(folder, run):
    told = json.loads(run("explain", folder / "decode", "demo_000", "Zelenskyy", "--json").output)
    assert (told["verdict"], told["is_listed"], told["rows"][0]["line"]) == ("found", True, 1)
    contest = told["explanation"]["contest"]
    sides = [sum(contest[side]["terms"].values()) for side in ("phrase", "rival")]
    assert contest["margin"] == pytest.approx(sides[0] - sides[1], abs=1e-6)
    assert [cost["unit"] for cost in told["explanation"]["place"]["costs"]] == "Z EH L EH N S K IY".split()
    told = json.loads(run("explain", folder / "decode", "demo_000", "日本", "--json").output)
    assert (told["verdict"], told["explanation"]) == ("unusable", None)


def test_what_moved_is_named_anew(folder, run):
    meta = json.loads((folder / "decode" / "meta.json").read_text())
    assert (meta["graph"], meta["data"]) == (str(folder / "graph"), str(folder / "data"))
    (folder / "data").rename(folder / "there")
    try:
        result = run("explain", folder / "decode", "demo_000", "Zelenskyy")
        assert (
            result.exit_code == 1
            and f"{folder}/data: is not there any more; name its place with --data" in result.stderr
        )
        result = run("explain", folder / "decode", "demo_000", "Zelenskyy", "--data", folder / "there")
        assert result.exit_code == 0 and "is found at" in result.output
    finally:
        (folder / "there").rename(folder / "data")
    result = run("explain", folder / "own", "demo_000", "Zelenskyy", "--lists", folder / "lost.tsv")
    assert result.exit_code == 1 and "lost.tsv: is not there any more; name its place with --lists" in result.stderr


def test_another_graph_is_not_the_one_that_was_decoded_with(world, folder, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\t1\n")
    assert run("graph", "compile", world / "base", tmp_path / "names.txt", tmp_path / "graph").exit_code == 0
    result = run("explain", folder / "decode", "demo_000", "Zelenskyy", "--graph", tmp_path / "graph")
    assert result.exit_code == 1
    assert f"{tmp_path}/graph: is not the graph that {folder}/decode was decoded with" in result.stderr


def test_other_data_are_told(folder, run, tmp_path):
    shutil.copytree(folder / "data", tmp_path / "data")
    wav = tmp_path / "data" / "wav"
    shutil.copy(wav / "demo_001.flac", wav / "demo_000.flac")
    result = run("explain", folder / "decode", "demo_000", "Zelenskyy", "--data", tmp_path / "data")
    assert "It decodes to 'please call whittemore before friday' now: data" in result.output


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("decode", "demo_007", "Zelenskyy"), "text: has no utterance 'demo_007'"),
        (("graph", "demo_000", "Zelenskyy"), "graph: is no decode folder"),
        (("older", "demo_000", "Zelenskyy"), "meta.json: does not name the graph that was decoded with; decode again"),
    ],
)
def test_what_is_not_there(folder, run, arguments, message):
    (folder / "older").mkdir(exist_ok=True)
    (folder / "older" / "meta.json").write_text('{"kind": "decode"}')
    result = run("explain", folder / arguments[0], *arguments[1:])
    assert result.exit_code == 1 and message in result.stderr
