"""A network camera goes and comes back; nobody waits for ever, and its password stays secret."""

import logging
import socket
import threading
import traceback
from contextlib import contextmanager, suppress

import av
import pytest

from appliance import mast
from appliance.domain.frame import Colour
from appliance.errors import InputError, MachineError
from appliance.host.camera import Camera
from appliance.host.source import Piece, Shape
from appliance.mast import back_off
from appliance.settings import CameraSettings

WAIT_S = 20.0
PASSWORD = "hunter2"


@pytest.fixture
def eager(quick, monkeypatch):
    monkeypatch.setattr(mast, "BACK_OFF_S", (0.01, 0.05))


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def deaf(listener):
    """The port of a host that takes a call and never says a word."""
    return listener.getsockname()[1]


@pytest.fixture
def rude(listener, deaf):
    """The port of a host that says one thing, whatever it is asked, and hangs up."""

    def answer(words):
        def take_calls():
            with suppress(OSError):  # the listener was closed: the test is over
                while True:
                    call, _ = listener.accept()
                    with call:
                        call.recv(4096)
                        call.sendall(words + b"\r\nCSeq: 1\r\n\r\n")

        threading.Thread(target=take_calls, daemon=True).start()
        return deaf

    yield answer
    listener.shutdown(socket.SHUT_RDWR)


def look_until(condition, camera):
    """Read on until it is so; the test's own time limit is the end of patience."""
    frame = None
    while not condition(frame):
        frame = camera.read(0.1)
    return frame


@pytest.mark.parametrize("codec", ["mjpeg", "h264"])
def test_a_camera_that_died_comes_back_and_counts_on(codec, server, played, eager):
    with played(server.start(codec).uri) as camera:
        before = camera.read(WAIT_S)
        buffers = {id(before.pixels)}
        server.kill()
        look_until(lambda _: camera.lost, camera)
        assert not camera.ended
        server.start(codec)
        after = look_until(lambda frame: frame and not camera.lost, camera)
        assert after.number > before.number
        buffers |= {id(camera.read(WAIT_S).pixels) for _ in range(10)}
        assert len(buffers) <= 3


def test_a_camera_that_falls_silent_is_lost_and_comes_back(server, played, eager):
    with played(server.start().uri) as camera:
        server.freeze()
        look_until(lambda _: camera.lost, camera)
        server.kill()
        server.start()
        look_until(lambda frame: frame and not camera.lost, camera)


def test_a_slow_reader_sees_the_newest_frame_of_a_camera(server, played, quick):
    with played(server.start().uri) as slow, played(server.uri) as watch:
        first = slow.read(WAIT_S)
        for _ in range(15):
            watch.read(WAIT_S)
        assert slow.dropped >= 5
        assert slow.read(WAIT_S).number > first.number + 5


def test_a_camera_keeps_its_own_pace_even_where_a_film_would_not(server, played, quick):
    with played(server.start().uri, paced=False) as slow, played(server.uri) as watch:
        for _ in range(15):
            watch.read(WAIT_S)
        assert slow.dropped


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_camera_that_never_answers_is_refused(scheme, deaf, played, quick):
    with pytest.raises(MachineError, match="The camera mast-1 gives no picture"):
        played(f"{scheme}://127.0.0.1:{deaf}/mast").__enter__()


def test_a_camera_that_is_being_opened_can_be_closed(deaf, lit, quick):
    settings = CameraSettings(uri=f"rtsp://127.0.0.1:{deaf}/mast")
    camera = Camera(settings, lit)
    camera._thread.start()
    camera.close()
    assert not camera._thread.is_alive()


def test_a_lost_camera_can_be_closed_in_its_longest_pause(server, played, quick):
    with played(server.start().uri) as camera:
        server.kill()
        look_until(lambda _: camera.lost, camera)
    assert not camera._thread.is_alive()


def test_the_thread_has_the_cameras_name(server, played, quick):
    with played(server.start().uri, name="mast-7") as camera:
        assert camera._thread.name == "camera mast-7"


@pytest.mark.parametrize("answer", [b"RTSP/1.0 401 Unauthorized", b"RTSP/1.0 200 OK", b"No."])
def test_a_password_is_never_said(answer, rude, played, quick, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    uri = f"rtsp://officer:{PASSWORD}@127.0.0.1:{rude(answer)}/mast"
    with pytest.raises(MachineError) as refused:
        played(uri).__enter__()
    said = "".join(traceback.format_exception(refused.value)) + refused.value.advice()
    assert PASSWORD not in said + caplog.text + "".join(capfd.readouterr())
    assert PASSWORD not in repr(CameraSettings(uri=uri))


def test_a_cameras_repr_holds_no_address(server, played, quick):
    with played(server.start().uri) as camera:
        assert PASSWORD not in f"{camera!r} {camera.__dict__} {camera._thread!r}"


def test_pauses_double_up_to_a_limit():
    pauses = back_off()
    assert [next(pauses) for _ in range(7)] == [0.5, 1, 2, 4, 8, 8, 8]


class Script:
    """A camera that does at each opening what the script says."""

    def __init__(self, *rounds):
        self.rounds = iter(rounds)
        self.opened = 0

    @contextmanager
    def __call__(self, settings):
        self.opened += 1
        pieces = next(self.rounds, None)
        if pieces is None:
            raise MachineError("Gone.", mend="Wait.")
        yield self
        self._pieces = ()

    def pieces(self):
        return iter([Piece(av.VideoFrame(4, 4, "yuv420p"), 0, 0, 0)])

    def shape(self, picture):
        return Shape(4, 4, Colour())

    def copy(self, picture, pixels, shape):
        pixels.fill(9)


def follow(lit, fake_clock, script, pauses):
    fake_clock.enough = pauses
    camera = Camera(CameraSettings(uri="rtsp://127.0.0.1/mast"), lit, fake_clock, script)
    camera._thread.start()
    camera._thread.join(WAIT_S)
    return camera


def test_a_lost_camera_is_opened_ever_more_seldom(lit, fake_clock):
    script = Script("shows")
    camera = follow(lit, fake_clock, script, pauses=8)
    assert fake_clock.pauses == [0.5, 1, 2, 4, 8, 8, 8, 8]
    assert script.opened == 8
    assert camera.lost


def test_a_camera_that_came_back_is_opened_soon_again(lit, fake_clock):
    camera = follow(lit, fake_clock, Script("shows", None, None, "shows", None), pauses=6)
    assert fake_clock.pauses == [0.5, 1, 2, 0.5, 1, 2]
    assert camera.dropped == 1


def test_a_camera_that_was_never_there_ends_the_process(lit, fake_clock):
    camera = follow(lit, fake_clock, Script(), pauses=3)
    assert fake_clock.pauses == []
    with pytest.raises(MachineError, match="Gone"):
        camera.read(0)


def test_a_picture_that_cannot_be_converted_is_counted_and_its_slot_used_again(lit, fake_clock):
    class Unreadable(Script):
        def copy(self, picture, pixels, shape):
            pixels.fill(9)
            if self.opened > 1:
                raise av.error.InvalidDataError(1, "damaged")

    script = Unreadable(*["shows"] * 9)
    camera = follow(lit, fake_clock, script, pauses=9)
    assert camera.bad == 8
    assert camera.read(0).number == 0
    camera.close()


def test_a_camera_that_opens_and_shows_nothing_is_refused(lit, fake_clock):
    class Blind(Script):
        def pieces(self):
            return iter([None])

    camera = follow(lit, fake_clock, Blind("shows"), pauses=3)
    assert camera.bad == 1
    with pytest.raises(MachineError, match="no picture that can be decoded"):
        camera.read(0)


def test_a_film_without_a_picture_is_refused_by_its_name(lit, fake_clock):
    class Blind(Script):
        def pieces(self):
            return iter([])

    camera = Camera(CameraSettings(uri="night.mkv"), lit, fake_clock, Blind("shows"))
    with pytest.raises(InputError, match=r"night\.mkv .* no picture"):
        camera.start()
    camera.close()
