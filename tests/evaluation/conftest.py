"""People whose templates are drawn by chance: what their figures must be is known."""

import pytest

from appliance.evaluation.endurance import Measure
from appliance.evaluation.resample import Resample
from appliance.evaluation.trials import Chosen
from appliance.settings import VisionSettings
from engines import packs
from tests.evaluation.crowd import LISTS, THRESHOLD, Crowd, sights

STILLS = packs.SHARED.parent / "media" / "stills" / "demo"
HERE = STILLS.is_dir() and packs.SHARED.is_dir()
# A skipped test would claim a promise that nobody has looked at.
collect_ignore = [] if HERE else ["test_wired.py"]


@pytest.fixture(scope="session")
def crowd():
    """Sixty people with four pictures each, women and men alternating."""
    return Crowd(60, 4).cohort()


@pytest.fixture(scope="module")
def chosen(crowd):
    return Chosen((), crowd.owners, crowd.subjects)


@pytest.fixture
def by(chosen, pack):
    drawn = Resample(chosen.subjects, 100, 3)
    return Measure(chosen, pack, VisionSettings(), THRESHOLD, LISTS, drawn)


@pytest.fixture
def bench(by, crowd):
    return by.bench(sights(crowd.templates))
