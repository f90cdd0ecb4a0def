"""What is not opened by jetson-utils, why, and with which advice."""

import ast
import importlib
import logging
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from appliance.errors import InputError, MachineError
from appliance.jetson.piece import FIRST_S
from appliance.jetson.source import MODULES, address, load_jetson_utils
from appliance.settings import CameraSettings
from tests.camera.films import make_grey, write_film
from tests.jetson.source.scenes import MAST, PASSWORD


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
    calls, root = [], Path(__file__).parents[3] / "appliance"
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
