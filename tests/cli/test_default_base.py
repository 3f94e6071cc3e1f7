"""``default`` as the name of a base: the one that comes with the package, unless there is a folder of that name."""

import json
import shutil

import pytest

PREFERRED = "wfst-bias: 'default' is the folder of that name here, not the base that comes with the package"


@pytest.fixture
def at(monkeypatch, cache, tmp_path):
    """An empty working folder; the default base is in the cache of all tests."""
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def of_that_name(at, world):
    """A base in the folder ``default``."""
    shutil.copytree(world / "base", at / "default")
    return at


def test_a_list_is_compiled_into_the_default_base_and_decoded_with(run, at, cache, speech):
    (at / "names.txt").write_text("Zelenskyy\nWhittemore\n")
    result = run("graph", "compile", "default", "names.txt", "names")
    assert result.exit_code == 0 and PREFERRED not in result.stderr
    (base,) = cache.glob("base-*")
    made = base.stat().st_mtime_ns
    assert run("decode", "names", speech, "with_list").exit_code == 0
    assert run("decode", "default", speech, "without").exit_code == 0
    assert "whittemore" in (at / "with_list" / "text").read_text()
    assert "whittemore" not in (at / "without" / "text").read_text()
    assert json.loads((at / "without" / "meta.json").read_text())["graph"] == str(base)
    assert base.stat().st_mtime_ns == made and not (at / "default").exists()


def _facts(result):
    """What ``graph info`` shows below the name of the folder."""
    assert result.exit_code == 0
    return result.stdout.splitlines()[1:]


def test_a_folder_of_that_name_wins_and_is_told(run, of_that_name, world):
    own = _facts(run("graph", "info", world / "base"))
    for name in ("default", "./default", "default/", of_that_name / "default"):
        result = run("graph", "info", name)
        assert _facts(result) == own
        assert result.stderr.startswith(PREFERRED) == (name == "default")
    shutil.rmtree("default")
    result = run("graph", "info", "default")
    assert _facts(result) != own and PREFERRED not in result.stderr


def test_a_path_that_is_no_folder_is_not_the_default_base(run, at):
    for name in ("./default", at / "default"):
        result = run("graph", "info", name)
        assert result.exit_code == 1 and f"{at}/default: is no graph folder" in result.stderr


def test_commands_with_an_option_take_a_folder_of_that_name_too(run, of_that_name, cache):
    (of_that_name / "names.txt").write_text("Philipp\n")
    for arguments, is_told in ((("--base", "default"), True), (("--base", "./default"), False)):
        result = run("entities", "check", "names.txt", *arguments, "--json", "-")
        assert result.exit_code == 0 and result.stderr.startswith(PREFERRED) == is_told
        assert json.loads(result.stdout)["base"].endswith("default")


def test_tune_and_transcribe_take_it(run, of_that_name, speech):
    result = run("tune", "default", "names.txt", of_that_name / "no_data", "out.conf")
    assert result.exit_code == 1 and result.stderr.startswith(PREFERRED) and "no_data" in result.stderr
    result = run("transcribe", speech / "wav" / "demo_000.flac", "--base", "default")
    assert result.exit_code == 0 and result.stderr.startswith(PREFERRED) and "at the station" in result.stdout
