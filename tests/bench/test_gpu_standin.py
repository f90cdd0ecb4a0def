"""The whole bench over the van's own code, where there is no GPU: what it times is right."""

import io
import json

import pytest
from rich.console import Console

from appliance.bench.gpu import Wishes, report
from appliance.bench.page import STAND_IN
from appliance.jetson.meter import open_meter
from tests.standin import enter


@pytest.fixture
def measured(tmp_path):
    """Both files of a short bench."""
    files = {"json_file": tmp_path / "gpu.json", "page_file": tmp_path / "gpu.html"}
    wishes = Wishes(cache=enter(), rows=1000, runs=1, large=False, **files)
    report(wishes, Console(file=io.StringIO()), lambda settings: open_meter(settings.gpu))
    return json.loads(files["json_file"].read_text("utf-8")), files["page_file"].read_text("utf-8")


@pytest.mark.timeout(240)
def test_every_verb_of_the_van_is_right_and_timed_and_nothing_is_called_a_gpu(measured):
    document, page = measured
    assert "stand-in" in document["machine"]
    assert document["gpu"] is False
    assert STAND_IN in page
    assert [gap for gap in document["not_measured"] if gap["kind"] != "missing"] == []
    cases = {(line["stage"], line["case"]) for line in document["stages"]}
    assert {"letterbox", "warp", "gauge", "jpeg", "erase", "decoding", "search"} <= {
        stage for stage, _ in cases
    }
    for precision in ("fp16", "int8"):
        for dimension in (512, 256):
            assert ("search", f"1,000 x {dimension} {precision}, 8 probes") in cases
    assert all(line["held"] for line in document["stages"])
