"""A camera of the van that is lost: opened again while others are looked at, and counted on."""

import logging
import threading

import pytest

from appliance.errors import InputError, MachineError
from appliance.jetson import opener
from appliance.jetson.camera import SILENT_NS, Camera
from appliance.settings import CameraSettings
from tests.camera.standing import FakeClock
from tests.jetson.camera.masts import MAST, WAIT_S, look
from tests.jetson.scripts import Openings


def end_of(camera):
    """Wait for the thread that opens the camera again."""
    camera._opener._thread.join(WAIT_S)


def test_a_camera_that_gives_nothing_for_three_seconds_is_lost(mast, time):
    camera, _ = mast("p---")
    assert camera.read(1).number == 0
    for lost in (False, False, False, True):
        assert camera.lost == lost
        camera.read(1.01)
    assert camera.lost
    assert SILENT_NS == 3_000_000_000


def test_a_camera_that_was_not_read_for_long_is_not_lost_for_that(mast, time):
    camera, _ = mast("ppp")
    camera.read(1)
    time.time_ns += 10 * SILENT_NS
    assert camera.read(1)
    assert not camera.lost


def test_a_camera_that_says_that_it_is_gone_is_lost_at_once(mast):
    camera, _ = mast("p.")
    camera.read(1)
    assert camera.read(1) is None
    assert camera.lost


def test_a_lost_camera_comes_back_and_counts_on(mast, caplog):
    caplog.set_level(logging.INFO)
    camera, openings = mast("pp.", "pp")
    openings.sources[0].bad = 3
    first = [camera.read(1).number, camera.read(1).number]
    camera.read(1)
    assert camera.lost
    end_of(camera)
    openings.sources[1].bad = 2
    frame = look(camera)
    assert [*first, frame.number, camera.read(1).number] == [0, 1, 2, 3]
    assert not camera.lost
    assert camera.bad == 5
    assert [record.getMessage() for record in caplog.records] == [
        "the camera is lost", "the camera is back",
    ]  # fmt: skip
    assert all(record.fields == {"camera": "mast-1"} for record in caplog.records)


def test_it_is_lost_until_it_shows_something(mast):
    camera, _ = mast("p.", "-p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert camera.read(0.1) is None
    assert camera.lost
    assert camera.read(1)
    assert not camera.lost


def test_time_does_not_run_backwards_where_a_camera_comes_back(mast):
    camera, _ = mast("ppppp.", "ppp")
    frames = [look(camera) for _ in range(8)]
    taken = [frame.taken_ns for frame in frames]
    assert taken == sorted(set(taken))


def test_a_lost_camera_is_opened_ever_more_seldom(mast, time):
    camera, openings = mast("p.", *[None] * 6, "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert time.pauses == [0.5, 1, 2, 4, 8, 8, 8]
    assert openings.tries == 8


def test_the_gpu_is_done_with_a_source_before_another_thread_closes_it(mast):
    camera, openings = mast("pp.", "p")
    for _ in range(3):
        camera.read(1)
    end_of(camera)
    done = openings.sources[0].done
    assert [what for what, _ in done[-2:]] == ["settle", "close"]
    here = threading.current_thread().name
    assert {thread for what, thread in done if what != "close"} == {here}
    assert done[-1] == ("close", "camera mast-1")


def test_while_a_camera_is_being_opened_the_others_are_looked_at(mast, lit, time):
    gate = threading.Event()

    class Slow(Openings):
        def again(self, settings, clock, bridge):
            if self.tries:
                gate.wait(WAIT_S)
            return super().again(settings, clock, bridge)

    stuck = Camera(CameraSettings(uri=MAST), lit, Slow(time, "p.", "p"), time)
    other, _ = mast("p" * 30, name="mast-2")
    stuck.read(1)
    stuck.read(1)
    for _ in range(20):
        assert stuck.read(0) is None
        assert other.read(0)
    gate.set()
    assert look(stuck)
    stuck.close()


def test_for_a_csi_camera_that_stays_away_the_daemon_is_restarted(mast, daemon):
    camera, _ = mast("p.", *[None] * 9, "p", uri="csi://0")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert daemon == ["mast-1"] * 2


def test_for_other_cameras_it_is_not(mast, daemon):
    camera, _ = mast("p.", *[None] * 9, "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    assert daemon == []


def test_a_camera_that_was_never_there_ends_the_process(mast):
    with pytest.raises(MachineError, match="no answer"):
        mast(None)


def test_a_fault_of_our_own_ends_looking_and_keeps_its_words_to_itself(mast):
    camera, _ = mast("p.", RuntimeError(MAST))
    camera.read(1)
    camera.read(1)
    end_of(camera)
    with pytest.raises(MachineError, match=r"^The camera mast-1 failed \(RuntimeError\)\.$"):
        camera.read(1)


def test_what_opening_again_will_not_mend_is_raised(mast):
    camera, _ = mast("p.", InputError("No.", mend="Yes."))
    camera.read(1)
    camera.read(1)
    end_of(camera)
    with pytest.raises(InputError, match="No"):
        camera.read(1)


def test_a_gpu_that_failed_ends_looking(mast, monkeypatch):
    camera, openings = mast("p.")

    def fail():
        raise MachineError("The GPU failed.", mend="Start again.")

    monkeypatch.setattr(openings.sources[0], "settle", fail)
    camera.read(1)
    with pytest.raises(MachineError, match="GPU failed"):
        camera.read(1)


def test_a_lost_camera_can_be_closed(mast):
    camera, openings = mast("p.", "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    camera.close()
    assert openings.sources[1].asked == ["close"]
    assert camera.ended
    assert camera.read(0) is None


def test_a_lost_camera_can_be_closed_in_its_longest_pause(lit):
    paused = threading.Event()

    class Pausing(FakeClock):
        def wait(self, pause_s):
            paused.set()
            self._stop.wait(WAIT_S)

    clock = Pausing()
    openings = Openings(clock, "p.", "p")
    camera = Camera(CameraSettings(uri=MAST), lit, openings, clock)
    camera.read(1)
    camera.read(1)
    assert paused.wait(WAIT_S)
    camera.close()
    assert openings.tries == 1


def test_a_camera_whose_pipeline_never_stops_does_not_hold_up_the_end(mast, monkeypatch):
    monkeypatch.setattr(opener, "CLOSE_S", 0.05)
    gate = threading.Event()
    camera, openings = mast("p.")
    monkeypatch.setattr(openings.sources[0], "close", lambda: gate.wait(WAIT_S))
    camera.read(1)
    camera.read(1)
    thread = camera._opener._thread
    assert thread.daemon
    camera.close()
    assert thread.is_alive()
    gate.set()
    thread.join(WAIT_S)
    assert openings.tries == 1


def test_a_dark_lamp_takes_the_frame_back_first(mast, lit):
    camera, openings = mast("ppp")
    camera.read(1)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark"):
        camera.read(1)
    assert openings.sources[0].asked == ["give back", "next", "give back"]
    lit.shining = True


def test_a_lost_camera_is_not_opened_in_the_dark_either(mast, lit):
    camera, _ = mast("p.", "p")
    camera.read(1)
    camera.read(1)
    end_of(camera)
    lit.shining = False
    with pytest.raises(MachineError, match="lamp is dark"):
        camera.read(1)


def test_frames_that_came_while_nobody_looked_are_counted(mast):
    camera, openings = mast("ppp")
    camera.read(1)
    openings.sources[0].skip(5)
    assert camera.read(1).number == 6
    assert camera.dropped == 5
    openings.sources[0].skip(-1)  # jetson-utils has not counted it yet
    assert camera.read(1).number == 7
    assert camera.dropped == 5
