"""Painted people pass on films, before the stages of the van."""

from __future__ import annotations

import pytest

from appliance.app import now
from appliance.errors import ApplianceError, InputError
from appliance.evaluation.film.labels import Window
from appliance.evaluation.film.listing import Roster
from appliance.evaluation.film.theatre import open_theatre
from appliance.host.gallery import Gallery
from appliance.matching.matcher import Match
from appliance.settings import MatchingSettings, VisionSettings
from tests.evaluation.film.conftest import NO_PADDING, nobody, row, still
from tests.painted import template_of


@pytest.fixture
def open_match(calibration):
    """Look for painted people."""

    def build(*names, **rules):
        enrolled = {number: row(name) for number, name in enumerate(names)}
        law = Roster(enrolled, NO_PADDING, "painted").law()
        rule = MatchingSettings(cooldown_s=0, **rules)
        return Match(Gallery(), law.watchlist, law.deployment, calibration, rule, now)

    return build


def test_who_is_listed_is_reported_and_who_is_not_is_only_seen(cinema, open_match, tmp_path):
    film = cinema.bring(tmp_path / "a.mkv", *still("ann"), *nobody(), *still("bob"))
    shown = cinema.theatre.play(film, open_match("ann"), fusing=True)
    ann, bob = shown.went
    assert (ann.call.subject, ann.gated) == ("S-000000", True)
    assert (bob.call, bob.gated) == (None, True)
    assert len(ann.sights) == 6  # of twelve pictures at 25 a second the van looks at every other
    assert shown.frames == 36
    assert shown.seconds == pytest.approx(35 / 25)


def test_a_sight_says_where_when_and_how_large(cinema, open_match, tmp_path):
    film = cinema.bring(tmp_path / "a.mkv", *nobody(10), *still("ann", left=272, side=96))
    (ann,) = cinema.theatre.play(film, open_match("ann"), fusing=True).went
    first = ann.sights[0]
    assert first.at_s == pytest.approx(0.4)
    assert first.eyes_px == pytest.approx(0.4 * 96, abs=1)
    assert (first.x, first.y) == pytest.approx((0.5, (150 + 48) / 480), abs=0.01)
    assert ann.call.at_s == first.at_s


def test_who_comes_back_is_reported_again(cinema, open_match, tmp_path):
    film = cinema.bring(tmp_path / "a.mkv", *still("ann"), *nobody(20), *still("ann"))
    went = cinema.theatre.play(film, open_match("ann"), fusing=True).went
    assert [one.call is not None for one in went] == [True, True]


def test_films_do_not_remember_each_other(cinema, open_match, tmp_path):
    film = cinema.bring(tmp_path / "a.mkv", *still("ann"))
    first, again = (cinema.theatre.play(film, open_match("ann"), fusing=True) for _ in range(2))
    assert [one.call.at_s for one in first.went] == [one.call.at_s for one in again.went]


def test_shots_by_themselves_decide_without_what_came_before(cinema, open_match, tmp_path):
    """Bob's later shots do not outweigh the first of Ann, with whom he is confused."""
    scenes = [*still("ann", 4), *still("bob", 20)]
    film = cinema.bring(tmp_path / "a.mkv", *scenes)
    rules = {"hits": 2, "sure_score": 1.0, "sure_quality": 1.0}
    for fusing, found in ((True, None), (False, "S-000000")):
        match = open_match("bob", **rules)
        (one,) = cinema.theatre.play(film, match, fusing=fusing).went
        name = one.call.subject if one.call else None
        assert (name == "S-000000") or found is None
    assert one.call.at_s < 1.0


def test_somebody_is_enrolled_from_the_largest_face_of_a_moment(cinema, tmp_path):
    scenes = [
        [*here, *there]
        for here, there in zip(still("ann", 25), still("bob", 25, left=400, side=120), strict=True)
    ]
    film = cinema.bring(tmp_path / "a.mkv", *nobody(25), *scenes)
    template = cinema.theatre.portray(film, Window(from_s=1.2))
    assert template == pytest.approx(template_of("bob"), abs=0.05)
    left = cinema.theatre.portray(film, Window(from_s=1.2, right=0.5))
    assert left == pytest.approx(template_of("ann"), abs=0.05)
    assert cinema.theatre.portray(film, Window(to_s=0.8)) is None


def test_a_path_that_no_camera_takes_is_refused(cinema, tmp_path):
    with pytest.raises(InputError, match="too long, or holds a letter"):
        cinema.theatre.portray(tmp_path / "a\nb.mkv", Window())


def test_a_theatre_needs_networks_that_are_here(tmp_path):
    with pytest.raises(ApplianceError), open_theatre(VisionSettings(pack="nothing-like-it")):
        pass
