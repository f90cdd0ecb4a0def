"""The part of a frame that an officer sees has the colours that an ordinary computer gives it."""

import numpy as np
import pytest

from appliance.domain.frame import Colour, Matrix
from appliance.host.pixels import Picture
from appliance.jetson import launch
from tests.kernels.scenes import COLOURS, frame, noise, pictures

SPACES = {
    "601": Colour(Matrix.BT601, full_range=False),
    "601 full": Colour(Matrix.BT601, full_range=True),
    "709": Colour(Matrix.BT709, full_range=False),
    "709 full": Colour(Matrix.BT709, full_range=True),
}
REGIONS = [(0, 0, 96, 64), (1, 1, 2, 2), (13, 7, 50, 60), (40, 0, 96, 1), (95, 63, 96, 64)]


@pytest.fixture
def region(kernels):
    """Run the kernel; gives (height, width, 3)."""

    def run(scene, left, top, right, bottom):
        width, height = right - left, bottom - top
        out = np.full((height, width, 3), 7, np.uint8)
        kernels.launch(
            "region", *launch.region(width, height), pictures(scene.picture()), out,
            np.int32(left), np.int32(top), np.int32(width), np.int32(height),
        )  # fmt: skip
        return out

    return run


@pytest.mark.parametrize("part", REGIONS, ids=str)
@pytest.mark.parametrize("space", SPACES)
def test_planes_have_the_same_colours_on_both_machines(region, space, part):
    scene = noise("i420", 96, 64, COLOURS[space])
    host = Picture(frame(scene, SPACES[space])).bgr(*part)
    error = np.abs(region(scene, *part).astype(int) - host)
    assert error.max() <= 1  # OpenCV mixes in fixed point
    assert error.mean() < 0.1 or error.size < 20


@pytest.mark.parametrize("part", REGIONS, ids=str)
def test_red_green_and_blue_are_only_turned_about(region, part):
    scene = noise("rgb8", 96, 64)
    left, top, right, bottom = part
    assert (region(scene, *part) == scene.planes[0][top:bottom, left:right, ::-1]).all()


def test_nv12_has_the_colours_of_i420(region):
    planar, paired = noise("i420", 96, 64), noise("nv12", 96, 64)
    paired.planes[:] = [planar.planes[0], np.stack(planar.planes[1:], axis=-1)]
    assert (region(planar, 3, 5, 90, 60) == region(paired, 3, 5, 90, 60)).all()


@pytest.mark.parametrize("layout", ["nv12", "i420", "rgb8"])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (97, 63)], ids=str)
def test_nothing_beyond_the_frame_is_read(region, layout, size):
    """A region that is wrong repeats the edge: the sanitizers see that it reads nothing else."""
    scene = noise(layout, *size)
    over = region(scene, -4, -4, size[0] + 4, size[1] + 4)
    inside = region(scene, 0, 0, *size)
    assert (over[4:-4, 4:-4] == inside).all()
    assert (over[0] == over[4]).all()
