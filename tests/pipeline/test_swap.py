"""The list changes while people walk by: nobody is missed, reported twice, or matched by halves."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.domain.deployment import Deployment
from appliance.watch import Watch
from tests.stage import HERE

MARK = 32


@pytest.fixture
def offer(template, listing, authority):
    """Offer a list of painted people to a stage."""

    def give(stage, *names, name="list-2", subjects=None):
        watchlist = listing([template(n) for n in names], subjects=subjects, watchlist_id=name)
        marks = np.arange(1, len(names) + 1, dtype=np.uint8)
        commitments = np.repeat(marks, MARK).reshape(-1, MARK)
        watchlist = replace(watchlist, commitments=commitments)
        deployment = Deployment(authority(watchlist_id=name, deployment_id="d-2"), HERE)
        stage.pipeline.handover.offer(watchlist, deployment)
        return watchlist

    return give


def go_on(stage):
    """Work on the next list until there is nothing more to do."""
    for _ in range(20):
        stage.pipeline.between(0.0)


def test_somebody_on_the_new_list_is_reported_under_it(stage, offer, person):
    stage.show(person("bob", 100, 100), times=2)
    assert stage.alerts == []
    offer(stage, "bob")
    go_on(stage)
    stage.show(times=15)
    stage.show(person("bob", 300, 100), times=3)
    (alert,) = stage.alerts
    assert (alert.watchlist_id, alert.deployment_id) == ("list-2", "d-2")


def test_who_stands_in_view_is_matched_against_the_new_list_though_all_shots_are_spent(
    stage, offer, person
):
    stage.show(person("bob", 100, 100), times=50)
    shots = stage.pipeline.tally.shots
    offer(stage, "bob")
    go_on(stage)
    frame = stage.film.frame(person("bob", 100, 100))
    stage.pipeline.step([frame])
    (alert,) = stage.alerts
    assert alert.taken_ns == frame.taken_ns
    stage.show(person("bob", 100, 100), times=50)
    assert stage.pipeline.tally.shots <= shots + stage.pipeline.match.settings.hits
    assert len(stage.alerts) == 1


def test_where_two_shots_are_needed_who_stands_in_view_has_two_more(open_stage, offer, person):
    stage = open_stage("ann", matching={"sure_quality": 1.0})
    stage.show(person("bob", 100, 100), times=50)
    offer(stage, "bob")
    go_on(stage)
    stage.show(person("bob", 100, 100), times=20)
    assert len(stage.alerts) == 1


def test_who_was_reported_is_not_reported_again_because_the_list_has_changed(
    stage, offer, person, subject
):
    stage.show(person("ann", 100, 100), times=3)
    offer(stage, "bob", "ann", subjects=[subject("V-007"), subject("V-000")])
    go_on(stage)
    stage.show(person("ann", 100, 100), times=30)
    stage.show(times=15)
    stage.show(person("ann", 300, 100), times=3)
    assert len(stage.alerts) == 1


def test_another_person_with_the_old_ones_place_on_the_list_is_reported(
    stage, offer, person, subject
):
    stage.show(person("ann", 100, 100), times=3)
    offer(stage, "bob", subjects=[subject("V-009")])
    go_on(stage)
    stage.show(person("bob", 400, 100), times=3)
    assert [alert.subject.reference for alert in stage.alerts] == ["V-000", "V-009"]


def test_who_is_withdrawn_is_not_reported(stage, offer, person):
    offer(stage, "bob", "cleo")
    go_on(stage)
    assert stage.pipeline.handover.withdraw([bytes([1]) * MARK]) == {"V-000"}
    go_on(stage)
    stage.show(person("bob", 100, 100), person("cleo", 300, 100), times=3)
    assert [alert.subject.reference for alert in stage.alerts] == ["V-001"]


def test_every_frame_is_looked_at_while_a_list_comes(stage, offer, person):
    """Through the thread's own turns."""

    class Camera:
        name, dropped, bad, lost, ended = "mast-1", 0, 0, False, False

        def read(self, _wait_s):
            return stage.film.frame(person("bob", 100, 100))

    watch = Watch(stage.pipeline, [Camera()])
    new = offer(stage, "bob")
    for _ in range(5):
        watch.turn()
    assert stage.pipeline.tally.frames == 5
    assert stage.pipeline.match.watchlist is new
    assert len(stage.alerts) == 1


def test_the_end_erases_the_list_on_its_way(stage, offer):
    old, new = stage.watchlist, offer(stage, "bob")
    stage.pipeline.close()
    assert not old.templates.any()
    assert not new.templates.any()
