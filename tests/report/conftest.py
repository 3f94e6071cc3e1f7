"""Two decode folders written by hand, and their report."""

import pytest

from helpers.decode_folders import two_folders, write_data
from wfst_bias.report.config import ReportConfig
from wfst_bias.report.report import make_report


@pytest.fixture
def data(tmp_path):
    return write_data(tmp_path / "data")


@pytest.fixture
def folders(tmp_path, data):
    return two_folders(tmp_path, data)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The report of such folders."""
    folder = tmp_path_factory.mktemp("report")
    return make_report(two_folders(folder, write_data(folder / "data")), config=ReportConfig(lattices=0))
