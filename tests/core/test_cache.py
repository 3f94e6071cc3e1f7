import numpy as np

from wfst_bias.core.cache import cache_folder, has_checksum, keep_folder, write_checksum


def test_without_a_home_nothing_is_kept(monkeypatch):
    def home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("WFST_BIAS_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pathlib.Path.home", home)
    keep_folder("kind", "key", lambda folder: None, 1)
    assert not cache_folder().exists() and not list(cache_folder().glob("*"))


def test_the_checksum_is_that_of_shapes_and_content(tmp_path):
    arrays = [np.arange(6), np.zeros(0, np.int32)]
    assert not has_checksum(tmp_path, arrays)
    write_checksum(tmp_path, arrays)
    assert has_checksum(tmp_path, arrays)
    assert not has_checksum(tmp_path, [np.zeros(6, np.int64), arrays[1]])
    assert not has_checksum(tmp_path, [arrays[0].reshape(2, 3), arrays[1]])
