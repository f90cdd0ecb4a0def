"""An authority is for a place and a time, and the van knows when it has left them."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from appliance.domain.deployment import (
    EARTH_RADIUS_M,
    Authority,
    Deployment,
    EarlyError,
    Place,
    Position,
)
from appliance.domain.ending import End, EndedError
from appliance.errors import LapsedError, TrustError

HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)
positions = st.builds(Position, latitude_deg=latitudes, longitude_deg=longitudes)


def test_a_place_is_no_way_from_itself():
    assert HERE.distance_m(HERE) == 0


def test_a_degree_of_latitude_is_as_long_as_is_known():
    north = Position(latitude_deg=52.5, longitude_deg=-0.1)
    assert HERE.distance_m(north) == pytest.approx(EARTH_RADIUS_M * math.pi / 180)


def test_london_is_as_far_from_paris_as_is_known():
    london = Position(latitude_deg=51.5074, longitude_deg=-0.1278)
    paris = Position(latitude_deg=48.8566, longitude_deg=2.3522)
    assert london.distance_m(paris) == pytest.approx(343_500, rel=0.002)


def test_across_the_date_line_it_is_not_round_the_world():
    west = Position(latitude_deg=0, longitude_deg=179.999)
    east = Position(latitude_deg=0, longitude_deg=-179.999)
    assert west.distance_m(east) < 300


@given(first=positions, second=positions)
def test_a_distance_is_the_same_both_ways_and_never_absurd(first, second):
    there = first.distance_m(second)
    assert there == pytest.approx(second.distance_m(first), abs=1e-3)
    assert 0 <= there <= math.pi * EARTH_RADIUS_M + 1


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(90.1, 0), (-90.1, 0), (0, 180.1), (math.nan, 0), (0, math.inf)]
)
def test_what_is_nowhere_is_no_position(latitude, longitude):
    with pytest.raises(ValidationError):
        Position(latitude_deg=latitude, longitude_deg=longitude)


@pytest.mark.parametrize("radius_m", [0, -5, 2001, math.nan])
def test_a_zone_is_neither_nothing_nor_a_town(radius_m):
    with pytest.raises(ValidationError):
        Place(name="High Street", centre=HERE, radius_m=radius_m)


@pytest.mark.parametrize(
    "wish", [{"expected_faces": 0}, {"most_false_alerts": 0}, {"most_false_alerts": math.inf}]
)
def test_no_authority_allows_no_faces_or_no_false_alert_at_all(authority, wish):
    with pytest.raises(ValidationError):
        authority(**wish)


def corners(*places):
    return tuple(Position(latitude_deg=lat, longitude_deg=lon) for lat, lon in places)


SQUARE = corners((51.50, -0.11), (51.50, -0.10), (51.51, -0.10), (51.51, -0.11))
ARROW = corners((51.50, -0.11), (51.505, -0.105), (51.50, -0.10), (51.51, -0.105))
"""With a notch from the south."""


@pytest.mark.parametrize(
    ("outline", "latitude", "longitude", "inside"),
    [
        (SQUARE, 51.505, -0.105, True),
        (SQUARE, 51.511, -0.105, False),
        (SQUARE, 51.505, -0.099, False),
        (SQUARE, 51.505, 179.895, False),
        (ARROW, 51.506, -0.105, True),
        (ARROW, 51.502, -0.105, False),
    ],
)
def test_a_polygon_holds_what_is_inside_it(outline, latitude, longitude, inside):
    there = Position(latitude_deg=latitude, longitude_deg=longitude)
    assert Place(name="The square", corners=outline).holds(there) is inside
    assert Place(name="Backwards", corners=outline[::-1]).holds(there) is inside


def test_a_polygon_on_the_date_line_is_small_there_too():
    pier = corners((0, 179.99), (0, -179.99), (0.01, -179.99), (0.01, 179.99))
    place = Place(name="The pier", corners=pier)
    assert place.holds(Position(latitude_deg=0.005, longitude_deg=180))
    assert not place.holds(Position(latitude_deg=0.005, longitude_deg=0))


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"centre": HERE},
        {"radius_m": 50},
        {"corners": SQUARE[:2]},
        {"corners": SQUARE, "centre": HERE, "radius_m": 50},
        {"corners": SQUARE, "radius_m": 50},
        {"corners": corners((51.5, 0), (51.5, 0.5), (51.6, 0))},
        {"corners": SQUARE * 17},
    ],
)
def test_a_place_has_one_shape_and_is_no_town(shape):
    with pytest.raises(ValidationError):
        Place(name="Somewhere", **shape)


def test_without_a_word_from_the_force_it_ends(authority, clock):
    heard = Deployment(authority(), HERE, valid_until=clock.now + timedelta(hours=1))
    heard.require_open(clock.now)
    with pytest.raises(EndedError) as ended:
        heard.require_open(clock.now + timedelta(hours=1))
    assert ended.value.end is End.CONTACT_LOST


def test_an_end_for_good_is_told_from_a_start_that_is_still_to_come(authority, clock):
    signed = authority()
    with pytest.raises(EndedError) as ended:
        Deployment(signed, HERE).require_open(signed.ends_at)
    assert ended.value.end is End.DEPLOYMENT_OVER
    with pytest.raises(EarlyError, match="not begun"):
        Deployment(signed, HERE).require_open(signed.starts_at - timedelta(seconds=1))


def test_the_edge_of_the_place_counts_as_inside(authority, clock):
    signed = authority()
    metre_deg = 180 / math.pi / EARTH_RADIUS_M
    for distance_m, inside in ((99.9, True), (100.1, False)):
        there = Position(latitude_deg=51.5 + distance_m * metre_deg, longitude_deg=-0.1)
        if inside:
            Deployment(signed, there).require_open(clock.now)
        else:
            with pytest.raises(LapsedError, match="outside"):
                Deployment(signed, there).require_open(clock.now)


@pytest.mark.parametrize(("start", "end", "inside"), [(0, 1, True), (1, 2, False), (-1, 0, False)])
def test_the_start_is_inside_the_time_and_the_end_is_not(authority, clock, start, end, inside):
    moments = {"starts_at": start, "ends_at": end}
    signed = authority(**{k: clock.now + timedelta(hours=v) for k, v in moments.items()})
    if inside:
        Deployment(signed, HERE).require_open(clock.now)
    else:
        with pytest.raises(LapsedError):
            Deployment(signed, HERE).require_open(clock.now)


@pytest.mark.parametrize(
    "moments",
    [{"notice_published_at": 1}, {"starts_at": 9}, {"starts_at": 6}, {"ends_at": -1}],
)
def test_notice_start_and_end_come_in_that_order(authority, clock, moments):
    with pytest.raises(ValidationError, match="order"):
        authority(**{k: clock.now + timedelta(hours=v) for k, v in moments.items()})


def test_it_covers_the_list_that_was_signed_for_and_no_longer_one(authority, listing):
    three = listing([[1, 0], [0, 1], [1, 1]])
    authority(maximum_subjects=3).require_covers(three)
    with pytest.raises(TrustError, match="longer"):
        authority(maximum_subjects=2).require_covers(three)
    with pytest.raises(TrustError, match="another"):
        authority(watchlist_id="list-9").require_covers(three)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": ""},
        {"purpose": "   "},
        {"deployment_id": "two words"},
        {"deployment_id": "../../etc"},
        {"maximum_subjects": 0},
        {"maximum_subjects": 350_001},
        {"threshold_floor": -0.1},
        {"threshold_floor": 1.1},
        {"ends_at": "2026-05-04T12:00:00"},
        {"extra": 1},
    ],
)
def test_an_authority_that_says_too_little_or_too_much_is_refused(authority, change):
    with pytest.raises(ValidationError):
        authority(**change)


def test_an_authority_cannot_be_changed(authority):
    with pytest.raises(ValidationError):
        authority().threshold_floor = 0.0
    assert Authority.model_config["frozen"]


def test_an_alert_is_open_for_as_long_as_the_van_wants_and_the_authority_allows(authority):
    wish = timedelta(seconds=20)
    assert authority().limit(wish) == wish
    assert authority(alert_expiry_s=15.0).limit(wish) == timedelta(seconds=15)
    with pytest.raises(ValidationError):
        authority(alert_expiry_s=601)
