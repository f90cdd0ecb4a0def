"""jetson-utils is asked for raw pictures, never to write one down; its ring is erased."""

import ast
import importlib
import logging
import os
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.clock import Clock
from appliance.domain.frame import Layout
from appliance.errors import InputError, MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.gpu import open_gpu
from appliance.jetson.piece import FIRST_S
from appliance.jetson.source import MODULES, RING, Video, address, load_jetson_utils, wishes
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.bridge import every, see
from tests.standin import enter

WAIT_S = 20.0
PASSWORD = "hunter2"
MAST = f"rtsp://officer:{PASSWORD}@127.0.0.1:9/mast"


class Time(Clock):
    """A clock for us and for the cameras, on which waiting takes no time."""

    def __init__(self):
        super().__init__()
        self.time_ns = 1_000_000_000_000

    def now_ns(self):
        return self.time_ns

    def wait(self, pause):
        self.time_ns += round(pause)


class Cameras:
    """The time as the stand-in of jetson-utils asks for it: in nanoseconds."""

    def __init__(self, time):
        self.now_ns = time.now_ns
        self.wait = time.wait


@pytest.fixture
def gpu():
    return open_gpu(enter())


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def scene(gpu, time):
    utils = importlib.import_module("jetson_utils_python")
    utils.scene.reset()
    utils.scene.clock = Cameras(time)
    yield utils.scene
    utils.scene.reset()


@pytest.fixture
def opened(gpu, scene, time):
    """Opens sources, and closes what a test leaves open."""
    videos = []

    def play(uri, **settings):
        videos.append(Video(CameraSettings(uri=str(uri), **settings), gpu, time))
        return videos[-1]

    yield play
    for video in videos:
        video.settle()
        video.close()


@pytest.fixture
def film(tmp_path):
    return write_film(tmp_path / "film.mkv", [make_grey(number) for number in range(10)])


@pytest.fixture
def sensor(scene, film):
    scene.cameras["csi://0"] = film
    return "csi://0"


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


@pytest.mark.parametrize(("width", "height"), [(100, 64), (92, 64)])
def test_a_size_whose_rows_may_have_gaps_is_refused_with_advice(
    width, height, scene, opened, tmp_path
):
    film = write_film(tmp_path / "film.mkv", [make_grey(1, width, height)] * 9)
    scene.cameras["csi://0"] = film
    with pytest.raises(MachineError, match=f"{width} x {height} is not a multiple of 8 x 2") as no:
        opened("csi://0")
    assert "camera.width" in no.value.advice()
    assert scene.unerased == 0


def test_a_camera_that_shows_nothing_is_refused_in_time(scene, opened, sensor, time):
    scene.frozen = True
    begun_ns = time.now_ns()
    with pytest.raises(MachineError, match="The camera mast-1 gives no picture: none came in time"):
        opened(sensor)
    assert FIRST_S <= (time.now_ns() - begun_ns) / 1e9 <= FIRST_S + 1


def test_a_camera_that_is_gone_before_it_showed_anything_is_refused(
    scene, opened, sensor, monkeypatch
):
    video = importlib.import_module("jetson_utils_python").videoSource
    scene.stumbles = 1
    monkeypatch.setattr(video, "IsStreaming", lambda self: False)
    with pytest.raises(MachineError, match="none came in time"):
        opened(sensor)


def test_an_opening_is_given_up_when_it_is_told_to(scene, opened, sensor, time):
    scene.frozen = True
    scene.opening = lambda uri: time.stop()
    with pytest.raises(MachineError, match="none came in time"):
        opened(sensor)


def test_a_password_is_never_said(scene, opened, capfd, caplog):
    caplog.set_level(logging.DEBUG)
    scene.dead.add(MAST)
    with pytest.raises(MachineError) as refused:
        opened(MAST)
    said = "".join(capfd.readouterr()) + caplog.text + refused.value.advice()
    assert PASSWORD not in said
    assert scene.asked[-1][0] == MAST


@pytest.mark.parametrize(
    "uri",
    ["rtsp://mast/1 ! filesink location=/x", "rtsp://mast/'1'", "rtsp://mast/\\1", "a film.mp4"],
)
def test_an_address_that_would_become_a_pipeline_of_its_own_is_refused(uri):
    with pytest.raises((InputError, MachineError), match="a space, a quote or a backslash"):
        address(CameraSettings(uri=uri))


@pytest.mark.parametrize("uri", ["http://mast/1", "webrtc://@:8554/x", "display://0"])
def test_only_cameras_and_films_are_opened(uri):
    with pytest.raises(MachineError, match="neither csi://, rtsp:// nor /dev/video"):
        address(CameraSettings(uri=uri))


def test_a_camera_may_have_a_name_of_udevs(tmp_path, monkeypatch):
    named = "/dev/lfr/camera-left"
    monkeypatch.setattr(os.path, "realpath", {named: "/dev/video2"}.get)
    assert address(CameraSettings(uri=named)) == "/dev/video2"


@pytest.mark.parametrize("uri", ["/dev/lfr/camera-left", "/dev/null"])
def test_what_is_no_camera_is_not_opened(uri):
    with pytest.raises(MachineError, match="neither"):
        address(CameraSettings(uri=uri))


def test_a_missing_film_is_said_to_be_missing(opened):
    with pytest.raises(InputError, match=r"film\.mp4 cannot be read: No such file"):
        opened("/nowhere/film.mp4")


@pytest.mark.parametrize(("name", "reason"), [("a.mp4", "none came"), ("a.txt", "plays only .avi")])
def test_what_is_no_film_is_refused(name, reason, opened, tmp_path):
    (tmp_path / name).write_bytes(b"This is the text of a letter.")
    with pytest.raises(InputError, match=reason):
        opened(tmp_path / name)


def module(name, home):
    """A jetson-utils of sorts."""
    made = ModuleType(name)
    said = []
    log = type("Log", (), {"__module__": home, "SetLevel": said.append})
    made.videoSource, made.Log = type("videoSource", (), {"__module__": home}), log
    made.said = said
    return made


def test_the_part_in_c_is_taken_first_and_silenced(monkeypatch):
    first, second = (module(name, "jetson.utils") for name in MODULES)
    for made in (first, second):
        monkeypatch.setitem(sys.modules, made.__name__, made)
    assert load_jetson_utils() is first.videoSource
    assert first.said == ["silent"]
    assert second.said == []


def test_the_package_will_do_where_it_holds_the_part_in_c(monkeypatch):
    monkeypatch.setitem(sys.modules, MODULES[0], None)
    package = module(MODULES[1], "jetson.utils")
    monkeypatch.setitem(sys.modules, MODULES[1], package)
    assert load_jetson_utils() is package.videoSource


def test_what_only_has_the_name_is_not_taken(monkeypatch):
    monkeypatch.setitem(sys.modules, MODULES[0], None)
    monkeypatch.setitem(sys.modules, MODULES[1], module(MODULES[1], "jetson_utils.video"))
    with pytest.raises(MachineError, match="jetson-utils is not installed") as refused:
        load_jetson_utils()
    assert "install.sh" in refused.value.advice()


def test_without_jetson_utils_there_is_advice(monkeypatch):
    for name in MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MachineError, match="not installed"):
        load_jetson_utils()


def test_nobody_else_opens_a_camera_and_nobody_says_where_to_write():
    """The options are those of `wishes`, and there is no command line."""
    calls, root = [], Path(__file__).parents[2] / "appliance"
    for file in root.rglob("*.py"):
        text = file.read_text("utf-8")
        assert "input-save" not in text, file
        assert '"save"' not in text, file
        if "videoSource" in text:
            calls += [node for node in ast.walk(ast.parse(text)) if is_opening(node)]
    [call] = calls
    assert [keyword.arg for keyword in call.keywords] == ["options"]
    assert ast.unparse(call.keywords[0].value) == "wishes(settings)"
    assert len(call.args) == 1


def is_opening(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) in {"video", "videoSource"}
