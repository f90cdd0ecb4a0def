"""The pipeline is timed by the wall, its energy by the module's own rail, a camera by its call."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from appliance.bench.whole import READS, Whole, capture, energy, play, sampled
from appliance.domain.health import Health
from appliance.errors import InputError, MachineError
from appliance.settings import Appliance
from tests.bench.conftest import FRAMES


def drawing(watts):
    return lambda: Health(None, None, 0.0, power_w=watts)


@pytest.fixture
def swift(monkeypatch):
    """Nobody waits for a quiet or for a newer frame."""
    for name in ("IDLE_S", "REST_S", "SAMPLE_S"):
        monkeypatch.setattr(f"appliance.bench.whole.{name}", 0.001)


def test_a_film_is_played_as_on_the_van_and_at_every_frame(rig, swift):
    van, every = (play(rig, every_frame=every) for every in (False, True))
    assert (van["looks"], every["looks"]) == ("15 a second of the film", "every frame")
    assert van["frames"] == every["frames"] == FRAMES
    assert (van["faces"], every["faces"]) == (FRAMES / 2, FRAMES)
    assert van["fps"] == pytest.approx(1000 / van["wall_ms"], rel=0.01)
    assert set(van["stages_mean_ms"]) >= {"detect", "encode", "match"}


def test_the_settings_of_the_rig_are_as_they_were(rig, swift):
    play(rig, every_frame=True)
    assert rig.settings.vision.detect_hz == 15


def test_energy_is_told_where_the_machine_knows_its_power(rig, swift):
    machine = replace(rig.machine, read_health=drawing(12.5))
    told = play(replace(rig, machine=machine), every_frame=False)
    assert told["power_w"] == told["idle_w"] == 12.5
    assert told["joules_a_frame"] == pytest.approx(12.5 * told["wall_ms"] / 1000, rel=0.01)


def test_energy_is_never_invented(rig, swift):
    told = play(rig, every_frame=False)
    assert [told[name] for name in ("idle_w", "power_w", "joules_a_frame")] == [None] * 3


def test_a_frame_costs_the_mean_power_for_its_time():
    assert energy([4.0, 6.0], [10.0, 20.0], 0.02) == {
        "idle_w": 5.0, "power_w": 15.0, "joules_a_frame": 0.3,
    }  # fmt: skip


def test_the_sampler_ends_with_its_block(swift):
    seen = threading.Event()

    def read():
        seen.set()
        return Health(None, None, 0.0, power_w=7.0)

    before = threading.enumerate()
    with sampled(read) as watts:
        assert seen.wait(5)
        assert len(threading.enumerate()) == len(before) + 1
    assert threading.enumerate() == before
    assert set(watts) <= {7.0}


@dataclass
class Lens:
    """A camera that gives frames until it is told not to."""

    frames: list
    size: tuple = (1920, 1080)
    film: bool = False

    @property
    def ended(self):
        return self.film and not self.frames

    def read(self, wait_s):
        return self.frames.pop(0) if self.frames else None


def taken(film, numbers):
    return [replace(film.frame(), number=number) for number in numbers]


def test_a_camera_is_timed_by_its_call_and_counted_by_what_arrived(film, swift):
    told = capture(Lens(taken(film, range(10, 10 + 3 * (READS + 1), 3))))
    assert (told["width"], told["height"], told["missed"]) == (1920, 1080, 0)
    assert told["fps"] > 0
    assert told["read_ms"]["least"] <= told["read_ms"]["median"] <= told["read_ms"]["most"]


def test_frames_that_did_not_come_are_told(film, swift):
    told = capture(Lens(taken(film, [0, 1, 2])))
    assert told["missed"] == READS - 2
    told = capture(Lens(taken(film, [0])))
    assert told["read_ms"] is None
    assert told["fps"] == 0


def test_a_film_that_is_over_misses_nothing(film, swift):
    assert capture(Lens(taken(film, [0, 1, 2]), film=True))["missed"] == 0


def test_a_camera_that_gives_nothing_is_refused():
    with pytest.raises(MachineError, match="no frame"):
        capture(Lens([]))


def test_a_van_on_the_bench_looks_only_with_its_lamp_lit(rig, film_file, film, swift):
    lit = []

    @contextmanager
    def open_camera(settings, light):
        lit.append(light.shining)
        yield Lens(taken(film, range(READS + 1)))

    machine = replace(rig.machine, open_camera=open_camera)
    told = Whole(Appliance(), machine, None).capture("csi://0")
    assert told["missed"] == 0
    assert lit == [True]


def test_a_film_goes_through_the_networks_that_are_there(rig, film_file, swift):
    played = Whole(rig.settings, rig.machine, rig.eyes).play(film_file, None)
    assert [round_["frames"] for round_ in played] == [FRAMES, FRAMES]


def test_without_networks_or_a_film_there_is_no_pipeline(rig, film_file, tmp_path, swift):
    with pytest.raises(MachineError, match="no networks"):
        Whole(rig.settings, rig.machine, None).play(film_file, None)
    with pytest.raises(InputError):
        Whole(rig.settings, rig.machine, rig.eyes).play(tmp_path / "none.avi", None)
