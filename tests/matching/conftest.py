"""A matcher under a lawful authority, and one shot to show to it."""

import numpy as np
import pytest

from appliance.domain.deployment import Deployment
from appliance.host.gallery import Gallery
from appliance.matching.matcher import Match
from appliance.settings import MatchingSettings
from tests.matching.probes import AXES, HERE


@pytest.fixture
def open_match(clock, calibration, listing, authority):
    def build(
        watchlist=None, *, signed=None, position=HERE, valid_until=None, calibration=calibration,
        **tuned,
    ):  # fmt: skip
        watchlist = watchlist or listing(AXES[:2])
        deployment = Deployment(authority(**(signed or {})), position, valid_until)
        rules = MatchingSettings(**tuned)
        return Match(Gallery(), watchlist, deployment, calibration, rules, clock)

    return build


@pytest.fixture
def ask(open_match):
    """Show one shot of a passing to a matcher."""

    def show(match, probe, passing=7, quality=0.3):
        numbers, qualities = np.array([passing], np.int32), np.array([quality], np.float32)
        (candidate,) = match(numbers, probe[None], qualities)
        return candidate

    return show
