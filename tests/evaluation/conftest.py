"""People whose templates are drawn by chance: what their figures must be is known."""

import pytest

from engines import packs
from tests.evaluation.crowd import Crowd

STILLS = packs.SHARED.parent / "media" / "stills" / "demo"
HERE = STILLS.is_dir() and packs.SHARED.is_dir()
# A skipped test would claim a promise that nobody has looked at.
collect_ignore = [] if HERE else ["test_wired.py"]


@pytest.fixture(scope="session")
def crowd():
    """Sixty people with four pictures each, women and men alternating."""
    return Crowd(60, 4).cohort()
