"""A plan is a program: it is loaded only if it was built here, by us, and for this GPU."""

import json
import os
import stat
from dataclasses import replace

import pytest

from appliance.jetson.loading import load_tensorrt
from appliance.jetson.plans import (
    Key,
    find_plan,
    key_of,
    list_labels,
    read_l4t,
    store_plan,
)
from tests.jetson.plans.stored import ABOUT, DATA, ONNX, refusal

STRANGER = 12_345


@pytest.fixture
def give_away(monkeypatch):
    """Let something belong to another user."""

    def give(place):
        if os.geteuid() == 0:
            os.chown(place, STRANGER, -1)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    return give


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
