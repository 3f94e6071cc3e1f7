"""``wfst-bias doctor``: every requirement and every extra that the metadata of the package declare, and how to install it."""

import re
import shutil
from pathlib import Path

import pytest

import wfst_bias
from wfst_bias.cli import doctor
from wfst_bias.cli.requirements import Needed, declared_needs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def metadata(tmp_path, monkeypatch):
    """Puts metadata of the package before those that are installed."""

    def put(*fields, version=wfst_bias.__version__):
        folder = tmp_path / f"wfst_bias-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text("\n".join(["Metadata-Version: 2.1", "Name: wfst-bias", f"Version: {version}", *fields]) + "\n")
        monkeypatch.syspath_prepend(tmp_path)

    return put


@pytest.fixture
def own_metadata(tmp_path, monkeypatch):
    """The metadata that setuptools makes of pyproject.toml."""
    from setuptools import build_meta

    project = tmp_path / "project"
    (project / "wfst_bias").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "wfst_bias/__init__.py"):
        shutil.copyfile(ROOT / name, project / name)
    monkeypatch.chdir(project)
    made = tmp_path / "site"
    made.mkdir()
    build_meta.prepare_metadata_for_build_wheel(str(made))
    monkeypatch.syspath_prepend(made)


def _declared(section):
    """Names and texts of the lists of a section of pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text().partition(f"[{section}]\n")[2].partition("\n[")[0]
    return dict(re.findall(r"^([\w-]+) = \[(.*?)\]$", text, re.MULTILINE | re.DOTALL))


def test_all_of_pyproject_is_known(own_metadata):
    needs, extras = declared_needs(), _declared("project.optional-dependencies")
    assert set(needs) == {"", *extras}
    for extra, texts in extras.items():
        own = {name for name in re.findall(r'"([\w-]+)[^"]*"', texts) if name != "wfst-bias"}
        assert own <= {need.name for need in needs[extra]}
    assert {"torch", "numpy", "click"} <= {need.name for need in needs[""]}
    assert {need.name for need in needs["media"]} <= {need.name for need in needs["dev"]}  # named by 'wfst-bias[media,...]'
    assert set(extras) <= set(doctor._PURPOSES)


def test_every_extra_has_its_line(own_metadata, run):
    result = run("doctor")
    shown = set(re.findall(r"^\[(\w+)\] ", result.output, re.MULTILINE))
    assert shown == set(_declared("project.optional-dependencies"))
    assert re.search(r"^torch +\d", result.output, re.MULTILINE) and re.search(r"^k2 +1\.2", result.output, re.MULTILINE)


def test_what_is_missing_too_old_or_unknown(metadata, run, cache, monkeypatch):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(cache / "none"))
    metadata(
        "Requires-Dist: numpy>=99",
        "Requires-Dist: no-such-part; python_version < '3'",
        "Provides-Extra: media",
        "Provides-Extra: own",
        "Provides-Extra: all",
        "Requires-Dist: no-such-part>=1.2; extra == 'media'",
        "Requires-Dist: click>=8; extra == 'own'",
        "Requires-Dist: wfst-bias[all,media,own]; extra == 'all'",
    )
    result = run("doctor")
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in result.output.splitlines()}
    assert result.exit_code == 1
    assert re.fullmatch(r"MISSING [\d.]+ is installed; install: pip install 'numpy>=99'", lines["numpy"])
    assert lines["[media]"] == (
        "- no-such-part>=1.2: not installed; install (for M4A, MP4, WebM): pip install 'wfst-bias[media]'"
    )
    assert re.fullmatch(r"installed click [\d.]+", lines["[own]"])
    assert lines["[all]"].startswith("- no-such-part>=1.2: not installed; install: pip install 'wfst-bias[all]'")
    assert lines["cache"] == f"{cache / 'none'}: not made yet; WFST_BIAS_CACHE names another folder"
    assert "no-such-part" not in lines and lines["wfst-bias"] == wfst_bias.__version__


def test_metadata_of_another_version_are_told(metadata, run):
    metadata("Requires-Dist: click", version="0.0.1")
    assert "installed as 0.0.1: what follows is what that needed" in run("doctor").output


def test_modules_are_found_by_the_files_of_a_distribution():
    found = {name: Needed(name).modules for name in ("numpy", "soundfile", "hibari-tts", "kaldialign", "pytest", "pytest-xdist")}
    assert found["numpy"] == ("numpy",) and found["soundfile"] == ("soundfile",) and found["hibari-tts"] == ("hibari",)
    assert found["kaldialign"] == ("kaldialign",) and found["pytest"] == ("pytest",) and found["pytest-xdist"] == ("xdist",)


def test_the_tested_versions_are_those_of_the_requirements():
    for file, name in (("requirements.txt", "torch"), ("requirements-k2.txt", "k2")):
        pinned = re.findall(rf"^{name}==([\d.]+)", (ROOT / file).read_text(), re.MULTILINE)
        assert pinned and set(pinned) <= set(doctor.TESTED[name])


def test_the_cache_has_a_size(tmp_path, run, monkeypatch):
    monkeypatch.setenv("WFST_BIAS_CACHE", str(tmp_path))
    (tmp_path / "base-0").mkdir()
    (tmp_path / "base-0" / "arcs").write_bytes(bytes(3_000_000))
    assert f"{tmp_path}: 3 MB in 1 files, with a default base" in run("doctor").output
