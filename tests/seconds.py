"""The monotonic clock, for whatever counts seconds: it stands until a test turns it."""

import pytest


class Seconds:
    """Gives the time in seconds."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def seconds():
    return Seconds()
