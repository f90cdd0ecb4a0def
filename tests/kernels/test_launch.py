"""What Python hands to a kernel lies as the kernel reads it, and every pixel has a thread."""

import numpy as np
import pytest

from appliance.jetson import launch


@pytest.mark.parametrize(
    ("structure", "size"),
    [(launch.PICTURE, 104), (launch.PICTURES, 832), (launch.FEED, 24), (launch.CUTS, 1792),
     (launch.BOXES, 1280), (launch.RANGES, 1024)],
)  # fmt: skip
def test_a_structure_is_as_large_as_in_the_kernels(structure, size):
    assert structure.itemsize == size


def test_the_structures_of_one_launch_fit_a_kernels_4_kib_of_arguments():
    assert launch.PICTURES.itemsize + launch.CUTS.itemsize + launch.FEED.itemsize + 16 <= 4096


@pytest.mark.parametrize("plan", [launch.gauge, launch.erase])
@pytest.mark.parametrize("count", [0, 65, -1])
def test_more_than_a_launch_takes_is_refused(plan, count):
    with pytest.raises(ValueError, match=f"{count} in one launch: 1 to 64 are possible"):
        plan(count)


@pytest.mark.parametrize("frames", [0, 9])
def test_more_frames_than_a_launch_takes_are_refused(frames):
    with pytest.raises(ValueError, match="1 to 8 are possible"):
        launch.letterbox(frames, 640, 640)
    with pytest.raises(ValueError, match="1 to 64 are possible"):
        launch.warp(65, 112)


@pytest.mark.parametrize("side", [1, 2, 75, 112, 150, 160, 224, 448, 1025])
def test_a_crop_has_a_block_that_can_be_launched(side):
    (across, down, faces), block = launch.warp(3, side)
    assert faces == 3
    assert 1 <= np.prod(block) <= launch.THREADS
    assert across * block[0] * launch.RUN >= side
    assert down * block[1] * launch.ROWS >= side
