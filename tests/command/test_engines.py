"""The engines' commands, as an engineer beside a van calls them; the van is the stand-in."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from appliance.errors import MachineError
from engines.packs import find, find_presentations, load_packs, search_path

ROOT = Path(__file__).parents[2]
TINY = find(load_packs()["tiny"], search_path(None), "tensorrt")


def names():
    """Of the networks that tell a picture from a face, where they are here."""
    with suppress(MachineError):
        return [file.stem for _, file in find_presentations(None, "tensorrt")]
    return []


SETTINGS = """
machine = "jetson"
[panel]
factory = "jetson"
red = "BOARD29"
green = "BOARD31"
blue = "BOARD33"
[vision]
pack = "tiny"
"""


@pytest.fixture
def lfr(tmp_path):
    """Call the command on the stand-in, with settings that name a small pack."""
    file = tmp_path / "van.toml"
    file.write_text(SETTINGS)

    def call(*arguments, module="tests.standin"):
        return subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "LFR_SETTINGS": str(file)},
        )  # fmt: skip

    return call


def test_nothing_stands_in_tensorrt_s_way(lfr):
    ended = lfr("engines", "lint", "--json", module="appliance")
    if TINY is None:  # no networks lie here at all
        assert ended.returncode == 65
        return
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert [f for f in json.loads(ended.stdout) if f["level"] == "wrong"] == []


def test_a_file_that_is_no_network_is_found_out(lfr, tmp_path):
    file = tmp_path / "letter.onnx"
    file.write_bytes(b"Dear Sir or Madam")
    ended = lfr("engines", "lint", file, module="appliance")
    assert ended.returncode == 1
    assert "letter is no valid ONNX" in ended.stdout


@pytest.mark.timeout(300)
def test_plans_are_built_then_compared_and_only_then_go_live(lfr):
    built = lfr("engines", "build")
    if TINY is None:
        assert "are in no folder" in built.stderr
        return
    assert built.returncode == 0, built.stderr
    wary = names()
    assert built.stdout.count(".plan") == 2 + len(wary)
    assert ("Pictures are not told from faces" in built.stdout) is (not wary)
    before = lfr("check", "--json")
    assert "engines check" in line(before, "models")["mend"]
    checked = lfr("engines", "check", "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    verdicts = json.loads(checked.stdout)
    assert [verdict["plan"] for verdict in verdicts] == ["detector", "encoder", *wary]
    assert all(verdict["passed"] for verdict in verdicts)
    after = line(lfr("check", "--json"), "models")
    assert after["ok"]
    assert ("pictures are not told from faces" in after["what"]) is (not wary)


def line(ended, name):
    return next(found for found in json.loads(ended.stdout) if found["name"] == name)


@pytest.mark.parametrize(
    "command", ["engines build", "engines check --pictures provisioning/pictures", "bench gpu"]
)
def test_without_a_gpu_each_says_so_in_one_line(lfr, command):
    ended = lfr(*command.split(), module="appliance")
    assert ended.returncode == 1
    assert ended.stderr.startswith("lfr: ")
    assert ended.stderr.count("\n") == 1


def test_what_is_predicted_can_be_read_by_a_script(lfr):
    told = json.loads(lfr("engines", "predict", "--json", module="appliance").stdout)
    assert told
