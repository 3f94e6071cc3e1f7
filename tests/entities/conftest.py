"""Fixtures of tests of lists."""

import pytest

from wfst_bias.entities.lists import read_list


@pytest.fixture
def read(tmp_path):
    """Reads the text of a list; it may be given a format and a name."""

    def read(text, format_name="auto", name="list.txt"):
        (tmp_path / name).write_bytes(text.encode())
        return read_list(tmp_path / name, format_name)

    return read
