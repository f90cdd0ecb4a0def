"""A clock that stands, a lamp that shines, and a lawful list and authority, to be spoilt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from appliance.domain.deployment import Authority, Place, Position
from appliance.domain.watchlist import Ground, Head, ListImage, Subject, Watchlist
from appliance.matching.calibration import Calibration

MOMENT = datetime(2026, 5, 4, 10, 0, tzinfo=timezone.utc)
HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)


@dataclass
class Clock:
    """The van's time, which stands until a test moves it."""

    now: datetime = MOMENT

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def lamp():
    """A lamp that shines until a test darkens it."""

    @dataclass
    class Lamp:
        shining: bool = True

    return Lamp()


@pytest.fixture
def subject():
    def make(reference="V-001", **changes):
        fields = {
            "reference": reference,
            "ground": Ground.COURT,
            "reason": "failed to appear",
            "power": "warrant, section 7",
            "reviewer": "PC 1234",
            "images": (ListImage(source="custody suite"),),
            "expires_at": MOMENT + timedelta(days=30),
        }
        return Subject(**{**fields, **changes})

    return make


@pytest.fixture
def listing(subject):
    """Make a list of one subject for each template, or of those that own several."""

    def make(templates, owners=None, subjects=None, **changes):
        templates = np.array(templates, np.float32)
        owners = np.arange(len(templates)) if owners is None else np.array(owners)
        subjects = subjects or [subject(f"V-{i:03}") for i in range(owners.max() + 1)]
        fields = {
            "watchlist_id": "list-1",
            "model_id": "an-encoder",
            "made_at": MOMENT - timedelta(hours=1),
            "expires_at": MOMENT + timedelta(hours=11),
        }
        head = Head(**{**fields, **changes})
        return Watchlist.of(head, tuple(subjects), templates, owners.astype(np.int32))

    return make


@pytest.fixture
def authority():
    def make(**changes):
        fields = {
            "deployment_id": "d-1",
            "purpose": "find people wanted by a court",
            "place": Place(name="High Street", centre=HERE, radius_m=100),
            "starts_at": MOMENT - timedelta(minutes=10),
            "ends_at": MOMENT + timedelta(hours=6),
            "notice_published_at": MOMENT - timedelta(days=2),
            "authorising_officer": "Superintendent",
            "watchlist_id": "list-1",
            "maximum_subjects": 10,
            "threshold_floor": 0.4,
            # So many that no list here is long enough to raise the threshold.
            "most_false_alerts": 1_000.0,
        }
        return Authority(**{**fields, **changes})

    return make


@pytest.fixture
def calibration():
    return Calibration(
        pack="painted",
        model_id="a" * 64,
        preprocessing="c" * 64,
        source="made up for the tests",
        measured=False,
        points=((0.4, 1e-4), (0.5, 1e-5), (0.6, 1e-6)),
        threshold=0.5,
        floor=0.4,
        likely_from=0.6,
        strong_from=0.8,
    )
