"""What pyproject.toml says of the package: the same as the files that install it."""

import re
from pathlib import Path

import wfst_bias

ROOT = Path(__file__).resolve().parents[1]


def _section(name, end):
    """The lines of a list of pyproject.toml, as the requirements that they quote."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return re.findall(r'^    "([^"]+)"', text.partition(f"\n{name} = [\n")[2].partition(end)[0], re.MULTILINE)


def _pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {line.split("#")[0].strip() for line in lines if "==" in line}


def test_the_tested_versions_are_those_of_the_environment():
    tested, needed = _section("tested", "\n]"), _section("dependencies", "\n]")
    assert set(tested) <= _pins()
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in needed if "python_version" not in requirement}
    assert [pin.partition("==")[0] for pin in tested] == sorted(names)


def test_the_package_pins_nothing_that_users_bring():
    needed = {re.match(r"[\w-]+", requirement)[0]: requirement for requirement in _section("dependencies", "\n]")}
    assert "k2" not in needed
    assert not re.search("[<=~!]=|<", needed["torch"].replace(">=", "") + needed["numpy"].replace(">=", ""))


def test_the_package_has_the_files_that_doctor_names():
    package = Path(wfst_bias.__file__).parent
    for name in ("requirements.txt", "requirements-k2.txt"):
        assert (package / name).read_bytes() == (ROOT / name).read_bytes()


def test_the_changelog_has_the_version():
    assert f"## [{wfst_bias.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
