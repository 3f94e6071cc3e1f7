"""``wfst-bias doctor`` names every part and every extra."""

import re
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def test_doctor_names_the_extras_for_models_audio_and_clusters(run):
    result = run("doctor")
    assert result.exit_code == 0
    section = PYPROJECT.read_text().partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    extras = set(re.findall(r'^(\w+) = \["', section, re.MULTILINE))
    assert set(re.findall(r"extra (\w+), for", result.output)) == extras - {"demo", "bench"}
    assert re.search(r"^torch +\d", result.output, re.MULTILINE)
