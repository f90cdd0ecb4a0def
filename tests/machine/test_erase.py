"""Whatever a machine lends is zero after `erase`, and its buffers go on working."""

import numpy as np
import pytest

BOX = np.array([[100, 80, 200, 180]], np.float32)
FIRST = np.zeros(1, np.int32)
MAP = np.array([[[1.2, 0.1, 40], [-0.1, 1.2, 30]]], np.float32)


@pytest.fixture(params=["rgb", "i420"])
def frame(request, lens, soft):
    return getattr(lens, request.param)(soft((240, 320)))


@pytest.fixture
def lend(compute, frame, plain):
    """Ask for everything that may be lent."""

    def ask():
        lent = [compute.letterbox([frame], (160, 128), plain)]
        lent.append(compute.warp([frame], FIRST, MAP, 64, plain))
        compute.gauge([frame], FIRST, BOX)
        return lent

    return ask


def test_after_erase_everything_lent_is_zero(compute, lend, lens):
    lent = lend()
    assert all(lens.fetch(array).any() for array in lent)
    compute.erase()
    assert not any(lens.fetch(array).any() for array in lent)


def test_after_erase_the_same_comes_again(compute, lend, lens):
    first = [lens.fetch(array) for array in lend()]
    compute.erase()
    assert all((lens.fetch(a) == b).all() for a, b in zip(lend(), first, strict=True))


def test_erasing_twice_or_before_anything_is_no_error(compute, lend):
    compute.erase()
    lend()
    compute.erase()
    compute.erase()


def test_the_frame_is_the_cameras_to_erase(compute, lend, lens, frame):
    lend()
    compute.erase()
    assert lens.fetch(frame.pixels).any()
