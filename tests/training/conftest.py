"""Small networks are quickest on one thread."""

import pytest


@pytest.fixture(autouse=True)
def small_networks(one_thread):
    """Quickest on one thread."""
