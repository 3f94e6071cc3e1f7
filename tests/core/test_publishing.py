"""Files appear whole or not at all, whatever ends the process that writes them."""

import pytest

from wfst_bias.core.files import publish_file, publish_lines, publish_stream, remove_unfinished


@pytest.mark.parametrize("publish, begin", [(publish_stream, b"half"), (publish_lines, "half")])
def test_a_file_that_is_being_written_can_be_removed(tmp_path, publish, begin):
    """As Ctrl-C does it where the process ends without unwinding."""
    with pytest.raises(FileNotFoundError):
        with publish(tmp_path / "out.txt") as stream:
            stream.write(begin)
            assert len(list(tmp_path.iterdir())) == 1
            remove_unfinished()
            assert not list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_the_older_file(tmp_path):
    publish_file(tmp_path / "out.txt", "old")
    with pytest.raises(RuntimeError, match="broken"):
        with publish_stream(tmp_path / "out.txt") as stream:
            stream.write(b"new")
            raise RuntimeError("broken")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
