"""What tests of language models share."""

import gzip

import pytest


@pytest.fixture(params=["lm.arpa", "lm.arpa.gz"])
def arpa(request, tmp_path):
    """A function that writes an ARPA file, plain or compressed, and returns its path."""

    def write(text):
        path = tmp_path / request.param
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
        return path

    return write
