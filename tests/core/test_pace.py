"""The pace of work on audio."""

import pytest

from wfst_bias.core import pace as pace_module
from wfst_bias.core.pace import Pace


def test_speed_and_lines(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(pace_module.time, "monotonic", lambda: now[0])
    pace = Pace()
    pace.audio += 50.0
    now[0] += 10.0
    assert pace.speed == pytest.approx(5.0) and not pace.is_time_for_a_line()
    now[0] += 20.0
    assert pace.is_time_for_a_line() and not pace.is_time_for_a_line()
