"""A van knows where it stands, or does not look; by gpsd's own program, and by a stand-in of it."""

import json
import time
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest

from appliance.domain.deployment import Place, Position
from appliance.errors import LapsedError
from appliance.settings import DeploymentSettings
from appliance.whereabouts import LOST_S, Whereabouts
from tests.deployment.receivers import Speaker, fix, real_gpsd

HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)
SQUARE = Place(name="The square", centre=HERE, radius_m=100)


def now():
    return datetime.now(timezone.utc)


class Watch:
    """Seconds that pass, and more of them when a test says so."""

    def __init__(self):
        self.more_s = 0.0

    def __call__(self):
        return time.monotonic() + self.more_s


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def by_gpsd(watch):
    """Make a van that asks somebody who speaks as gpsd does."""
    made = []

    def make(*reports, wait_s=10.0):
        speaker = Speaker(*reports)
        settings = DeploymentSettings(position="gpsd", gpsd_port=speaker.port)
        where = Whereabouts(settings, now, watch, wait_s)
        made.append((speaker, where))
        return speaker, where

    yield make
    for speaker, where in made:
        where.close()
        speaker.close()


def test_what_is_declared_is_believed_and_never_left():
    where = Whereabouts(DeploymentSettings(latitude_deg=51.5, longitude_deg=-0.1), now)
    assert (where.source, where.locate()) == ("declared", HERE)
    where.require_inside(Place(name="Elsewhere", centre=HERE, radius_m=1))


def test_debian_s_gpsd_tells_where_its_receiver_is():
    with real_gpsd(lat=51.5, lon=-0.1) as port:
        where = Whereabouts(DeploymentSettings(position="gpsd", gpsd_port=port), now)
        here = None
        while here is None:
            # It has only just begun to listen.
            with suppress(LapsedError):
                here = where.locate()
        where.require_inside(SQUARE)
        where.close()
    assert here.distance_m(HERE) < 1


def test_a_position_of_this_moment_is_taken(by_gpsd):
    _, where = by_gpsd(fix(lat=51.6))
    assert where.locate() == Position(latitude_deg=51.6, longitude_deg=-0.1)


@pytest.mark.parametrize(
    "report",
    [
        fix(mode=1),
        fix(lat=95.0),
        {"class": "TPV", "mode": 3},
        {"class": "SKY"},
        fix(time="2026-11-27T12:00:00"),
        fix(time="0001-01-01T00:00:00+14:00"),
        b"[" * 50_000,
        b"\xff\xfe",
    ],
    ids=["no-fix", "nowhere", "bare", "other", "no-zone", "year-0", "deep", "bytes"],
)
def test_a_position_that_is_none_opens_nothing(by_gpsd, report):
    _, where = by_gpsd(report, wait_s=0.3)
    with pytest.raises(LapsedError, match="no position that is new"):
        where.locate()


@pytest.mark.parametrize("minutes", [-5, 5])
def test_where_the_clocks_differ_it_is_said_and_by_how_much(by_gpsd, minutes):
    _, where = by_gpsd(fix(at=now() + timedelta(minutes=minutes)), wait_s=0.3)
    with pytest.raises(LapsedError, match=r"time and the van's are (299|30\d) s apart") as told:
        where.locate()
    assert "Set the van's clock" in told.value.mend


@pytest.mark.parametrize("eph", ["500.0", "NaN"])
def test_a_position_that_may_be_anywhere_opens_nothing(by_gpsd, eph):
    report = json.dumps(fix()).replace("4.2", eph).encode()
    _, where = by_gpsd(report, wait_s=0.3)
    with pytest.raises(LapsedError, match=r"may be \w+ m off; 100 m are allowed"):
        where.locate()


def test_without_gpsd_it_is_said_that_it_does_not_answer(by_gpsd):
    speaker, where = by_gpsd(wait_s=0.3)
    speaker.close()
    with pytest.raises(LapsedError, match=f"gpsd does not answer on port {speaker.port}"):
        where.locate()


def test_what_did_not_count_before_is_no_fault_of_the_next_try(by_gpsd):
    speaker, where = by_gpsd(fix(eph=500.0), wait_s=0.3)
    with pytest.raises(LapsedError, match="500 m off"):
        where.locate()
    speaker.reports = [fix(mode=1)]
    with pytest.raises(LapsedError, match="no position that is new"):
        where.locate()


def test_a_van_that_is_driven_away_is_told_so_and_one_that_stays_is_not(by_gpsd):
    speaker, where = by_gpsd(fix())
    where.locate()
    where.require_inside(SQUARE)
    speaker.say(fix(lat=51.6))
    with pytest.raises(LapsedError, match="left the signed place"):
        stay(where)


def stay(where):
    while True:
        where.require_inside(SQUARE)


def test_a_fix_that_is_lost_counts_for_half_a_minute(by_gpsd, watch):
    _, where = by_gpsd(fix())
    where.locate()
    watch.more_s += LOST_S / 2
    where.require_inside(SQUARE)
    watch.more_s += LOST_S
    with pytest.raises(LapsedError, match="lost its position"):
        where.require_inside(SQUARE)


def test_a_gpsd_that_starts_anew_is_asked_anew(by_gpsd):
    speaker, where = by_gpsd(fix())
    where.locate()
    for line in speaker.lines:
        line.close()
    where.close()
    assert where.locate() == HERE
