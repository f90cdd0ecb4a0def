"""What only the ordinary computer promises."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from appliance.errors import MachineError
from appliance.host.gallery import Gallery
from appliance.host.health import read_health
from appliance.host.machine import open_machine
from tests.machine.shelf import Shelf, doubler

FROZEN = {"thermal_zone0": "41500\n", "thermal_zone1": "63000\n", "thermal_zone2": "-5000\n"}


@pytest.fixture
def zones(tmp_path: Path):
    """Write what the kernel says of its thermal zones."""

    def write(readings: dict[str, str | bytes]) -> Path:
        for zone, reading in readings.items():
            (tmp_path / zone).mkdir()
            data = reading if isinstance(reading, bytes) else reading.encode()
            (tmp_path / zone / "temp").write_bytes(data)
        return tmp_path

    return write


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:  8000000 kB\nMemFree:  1000 kB\nMemAvailable:  2048000 kB\n")
    return file


def test_it_is_the_host_and_takes_the_form_for_a_cpu():
    machine = open_machine()
    assert (machine.name, machine.form) == ("host", "cpu")


def test_a_runtime_that_keeps_what_networks_free_runs_none(tmp_path, monkeypatch):
    real, shelf = ort.InferenceSession, Shelf(tmp_path)

    def keeping(data, _, providers):
        return real(data, ort.SessionOptions(), providers=providers)

    file, sha256 = shelf.put(doubler())
    assert open_machine().compute.open_net(file, sha256).sha256 == sha256
    monkeypatch.setattr(ort, "InferenceSession", keeping)
    with pytest.raises(MachineError, match="keeps what networks free"):
        open_machine().compute.open_net(file, sha256)


def test_health_is_the_hottest_zone_the_free_memory_and_the_load(zones, memory):
    health = read_health(zones(FROZEN), memory)
    assert health.hottest_c == 63.0
    assert health.free_mb == 2000.0
    assert health.load >= 0


@pytest.mark.parametrize("reading", ["", "hot\n", b"\xff\xfe\x00", "1e9999"])
def test_a_zone_that_says_nothing_is_left_out(zones, memory, reading):
    assert read_health(zones({"thermal_zone0": reading}), memory).hottest_c is None


def test_a_zone_that_cannot_be_read_is_left_out(zones, memory):
    folder = zones({"thermal_zone1": "50000"})
    (folder / "thermal_zone0" / "temp").mkdir(parents=True)
    assert read_health(folder, memory).hottest_c == 50.0


def test_a_computer_that_tells_nothing_is_healthy_as_far_as_is_known(tmp_path):
    health = read_health(tmp_path / "nowhere", tmp_path / "nothing")
    assert health.hottest_c is None
    assert health.free_mb is None


@pytest.mark.parametrize(
    "text", [b"", b"MemTotal: 1 kB\n", b"MemAvailable:\n", b"MemAvailable: x", b"\xff\xfe"]
)
def test_a_memory_file_without_the_figure_is_no_error(tmp_path, text):
    file = tmp_path / "meminfo"
    file.write_bytes(text)
    assert read_health(tmp_path, file).free_mb is None


def test_the_old_templates_are_zero_when_a_list_is_replaced_or_erased():
    gallery = Gallery()
    for end in (lambda: gallery.load(np.eye(3, dtype=np.float32)), gallery.erase):
        gallery.load(np.ones((5, 8), np.float32))
        rows = gallery._rows
        end()
        assert not rows.any()


def kept_kb(word="VmLck"):
    """How much of this process's memory never comes onto a disk."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(f"{word}:")]
    return int(line.split()[1])


def test_the_templates_stay_off_the_disk_and_their_memory_comes_back():
    gallery, before_kb = Gallery(), kept_kb()
    gallery.load(np.ones((512, 16), np.float32))
    assert kept_kb() == before_kb + 32
    steps = gallery.stage(np.ones((1024, 16), np.float32))
    next(steps)
    assert kept_kb() == before_kb + 32 + 64
    gallery.erase()
    assert kept_kb() == before_kb


def test_what_was_swept_is_given_back_before_the_last_of_it_is():
    gallery = Gallery()
    gallery.load(np.ones((1 << 16, 128), np.float32))
    held_kb = kept_kb("RssAnon")
    for _ in gallery.stage(np.ones((2, 8), np.float32)):
        pass
    gallery.swap()
    steps = gallery.sweep()
    for _ in range(3):
        next(steps)
    assert kept_kb("RssAnon") < held_kb - 16_384
