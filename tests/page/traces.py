"""What a page still has of an alert: in its scripts' memory and in its tree."""

from __future__ import annotations

from tests.page.conftest import JPEG


def traces(tablet):
    """Find every picture, and every word in which a test has put a needle."""
    words = (*tablet.memory(), *tablet.page.content().split('"'))
    return [word for word in words if "needle-" in word or word.startswith(JPEG)]
