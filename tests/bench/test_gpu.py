"""The bench of a GPU measures what the pipeline calls, and never passes over what is not so."""

import json
from dataclasses import replace

import numpy as np
import pytest

from appliance.app import open_machine
from appliance.bench import gpu, stages
from appliance.bench.gpu import bench, report
from appliance.bench.pixels import Pixels
from appliance.bench.sheet import Sheet, WrongError
from appliance.bench.stand import Stand
from appliance.errors import InputError, MachineError
from appliance.settings import Appliance
from tests.bench.gpus import Clock, gaps, quiet

PIXELS = ["letterbox", "warp", "gauge", "jpeg", "erase"]


@pytest.fixture
def stand():
    return Stand(open_machine(Appliance()), Clock(), 1e10, 1, large=False)


@pytest.fixture
def pixels(stand):
    return Pixels(stand)


def test_every_stage_is_measured_or_its_absence_is_told(document):
    measured = list(dict.fromkeys(line["stage"] for line in document["stages"]))
    assert measured == [*PIXELS, "decoding", "search"]
    missing = gaps(document, "missing")
    assert list(missing) == ["detector", "encoder", "pipeline", "capture"]
    assert "lfr engines fetch" in missing["detector"]
    assert "--film" in missing["pipeline"]
    assert "--camera" in missing["capture"]
    assert document["wrong"] == []
    assert not gaps(document, "failed")


def test_the_document_is_json_with_stable_keys(document):
    assert json.loads(json.dumps(document)) == document
    assert list(document) == [
        "bench", "version", "date", "machine", "gpu", "facts", "note", "runs", "pack", "copy_gb_s",
        "stages", "not_measured", "wrong", "pipeline", "capture",
    ]  # fmt: skip
    assert document["copy_gb_s"] == {"median": 15.0, "least": 10.0, "most": 20.0}
    for line in document["stages"]:
        for clock in ("gpu_ms", "caller_ms"):
            if line[clock]:
                assert 0 <= line[clock]["least"] <= line[clock]["median"] <= line[clock]["most"]


def test_a_share_is_the_bytes_in_the_time_beside_the_copy(document):
    shared = [line for line in document["stages"] if line["share"] is not None]
    assert {line["stage"] for line in shared} == {"letterbox", "warp", "gauge", "erase", "search"}
    for line in shared:
        speed = line["moved_mb"] * 1e6 / (line["gpu_ms"]["median"] / 1000)
        assert line["share"] == pytest.approx(speed / 15e9, rel=0.05, abs=0.001)


@pytest.mark.parametrize("stage", ["letterbox", "warp", "gauge"])
@pytest.mark.parametrize("lie", [lambda a: a + 30, lambda a: a * np.nan, lambda a: a[..., :-1]])
def test_a_wrong_picture_is_never_measured(pixels, stage, lie):
    verb = getattr(pixels.compute, stage)
    if stage == "gauge":
        setattr(pixels.compute, stage, lambda *given: verb(*given) * np.float32(3))
    else:
        setattr(pixels.compute, stage, lambda *given: lie(verb(*given)))
    sheet = Sheet()
    sheet.fill(stage, getattr(pixels, stage))
    assert sheet.lines == []
    assert [(gap.stage, gap.kind) for gap in sheet.gaps] == [(stage, "wrong")]


def test_a_wrong_result_fails_the_command_and_is_written_down(
    nowhere, wishes, tmp_path, monkeypatch
):
    def wrong(self):
        raise WrongError("letterbox: 40 grey levels off.")
        yield

    monkeypatch.setattr(Pixels, "letterbox", wrong)
    files = {"json_file": tmp_path / "a.json", "page_file": tmp_path / "a.html"}
    with pytest.raises(MachineError, match="letterbox"):
        report(replace(wishes, **files), quiet(), lambda settings: Clock())
    assert json.loads(files["json_file"].read_text("utf-8"))["wrong"] == ["letterbox"]
    assert "Wrong results: letterbox" in files["page_file"].read_text("utf-8")


def test_a_stage_that_breaks_is_told_by_its_kind_and_the_others_go_on(measure, monkeypatch):
    def broken(self):
        raise RuntimeError("an address with hunter2 in it")
        yield

    monkeypatch.setattr(Pixels, "warp", broken)
    document = measure()
    assert gaps(document, "failed")["warp"].startswith("RuntimeError at ")
    assert "hunter2" not in json.dumps(document)
    assert {"letterbox", "gauge", "search"} <= {line["stage"] for line in document["stages"]}


def test_what_was_measured_before_a_stage_broke_is_kept(pixels):
    sheet = Sheet()

    def half():
        yield next(iter(pixels.jpeg()))
        raise MemoryError

    sheet.fill("jpeg", half)
    assert [line.stage for line in sheet.lines] == ["jpeg"]
    assert sheet.gaps[0].reason.startswith("MemoryError")


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(wishes, tmp_path):
    def never(settings):
        raise AssertionError("it was measured")

    wanted = replace(wishes, page_file=tmp_path / "none" / "a.html")
    with pytest.raises(InputError, match=r"a\.html"):
        report(wanted, quiet(), never)


def test_without_settings_a_van_is_drafted_whose_lamp_is_real(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    settings = gpu.draft("mbf")
    assert settings.machine == "jetson"
    assert settings.panel.factory == "jetson"
    assert settings.vision.pack == "mbf"
    assert settings.gpu.cache.is_relative_to(tmp_path)


def test_networks_of_both_kinds_are_measured_where_they_are(rig, monkeypatch, wishes):
    monkeypatch.setattr(stages, "open_eyes", lambda machine, settings: rig.eyes)
    monkeypatch.setattr(rig.eyes.detector, "_run", lambda batch: {"x": batch[:, :1]})
    document = bench(replace(wishes, runs=1), quiet(), lambda settings: Clock())
    counts = {
        stage: [line["items"] for line in document["stages"] if line["stage"] == stage]
        for stage in ("detector", "encoder")
    }
    assert counts == {"detector": [1, 8], "encoder": [1, 8, 64]}
    assert document["pack"].startswith("mbf: ")
    assert any("512 fp16" in line["case"] for line in document["stages"])


def test_a_network_that_takes_one_at_a_time_is_not_asked_for_more(rig, stand, pixels):
    detector = rig.eyes.pack.detector.model_copy(update={"fixed": (640, 640)})
    encoder = rig.eyes.pack.encoder.model_copy(update={"batch": 1})
    pack = rig.eyes.pack.model_copy(update={"detector": detector, "encoder": encoder})
    nets = stages.Nets(stand, replace(rig.eyes, pack=pack), pixels.frames)
    assert [line.items for line in nets.detector()] == [1]
    assert [line.items for line in nets.encoder()] == [1]


def test_large_batches_are_there_for_large_gpus(stand, pixels):
    pixels.stand = replace(stand, large=True)
    *_, largest = pixels.letterbox()
    assert "3840 x 2160" in largest.case
    assert largest.moved_mb > 50
    *_, largest = pixels.warp()
    assert "448 x 448" in largest.case
