"""A plan goes live when it was compared, is written whole, and only for a TensorRT that we know."""

import hashlib
import json
import os
import sys

import pytest

from appliance.errors import MachineError
from appliance.jetson import loading
from appliance.jetson.loading import load_tensorrt
from appliance.jetson.plans import (
    find_plan,
    key_of,
    store_plan,
    store_verdict,
)
from tests.jetson.plans.stored import ABOUT, DATA, ONNX, refusal

# ---- Checked


def test_a_plan_that_was_never_compared_does_not_go_live(folder, gpu):
    store_plan(folder, key_of(ONNX, "fp16", gpu), DATA, ABOUT)
    assert "never compared" in refusal(folder, gpu)
    assert find_plan(folder, ONNX, "fp16", gpu, checked=False).read_bytes() == DATA


def test_a_plan_that_failed_does_not_go_live_until_it_passes(stored, folder, gpu):
    store_verdict(stored, {"passed": False, "cosine_least": 0.5})
    assert "differs from its network" in refusal(folder, gpu)
    store_verdict(stored, {"passed": True})
    assert find_plan(folder, ONNX, "fp16", gpu)


def test_what_passed_once_does_not_speak_for_a_later_build(stored, folder, gpu):
    record = stored.file.with_name(f"{stored.file.stem}.check.json")
    old = record.read_text()
    store_plan(folder, key_of(ONNX, "fp16", gpu), b"newer code", ABOUT)
    assert "never compared" in refusal(folder, gpu)
    record.write_text(old)
    assert "built again since" in refusal(folder, gpu)


@pytest.mark.parametrize(
    "text", ["", "true", "{}", '{"passed": true}', '{"passed": "perhaps", "plan_sha256": "x"}']
)
def test_a_record_that_cannot_be_read_lets_nothing_go_live(stored, folder, gpu, text):
    stored.file.with_name(f"{stored.file.stem}.check.json").write_text(text)
    assert "cannot be read" in refusal(folder, gpu)


def test_the_record_keeps_what_was_measured(stored, folder):
    file = store_verdict(stored, {"passed": True, "figures": {"cosine_least": 0.9999}})
    document = json.loads(file.read_text())
    assert document["figures"] == {"cosine_least": 0.9999}
    assert document["plan_sha256"] == hashlib.sha256(DATA).hexdigest()


# ---- Written whole


def test_where_nothing_can_be_written_root_is_asked_for(tmp_path, gpu):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(MachineError) as refused:
        store_plan(blocked / "engines", key_of(ONNX, "fp16", gpu), DATA, ABOUT)
    assert "sudo lfr engines build" in refused.value.mend


def test_a_verdict_that_cannot_be_written_is_told(stored, folder):
    record = stored.file.with_name(f"{stored.file.stem}.check.json")
    record.unlink()
    record.mkdir()
    (record / "in the way").write_bytes(b"")
    with pytest.raises(MachineError) as refused:
        store_verdict(stored, {"passed": True})
    assert "sudo lfr engines check" in refused.value.mend
    assert not list(folder.glob(".part-*"))


def test_a_write_that_fails_leaves_what_was_there(stored, folder, gpu, monkeypatch):
    def fail(handle):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(MachineError):
        store_plan(folder, key_of(ONNX, "fp16", gpu), b"newer code", ABOUT)
    assert stored.file.read_bytes() == DATA
    assert not list(folder.glob(".part-*"))


# ---- TensorRT's own version


@pytest.mark.parametrize("version", ["10.2.0", "8.6.2", "12.0.0.1", "rubbish\x1b[31m", ""])
def test_a_tensorrt_that_nothing_was_written_for_is_refused(standin, monkeypatch, version):
    monkeypatch.setattr(load_tensorrt(), "__version__", version)
    with pytest.raises(MachineError, match="not known") as refused:
        load_tensorrt()
    assert refused.value.advice().isprintable()


@pytest.mark.parametrize("version", ["10.3.0", "10.16.2.10", "11.4.0.106"])
def test_the_ones_that_it_was_written_for_are_taken(standin, monkeypatch, version):
    monkeypatch.setattr(load_tensorrt(), "__version__", version)
    assert load_tensorrt().__version__ == version


def test_a_machine_without_tensorrt_is_told_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(MachineError, match="not installed") as refused:
        load_tensorrt()
    assert "install.sh" in refused.value.mend


def test_a_librarys_words_are_made_fit_for_one_line():
    words = loading.plain("one\ntwo\t\x1b[31mthree " + "x" * 500)
    assert words.startswith("one two [31mthree")
    assert words.isprintable()
    assert len(words) == loading.LONGEST
