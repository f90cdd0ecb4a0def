"""The bench of a GPU measures what the pipeline calls, and never passes over what is not so."""

import io
import json
from copy import deepcopy
from dataclasses import dataclass, replace
from html.parser import HTMLParser

import numpy as np
import pytest
from rich.console import Console

from appliance.app import open_machine
from appliance.bench import gpu, stages
from appliance.bench.gpu import Wishes, bench, report
from appliance.bench.page import STAND_IN, page
from appliance.bench.pixels import Pixels
from appliance.bench.screen import show
from appliance.bench.sheet import Sheet, WrongError
from appliance.bench.stand import Stand
from appliance.errors import InputError, MachineError
from appliance.settings import Appliance
from engines import embedded, packs
from tests.bench.gpus import Clock

PIXELS = ["letterbox", "warp", "gauge", "jpeg", "erase"]
VOID = {"meta"}


def quiet():
    return Console(file=io.StringIO(), width=200)


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    """No networks on this machine."""
    empty = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(empty))
        patch.delenv(packs.VARIABLE, raising=False)
        patch.setattr(packs, "SHARED", empty / "shared")
        patch.setattr(embedded, "weights", lambda home: None)
        yield


@pytest.fixture(scope="module")
def wishes():
    return Wishes(settings=Appliance(), rows=1000, runs=2, large=False)


@pytest.fixture(scope="module")
def measure(nowhere, wishes):
    """Bench this computer, which has neither networks nor a GPU."""

    def run(**changes):
        return bench(replace(wishes, **changes), quiet(), lambda settings: Clock())

    return run


@pytest.fixture(scope="module")
def measured(measure):
    return measure()


@pytest.fixture
def document(measured):
    """What the bench says of this computer."""
    return deepcopy(measured)


@pytest.fixture
def stand():
    return Stand(open_machine(Appliance()), Clock(), 1e10, 1, large=False)


@pytest.fixture
def pixels(stand):
    return Pixels(stand)


def gaps(document, kind):
    return {gap["stage"]: gap["reason"] for gap in document["not_measured"] if gap["kind"] == kind}


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


def test_what_only_pretends_to_be_a_gpu_is_said_to(document):
    assert document["gpu"] is False
    assert STAND_IN in page(document)
    true = bench_of("NVIDIA H100 80GB HBM3", document)
    assert STAND_IN not in page(true)


def bench_of(name, document):
    return {**document, "machine": name, "gpu": gpu.NOT_A_GPU not in name}


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
    measure, wishes, tmp_path, monkeypatch
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


@dataclass
class Reader(HTMLParser):
    """Reads a page as a browser does, and minds that what is opened is closed."""

    def __post_init__(self):
        super().__init__()
        self.open, self.tags, self.texts, self.links = [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href", "action", "data"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def read(text):
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def figures(thing):
    """Every number in a document."""
    match thing:
        case dict():
            return [n for inner in thing.values() for n in figures(inner)]
        case list():
            return [n for inner in thing for n in figures(inner)]
        case bool() | str() | None:
            return []
    return [thing]


def test_the_page_carries_every_figure(document):
    document["pipeline"] = [
        {"looks": "15 a second", "fps": 51.25, "idle_w": None, "joules_a_frame": 0.125}
    ]
    document["capture"] = {"width": 1920, "read_ms": {"median": 1.0625}, "missed": 3}
    shown = " ".join(read(page(document)).texts)
    for number in figures(document):
        assert str(number) in shown
    for gap in document["not_measured"]:
        assert gap["reason"] in shown


def test_the_page_needs_nothing_else(document):
    text = page(document)
    reader = read(text)
    assert reader.links == []
    assert not {"script", "img", "iframe", "link", "object", "form"} & set(reader.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "svg" in reader.tags
    for part in ("prefers-color-scheme: dark", "@media print", 'charset="utf-8"'):
        assert part in text


def test_nothing_that_a_machine_says_of_itself_becomes_a_part_of_the_page(document):
    document = bench_of("<script>alert(1)</script>", document)
    document["facts"]["module"] = '"><img src=x>'
    assert not {"script", "img"} & set(read(page(document)).tags)


def test_neither_the_film_nor_the_camera_nor_a_face_is_in_it(measure, film_file):
    document = measure(film=film_file, camera="rtsp://officer:hunter2@mast/1")
    both = json.dumps(document) + page(document)
    assert gaps(document, "missing")["pipeline"].startswith("There are no networks")
    for secret in ("hunter2", film_file.name, str(film_file.parent), "data:image"):
        assert secret not in both
    assert "hunter2" not in repr(Wishes(camera="rtsp://officer:hunter2@mast/1"))


def test_a_person_can_read_it(document):
    document["stages"][0]["held"] = False
    document["pipeline"] = [{"looks": "every frame", "fps": 51.25, "joules_a_frame": None}]
    document["capture"] = {"missed": 3}
    console = quiet()
    show(document, console)
    shown = console.file.getvalue()
    for word in ("letterbox", "search", "missing: detector", "51.25", "not measured", "missed"):
        assert word in shown
    assert " *" in shown


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
