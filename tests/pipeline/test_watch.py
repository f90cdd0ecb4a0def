"""The vision thread looks until it is told to stop, every film has ended, or something fails."""

import gc
import threading
import weakref
from collections import deque

import pytest

from appliance import watch as room
from appliance.errors import LapsedError, MachineError
from appliance.watch import Watch

END_S = 20


class ScriptedCamera:
    """Gives a script of frames, then nothing; ends with it, or goes on for ever."""

    def __init__(self, script, name="mast-1", endless=False):
        self.script = deque(script)
        self.name = name
        self.size = (640, 480)
        self.dropped = 0
        self.bad = 0
        self.lost = False
        self.endless = endless
        self.quiet = threading.Event()

    @property
    def ended(self):
        return not self.script and not self.endless

    def read(self, wait_s):
        if not self.script:
            self.quiet.set()
            return None
        item = self.script.popleft()
        if isinstance(item, Exception):
            raise item
        return item() if callable(item) else item

    def close(self):
        self.script.clear()


@pytest.fixture
def ann(film, person):
    """A script of Ann standing there."""

    def make(frames, **how):
        return [lambda: film.frame(person("ann", 100, 100), **how)] * frames

    return make


@pytest.fixture
def run():
    """Watch to the end."""

    def finish(stage, *cameras):
        watch = Watch(stage.pipeline, cameras)
        watch.start()
        watch._thread.join(END_S)
        assert not watch.looking
        return watch

    return finish


def test_looking_ends_with_the_film_and_everything_is_erased(stage, ann, run):
    watch = run(stage, ScriptedCamera(ann(10)))
    assert watch.failure is None
    assert len(stage.alerts) == 1
    assert stage.pipeline.tally.frames == 10
    assert stage.pipeline.tally.erased == 1
    assert not stage.pipeline.passes._sum.any()
    assert not stage.watchlist.templates.any()


def test_the_last_film_to_end_ends_it(stage, ann, run):
    run(stage, ScriptedCamera(ann(2)), ScriptedCamera(ann(7, camera="mast-2"), "mast-2"))
    assert stage.pipeline.tally.frames == 9


def test_it_stops_when_it_is_told_to(stage, ann):
    camera = ScriptedCamera(ann(3), endless=True)
    watch = Watch(stage.pipeline, [camera])
    watch.start()
    assert camera.quiet.wait(END_S)
    assert watch.looking
    watch.stop()
    assert not watch.looking
    assert watch.failure is None
    assert stage.pipeline.tally.erased == 1


def test_a_thread_that_does_not_come_round_is_known_to_be_stuck(stage, ann, monkeypatch):
    camera = ScriptedCamera(ann(3), endless=True)
    watch = Watch(stage.pipeline, [camera])
    assert not watch.stuck
    watch.start()
    assert camera.quiet.wait(END_S)
    assert not watch.stuck
    monkeypatch.setattr(room, "STUCK_S", -1.0)
    assert watch.stuck
    watch.stop()
    assert not watch.stuck


def test_stopping_what_never_began_is_no_error(stage):
    Watch(stage.pipeline, []).stop()


def test_a_failure_is_kept_and_everything_is_erased(stage, ann, run):
    watch = run(
        stage, ScriptedCamera([*ann(3), MachineError("The GPU fell out.", mend="Push it.")])
    )
    assert str(watch.failure) == "The GPU fell out."
    assert stage.pipeline.tally.erased == 1
    assert not stage.watchlist.templates.any()


def test_the_end_of_the_authority_ends_looking(stage, ann, run, clock):
    camera = ScriptedCamera([*ann(3), lambda: clock.pass_by(hours=6), *ann(3)])
    watch = run(stage, camera)
    assert isinstance(watch.failure, LapsedError)
    assert stage.pipeline.tally.erased == 1


def test_the_authority_ends_even_when_no_frame_comes(stage, run, clock):
    clock.pass_by(hours=6)
    watch = run(stage, ScriptedCamera([], endless=True))
    assert isinstance(watch.failure, LapsedError)
    assert not stage.watchlist.templates.any()


def test_what_failed_holds_no_frame_and_no_template(stage, film, person, run):
    frame = film.frame(person("ann", 100, 100))
    held = weakref.ref(frame)
    script = deque([frame])
    del frame

    def compress(frame):
        return [].pop()

    def fail(frame, *_):
        try:
            return compress(frame)
        except IndexError as error:
            raise MachineError("The encoder broke.", mend="Mend it.") from error

    stage.compute.jpeg = fail
    watch = run(stage, ScriptedCamera(script))
    gc.collect()
    assert isinstance(watch.failure, MachineError)
    script.clear()
    assert held() is None


def test_a_camera_that_is_lost_ends_its_passings(stage, ann):
    camera = ScriptedCamera(ann(3, taken_ns=0), endless=True)
    watch = Watch(stage.pipeline, [camera])
    for _ in range(3):
        watch.turn()
    camera.lost = True
    watch.turn()
    assert watch.lost
    assert stage.pipeline.tally.erased == stage.pipeline.tally.faces_seen == 1


def test_the_dropped_frames_of_all_cameras_are_counted(stage, ann, run):
    cameras = [ScriptedCamera(ann(1)), ScriptedCamera(ann(1, camera="mast-2"), "mast-2")]
    cameras[0].dropped, cameras[1].dropped = 3, 4
    watch = run(stage, *cameras)
    assert stage.pipeline.tally.dropped_frames == 7
    assert not watch.lost


def test_one_silent_camera_does_not_stop_the_other(stage, ann, run):
    run(stage, ScriptedCamera([None] * 5), ScriptedCamera(ann(5, camera="mast-2"), "mast-2"))
    assert [alert.camera for alert in stage.alerts] == ["mast-2"]


@pytest.fixture
def spared(stage, monkeypatch):
    """What a watch tells of the time to spare, for frames that come and take so long."""

    def play(*frames):
        now, told = [0.0], []
        monkeypatch.setattr("appliance.watch.time.monotonic", lambda: now[0])
        monkeypatch.setattr(stage.pipeline, "between", told.append)
        waits, works = iter([wait for wait, _ in frames]), iter([work for _, work in frames])

        def pass_by(seconds):
            now[0] += seconds

        camera = ScriptedCamera([])
        camera.read = lambda _wait_s: pass_by(next(waits)) or object()
        monkeypatch.setattr(stage.pipeline, "step", lambda _frames: pass_by(next(works)))
        watch = Watch(stage.pipeline, [camera])
        for _ in frames:
            watch.turn()
        return told

    return play


def test_the_time_until_the_next_frame_is_what_the_last_ones_left(spared):
    told = spared((0.04, 0.01), (0.03, 0.01), (0.03, 0.03), (0.01, 0.005))
    assert told == pytest.approx([0.03, 0.03, 0.01, 0.035])


def test_after_a_frame_that_was_late_the_next_is_not_expected_later(spared):
    told = spared((0.04, 0.01), (0.03, 0.06), (0.0, 0.01), (0.01, 0.01), (0.03, 0.01))
    assert told[2:] == pytest.approx([0.03, 0.01, 0.01])
