"""The whole pipeline, as the van builds it, around a film of painted people."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from appliance.domain.deployment import Deployment, Position
from appliance.domain.tally import Tally
from appliance.host.compute import Compute, Net
from appliance.host.gallery import Gallery
from appliance.matching.matcher import Match
from appliance.matching.repeats import Repeats
from appliance.pipeline import Pipeline, Report
from appliance.settings import MatchingSettings, VisionSettings
from appliance.vision.choice import Choose
from appliance.vision.eyes import Eyes
from appliance.vision.pace import Pace
from appliance.vision.passes import Passes

if TYPE_CHECKING:
    from appliance.domain.watchlist import Watchlist

HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)


@dataclass
class Stage:
    """A pipeline that watches a film, and what it reported."""

    film: Any
    pipeline: Pipeline
    compute: Compute
    watchlist: Watchlist
    alerts: list = field(default_factory=list)

    def show(self, *people, times: int = 1, **how) -> None:
        """Let the same people stand there for some frames."""
        for _ in range(times):
            self.pipeline.step([self.film.frame(*people, **how)])


@pytest.fixture
def open_eyes(film, pack):
    """Look with the film's own networks."""

    def build(rules):
        compute = Compute()
        nets = [Net(run, pack.model_id, compute._lent) for run in (film.find, film.describe)]
        return Eyes(compute, pack, *nets, rules)

    return build


@pytest.fixture
def open_match(clock, calibration, listing, authority, template):
    """Look for painted people under an authority."""

    def build(listed, rules, signed):
        watchlist = listing([template(name) for name in listed])
        deployment = Deployment(authority(**signed), HERE)
        return Match(Gallery(), watchlist, deployment, calibration, rules, clock)

    return build


@pytest.fixture
def open_stage(film, open_eyes, open_match):
    """Build the pipeline with some people on the list, and other settings or another authority."""

    def build(*listed, vision=None, matching=None, **signed):
        eyes = open_eyes(VisionSettings(**vision or {}))
        return assemble(film, eyes, open_match(listed, MatchingSettings(**matching or {}), signed))

    return build


def assemble(film, eyes, match) -> Stage:
    """Put the stages together, with a list in the tablets' place."""
    compute, rules, points = eyes.compute, eyes.settings, eyes.pack.landmarks
    passes = Passes(rules, eyes.pack.encoder.dimension)
    tally, alerts = Tally(), []
    repeats, expiry = Repeats(match.settings.cooldown_s), timedelta(seconds=60)
    report = Report(compute, match, passes, repeats, expiry, alerts.append, tally)
    choose = Choose(compute, points, rules, passes)
    detect = eyes.detect([(film.width, film.height)])
    stages = (Pace(0), detect, passes, choose, eyes.encode(), match, report)
    pipeline = Pipeline(compute, *stages, tally)
    return Stage(film, pipeline, compute, match.watchlist, alerts)


@pytest.fixture
def stage(open_stage):
    """The whole pipeline, with Ann on the list."""
    return open_stage("ann")
