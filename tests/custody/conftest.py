"""A van with its force, a custody over it, and somebody who matches; all real but the tablets."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from appliance.custody import Custody
from appliance.host.gallery import Gallery
from appliance.matching.handover import Handover
from appliance.matching.matcher import Match
from appliance.settings import DeploymentSettings, MatchingSettings, OversightSettings
from tests.law import HERE
from tests.watchlist.bundles import VAN, Van
from tests.watchlist.repository import MODEL


class Tablets:
    """Hears who is taken off."""

    def __init__(self):
        self.withdrawn = []

    def withdraw(self, references):
        self.withdrawn += sorted(references)


class Post:
    """What stands between the disk and whoever looks."""

    def __init__(self, van, calibration, clock, **deployment):
        audit = van.settings.folder.parent / "audit"
        settings = SimpleNamespace(
            watchlist=van.settings,
            van=VAN,
            deployment=DeploymentSettings.model_validate({**HERE.model_dump(), **deployment}),
            oversight=OversightSettings(folder=audit),
        )
        self.van, self.clock, self.calibration = van, clock, calibration
        self.settings, self.tablets = settings, Tablets()
        self.match = self.handover = None
        self.start()

    def start(self):
        """Begin as a process does that knows what lies on the disk, and nothing else."""
        self.custody = Custody(self.settings, MODEL, self.clock)

    def look(self):
        """Open the list and match with it from now on."""
        law = self.custody.find()
        rules = MatchingSettings()
        self.match = Match(
            Gallery(), law.watchlist, law.deployment, self.calibration, rules, self.clock
        )
        self.handover = Handover(self.match)
        self.handover.withdraw(law.withdrawn)
        return law

    def seek(self):
        """Look for a list until it is there, or is known not to be."""
        law = self.custody.seek()
        while law is None and self.custody.urgent:
            law = self.custody.seek()
        return law

    def beat(self, met=None):
        """Go on as the van does, once or until something has come to pass."""
        self._turn()
        while met and not met():
            self._turn()

    def _turn(self):
        self.handover.turn(1.0)
        self.custody.tend(self.handover, self.tablets)

    def stop(self):
        """Match no more."""
        self.handover.close()

    def held_keys(self):
        """Name the keys that are left."""
        return {*self.van.keyring.ids()}

    def bundles(self):
        """List the lists on the disk."""
        return list(self.van.settings.folder.rglob("*.age"))


@pytest.fixture
def van(tmp_path):
    return Van(tmp_path)


@pytest.fixture
def post(van, calibration, clock):
    post = Post(van, calibration, clock)
    yield post
    if post.handover:
        post.stop()
    post.custody.drop()


@pytest.fixture
def looking(post):
    """A van that looks for those of its first list."""
    post.van.send()
    post.look()
    return post
