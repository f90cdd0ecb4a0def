"""jetson-utils is asked for raw pictures, never to write one down; its ring is erased."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.frame import Layout
from appliance.jetson.array import DeviceView
from appliance.jetson.source import RING, wishes
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.bridge import every, see
from tests.jetson.source.scenes import MAST

WAIT_S = 20.0


@pytest.fixture
def whole(scene, opened, film):
    """A film of which every picture is given."""
    scene.films = "whole"
    return lambda **settings: opened(film, paced=False, **settings)


def pixels(video, piece):
    video._gpu.wait()
    return see(piece.pixels)


SETTINGS = st.builds(
    CameraSettings,
    uri=st.sampled_from(["csi://0", "/dev/video0", "film.mp4", MAST]),
    loop=st.booleans(),
    paced=st.booleans(),
    width=st.sampled_from([None, 1920]),
    height=st.sampled_from([None, 1080]),
    fps=st.sampled_from([None, 29.97]),
    flip=st.sampled_from(["none", "rotate-180"]),
)


@given(settings=SETTINGS)
def test_nothing_is_asked_for_that_writes_a_picture_down(settings):
    wished = wishes(settings)
    assert set(wished) <= {
        "width", "height", "framerate", "flipMethod", "loop", "numBuffers", "zeroCopy",
    }  # fmt: skip
    assert wished["zeroCopy"] is True


def test_what_the_settings_leave_open_is_not_asked_for():
    assert not {"width", "height", "framerate"} & set(wishes(CameraSettings(uri="csi://0")))


@pytest.mark.parametrize(("flip", "asked"), [("none", "rotate-180"), ("rotate-180", "none")])
def test_a_flip_means_what_it_says_though_jetson_utils_exchanges_them(flip, asked):
    assert wishes(CameraSettings(uri="csi://0", flip=flip))["flipMethod"] == asked
    assert wishes(CameraSettings(uri="/dev/video0", flip=flip))["flipMethod"] == flip


@pytest.mark.parametrize(("kind", "layout"), [("nv12", Layout.NV12), ("i420", Layout.I420)])
def test_a_picture_lies_as_it_came(kind, layout, scene, whole):
    scene.format = kind
    video = whole()
    piece = video.next(WAIT_S)
    assert piece.layout is layout
    assert piece.pixels.shape == (96, 96)
    assert (piece.width, piece.height) == video.size == (96, 64)
    luma, chroma = np.split(pixels(video, piece), [64])
    assert len(set(luma.ravel().tolist())) == 1
    assert np.abs(chroma.astype(int) - 128).max() <= 1


def test_every_picture_of_a_film_is_given_in_turn(whole):
    video = whole()

    def look(piece):
        return piece.arrived, piece.stamp_ns, int(pixels(video, piece)[0, 0])

    found = every(video, look)
    assert [arrived for arrived, _, _ in found] == list(range(1, 11))
    assert np.diff([stamp_ns for _, stamp_ns, _ in found]).tolist() == [40_000_000] * 9
    assert sorted({light for _, _, light in found}) == [light for _, _, light in found]
    assert video.interval_ns == 40_000_000


def test_what_is_neither_nv12_nor_i420_is_converted_and_that_is_said_once(
    scene, opened, sensor, caplog
):
    scene.format = "yuyv"
    video = opened(sensor)
    for _ in range(3):
        piece = video.next(WAIT_S)
        assert piece.layout is Layout.RGB8
        assert piece.pixels.shape == (64, 96, 3)
        assert pixels(video, piece).any()
        video.give_back()
        assert not pixels(video, piece).any()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert caplog.records[0].fields == {"camera": "mast-1"}
    assert scene.streams == {video._gpu.stream.handle}


def test_a_picture_is_zero_when_it_was_given_back(opened, sensor):
    video = opened(sensor)
    for _ in range(20):
        kept = pixels(video, video.next(WAIT_S))
        assert kept.any()
        video.give_back()
        video.settle()
        assert not kept.any()
    assert video.bad == 0


def test_a_picture_that_may_be_overwritten_already_is_counted_and_not_touched(
    scene, opened, sensor
):
    video = opened(sensor)
    kept = pixels(video, video.next(WAIT_S))
    scene.rush = RING - 2
    video.give_back()
    video.settle()
    assert video.bad == 1
    assert kept.any()
    scene.rush = 0
    pixels(video, video.next(WAIT_S))
    video.give_back()
    assert video.bad == 1


def test_of_a_camera_nothing_is_left_in_the_ring_not_even_what_nobody_looked_at(
    scene, opened, sensor
):
    video = opened(sensor)
    ring = video._rings["raw"]
    assert len(ring) == RING
    for place, length in ring.items():
        assert see(DeviceView(place, (length,), np.dtype(np.uint8))).any()
    video.settle()
    video.close()
    assert scene.unerased == 0


@pytest.mark.parametrize("kind", ["nv12", "yuyv"])
def test_closing_twice_is_closing_once(kind, scene, opened, sensor):
    scene.format = kind
    video = opened(sensor)
    video.next(WAIT_S)
    video.close()
    video.close()
    assert scene.unerased == 0


def test_where_pictures_grow_the_old_ring_is_forgotten(scene, opened, tmp_path):
    scene.films = "whole"
    pictures = b"".join(
        write_film(
            tmp_path / f"{width}.mjpeg", [make_grey(1, width, 64)], codec="mjpeg", fmt="yuvj420p"
        ).read_bytes()
        for width in (96, 96, 128, 96)
    )
    (tmp_path / "film.mjpeg").write_bytes(pictures)
    video, widths = opened(tmp_path / "film.mjpeg", paced=False), []
    for _ in range(4):
        widths.append(video.next(WAIT_S).width)
        video.give_back()
    assert widths == [96, 96, 128, 96]
    assert len(video._rings["raw"]) == 2
    video.settle()
    video.close()
    assert scene.unerased == 0


def test_a_stumble_of_jetson_utils_is_no_end(scene, opened, sensor):
    video = opened(sensor)
    video.next(WAIT_S)
    video.give_back()
    scene.stumbles = 1
    assert video.next(WAIT_S) is None
    assert video.next(WAIT_S) is not None
    assert video.bad == 0


def test_a_silent_camera_gives_none_and_never_says_that_it_is_gone(scene, opened, sensor, time):
    video = opened(sensor)
    video.next(WAIT_S)
    scene.frozen = True
    begun_ns = time.now_ns()
    assert video.next(2.5) is None
    assert time.now_ns() - begun_ns == 2_500_000_000


def test_a_first_picture_that_has_waited_too_long_is_not_shown(opened, sensor, time):
    video = opened(sensor)
    first = video._first[0].timestamp
    time.time_ns += 1_000_000_000
    assert video.next(WAIT_S).stamp_ns >= first + 1_000_000_000


def test_pictures_of_a_wrong_size_are_counted_and_not_looked_at(scene, opened, tmp_path):
    scene.films = "whole"
    pictures = b"".join(
        write_film(
            tmp_path / f"{width}.mjpeg", [make_grey(1, width, 64)], codec="mjpeg", fmt="yuvj420p"
        ).read_bytes()
        for width in (96, 92, 96)
    )
    (tmp_path / "film.mjpeg").write_bytes(pictures)
    video = opened(tmp_path / "film.mjpeg", paced=False)
    assert [video.next(WAIT_S) is None for _ in range(3)] == [False, True, False]
    assert video.bad == 1
