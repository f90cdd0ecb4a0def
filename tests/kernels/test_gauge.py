"""Sharpness and brightness are measured as on an ordinary computer: one gate for both."""

import numpy as np
import pytest

from appliance.domain.frame import Colour
from appliance.host.compute import Compute
from appliance.jetson import launch
from tests.kernels.scenes import frame, noise, pictures, waves

FRAME = (640, 480)
BOXES = {
    "as large as the patch": (10, 20, 74, 84),
    "four to one": (0, 0, 128, 128),
    "sixteen to one": (100, 50, 356, 306),
    "whole numbers to one": (0, 0, 192, 320),
    "no whole number": (13, 17, 200, 251),
    "the whole frame": (0, 0, 640, 480),
    "the last corner": (570, 400, 640, 480),
    "enlarged": (300, 200, 331, 241),
    "hardly enlarged": (300, 200, 363, 263),
    "wider than the patch, not as high": (20, 20, 200, 60),
    "higher than the patch, not as wide": (20, 20, 69, 200),
    "the smallest": (5, 5, 7, 7),
}
SPREAD, LUMA = 0.01, 0.2
"""Part of the sharpness, or half a unit where that is more; levels of brightness."""


@pytest.fixture
def gauge(kernels):
    """Run the kernel; gives (faces, 2)."""

    def run(*scenes, boxes, which=None):
        every = np.zeros((), launch.BOXES)
        every["edges"][: len(boxes)] = boxes
        if which is not None:
            every["which"][: len(boxes)] = which
        out = np.full((len(boxes), 2), -1, np.float32)
        records = pictures(*(scene.picture() for scene in scenes))
        kernels.launch(
            "gauge", *launch.gauge(len(boxes)), records, every[()], out, np.int32(len(boxes))
        )
        return out

    return run


def host(scene, boxes):
    which = np.zeros(len(boxes), np.int32)
    return Compute().gauge([frame(scene, Colour())], which, np.array(boxes, np.float32))


def demand_same(got, truth):
    assert got[:, 0] == pytest.approx(truth[:, 0], rel=SPREAD, abs=0.5)
    assert got[:, 1] == pytest.approx(truth[:, 1], abs=LUMA)


@pytest.mark.parametrize("make", [noise, waves])
@pytest.mark.parametrize("layout", ["i420", "rgb8"])
@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES)
def test_a_face_measures_the_same_on_both_machines(gauge, make, layout, box):
    scene = make(layout, *FRAME)
    demand_same(gauge(scene, boxes=[box]), host(scene, [box]))


@pytest.mark.parametrize("layout", ["i420", "rgb8"])
def test_boxes_of_any_size_measure_the_same_on_both_machines(gauge, layout):
    scene, random = noise(layout, *FRAME), np.random.default_rng(5)
    corners = random.integers((0, 0), FRAME, (64, 2))
    sizes = random.integers(2, 260, (64, 2))
    boxes = np.hstack([corners, np.minimum(corners + sizes, FRAME)])
    demand_same(gauge(scene, boxes=boxes), host(scene, boxes))


@pytest.mark.parametrize("side", [*range(2, 64, 3), 186, 198, 210, 234, 246])
def test_what_is_enlarged_takes_the_samples_that_opencv_takes(gauge, side):
    """Where 64 / side is rounded, one sample more or less would be another picture."""
    scene, boxes = noise("i420", 256, 256), [(0, 0, side, 50), (3, 1, 53, 1 + side)]
    assert gauge(scene, boxes=boxes) == pytest.approx(host(scene, boxes), rel=1e-5)


def test_four_samples_to_one_are_rounded_upwards_as_opencv_does(gauge):
    scene, box = noise("i420", 128, 128), [(0, 0, 128, 128)]
    scene.planes[0][...] = np.indices((128, 128)).sum(0) % 2
    assert gauge(scene, boxes=box)[0, 1] == host(scene, box)[0, 1]


def test_grey_of_red_green_and_blue_is_opencvs_to_the_bit(gauge):
    scene, box = noise("rgb8", 64, 64), [(0, 0, 64, 64)]
    assert gauge(scene, boxes=box) == pytest.approx(host(scene, box), rel=1e-6)


def test_luma_alone_counts_where_there_is_luma(gauge):
    coloured, box = noise("nv12", 128, 128), [(5, 5, 120, 110)]
    grey = noise("nv12", 128, 128)
    grey.planes[1][...] = 128
    assert (gauge(coloured, boxes=box) == gauge(grey, boxes=box)).all()


@pytest.mark.usefixtures("order")
def test_64_faces_of_8_frames_share_a_launch(gauge):
    scenes = [noise(["nv12", "rgb8"][i % 2], 100, 90, seed=i) for i in range(8)]
    boxes, which = [(i % 20, i % 7, 40 + i % 50, 88) for i in range(64)], np.arange(64) % 8
    together = gauge(*scenes, boxes=boxes, which=which)
    for one, box, i in zip(together, boxes, which, strict=True):
        assert (gauge(scenes[i], boxes=[box])[0] == one).all()


def test_a_chequerboard_is_the_sharpest_there_can_be_and_still_no_number_overflows(gauge):
    scene = waves("i420", 64, 64)
    scene.planes[0][...] = np.indices((64, 64)).sum(0) % 2 * 255
    assert gauge(scene, boxes=[(0, 0, 64, 64)])[0].tolist() == [1020**2, 127.5]


@pytest.mark.parametrize(
    "box",
    [(0, 0, 1, 90), (40, 40, 40, 90), (90, 90, 40, 40), (-90, 0, -5, 90), (700, 0, 800, 90),
     (-(2**31), -(2**31), 0, 0), (639, 0, 641, 90)],
)  # fmt: skip
def test_a_box_that_holds_nothing_is_worth_nothing(gauge, box):
    assert gauge(noise("nv12", *FRAME), boxes=[box]).tolist() == [[0, 0]]


def test_a_box_over_the_edge_is_measured_inside(gauge):
    scene = noise("nv12", *FRAME)
    over = gauge(scene, boxes=[(-50, -50, 2000, 2000)])
    assert (over == gauge(scene, boxes=[(0, 0, *FRAME)])).all()
