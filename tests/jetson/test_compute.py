"""The verbs on the GPU: one launch for all, one wait at most, and no memory taken after the first.

That their numbers are right is the contract of tests/machine.
"""

from datetime import datetime, timezone

import numpy as np
import pytest

from appliance.domain.frame import Colour, Frame, Layout, Matrix
from appliance.jetson.compute import Compute
from appliance.jetson.gpu import open_gpu
from appliance.jetson.pictures import describe
from appliance.machine import Feed
from appliance.settings import GpuSettings
from tests.standin import driver

MOMENT = datetime(2026, 5, 4, tzinfo=timezone.utc)
FEED = Feed(bgr=True, mean=127.5, scale=1 / 128)
WIDTH, HEIGHT = 320, 240
NOBODY = np.zeros((0, 4), np.int32)


@pytest.fixture
def compute(standin):
    return Compute(open_gpu(standin), GpuSettings(cache=standin))


@pytest.fixture
def shoot(compute):
    """Make a frame of noise."""

    def make(seed=0, layout=Layout.I420, pixels=None, colour=Colour()):  # noqa: B008 - frozen
        shape = (HEIGHT, WIDTH, 3) if layout is Layout.RGB8 else (HEIGHT * 3 // 2, WIDTH)
        if pixels is None:
            pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        lent = compute.upload(pixels)
        return Frame(lent, WIDTH, HEIGHT, layout, colour, "mast-1", 0, MOMENT, 0)

    return make


def maps(count, seed=1):
    shifts = np.random.default_rng(seed).uniform(-30, 250, (count, 2))
    return np.array([[[1.1, 0.2, x], [-0.2, 1.1, y]] for x, y in shifts], np.float32)


def boxes(count, seed=2):
    corners = np.random.default_rng(seed).uniform(-20, 200, (count, 2))
    return np.concatenate([corners, corners + 70], axis=1).astype(np.float32)


def look(compute, frames, which):
    """Ask for everything that a step asks for."""
    faces = len(which)
    seen = [compute.fetch(compute.letterbox(frames, (160, 128), FEED))]
    seen.append(compute.gauge(frames, which, boxes(faces)))
    seen.append(compute.fetch(compute.warp(frames, which, maps(faces), 56, FEED)))
    veil = np.array([[30, 30, 60, 60]], np.int32)
    still = compute.jpeg(frames[0], np.array([10, 10, 200, 150], np.int32), veil)
    return [*seen, np.frombuffer(still, np.uint8)]


# ---- Launches and waits


def test_all_frames_and_all_faces_are_one_launch_each(compute, shoot):
    frames, which = [shoot(seed) for seed in range(8)], np.arange(64, dtype=np.int32) % 8
    with driver.counted() as seen:
        compute.letterbox(frames, (160, 128), FEED)
        compute.warp(frames, which, maps(64), 56, FEED)
    assert (seen["launches"], seen["waits"], seen["copies"]) == (2, 0, 0)


def test_measuring_is_one_launch_and_one_wait(compute, shoot):
    frames = [shoot()]
    with driver.counted() as seen:
        compute.gauge(frames, np.zeros(64, np.int32), boxes(64))
    assert (seen["launches"], seen["waits"]) == (1, 1)


def test_no_copy_brings_a_still_or_a_measure(compute, shoot):
    frame = shoot()
    with driver.counted() as seen:
        compute.jpeg(frame, np.array([0, 0, 100, 100], np.int32), NOBODY)
        compute.gauge([frame], np.zeros(3, np.int32), boxes(3))
    assert (seen["copies"], seen["waits"]) == (0, 2)


def test_no_wait_is_hidden_and_no_memory_is_taken_after_the_first_step(compute, shoot):
    frames, which = [shoot(seed) for seed in range(3)], np.arange(20, dtype=np.int32) % 3
    look(compute, frames, which)
    compute.erase()
    with driver.counted() as seen:
        for faces in (20, 1, 7, 0, 20):
            look(compute, frames, which[:faces])
            compute.erase()
    assert seen["allocations"] == seen["frees"] == 0
    assert seen["hidden_waits"] == seen["pageable"] == 0


def test_work_that_is_done_late_and_work_that_is_done_at_once_come_to_the_same(compute, shoot):
    frames, which = [shoot(seed) for seed in range(3)], np.arange(9, dtype=np.int32) % 3
    late = look(compute, frames, which)
    compute.erase()
    with driver.hasty():
        hasty = look(compute, frames, which)
    assert all((a == b).all() for a, b in zip(late, hasty, strict=True))


# ---- Many


@pytest.mark.parametrize(("frames", "faces"), [(9, 65), (17, 130), (8, 64), (20, 3)])
def test_more_than_one_launch_takes_are_taken_in_turn(compute, shoot, frames, faces):
    shots = [shoot(seed) for seed in range(frames)]
    which = np.random.default_rng(5).integers(0, frames, faces).astype(np.int32)
    fitted, measured, crops, _ = look(compute, shots, which)
    compute.erase()
    for i, shot in enumerate(shots):
        assert (compute.fetch(compute.letterbox([shot], (160, 128), FEED))[0] == fitted[i]).all()
    first = np.zeros(1, np.int32)
    for i, shot in enumerate(which):
        compute.erase()
        crop = compute.warp([shots[shot]], first, maps(faces)[i : i + 1], 56, FEED)
        assert (compute.fetch(crop)[0] == crops[i]).all()
        assert (compute.gauge([shots[shot]], first, boxes(faces)[i : i + 1]) == measured[i]).all()


def test_batches_of_other_sizes_do_not_disturb_each_other(compute, shoot):
    frame, which = shoot(), np.zeros(5, np.int32)
    lent = [compute.letterbox([frame], size, FEED) for size in ((160, 128), (64, 64))]
    lent += [compute.warp([frame], which[:n], maps(5)[:n], 56, FEED) for n in (1, 2, 5, 3)]
    together = [compute.fetch(view) for view in lent]
    compute.erase()
    assert (together[0] == compute.fetch(compute.letterbox([frame], (160, 128), FEED))).all()
    assert all((crops == together[4][: len(crops)]).all() for crops in together[2:])


def test_a_larger_crowd_than_ever_before_is_no_trouble(compute, shoot):
    frame = shoot()
    few = compute.fetch(compute.warp([frame], np.zeros(1, np.int32), maps(1), 56, FEED))
    crowd = compute.warp([frame], np.zeros(300, np.int32), maps(300), 56, FEED)
    assert (compute.fetch(crowd)[0] == few[0]).all()
    compute.erase()
    assert not compute.fetch(crowd).any()


# ---- Layouts


@pytest.mark.parametrize("colour", [Colour(m, f) for m in Matrix for f in (False, True)], ids=str)
def test_nv12_is_i420_with_its_chroma_side_by_side(compute, shoot, colour):
    planar = np.random.default_rng(3).integers(0, 256, WIDTH * HEIGHT * 3 // 2, np.uint8)
    luma, chroma = np.split(planar, [WIDTH * HEIGHT])
    packed = np.concatenate([luma, chroma.reshape(2, -1).T.ravel()]).reshape(-1, WIDTH)
    which = np.zeros(4, np.int32)
    first = look(compute, [shoot(pixels=planar, colour=colour)], which)
    compute.erase()
    second = look(compute, [shoot(layout=Layout.NV12, pixels=packed, colour=colour)], which)
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_frames_of_several_layouts_go_into_one_batch(compute, shoot):
    shots = [shoot(i, layout) for i, layout in enumerate(Layout)]
    batch = compute.fetch(compute.letterbox(shots, (160, 128), FEED))
    compute.erase()
    for place, shot in zip(batch, shots, strict=True):
        assert (compute.fetch(compute.letterbox([shot], (160, 128), FEED))[0] == place).all()


@pytest.mark.parametrize("layout", Layout)
def test_a_frame_that_is_larger_than_its_memory_is_refused(shoot, layout):
    frame = shoot(layout=layout)
    lie = Frame(frame.pixels, WIDTH, HEIGHT + 2, layout, Colour(), "mast-1", 0, MOMENT, 0)
    with pytest.raises(ValueError, match="a frame of 320 x 242 has"):
        describe([lie])


@pytest.mark.parametrize("box", [[np.nan, 0, 90, 90], [0, 0, np.nan, 90], [-np.inf, 0, -5, 90]])
def test_a_box_that_is_no_number_measures_nothing(compute, shoot, box):
    measured = compute.gauge([shoot()], np.zeros(1, np.int32), np.array([box], np.float32))
    assert measured.tolist() == [[0, 0]]


# ---- Nothing is kept


def test_after_erase_only_the_frames_and_nothing_else_holds_anything(compute, shoot):
    frames, which = [shoot(seed) for seed in range(3)], np.arange(20, dtype=np.int32) % 3
    before = {block.address for block in driver.blocks()}
    look(compute, frames, which)
    new = [block for block in driver.blocks() if block.address not in before]
    ours = [*new, *(b for b in driver.blocks() if b.address == compute._staging._slab.view.address)]
    assert any(block.read().any() for block in ours)
    compute.erase()
    assert not any(block.read().any() for block in ours)


def test_it_has_happened_when_erase_comes_back(compute, shoot):
    lent = compute.letterbox([shoot()], (160, 128), FEED)
    (block,) = [b for b in driver.blocks() if b.address <= lent.address < b.address + b.nbytes]
    compute.fetch(lent)
    assert block.read().any()
    compute.erase()
    assert not block.read().any()


def test_a_larger_staging_leaves_nothing_in_the_smaller(compute, shoot):
    small = next(b for b in driver.blocks() if b.address == compute._staging._slab.view.address)
    compute.jpeg(shoot(), np.array([0, 0, 100, 100], np.int32), NOBODY)
    compute.fetch(shoot().pixels)
    assert small.read().any()
    kept = compute._staging._slab
    compute.fetch(compute.upload(np.ones((small.nbytes + 1,), np.uint8)))
    assert compute._staging._slab is not kept
    assert not small.read().any()


def test_erasing_waits_once_and_launches_once(compute, shoot):
    frames, which = [shoot()], np.zeros(4, np.int32)
    compute.letterbox(frames, (160, 128), FEED)
    compute.letterbox(frames, (64, 64), FEED)
    compute.warp(frames, which, maps(4), 56, FEED)
    with driver.counted() as seen:
        compute.erase()
    assert (seen["launches"], seen["waits"]) == (1, 1)
