"""A new list is signed, published, fetched, opened and searched while a film runs."""

import io
import time
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from rich.progress import Progress

from appliance.bench.force import open_force
from appliance.bench.gaps import Gaps, Searched, Turn
from appliance.bench.noted import NotedGallery, NotedPipeline
from appliance.bench.swap import LAST_S, Stand, Wishes, bench, swap
from appliance.bench.table import render
from appliance.bench.throng import Throng
from appliance.errors import InputError, MachineError
from appliance.host.compute import Net
from appliance.host.gallery import Gallery
from appliance.vision.eyes import Eyes
from engines import packs
from provisioning.enrol.sealing import Envelope


@pytest.fixture
def console():
    return Console(file=io.StringIO())


@pytest.fixture
def known(pack_name):
    """A true pack."""
    return packs.load_packs()[pack_name]


@pytest.fixture
def stand(rig, known, tmp_path_factory):
    """A van whose networks see one person, though they carry the name of a true pack."""
    camera = rig.settings.camera[0].model_copy(update={"loop": True, "paced": True})
    settings = rig.settings.model_copy(update={"camera": (camera,)})
    template = np.eye(1, known.encoder.dimension, dtype=np.float32)[0]
    lent, old = rig.machine.compute._lent, rig.eyes
    see = Net(lambda batch: {"template": np.tile(template, (len(batch), 1))}, known.model_id, lent)
    found = {"detector": old.pack.detector, "landmarks": old.pack.landmarks}
    own = tmp_path_factory.mktemp("calibration") / "own.toml"
    pack = known.model_copy(update={**found, "calibration": own})
    held = known.calibration.read_text("utf-8")
    pack.calibration.write_text(held.replace(known.preprocessing, pack.preprocessing))
    eyes = Eyes(rig.machine.compute, pack, old.detector, see, settings.vision)
    with Progress(console=Console(file=io.StringIO())) as bars:
        yield Stand(settings, rig.machine, eyes, rig.lit, bars)


SWEPT_S = 1.5


class Slow(Gallery):
    """Is long in overwriting a list, as it is one of a million rows."""

    def sweep(self):
        gone = bool(self._gone)
        yield from super().sweep()
        until_s = time.monotonic() + SWEPT_S
        while gone and time.monotonic() < until_s:
            yield


@pytest.mark.timeout(300)
def test_a_list_comes_the_whole_way_while_the_film_runs(stand, film_file, tmp_path, console):
    wishes = Wishes(film_file, seconds=2.0, folder=tmp_path)
    slow = replace(stand, machine=replace(stand.machine, gallery=Slow()))
    told = swap(slow, wishes, 3_000, interval_ms=1000 / 25)
    # Measured until the old rows are overwritten, as the note says, and no shorter.
    assert told["erase_s"] > SWEPT_S + LAST_S / 2
    assert told["templates"] == 3_000
    assert told["bundle_mb"] > 1
    parts = told["update_s"] + told["open_s"] + told["stage_s"]
    assert told["notice_to_search_s"] == pytest.approx(parts, abs=0.03)
    assert set(told["longest_gap_ms"]) == {"update", "open", "stage", "erase"}
    assert told["before"]["frames"] > 0
    assert told["swap"]["searches"] > 0
    assert told["swap"]["longest_turn_ms"] > 0
    assert list(tmp_path.iterdir()) == []
    render({"film": "noise", "swaps": [told]}, console)
    assert "swap: longest gap ms" in console.file.getvalue()


def test_an_update_that_fails_ends_the_bench(known, tmp_path):
    force = open_force(tmp_path, known)
    with pytest.raises(MachineError, match="lfr update"):
        force.update()


def test_a_film_that_is_none_is_refused(tmp_path, console):
    with pytest.raises(InputError, match="film"):
        bench(Wishes(tmp_path / "none.mp4"), console)


def test_strangers_cannot_be_left_out(tmp_path):
    with pytest.raises(ValueError, match="all together"):
        Throng(3, 8).seal(Envelope(None, [], tmp_path / "list.age", bytes, [1]))


def test_strangers_are_like_nobody():
    rows = np.concatenate(list(Throng(700, 64).pieces())).astype(np.float32)
    assert rows.shape == (2_100, 64)
    likeness = rows @ rows.T - np.eye(2_100)
    assert likeness.max() < 0.8
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(2_100), abs=1e-3)


def test_gaps_are_told_of_the_time_that_is_asked_for():
    gaps = Gaps([0.0, 0.04, 0.08, 0.20, 0.24, 0.90])
    gaps.searches += [Searched(1, 0.15, 0.100), Searched(2, 0.21, 0.030)]
    gaps.turns += [Turn(0.05, 0.002, 0.001), Turn(0.21, 0.02, 0.015), Turn(0.9, 1.0, 1.0)]
    assert gaps.figures(0.03, 0.5) == {
        "frames": 4,
        "searches": 2,
        "longest_gap_ms": 120.0,
        "p99_gap_ms": pytest.approx(117.6),
        "without_search_ms": 40.0,
        "longest_turn_ms": 20.0,
        "longest_turn_cpu_ms": 15.0,
        "search_ms": 65.0,
    }
    assert gaps.first(2) == 0.21
    assert gaps.first(3) is None
    assert gaps.figures(5.0, 6.0)["longest_gap_ms"] == 0.0


def test_a_gap_over_the_border_of_two_parts_is_of_the_second():
    gaps = Gaps([0.0, 0.04, 0.24, 0.28])
    gaps.searches.append(Searched(1, 0.09, 0.05))
    first, second = gaps.figures(0.0, 0.1), gaps.figures(0.1, 0.3)
    assert [part["longest_gap_ms"] for part in (first, second)] == [40.0, 200.0]
    assert [part["frames"] for part in (first, second)] == [2, 2]
    assert second["without_search_ms"] == 150.0


def test_only_what_happens_is_noted(stage, person):
    gaps = Gaps()
    stage.pipeline = NotedPipeline.of(stage.pipeline, gaps)
    stage.show(person("ann", 100, 100), times=3)
    stage.pipeline.between(0.0)
    assert len(gaps.frames_s) == 3
    assert len(gaps.turns) == 1
    assert len(stage.alerts) == 1


def test_a_search_is_of_the_list_that_was_swapped_in():
    gaps, rows = Gaps(), np.eye(4, 8, dtype=np.float32)
    gallery = NotedGallery(Gallery(), gaps)
    gallery.load(rows)
    began_s = time.monotonic()
    assert gallery.search(rows[:1])[1][0, 0] == 0
    for _ in gallery.stage(rows[::-1]):
        gallery.search(rows)
    gallery.swap()
    assert len(list(gallery.sweep())) > 0
    gallery.strike(np.array([0], np.int32))
    assert gallery.search(rows[:1])[0][0, 0] == 1
    assert gallery.search(rows[3:])[0].max() == 0
    gallery.erase()
    numbers = [one.number for one in gaps.searches]
    assert (numbers[0], numbers[-3:]) == (1, [1, 2, 2])
    assert began_s <= gaps.first(1) < gaps.first(2)
