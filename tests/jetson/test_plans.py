"""A plan is a program: it is loaded only if it was built here, by us, for this GPU, and checked."""

import hashlib
import json
import os
import stat
import sys
from dataclasses import replace

import pytest

from appliance.errors import MachineError
from appliance.jetson import loading
from appliance.jetson.gpu import open_gpu
from appliance.jetson.loading import load_tensorrt
from appliance.jetson.plans import (
    Key,
    find_plan,
    key_of,
    list_labels,
    read_l4t,
    store_plan,
    store_verdict,
)

ONNX = hashlib.sha256(b"a network").hexdigest()
DATA = b"machine code"
ABOUT = {
    "network": "yunet", "form_sha256": "1" * 64, "shapes": ((1, 3, 32, 32),) * 3,
}  # fmt: skip
STRANGER = 12_345


@pytest.fixture
def gpu(standin):
    return open_gpu(standin)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache" / "engines"


@pytest.fixture
def stored(folder, gpu):
    """A plan that has passed."""
    store_plan(folder, key_of(ONNX, "fp16", gpu), DATA, ABOUT)
    plan = find_plan(folder, ONNX, "fp16", gpu, checked=False)
    store_verdict(plan, {"passed": True})
    return plan


@pytest.fixture
def give_away(monkeypatch):
    """Let something belong to another user."""

    def give(place):
        if os.geteuid() == 0:
            os.chown(place, STRANGER, -1)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    return give


def refusal(folder, gpu, **how):
    """Why it is not loaded; and that one line says so, and what to do."""
    with pytest.raises(MachineError) as refused:
        find_plan(folder, ONNX, "fp16", gpu, **how).read_bytes()
    advice = refused.value.advice()
    assert "\n" not in advice
    assert "lfr engines" in advice or "build" in advice
    return advice


# ---- Found


def test_what_was_stored_is_found_and_read(stored, folder, gpu):
    plan = find_plan(folder, ONNX, "fp16", gpu)
    assert plan == stored
    assert plan.read_bytes() == DATA


def test_all_may_read_it_and_only_its_owner_may_write_it(stored, folder):
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_that_holds_for_whoever_has_a_private_umask(folder, gpu):
    old = os.umask(0o077)
    try:
        file = store_plan(folder, key_of(ONNX, "fp16", gpu), DATA, ABOUT)
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_the_name_says_all_that_it_depends_on(gpu):
    key = key_of(ONNX, "int8", gpu)
    version = load_tensorrt().__version__
    assert key.name == f"{ONNX}-trt{version}-sm87-l4tnone-int8.plan"
    others = {
        "onnx_sha256": "2" * 64, "precision": "fp16", "tensorrt": "11.4.0.106", "sm": "110",
        "l4t": "39.2.1",
    }  # fmt: skip
    assert len({key.name, *(replace(key, **{part: v}).name for part, v in others.items())}) == 6


def test_no_version_leads_out_of_the_folder():
    key = Key(ONNX, "fp16", "../../../10.3\n", "87", "a/b")
    assert "/" not in key.name
    assert "\n" not in key.name


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64", "36.4.3"),
        ("# R39 (release), REVISION: 2.1, GCID: 1, BOARD: generic", "39.2.1"),
        ("# R38 (release), REVISION: 4, BOARD: generic", "38.4"),
        ("something else", "none"),
        ("", "none"),
    ],
)
def test_the_release_of_l4t_is_read_where_l4t_writes_it(tmp_path, text, release):
    file = tmp_path / "nv_tegra_release"
    file.write_text(text)
    assert read_l4t(file) == release


def test_no_jetson_has_no_release(tmp_path):
    assert read_l4t(tmp_path / "none") == "none"


def test_the_labels_can_be_listed_without_those_that_cannot_be_read(stored, folder, gpu):
    store_plan(folder, key_of("3" * 64, "fp16", gpu), DATA, {**ABOUT, "network": "encoder"})
    (folder / "stray.plan").write_bytes(b"")
    assert sorted(label.network for label in list_labels(folder)) == ["encoder", "yunet"]
    assert list_labels(folder / "none") == []


# ---- Not there, or for another machine


def test_a_missing_plan_says_which_and_what_to_do(folder, gpu):
    advice = refusal(folder, gpu)
    assert ONNX[:12] in advice
    assert load_tensorrt().__version__ in advice
    assert "lfr engines build" in advice


def test_a_folder_that_may_not_be_entered_holds_no_plan(gpu, tmp_path):
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert "There is no fp16 plan" in refusal(loop, gpu)
    assert "There is no fp16 plan" in refusal(tmp_path / ("x" * 300), gpu)


@pytest.mark.parametrize("part", ["tensorrt", "sm", "l4t", "onnx_sha256", "precision"])
def test_a_plan_for_another_machine_is_not_taken_by_exchanging_its_name(folder, gpu, part):
    here = key_of(ONNX, "fp16", gpu)
    values = {"onnx_sha256": "2" * 64, "precision": "int8"}
    other = replace(here, **{part: values.get(part, "99")})
    file = store_plan(folder, other, DATA, ABOUT)
    file.rename(folder / here.name)
    label = file.with_name(f"{file.stem}.json")
    label.rename(folder / f"{here.name.removesuffix('.plan')}.json")
    assert "labelled as another" in refusal(folder, gpu, checked=False)


# ---- Changed


@pytest.mark.parametrize("data", [b"", b"machine cod", b"other machine code", DATA + b"\0"])
def test_a_plan_that_is_not_what_was_built_is_refused(stored, folder, gpu, data):
    stored.file.write_bytes(data)
    assert "not what was built" in refusal(folder, gpu)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"network": "yunet"}', "\0" * 100, "9" * 100_000])
def test_a_label_that_cannot_be_read_is_refused(stored, folder, gpu, text):
    stored.file.with_suffix(".json").write_text(text)
    assert "no label that can be read" in refusal(folder, gpu)


def test_a_label_that_is_not_there_is_refused(stored, folder, gpu):
    stored.file.with_suffix(".json").unlink()
    assert "cannot be read" in refusal(folder, gpu)


def test_a_label_with_more_in_it_than_we_write_is_refused(stored, folder, gpu):
    file = stored.file.with_suffix(".json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "run": "this"}))
    assert "no label" in refusal(folder, gpu)


# ---- Written by somebody else


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
@pytest.mark.parametrize("which", ["plan", "json", "check.json"])
def test_a_file_that_others_may_write_is_refused(stored, folder, gpu, mode, which):
    file = stored.file.with_name(f"{stored.file.stem}.{which}")
    file.chmod(mode)
    assert "somebody else than root" in refusal(folder, gpu)


@pytest.mark.parametrize("above", [0, 1])
@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_folder_in_which_others_may_exchange_it_is_refused(stored, folder, gpu, mode, above):
    (folder, *folder.parents)[above].chmod(mode)
    assert "somebody else than root" in refusal(folder, gpu)


def test_a_folder_like_tmp_keeps_others_from_exchanging_what_is_ours(stored, folder, gpu):
    folder.parent.chmod(0o1777)
    assert find_plan(folder, ONNX, "fp16", gpu).read_bytes() == DATA


@pytest.mark.parametrize("which", ["plan", "json", "check.json", "."])
def test_what_belongs_to_another_user_is_refused(stored, folder, gpu, give_away, which):
    give_away(folder if which == "." else stored.file.with_name(f"{stored.file.stem}.{which}"))
    assert "somebody else than root" in refusal(folder, gpu)


def test_a_link_is_not_followed(stored, folder, gpu, tmp_path):
    real = tmp_path / "elsewhere.plan"
    stored.file.rename(real)
    stored.file.symlink_to(real)
    assert "cannot be read" in refusal(folder, gpu)


def test_a_folder_in_a_plans_place_is_refused(stored, folder, gpu):
    stored.file.unlink()
    stored.file.mkdir()
    assert "cannot be read" in refusal(folder, gpu)


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
