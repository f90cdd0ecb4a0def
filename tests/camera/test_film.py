"""A film behaves like a camera: it keeps time, whatever its stamps say; it ends or goes round."""

import json
import shutil
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from appliance.clock import PAUSE_NS, Reel
from appliance.errors import MachineError
from appliance.host.camera import LATE_NS

WAIT_S = 20.0
FRAME_NS = 40_000_000
SECOND_NS = 1_000_000_000


def steps(frames):
    return [round(after - before, -6) for before, after in pairwise(frames)]


def taken(frame):
    return frame.taken_ns


def test_a_reader_who_sleeps_through_a_film_sees_its_last_frame(film, on_fake_time, fake_clock):
    camera = on_fake_time(film, fake_clock)
    camera.start()
    camera._thread.join(WAIT_S)
    assert not camera.ended
    assert camera.read(0).number == 9
    assert camera.dropped == 9
    assert camera.ended
    assert camera.read(0) is None
    camera.close()


def test_a_film_is_shown_at_its_own_pace(film, on_fake_time, fake_clock):
    camera = on_fake_time(film, fake_clock)
    camera.start()
    camera._thread.join(WAIT_S)
    assert fake_clock.pauses == pytest.approx([0.04] * 9)
    camera.close()


def test_every_round_begins_on_the_beat(film, on_fake_time, fake_clock):
    fake_clock.enough = 300
    begun_ns = fake_clock.now_ns()
    camera = on_fake_time(film, fake_clock, loop=True)
    camera.start()
    camera._thread.join(WAIT_S)
    assert abs(fake_clock.now_ns() - begun_ns - 300 * FRAME_NS) < FRAME_NS
    camera.close()


def test_without_pace_every_frame_is_given_and_the_film_tells_the_time(every_frame, film):
    seen = every_frame(film, lambda frame: (frame.number, frame.taken_ns, frame.pixels[0]))
    assert [number for number, _, _ in seen] == list(range(10))
    assert steps([taken_ns for _, taken_ns, _ in seen]) == [FRAME_NS] * 9
    brightness = [luma for _, _, luma in seen]
    assert brightness == sorted(set(brightness))


def test_without_pace_rounds_follow_each_other_without_a_gap(played, film):
    with played(film, paced=False, loop=True) as camera:
        moments = [camera.read(WAIT_S).taken_ns for _ in range(35)]
        assert camera.dropped == 0
    assert steps(moments) == [FRAME_NS] * 34


def test_a_film_that_was_held_up_starts_afresh_instead_of_hurrying(film, on_fake_time, fake_clock):
    camera = on_fake_time(film, fake_clock, loop=True)
    camera._next_ns = fake_clock.now_ns() - LATE_NS
    assert camera._begin_ns() == camera._next_ns
    camera._next_ns -= 1
    assert camera._begin_ns() == fake_clock.now_ns()


def test_a_film_of_uneven_pace_keeps_it(write_film, every_frame, grey):
    stamps = [0, 1, 2, 10, 11, 30]
    film = write_film([grey(number) for number in range(6)], stamps=stamps)
    moments = every_frame(film, taken)
    assert [(moment - moments[0]) // FRAME_NS for moment in moments] == stamps


def test_pictures_that_are_stored_out_of_order_come_in_order(write_film, every_frame, grey):
    pictures = [grey(number // 3) for number in range(40)]
    film = write_film(pictures, "film.mp4", codec="libx264")
    with av.open(str(film)) as container:
        stored = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert stored != sorted(stored)
    moments = every_frame(film, taken)
    assert steps(moments) == [FRAME_NS] * 39


def test_a_film_without_stamps_has_the_usual_pace(write_film, every_frame, grey):
    film = write_film([grey(number) for number in range(6)], "film.m4v", codec="mpeg4")
    assert steps(every_frame(film, taken)) == [FRAME_NS] * 5


def test_a_sound_track_is_not_listened_to(tmp_path, grey, every_frame):
    path = tmp_path / "loud.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        video = container.add_stream("ffv1", rate=25, width=96, height=64, pix_fmt="yuv420p")
        for number in range(5):
            noise = av.AudioFrame.from_ndarray(np.ones((1, 320), np.int16), layout="mono")
            noise.sample_rate, noise.pts = 8000, number * 320
            container.mux(sound.encode(noise))
            picture = av.VideoFrame.from_ndarray(grey(number), "rgb24")
            picture.pts = number
            container.mux(video.encode(picture.reformat(format="yuv420p")))
        container.mux(video.encode(None))
    assert len(every_frame(path)) == 5


def test_a_picture_is_a_film_of_one_frame(tmp_path, grey, every_frame, played):
    Image.fromarray(grey(3)).save(tmp_path / "still.jpg")
    assert [frame.number for frame in every_frame(tmp_path / "still.jpg")] == [0]
    with played(tmp_path / "still.jpg", paced=False, loop=True) as camera:
        assert [camera.read(WAIT_S).number for _ in range(4)] == [0, 1, 2, 3]


def test_a_film_may_have_any_name(film, every_frame):
    name = film.with_name("100%d été 10:30 [#EXTM3U].mkv")
    shutil.move(film, name)
    assert len(every_frame(name)) == 10


def test_a_film_that_vanishes_between_two_rounds_ends_with_advice(film, played):
    with played(film, paced=False, loop=True) as camera:
        film.unlink()
        with pytest.raises(Exception, match=r"film\.mkv cannot be read: No such file") as refused:
            [camera.read(WAIT_S) for _ in range(40)]
        assert "Give a film" in refused.value.advice()


def test_a_fault_of_our_own_ends_looking_and_keeps_its_words_to_itself(lit, film, on_fake_time):
    def break_down(settings):
        raise RuntimeError(json.dumps({"address": settings.uri, "password": "hunter2"}))

    camera = on_fake_time(film, None)
    camera._opens = break_down
    with pytest.raises(MachineError, match=r"^The camera mast-1 failed \(RuntimeError\)\.$"):
        camera.start()
    with pytest.raises(MachineError, match="failed"):
        camera.read(WAIT_S)
    assert camera.ended
    camera.close()


stamps = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 50)


@given(st.lists(stamps, min_size=1, max_size=30), st.floats(1e-6, 1.0))
def test_no_stamp_makes_time_run_backwards_or_leap(stamps, tick_s):
    reel = Reel(tick_s, FRAME_NS)
    due = [reel.due(stamp) for stamp in stamps]
    assert due[0] == 0
    assert all(0 < after - before <= PAUSE_NS for before, after in pairwise(due))


@pytest.mark.parametrize(
    ("stamp", "due_ns"), [(None, 2), (10**9, 2), (-5, 2), (1, 2), (2, 2), (4, 4)]
)
def test_a_damaged_stamp_is_taken_as_the_usual_pace(stamp, due_ns):
    reel = Reel(0.04, FRAME_NS)
    assert [reel.due(0), reel.due(1), reel.due(stamp)] == [0, FRAME_NS, due_ns * FRAME_NS]
