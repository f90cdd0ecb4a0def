"""The walk past the van that the demo draws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.demo import walk
from appliance.demo.figure import ASTRONAUT, OFFICER, Pose
from appliance.demo.film import default_film, real_truth, walk_truth
from appliance.demo.portraits import read_portrait
from appliance.demo.walk import FPS, SECONDS, Walk, faces, write_walk
from appliance.domain.alert import Place
from appliance.errors import MachineError

FRAMES = range(FPS * SECONDS)
START, END = b"\xff\xd8", b"\xff\xd9"
NOWHERE = Place(0.0, 0.0, 0.01, 0.01)


def silent(done: int, total: int) -> None:
    pass


def place_of(reference: str, seconds: float) -> Place:
    return dict(faces(seconds))[reference]


def overlap(one: Place, other: Place) -> bool:
    across = one.left < other.left + other.width and other.left < one.left + one.width
    down = one.top < other.top + other.height and other.top < one.top + one.height
    return across and down


@pytest.fixture(scope="module")
def drawn() -> Walk:
    return Walk()


def test_every_face_is_whole_and_of_a_size_that_can_be_seen():
    for number in FRAMES:
        for _, place in faces(number / FPS):
            assert 0 <= place.left <= place.left + place.width <= 1
            assert 0 <= place.top <= place.top + place.height <= 1
            assert 30 <= place.width * walk.WIDTH <= 280


def test_everybody_comes_several_times_and_close_enough_for_the_weakest_detector():
    for figure in (ASTRONAUT, OFFICER):
        passages = [one for one in walk.PASSAGES if one.figure is figure]
        assert len(passages) >= 3
        for one in passages:
            moments = [one.start_s + n / FPS for n in range(int(one.lasts_s * FPS))]
            near = [t for t in moments for who, place in faces(t) if who == figure.reference
                    and place.width * walk.WIDTH >= 180]  # fmt: skip
            assert len(near) >= 10


def test_no_face_is_ever_in_front_of_another():
    together = [found for n in FRAMES if len(found := faces(n / FPS)) > 1]
    assert together
    assert not any(overlap(one[1], other[1]) for one, other in together)


def test_nobody_is_in_two_places_and_the_film_begins_and_ends_empty():
    for number in FRAMES:
        references = [who for who, _ in faces(number / FPS)]
        assert len(references) == len(set(references))
    assert faces(0) == faces(SECONDS - 1 / FPS) == []


def test_a_frame_is_the_same_whoever_draws_it_and_whenever(drawn):
    alone = Walk().draw(60)
    drawn.draw(200)
    assert alone.shape == (720, 1280, 3)
    assert np.array_equal(drawn.draw(60), alone)
    assert not np.array_equal(drawn.draw(61), alone)


def test_the_face_is_drawn_where_the_truth_says(drawn):
    place = place_of(ASTRONAUT.reference, 4.8)
    left, top = int(place.left * walk.WIDTH), int(place.top * walk.HEIGHT)
    size = int(place.width * walk.WIDTH), int(place.height * walk.HEIGHT)
    seen = drawn.draw(120)[top : top + size[1], left : left + size[0]]
    x, y, width, height = ASTRONAUT.face
    portrait = read_portrait(ASTRONAUT.package, ASTRONAUT.file)[y : y + height, x : x + width]
    likeness = cv2.matchTemplate(cv2.resize(portrait, size), seen, cv2.TM_CCOEFF_NORMED)
    assert likeness[0, 0] > 0.85


@settings(max_examples=50)
@given(st.floats(-1e6, 1e6))
def test_the_truth_can_be_asked_about_any_moment(seconds):
    assert all(place.width > 0 for _, place in faces(seconds))
    assert walk_truth(seconds, NOWHERE, ASTRONAUT.reference) is False


def test_a_turned_face_is_narrower_and_keeps_its_middle():
    ahead, turned = Pose(100, 80, 50), Pose(100, 80, 50, turn=0.6)
    left, _, width, _ = turned.frame(ASTRONAUT.face)
    assert width < ahead.frame(ASTRONAUT.face)[2]
    assert left < 100 < left + width


def test_the_stream_holds_the_promised_number_of_whole_pictures(tmp_path):
    told = []
    path = write_walk(tmp_path / "new", lambda *counts: told.append(counts), frames=3)
    stream = path.read_bytes()
    pictures = [START + part for part in stream.split(START)[1:]]
    assert len(pictures) == 3
    for jpeg in pictures:
        assert jpeg.endswith(END)
        assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape[1] == 1280
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_second_start_uses_the_film_of_the_first(tmp_path):
    first = write_walk(tmp_path, silent, frames=1)
    first.write_bytes(b"as it was")
    assert write_walk(tmp_path, pytest.fail).read_bytes() == b"as it was"


def test_a_film_that_was_not_finished_is_never_played(tmp_path):
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_walk(tmp_path, stop, frames=4)
    assert list(tmp_path.iterdir()) == []
    assert write_walk(tmp_path, silent, frames=4).read_bytes().count(START) == 4


def test_a_cache_that_cannot_be_written_to_is_refused_with_the_mend(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MachineError) as refused:
        write_walk(tmp_path / "file", silent, frames=1)
    assert "write" in refused.value.advice()


def test_an_alert_is_true_over_the_listed_face_and_there_only():
    listed, other = place_of(ASTRONAUT.reference, 4.0), place_of(OFFICER.reference, 4.0)
    assert walk_truth(4.0, listed, ASTRONAUT.reference)
    assert walk_truth(4.0 + SECONDS, listed, ASTRONAUT.reference)
    assert not walk_truth(4.0, other, ASTRONAUT.reference)
    assert not walk_truth(4.0, listed, "V-002")
    assert not walk_truth(4.0, NOWHERE, ASTRONAUT.reference)


def test_an_alert_at_the_wrong_time_is_not_true():
    listed = place_of(ASTRONAUT.reference, 4.0)
    assert walk_truth(4.1, listed, ASTRONAUT.reference)
    assert not walk_truth(6.2, listed, ASTRONAUT.reference)


def test_in_the_real_film_only_the_left_walker_is_the_listed_woman():
    left, middle, right = (Place(x, 0.3, 0.1, 0.24) for x in (0.16, 0.43, 0.7))
    assert real_truth(0.4, left, "V-001")
    assert real_truth(1000.0, left, "V-001")
    assert not real_truth(0.4, middle, "V-001")
    assert not real_truth(0.4, right, "V-001")
    assert not real_truth(0.4, left, "V-002")


def test_without_films_of_real_people_the_walk_is_drawn(tmp_path):
    cached = tmp_path / "cache" / f"walk-past-{walk.VERSION}.mjpeg"
    cached.parent.mkdir()
    cached.write_bytes(START + END)
    film = default_film(tmp_path / "people", cached.parent, silent, media=tmp_path / "none")
    assert film.path == cached
    assert film.truth is walk_truth
    assert [one.name for one in film.people.iterdir()] == [ASTRONAUT.reference]
