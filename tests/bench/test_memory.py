"""Memory is compared after the warm-up, so that what is loaded once is not growth."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from appliance.bench.memory import growth, play, resident_mb
from appliance.errors import MachineError


def test_what_is_loaded_at_the_start_is_no_growth():
    told = growth([100.0, 150.0] + [200.0] * 98)
    assert (told["start_mb"], told["warm_mb"], told["growth_mb"]) == (100.0, 200.0, 0.0)


def test_a_slow_leak_is_seen():
    assert growth([200 + 0.1 * i for i in range(600)])["growth_mb"] == pytest.approx(48, abs=0.1)


def test_one_peak_is_no_growth_but_is_told():
    told = growth([200.0] * 50 + [230.0] + [200.0] * 49)
    assert (told["growth_mb"], told["most_mb"]) == (0.0, 230.0)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_any_samples_have_figures(sizes_mb):
    told = growth(sizes_mb)
    assert min(sizes_mb) - 0.01 <= told["end_mb"] <= max(sizes_mb) + 0.01


def test_the_kernel_counts_in_pages(tmp_path):
    status = tmp_path / "statm"
    status.write_text("9999 256 10 1 0 5 0\n")
    assert resident_mb(status) == 1.0
    assert resident_mb() > 10


def test_a_film_is_looped_for_the_whole_time(rig, film_file):
    told = play(looped(rig), 1.5, Console(file=io.StringIO()))
    assert told["frames"] > 0
    assert told["faces_seen"] >= 1
    assert told["warm_mb"] > 0


def test_a_film_that_breaks_ends_the_bench(rig):
    def blind(batch):
        raise MachineError("The network is broken.", mend="Load it again.")

    rig.eyes.detector._run = blind
    with pytest.raises(MachineError, match="broken"):
        play(looped(rig), 1.5, Console(file=io.StringIO()))


def looped(rig):
    (camera,) = rig.settings.camera
    camera = camera.model_copy(update={"loop": True, "paced": True})
    return replace(rig, settings=rig.settings.model_copy(update={"camera": (camera,)}))
