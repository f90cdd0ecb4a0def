"""The story of one frame, told with painted people from a film to an alert."""

from datetime import timedelta

import cv2
import numpy as np
import pytest

from appliance.domain.candidate import Band
from appliance.domain.frame import Layout
from appliance.errors import LapsedError
from appliance.vision.presentation import LIKELY


@pytest.fixture(params=[Layout.I420, Layout.RGB8])
def layout(request, film):
    film.layout = request.param
    return film.layout


def seen(jpeg: bytes) -> np.ndarray:
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1), cv2.COLOR_BGR2RGB)


def test_a_listed_face_alerts_once_while_it_goes_by(stage, person, layout):
    for x in range(100, 300, 4):
        stage.show(person("ann", x, 150))
    assert len(stage.alerts) == 1
    assert stage.pipeline.tally.alerts == 1


def test_somebody_who_is_not_listed_never_does(stage, person):
    stage.show(person("bob", 100, 100), person("cleo", 300, 100), times=25)
    assert stage.alerts == []
    assert stage.pipeline.tally.faces_seen == 2


def test_the_alert_says_who_where_when_and_under_what_law(stage, person, layout):
    stage.show(person("ann", 160, 120), times=3)
    (alert,) = stage.alerts
    assert alert.subject.reference == "V-000"
    assert alert.candidate.score == pytest.approx(1, abs=0.01)
    assert alert.candidate.band is Band.STRONG
    assert (alert.camera, alert.watchlist_id, alert.deployment_id) == ("mast-1", "list-1", "d-1")
    assert alert.model_id == "an-encoder"
    assert alert.expires_at - alert.taken_at == timedelta(seconds=60)
    place = (alert.place.left, alert.place.top, alert.place.width, alert.place.height)
    assert place == pytest.approx((160 / 640, 120 / 480, 96 / 640, 96 / 480), abs=0.01)


def test_the_moment_is_that_of_the_shot_that_decided(stage, person):
    stage.show(person("bob", 100, 100), times=7)
    frame = stage.film.frame(person("ann", 400, 100))
    stage.pipeline.step([frame])
    (alert,) = stage.alerts
    assert (alert.taken_at, alert.taken_ns) == (frame.taken_at, frame.taken_ns)


def test_every_alert_has_its_own_name(stage, person):
    stage.show(person("ann", 100, 100), times=3)
    stage.show(times=15)
    stage.show(person("ann", 100, 100), times=1, taken_ns=100_000_000_000)
    assert len({alert.id for alert in stage.alerts}) == 2


def grain(picture: np.ndarray, columns: slice) -> float:
    """How much detail there is half-way up the picture."""
    middle = picture.shape[0] // 2
    return np.diff(picture[middle - 30 : middle + 30, columns, 1], axis=0).std()


def test_the_picture_shows_the_subject_and_veils_who_stands_beside(stage, person, layout):
    stage.show(person("ann", 200, 150), person("bob", 310, 150), times=3)
    picture = seen(stage.alerts[0].crop_jpeg).astype(float)
    y, x = picture.shape[0] // 2, picture.shape[1] // 2
    assert picture[y - 20 : y + 20, x - 20 : x + 20].mean((0, 1)) == pytest.approx(
        (210, 60, 60), abs=12
    )
    subject, beside = grain(picture, slice(x - 30, x + 30)), grain(picture, slice(-20, -4))
    assert subject > 8
    assert beside < subject / 5


def test_a_face_too_doubtful_to_follow_is_still_veiled(stage, person):
    stage.show(person("ann", 200, 150), person("bob", 310, 150, score=0.4), times=3)
    picture = seen(stage.alerts[0].crop_jpeg).astype(float)
    assert grain(picture, slice(-20, -4)) < 2
    assert stage.pipeline.tally.faces_seen == 1


def test_a_subject_who_comes_back_soon_is_not_reported_twice(stage, person):
    stage.show(person("ann", 100, 100), times=3)
    stage.show(times=15)
    stage.show(person("ann", 400, 100), times=3)
    assert len(stage.alerts) == 1
    assert stage.pipeline.tally.faces_seen == 2


def test_after_the_cooldown_the_subject_is_reported_again(open_stage, person):
    stage = open_stage("ann", matching={"cooldown_s": 1.0})
    stage.show(person("ann", 100, 100), times=3)
    stage.show(times=40)
    stage.show(person("ann", 400, 100), times=3)
    assert len(stage.alerts) == 2


def test_without_a_cooldown_a_passing_still_alerts_once(open_stage, person):
    stage = open_stage("ann", matching={"cooldown_s": 0.0})
    stage.show(person("ann", 100, 100), times=20)
    assert stage.pipeline.tally.shots > 1
    assert len(stage.alerts) == 1


def test_the_evidence_of_a_passing_ends_with_it(open_stage, person):
    stage = open_stage("ann", matching={"sure_quality": 1.0, "hits": 8})
    stage.show(person("ann", 100, 100), times=3)
    assert stage.pipeline.match._evidence
    stage.show(times=15)
    assert not stage.pipeline.match._evidence


def test_two_cameras_are_two_passings_and_each_reports(stage, film, person):
    for _ in range(4):
        ann = person("ann", 100, 100)
        stage.pipeline.step(film.frames([ann], [ann]))
    assert [alert.camera for alert in stage.alerts] == ["mast-1", "mast-2"]
    assert stage.pipeline.tally.faces_seen == 2


def test_two_shots_are_needed_where_the_one_is_not_sure(open_stage, person):
    # So narrow a face is worth less than a sure shot must be.
    stage = open_stage("ann", matching={"sure_quality": 0.9})
    stage.show(person("ann", 100, 100, side=40))
    assert stage.alerts == []
    stage.show(person("ann", 100, 100, side=40), times=4)
    assert len(stage.alerts) == 1


def test_the_shots_of_a_passing_stop_when_they_are_enough(stage, person):
    stage.show(person("bob", 100, 100), times=50)
    assert stage.pipeline.tally.shots == 4


@pytest.mark.parametrize("poor", [{"side": 20}, {"score": 0.5}])
def test_a_poor_shot_is_never_encoded(stage, film, person, poor):
    film.describe = None  # it would be called
    stage.show(person("ann", 100, 100, **poor), times=10)
    assert stage.pipeline.tally.shots == 0
    assert stage.pipeline.tally.faces_seen == 0


def test_a_network_that_gives_no_number_is_counted_and_never_matches(stage, film, person):
    film.spoilt = True
    stage.show(person("ann", 100, 100), times=10)
    assert stage.alerts == []
    assert stage.pipeline.tally.bad_templates > 0
    stage.show(times=15)
    assert stage.pipeline.tally.unencoded == 1


def test_a_spoilt_shot_is_no_second_piece_of_evidence(open_stage, film, person):
    stage = open_stage("ann", matching={"sure_quality": 1.0})
    stage.show(person("ann", 100, 100))
    film.spoilt = True
    stage.show(person("ann", 100, 100), times=5)
    assert stage.pipeline.tally.shots > 1
    assert stage.alerts == []


def test_one_spoilt_shot_does_not_spoil_the_passing(stage, film, person):
    film.spoilt = True
    stage.show(person("ann", 100, 100), times=3)
    film.spoilt = False
    stage.show(person("ann", 100, 100), times=4)
    assert len(stage.alerts) == 1


def test_the_tally_counts_what_there_was(stage, person):
    stage.show(person("ann", 100, 100), person("bob", 400, 100), times=5)
    stage.show(times=15)
    tally = stage.pipeline.tally
    assert (tally.frames, tally.detections, tally.faces_seen) == (20, 10, 2)
    assert (tally.erased, tally.unencoded, tally.alerts) == (2, 0, 1)


def test_the_deletion_of_every_passing_is_measured(stage, person):
    stage.show(person("ann", 100, 100), person("bob", 400, 100), times=3)
    stage.show(times=15)
    assert len(stage.pipeline.tally.deletion_ms) == 2
    assert stage.pipeline.tally.deletion_ms.summary()["p50"] > 0


def test_a_face_that_is_in_view_at_the_end_is_erased_too(stage, person):
    stage.show(person("bob", 100, 100), times=3)
    assert stage.pipeline.tally.erased == 0
    stage.pipeline.close()
    assert stage.pipeline.tally.erased == stage.pipeline.tally.faces_seen == 1
    assert len(stage.pipeline.tally.deletion_ms) == 1


def test_when_the_authority_ends_looking_ends_at_once(stage, film, clock, person):
    stage.show(person("bob", 100, 100), times=3)
    clock.pass_by(hours=6)
    film.find = None  # nothing is looked for any more
    with pytest.raises(LapsedError, match="authority has ended"):
        stage.show(person("ann", 100, 100))
    assert stage.alerts == []


def test_when_the_list_ends_looking_ends_at_once(open_stage, clock, person):
    stage = open_stage("ann", ends_at=clock.now + timedelta(days=1))
    clock.pass_by(hours=10, minutes=59)
    stage.show(person("bob", 100, 100))
    clock.pass_by(minutes=1)
    with pytest.raises(LapsedError, match="watchlist has ended"):
        stage.show(person("ann", 400, 100))
    assert stage.alerts == []


def test_passings_end_even_where_the_law_has(stage, clock, person):
    stage.show(person("bob", 100, 100), times=3)
    clock.pass_by(hours=6)
    with pytest.raises(LapsedError):
        stage.show(taken_ns=10_000_000_000)
    assert stage.pipeline.tally.erased == 1


def test_the_cooldown_is_forgotten_with_the_list(stage, person):
    stage.show(person("ann", 100, 100), times=3)
    stage.pipeline.close()
    assert not stage.pipeline.report.repeats._last_ns


def test_an_alert_says_where_the_face_may_be_a_picture_and_goes_out_all_the_same(stage, person):
    stage.pipeline.report.suspect = lambda frame, box: LIKELY
    stage.show(person("ann", 200, 100), times=20)
    assert [alert.maybe_picture for alert in stage.alerts] == [True]


@pytest.mark.parametrize("share", [None, 0.0, 0.49])
def test_an_alert_says_nothing_where_it_is_likelier_a_face(stage, person, share):
    stage.pipeline.report.suspect = lambda frame, box: share
    stage.show(person("ann", 200, 100), times=20)
    assert [alert.maybe_picture for alert in stage.alerts] == [False]


@pytest.fixture
def asking(open_stage):
    """A stage on which it is noted in which frame the networks were asked."""

    def build(answer, **matching):
        stage, asked = open_stage("ann", matching=matching), []

        def suspect(frame, _box):
            asked.append(frame.number)
            return answer

        stage.pipeline.report.suspect = suspect
        return stage, asked

    return build


def test_an_alert_of_two_shots_finds_the_networks_answer_there(asking, person):
    stage, asked = asking(LIKELY, sure_quality=1.0)
    stage.show(person("ann", 200, 100))
    assert (asked, stage.alerts) == ([0], [])
    stage.show(person("ann", 200, 100), times=20)
    assert [alert.maybe_picture for alert in stage.alerts] == [True]
    assert asked == [0]


def test_an_alert_of_one_sure_shot_has_asked_the_networks_all_the_same(asking, person):
    stage, asked = asking(LIKELY)
    stage.show(person("ann", 200, 100), times=20)
    assert [alert.maybe_picture for alert in stage.alerts] == [True]
    assert asked == [0]


def test_networks_that_say_nothing_are_not_asked_again_while_an_alert_waits(asking, person):
    stage, asked = asking(None, sure_quality=1.0)
    stage.show(person("ann", 200, 100), times=20)
    assert [alert.maybe_picture for alert in stage.alerts] == [False]
    assert asked == [0]


def test_whoever_comes_anew_is_judged_anew(asking, person):
    stage, asked = asking(0.0, sure_quality=1.0, cooldown_s=0.0)
    for _ in range(2):
        stage.show(person("ann", 200, 100), times=8)
        stage.show(times=15)
    assert len(stage.alerts) == 2
    assert asked == [0, 23]


def test_who_is_not_listed_is_never_asked_about(stage, person):
    asked = []
    stage.pipeline.report.suspect = lambda frame, box: asked.append(box)
    stage.show(person("bob", 200, 100), times=20)
    assert asked == []
