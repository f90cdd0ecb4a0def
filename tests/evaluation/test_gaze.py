"""A picture is looked at with the van's own stages, and what is wrong with it is the answer."""

import hashlib

import cv2
import numpy as np
import pytest

from appliance.domain.frame import Layout
from appliance.evaluation.gaze import Gaze, foremost
from appliance.settings import VisionSettings
from provisioning.enrol.studio import Task


@pytest.fixture
def gaze(open_eyes):
    return Gaze(open_eyes(VisionSettings()))


@pytest.fixture
def take(film, tmp_path):
    """Photograph some painted people."""

    def photograph(*people, name="picture.png"):
        film.layout = Layout.RGB8
        pixels = film.frame(*people).pixels
        file = tmp_path / name
        file.write_bytes(cv2.imencode(".png", pixels[:, :, ::-1])[1].tobytes())
        return Task(file)

    return photograph


def test_a_picture_gives_the_template_of_its_person_and_its_own_sum(gaze, take, person, template):
    task = take(person("bob", 200, 150))
    answer = gaze(task)
    assert answer.fault is None
    assert answer.template == pytest.approx(template("bob"), abs=0.05)
    assert answer.notice == hashlib.sha256(task.file.read_bytes()).hexdigest()
    assert answer.measures["faces"] == 1
    assert answer.measures["eyes_px"] == pytest.approx(0.4 * 96, rel=0.05)
    assert answer.jpeg == b""


def test_of_several_faces_the_foremost_is_encoded(gaze, take, person, template):
    answer = gaze(take(person("ann", 10, 10, side=60), person("cleo", 260, 180)))
    assert answer.template == pytest.approx(template("cleo"), abs=0.05)
    assert answer.measures["faces"] == 2


def test_neither_the_largest_at_the_edge_nor_the_smallest_in_the_middle(make_faces, person):
    faces = make_faces(
        person("ann", 0, 0, side=150),
        person("bob", 270, 170, side=140),
        person("cleo", 310, 230, side=20),
    )
    assert foremost(faces, 640, 480).tolist() == [1]


def test_a_face_that_the_van_would_not_take_is_none(gaze, take, person):
    answer = gaze(take(person("ann", 200, 150, score=0.6)))
    assert answer.fault.reason == "undetected"
    assert answer.template is None


def test_a_network_that_gives_no_number_has_failed_to_encode(gaze, take, person, film):
    film.spoilt = True
    assert gaze(take(person("ann", 200, 150))).fault.reason == "unencoded"


def test_what_is_no_picture_could_not_be_read_and_that_is_remembered(gaze, tmp_path):
    file = tmp_path / "odd.jpg"
    file.write_bytes(b"\xff\xd8 not a picture")
    answer = gaze(Task(file))
    assert answer.fault.reason == "unreadable"
    assert answer.notice == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_bomb_is_not_unpacked(gaze, tmp_path):
    file = tmp_path / "bomb.png"
    file.write_bytes(cv2.imencode(".png", np.zeros((7_000, 7_000), np.uint8))[1].tobytes())
    assert file.stat().st_size < 200_000
    assert gaze(Task(file)).fault.reason == "unreadable"


def test_a_link_and_what_is_not_there_have_no_sum(gaze, take, person, tmp_path):
    (tmp_path / "link.png").symlink_to(take(person("ann", 200, 150)).file)
    for name in ("link.png", "nothing.png"):
        answer = gaze(Task(tmp_path / name))
        assert (answer.fault.reason, answer.notice) == ("unreadable", "")
