"""A print, a screen or a poster of a face is flagged by what is around it."""

import numpy as np
import pytest
from pydantic import ValidationError

from appliance.errors import MachineError
from appliance.host.compute import Compute
from appliance.machine import Feed
from appliance.vision.models import NetworkFile, Presentation
from appliance.vision.presentation import LIKELY, Suspect, surroundings

FILE = NetworkFile(name="flat.onnx", sha256="0" * 64, bytes=1)


def model(**changes):
    told = {"side": 80, "span": 2.7, "classes": 3, "live": 1} | changes
    return Presentation(
        cpu=FILE, feed=Feed(bgr=True, mean=0.0, scale=1.0), licence="-", caveat="-", **told
    )


def says(*answer):
    return lambda crops: {"share": np.array([answer], np.float32)}


@pytest.fixture
def ask(film, person):
    """Ask networks that answer this of one face."""

    def ask(*answers, box=None):
        ann = person("ann", 200, 100)
        checks = [(says(*answer), model()) for answer in answers]
        suspect = Suspect(Compute(), checks)
        return suspect(film.frame(ann), ann.box if box is None else np.array(box, np.float32))

    return ask


def test_the_networks_answer_by_their_mean(ask):
    assert ask([0.1, 0.8, 0.1]) == pytest.approx(0.2)
    assert ask([0.1, 0.8, 0.1], [0.5, 0.2, 0.3]) == pytest.approx(LIKELY)


def test_where_there_is_no_network_nothing_is_said(ask):
    assert ask() is None


def test_of_a_box_without_extent_nothing_is_said(ask):
    assert ask([0, 1, 0], box=[5, 5, 5, 9]) is None
    assert ask([0, 1, 0], box=[np.nan] * 4) is None


@pytest.mark.parametrize("answer", [[0.5, 0.5], [2.0, 9.0, 1.0], [np.nan] * 3, [0, 1, 0, 0]])
def test_what_is_no_probability_says_nothing_and_costs_no_alert(ask, answer):
    assert ask(answer) is None
    assert ask([0.1, 0.8, 0.1], answer) is None


def test_a_machine_that_fails_at_it_costs_no_alert(film, person):
    def broken(crops):
        raise MachineError("TensorRT did not run the network.", mend="Build it again.")

    ann = person("ann", 200, 100)
    suspect = Suspect(Compute(), [(broken, model())])
    assert suspect(film.frame(ann), ann.box) is None


def test_a_description_that_names_no_class_of_its_own_is_refused():
    with pytest.raises(ValidationError, match="none of its classes"):
        model(live=3)


def corners(box, size=(640, 480), **changes):
    """Where in the picture the outer edges of the crop lie."""
    part = model(**changes)
    inverse = surroundings(np.array(box, np.float32), size, part)
    edges = np.array([[-0.5, -0.5, 1], [part.side - 0.5, part.side - 0.5, 1]]).T
    return (inverse @ edges + 0.5).T.ravel().tolist()


def test_what_is_around_a_face_is_seen_about_its_middle():
    assert corners([300, 200, 340, 240], span=2.0) == pytest.approx([280, 180, 360, 260], abs=1e-3)


def test_near_the_edge_it_is_moved_into_the_picture():
    assert corners([0, 0, 40, 40], span=2.0) == pytest.approx([0, 0, 80, 80], abs=1e-3)
    right = corners([600, 440, 640, 480], span=2.0)
    assert right == pytest.approx([559, 399, 639, 479], abs=1e-3)


def test_where_the_picture_is_too_small_less_is_seen():
    left, top, right, bottom = corners([100, 100, 400, 400], span=4.0)
    assert (top, bottom) == pytest.approx((0, 479), abs=1e-3)
    assert right - left == pytest.approx(479, abs=1e-3)


def test_the_network_is_shown_the_pixels_around_the_face(film, person):
    shown = []

    def net(crops):
        shown.append(crops.copy())
        return {"share": np.array([[0, 1, 0]], np.float32)}

    frame = film.frame(person("ann", 200, 100))
    frame.pixels[: 640 * 480] = 16
    frame.pixels[: 640 * 480].reshape(480, 640)[:, 320:] = 235
    suspect = Suspect(Compute(), [(net, model(span=2.0, side=8))])
    assert suspect(frame, np.array([300, 200, 340, 240], np.float32)) == 0
    (crop,) = shown[0]
    columns = crop.mean(axis=(0, 1))
    assert columns[5:].min() - columns[:3].max() > 150
