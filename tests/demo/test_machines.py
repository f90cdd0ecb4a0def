"""The van's own code, on the stand-in, comes to the same tally as an ordinary computer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engines.packs import find, load_packs, search_path
from tests.standin import prepare

ROOT = Path(__file__).parents[2]
SAME = (
    "frames", "dropped_frames", "bad_frames", "faces_seen", "erased", "unencoded", "overflow",
    "bad_templates", "alerts", "true_alerts", "false_alerts", "recognised",
)  # fmt: skip
HERE = [pack.name for pack in load_packs().values() if find(pack, search_path(None), "tensorrt")]
"""Packs whose files lie here in the form for TensorRT."""


def play(module, folder, *arguments):
    """Play the demo's film to its end, each frame of it."""
    tally = folder / f"{module}.json"
    ended = subprocess.run(
        [sys.executable, "-m", module, "demo", "--every-frame", "--headless", "--no-audit",
         "--json", tally, *arguments],
        capture_output=True, text=True, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return ended, json.loads(tally.read_text() or "{}")


@pytest.mark.timeout(600)
@pytest.mark.parametrize("pack", HERE[:2] or ["tiny"])
def test_both_machines_see_the_same_film(tmp_path, pack):
    prepare()
    if pack not in HERE:
        refuses(tmp_path, pack)
        return
    host, expected = play("appliance", tmp_path, "--pack", pack)
    van, tally = play("tests.standin", tmp_path, "--pack", pack, "--machine", "jetson")
    assert (host.returncode, van.returncode) == (0, 0), host.stderr + van.stderr
    assert {key: tally[key] for key in SAME} == {key: expected[key] for key in SAME}
    assert tally["true_alerts"] >= 1
    assert tally["faces_seen"] == tally["erased"] >= 2
    assert tally["machine"].startswith("jetson")
    assert "LOOKING" in van.stdout


def refuses(folder, pack):
    """Where no network is, nothing is shown, and one line says so."""
    ended, _ = play("tests.standin", folder, "--pack", pack, "--machine", "jetson")
    assert ended.returncode == 1
    assert "are in no folder" in ended.stderr


@pytest.mark.timeout(120)
def test_where_there_is_no_gpu_it_says_so_in_one_line(tmp_path):
    ended, _ = play("appliance", tmp_path, "--machine", "jetson")
    assert ended.returncode == 1
    assert ended.stderr.startswith("lfr: ")
    assert ended.stderr.count("\n") == 1
    assert "set machine to host" in ended.stderr or "lfr engines fetch" in ended.stderr
