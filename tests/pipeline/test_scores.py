"""How near strangers came is counted when they have passed; of a volunteer it is told at once."""

import pytest

from appliance.domain.scores import EDGES
from appliance.domain.watchlist import Ground


@pytest.fixture
def told(stage):
    """Whom the recall test hears of."""
    references = []
    stage.pipeline.report.recognised = references.append
    return references


def passes(stage, *people, times=5):
    stage.show(*people, times=times)
    stage.show(times=15)


def bins(stage, deployment="d-1"):
    """The bins that somebody fell into, by their lower edge."""
    scores = stage.pipeline.match.scores[deployment]
    return {EDGES[place]: int(count) for place, count in enumerate(scores.counts) if count}


def test_a_stranger_is_counted_once_at_the_nearest_they_came(stage, person):
    stage.show(person("bob", 100, 100), times=5)
    assert stage.pipeline.match.scores == {}  # not before they have passed
    stage.show(times=15)
    ((edge, count),) = bins(stage).items()
    assert count == 1
    assert edge < stage.pipeline.match.threshold
    passes(stage, person("bob", 300, 100))
    assert bins(stage) == {edge: 2}
    assert stage.pipeline.match.scores["d-1"].comparisons == 2


def test_who_is_in_view_when_looking_stops_is_counted(stage, person):
    stage.show(person("bob", 100, 100), times=5)
    stage.pipeline.close()
    assert stage.pipeline.match.scores["d-1"].faces == 1


def test_who_is_called_a_likeness_is_not_counted_and_not_in_the_cooldown_either(stage, person):
    passes(stage, person("ann", 100, 100))
    passes(stage, person("ann", 400, 100))
    assert len(stage.alerts) == 1
    assert stage.pipeline.match.scores == {}


def test_a_spoilt_shot_brings_nobody_nearer(stage, film, person):
    film.spoilt = True
    passes(stage, person("bob", 100, 100))
    assert stage.pipeline.tally.unencoded == 1
    assert stage.pipeline.match.scores == {}


def test_a_volunteer_is_told_of_once_in_each_passing_also_in_the_cooldown(
    open_stage, subject, listing, template, person
):
    stage = open_stage("ann")
    match, references = stage.pipeline.match, []
    stage.pipeline.report.recognised = references.append
    match.watchlist = listing([template("ann")], subjects=[subject("V-9", ground=Ground.VOLUNTEER)])
    passes(stage, person("ann", 100, 100), times=20)
    passes(stage, person("ann", 400, 100))
    assert references == ["V-9", "V-9"]
    assert len(stage.alerts) == 1


def test_of_somebody_who_is_wanted_nothing_is_told(stage, told, person):
    passes(stage, person("ann", 100, 100))
    assert len(stage.alerts) == 1
    assert told == []


def test_of_a_stranger_nothing_is_told(stage, told, person):
    passes(stage, person("bob", 100, 100))
    assert told == []
