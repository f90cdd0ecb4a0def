"""The meter counts the GPU's time alone, and leaves the machine as it found it."""

import platform
from dataclasses import dataclass, field

import numpy as np
import pytest

from appliance.errors import MachineError
from appliance.jetson.facts import system_facts
from appliance.jetson.gallery import Gallery
from appliance.jetson.gpu import open_gpu
from appliance.jetson.meter import TRIES, VERBS, Spans, open_meter
from appliance.settings import GpuSettings
from tests.standin import enter

HOLD_MS = 50.0


@dataclass
class Stream:
    """A queue with a clock that runs only while something in it is done."""

    eager: bool = False
    """Whether everything is done as soon as it is enqueued."""
    now_ms: float = 0.0
    queue: list = field(default_factory=list)

    def enqueue(self, takes_ms, event=None):
        self.queue.append((takes_ms, event))
        if self.eager:
            self.synchronize()

    def synchronize(self):
        for takes_ms, event in self.queue:
            self.now_ms += takes_ms
            if event:
                event.at_ms = self.now_ms
        self.queue.clear()

    def idle(self, ms):
        """Let time pass in which the GPU has nothing to do."""
        self.synchronize()
        self.now_ms += ms


class Event:
    """A mark in the queue."""

    def __init__(self):
        self.at_ms = None

    def record(self, stream):
        self.at_ms = None
        stream.enqueue(0, self)

    def query(self):
        return self.at_ms is not None

    def time_till(self, other):
        return other.at_ms - self.at_ms


class Cuda:
    """What the spans need of pycuda."""

    Event = Event


@dataclass
class Gpu:
    """Every verb takes so many milliseconds as it is told."""

    stream: Stream = field(default_factory=Stream)

    def launch(self, takes_ms):
        self.stream.enqueue(takes_ms)

    def to_device(self, takes_ms):
        self.stream.enqueue(takes_ms)

    def to_host(self, takes_ms):
        self.stream.enqueue(takes_ms)

    def wait(self):
        self.stream.synchronize()


@pytest.fixture
def toy():
    return Gpu()


def listen(gpu, work):
    spans = Spans(Cuda, gpu, lambda: gpu.stream.enqueue(HOLD_MS))
    with spans.overhear():
        work()
    return spans


def test_what_holds_the_stream_back_is_not_counted(toy):
    spans = listen(toy, lambda: [toy.launch(3), toy.to_device(2)])
    assert spans.seconds == pytest.approx(0.005)
    assert spans.held


def test_the_time_in_which_the_computer_thinks_is_not_counted(toy):
    def work():
        toy.launch(3)
        toy.wait()
        toy.stream.idle(1000)
        toy.to_host(4)
        toy.wait()

    assert listen(toy, work).seconds == pytest.approx(0.007)


def test_a_wait_with_nothing_after_it_adds_nothing(toy):
    def work():
        toy.launch(3)
        toy.wait()
        toy.wait()

    assert listen(toy, work).seconds == pytest.approx(0.003)
    assert toy.stream.now_ms == HOLD_MS + 3


def test_what_goes_past_the_verbs_is_counted_too(toy):
    assert listen(toy, lambda: toy.stream.enqueue(6)).seconds == pytest.approx(0.006)


def test_a_gpu_that_began_too_early_is_noticed():
    assert not listen(gpu := Gpu(Stream(eager=True)), lambda: gpu.launch(1)).held


@pytest.mark.parametrize("breaks", [False, True])
def test_afterwards_nobody_listens_any_more(toy, breaks):
    def work():
        toy.launch(1)
        if breaks:
            raise MachineError("The GPU failed.", mend="Start again.")

    if breaks:
        with pytest.raises(MachineError):
            listen(toy, work)
    else:
        listen(toy, work)
    assert not {*VERBS, "wait"} & set(vars(toy))


@pytest.fixture(scope="module")
def cache():
    return enter()


@pytest.fixture
def gpu(cache):
    return open_gpu(cache)


@pytest.fixture
def meter(cache):
    return open_meter(GpuSettings(cache=cache))


def test_the_driver_says_what_it_is_and_nothing_of_whose_it_is(meter):
    facts = meter.facts()
    assert "stand-in" in facts["name"]
    assert facts["architecture"] == "sm_87"
    assert all(isinstance(value, str) and value for value in facts.values())
    assert platform.node() not in " ".join(facts.values())


def test_a_copy_has_a_speed_and_leaves_no_memory_taken(meter, gpu):
    free = gpu._cuda.mem_get_info()[0]
    assert all(speed > 0 for speed in meter.copy(2))
    assert gpu._cuda.mem_get_info()[0] == free


def test_each_run_is_prepared_and_the_first_only_warms_up(meter, gpu):
    told = []
    place = gpu.allocate((64,), np.uint8)

    def work():
        told.append("work")
        gpu.zero([place])

    times = meter.time(work, 3, lambda: told.append("ready"))
    assert told == ["ready", "work"] * 4
    assert len(times) == 3
    assert all(time >= 0 for time in times)
    assert meter.held


def test_the_production_search_is_timed_as_it_is_called(meter, gpu):
    rows = np.eye(64, dtype=np.float32)
    gallery = Gallery(gpu)
    gallery.load(rows)
    found = []
    assert len(meter.time(lambda: found.append(gallery.search(rows[:3])), 2)) == 2
    assert [best[:, 0].tolist() for _, best in found] == [[0, 1, 2]] * 3
    gallery.erase()


def test_work_that_cannot_be_held_back_is_told_and_not_tried_for_ever(meter, gpu):
    place, calls = gpu.allocate((64,), np.uint8), []

    def work():
        calls.append(1)
        gpu.zero([place])
        gpu.stream.synchronize()

    assert len(meter.time(work, 3)) == 3
    assert not meter.held
    assert len(calls) == 1 + 3 + TRIES
    meter.time(lambda: gpu.zero([place]), 1)
    assert meter.held


def test_what_is_lent_stays(meter, gpu):
    picture = np.arange(6000, dtype=np.uint8).reshape(50, 120)
    lent = meter.lend(picture)
    meter.time(lambda: gpu.zero([gpu.allocate((64,), np.uint8)]), 1)
    back = gpu.pinned(picture.shape, np.uint8)
    gpu.to_host(back.host, lent)
    meter.wait()
    assert (back.host == picture).all()


@pytest.fixture
def orin(tmp_path):
    """The files in which an Orin says what it is."""
    for name, text in {
        "proc/device-tree/model": "NVIDIA Jetson Orin NX\0",
        "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic",
        "var/lib/nvpmodel/status": "pmode:0000",
        "sys/class/devfreq/15340000.vic/cur_freq": "115200000",
        "sys/class/devfreq/17000000.gpu/cur_freq": "306000000",
        "sys/class/devfreq/17000000.gpu/max_freq": "918000000",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "ascii")
    return tmp_path


def test_a_jetson_says_what_it_is(orin):
    facts = system_facts(orin)
    assert facts["module"] == "NVIDIA Jetson Orin NX"
    assert facts["L4T"] == "36.4.3"
    assert facts["JetPack"] == "6.1 to 6.2.1"
    assert facts["power mode"] == "0000"
    assert facts["GPU clock now"] == "306 of 918 MHz"


def test_what_a_machine_does_not_tell_is_left_out(tmp_path):
    assert not {"module", "L4T", "JetPack", "power mode", "GPU clock now"} & set(
        system_facts(tmp_path)
    )


@pytest.mark.parametrize("rubbish", ["", "\x1b[31m\n\n", "x" * 10_000, "\xff\0\xfe"])
def test_rubbish_in_the_system_stays_one_short_printable_line(orin, rubbish):
    for name in ("proc/device-tree/model", "sys/class/devfreq/17000000.gpu/cur_freq"):
        (orin / name).write_text(rubbish, "latin-1")
    for value in system_facts(orin).values():
        assert value.isprintable()
        assert len(value) <= 200
