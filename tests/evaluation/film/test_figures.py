"""Rates of films, of passes whose outcome is known."""

import pytest

from appliance.evaluation.document import Bootstrap
from appliance.evaluation.film.figures import WAYS, Drawn, Spread, bands, rates, waiting
from appliance.evaluation.film.labels import Pass
from appliance.evaluation.film.outcome import Others, Outcome
from tests.evaluation.film.conftest import labelled

VAN = WAYS[0]


def outcome(subject, found, film=0, eyes_px=60.0, seen=1):
    """One pass, found after so many tenths of a second as the film's number."""
    told = (film / 10, eyes_px - 5) if found else (None, None)
    return Outcome(film, subject, seen, seen, found, 2.0, eyes_px, eyes_px >= 50, *told)


@pytest.fixture
def drawn():
    passes = [Pass(film, film % 5) for film in range(20)]
    return Drawn.of(labelled(*passes, films=20, listed=range(5)), Bootstrap(200, 3))


def test_a_pass_is_found_or_missed_whole_and_people_are_drawn(drawn):
    told = [outcome(film % 5, film % 5 != 0, film) for film in range(20)]
    said = rates(VAN, told, [], drawn)
    assert (said.found, said.tpir.value) == (16, 0.8)
    # One of five people is never found: whoever draws people anew draws them twice, or not at all.
    assert said.tpir.low <= 0.6
    assert said.tpir.high == 1.0
    assert (said.passings_found, said.passings) == (16, 20)
    assert said.after_s.p50 == pytest.approx(1.0, abs=0.15)
    assert said.at_px == Spread(55.0, 55.0, 55.0)


def test_who_came_near_is_told_apart(drawn):
    told = [outcome(0, 1), outcome(1, 0, eyes_px=20.0), outcome(2, 0, eyes_px=20.0)]
    said = rates(VAN, told, [], drawn)
    assert (said.found, said.near_found, said.near_tpir.value) == (1, 1, 1.0)
    assert said.tpir.value == pytest.approx(1 / 3)


def test_false_alerts_are_of_strangers_and_of_people_taken_for_another(drawn):
    others = [Others(film, 10, film == 0, film == 1) for film in range(20)]
    said = rates(VAN, [outcome(0, 1, film=5)], others, drawn)
    assert (said.false_alerts, said.seen) == (2, 201)
    assert said.false_alert_rate.value == pytest.approx(2 / 201)
    assert said.false_alert_rate.high < 0.05


def test_no_false_alert_is_not_none_at_all_and_films_are_what_was_tried(drawn):
    said = rates(VAN, [], [Others(film, 10, 0, 0) for film in range(20)], drawn)
    assert said.false_alert_rate.value == 0
    assert said.false_alert_rate.high == pytest.approx(1 - 0.025 ** (1 / 20), abs=1e-6)


def test_where_nobody_is_listed_nothing_is_said_of_finding(drawn):
    said = rates(VAN, [], [], drawn)
    assert (said.tpir.value, said.after_s, said.at_px) == (None, None, None)
    assert waiting([]) == ()


def test_passes_are_told_by_size(drawn):
    told = [outcome(0, 1, eyes_px=60), outcome(1, 0, eyes_px=12), outcome(2, 1, eyes_px=50)]
    small, *_, large = [band for band in bands(told, drawn) if band.passes]
    assert (small.from_px, small.to_px, small.passes, small.found) == (10, 15, 1, 0)
    assert (large.from_px, large.to_px, large.passes, large.found) == (50, None, 2, 2)


def test_waiting_ends_with_the_share_that_was_found():
    told = [outcome(0, 1, film=3), outcome(1, 0), outcome(2, 1, film=1), outcome(3, 1, film=2)]
    assert waiting(told) == ((0.1, 0.25), (0.2, 0.5), (0.3, 0.75))
