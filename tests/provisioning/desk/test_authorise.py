"""An authority as somebody types it, or draws it."""

import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.deployment import Position
from appliance.errors import ApplianceError, InputError
from provisioning.desk.authorise import Drawn, Wishes, authorise, moment, outline, point

SQUARE = [[0.46, 51.73], [0.47, 51.73], [0.47, 51.74], [0.46, 51.74], [0.46, 51.73]]
POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}
FEATURE = {"type": "Feature", "properties": {"name": "x"}, "geometry": POLYGON}
CORNERS = ("51.73,0.46", "51.73,0.47", "51.74,0.47")


@pytest.fixture
def wishes(clock):
    def make(**changes):
        fields = {
            "deployment_id": "d-1",
            "purpose": "find people wanted by a court",
            "place": Drawn("High Street", "51.5,-0.1", 100).place(),
            "starts_at": clock.now,
            "ends_at": moment("2026-05-04T16:00+00:00"),
            "notice_published_at": moment("2026-05-01T00:00+00:00"),
            "officer": "Superintendent",
            "watchlist_id": "list-1",
            "maximum": 10,
            "floor": 0.4,
            "vans": ["van-1"],
        }
        return Wishes(**{**fields, **changes})

    return make


def test_it_is_laid_out_for_its_vans_and_believed(desk, people, wishes, van, out):
    desk.enlist(people(), ["van-1"])
    authorise(desk.office, wishes())
    desk.publish(out)
    told = van.believe(out).authority
    assert told.authorising_officer == "Superintendent"
    assert told.authorised_at == desk.office.clock()
    assert told.place.holds(Position(latitude_deg=51.5, longitude_deg=-0.1))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"maximum": 2}, "has 3 people"),
        ({"vans": ["van-2"]}, "not made for van-2"),
        ({"watchlist_id": "list-9"}, "knows no such list"),
        ({"ends_at": datetime(2026, 5, 4, 10, tzinfo=timezone.utc)}, "order"),
        ({"notice_published_at": datetime(2026, 5, 4, 11, tzinfo=timezone.utc)}, "order"),
        ({"deployment_id": "../etc"}, "deployment_id"),
        ({"purpose": " "}, "purpose"),
        ({"officer": "x" * 201}, "authorising_officer"),
        ({"floor": 1.5}, "threshold_floor"),
        ({"floor": float("nan")}, "threshold_floor"),
        ({"maximum": 0}, "maximum_subjects"),
    ],
)
def test_what_would_not_hold_is_refused_before_anybody_signs(desk, people, wishes, changes, fault):
    desk.enlist(people(), ["van-1"])
    before = desk.office.repository.draft().to_bytes()
    with pytest.raises(InputError, match=fault):
        authorise(desk.office, wishes(**changes))
    assert desk.office.repository.draft().to_bytes() == before


def test_times_that_are_out_of_order_name_the_options_to_correct(desk, people, wishes):
    desk.enlist(people(), ["van-1"])
    over = datetime(2026, 5, 4, 10, tzinfo=timezone.utc)
    with pytest.raises(InputError, match="times: ") as refused:
        authorise(desk.office, wishes(ends_at=over))
    assert "--from" in refused.value.mend


def test_one_that_has_ended_is_refused(desk, people, wishes, clock):
    desk.enlist(people(), ["van-1"])
    wish = wishes()
    clock.pass_by(hours=7)
    with pytest.raises(InputError, match="ended already"):
        authorise(desk.office, wish)


def test_a_refusal_never_repeats_the_officer(desk, people, wishes):
    desk.enlist(people(), ["van-1"])
    with pytest.raises(InputError) as refusal:
        authorise(desk.office, wishes(officer="Superintendent Smith" * 20))
    assert "Smith" not in refusal.value.advice()


@pytest.mark.parametrize(
    "drawn", [POLYGON, FEATURE, {"type": "FeatureCollection", "features": [FEATURE]}]
)
def test_a_polygon_is_read_from_geojson_longitude_first(drawn, tmp_path):
    file = tmp_path / "zone.geojson"
    file.write_text(json.dumps(drawn))
    place = Drawn("Market", polygon=file).place()
    assert len(place.corners) == 4
    assert place.holds(Position(latitude_deg=51.735, longitude_deg=0.465))
    assert not place.holds(Position(latitude_deg=51.745, longitude_deg=0.465))


HOSTILE = {
    "nothing": b"",
    "no JSON": b"{",
    "a depth bomb": b"[" * 200_000,
    "a feature in a feature without end": b'{"type":"Feature","geometry":' * 5_000 + b"}" * 5_000,
    "NaN": b'{"type":"Polygon","coordinates":[[[NaN,0],[0,1],[1,1],[NaN,0]]]}',
    "infinity": b'{"type":"Polygon","coordinates":[[[1e999,0],[0,1],[1,1],[1e999,0]]]}',
    "off the globe": b'{"type":"Polygon","coordinates":[[[0,91],[0,1],[1,1],[0,91]]]}',
    "text": b'{"type":"Polygon","coordinates":[[["a","b"],["c","d"],["a","b"]]]}',
    "open": b'{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[1,0]]]}',
    "with a hole": json.dumps({"type": "Polygon", "coordinates": [SQUARE, SQUARE]}).encode(),
    "two": json.dumps({"type": "FeatureCollection", "features": [FEATURE, FEATURE]}).encode(),
    "many": json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE]]}).encode(),
    "a point": b'{"type":"Point","coordinates":[0,0]}',
    "no coordinates": b'{"type":"Polygon"}',
    "not UTF-8": b'\xff\xfe{"type":"Polygon"}',
    "null": b"null",
    "numbers for corners": b'{"type":"Polygon","coordinates":[[1,2,3,1]]}',
    "an empty ring": b'{"type":"Polygon","coordinates":[[]]}',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_hostile_geojson_is_refused_in_one_sentence(data):
    with pytest.raises(InputError, match="no such polygon"):
        outline(data)


@given(
    st.binary(max_size=300)
    | st.text(alphabet='{}[]",:0123456789.eE-typePolygncrdias').map(str.encode)
)
def test_whatever_is_in_the_file_nothing_else_than_a_refusal_comes_out(data):
    try:
        corners = outline(data)
    except InputError:
        return
    assert corners


def test_a_polygon_too_wide_or_of_too_many_corners_is_refused(tmp_path):
    file = tmp_path / "zone.geojson"
    wide = [[0, 50], [1, 50], [1, 51], [0, 50]]
    many = [[0.46 + n / 1e6, 51.73] for n in range(65)]
    for ring in (wide, [*many, many[0]]):
        file.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
        with pytest.raises(InputError, match=r"polygon|corners"):
            Drawn("Market", polygon=file).place()


def test_a_file_too_large_is_not_read(tmp_path):
    file = tmp_path / "zone.geojson"
    file.write_bytes(b" " * 300_000)
    with pytest.raises(InputError, match="larger"):
        Drawn("Market", polygon=file).place()


@pytest.mark.parametrize(
    "drawn",
    [
        Drawn("x"),
        Drawn("x", centre="51,0"),
        Drawn("x", radius_m=10),
        Drawn("x", centre="51,0", radius_m=10, corners=CORNERS),
        Drawn("x", corners=CORNERS[:2]),
        Drawn("x", centre="51,0", radius_m=3_000),
        Drawn("x", centre="51,0", radius_m=float("nan")),
        Drawn(" ", centre="51,0", radius_m=10),
        Drawn("x", centre="51", radius_m=10),
        Drawn("x", centre="north,east", radius_m=10),
        Drawn("x", centre="91,0", radius_m=10),
        Drawn("x", centre="nan,0", radius_m=10),
        Drawn("x", corners=("51,0,3", *CORNERS)),
    ],
)
def test_a_place_is_said_in_one_way_and_soundly(drawn):
    with pytest.raises(InputError):
        drawn.place()


def test_corners_can_be_typed():
    place = Drawn("Market", corners=CORNERS).place()
    assert [corner.latitude_deg for corner in place.corners] == [51.73, 51.73, 51.74]
    assert point(" 51.5 , -0.1 ").longitude_deg == -0.1


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01T00:00", "0001-01-01T00:00+23:00"])
def test_what_is_no_time_is_said(text):
    with pytest.raises(ApplianceError, match="time"):
        moment(text)


def test_a_time_without_an_offset_is_this_computer_s():
    assert moment("2026-05-04T10:00").tzinfo is not None
    assert moment("2026-05-04T10:00+00:00") == datetime(2026, 5, 4, 10, tzinfo=timezone.utc)
