"""`lfr check` gives one line for each thing, green or red with the mend, and never a traceback."""

import io
import json
import os
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from appliance import check as room
from appliance.check import Finding, check, render, run_checks
from appliance.errors import InputError, LapsedError, MachineError, TrustError
from appliance.settings import Appliance, PanelSettings
from appliance.watchlist import locked
from appliance.watchlist.store import Store

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
GOOD = Finding("lamp", True, "it shines")
BAD = Finding("list", False, "The list has ended.", "Fetch a new one.")


def fails(error):
    def probe():
        raise error

    return probe


def console(**how):
    return Console(file=io.StringIO(), width=40, color_system=None, **how)


@pytest.fixture(autouse=True)
def quiet_van(monkeypatch):
    for name in os.environ:
        if name.startswith("LFR_"):
            monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "appliance.toml"
    file.write_text('van = "van-4"\n[[camera]]\nuri = "film.mp4"\n')
    return file


# -- The run


def test_every_probe_is_run_whatever_the_others_found():
    found = run_checks(
        {
            "camera": lambda: "25 fps",
            "list": fails(LapsedError("The list has ended.", mend="Fetch a new one.")),
            "broker": lambda: "answers",
        }
    )
    assert found == [Finding("camera", True, "25 fps"), BAD, Finding("broker", True, "answers")]


@pytest.mark.parametrize("error", [ZeroDivisionError("Jane Doe"), OSError(2, "Jane Doe")])
def test_a_fault_of_a_probe_is_a_red_line_without_its_message(error):
    (found,) = run_checks({"camera": fails(error)})
    assert not found.ok
    assert type(error).__name__ in found.what
    assert "Jane Doe" not in repr(found)


def test_wrong_settings_are_the_only_line(tmp_path):
    def rooms(_):
        pytest.fail("nothing can be probed without settings")

    (found,) = check(tmp_path / "none.toml", {}, rooms)
    assert (found.name, found.ok) == ("settings", False)
    assert found.mend


def test_good_settings_come_first_and_are_handed_to_the_rooms(file):
    seen = []

    def rooms(tree):
        seen.append(tree.van)
        return {"camera": lambda: "25 fps"}

    found = check(file, {"watchlist": {"folder": str(file.parent)}}, rooms)
    assert seen == ["van-4"]
    assert [line.name for line in found] == [
        "settings", "lamp", "clock", "disk", "memory", "swap", "camera",
    ]  # fmt: skip
    assert found[0].what == "van-4, 1 camera(s)"


# -- The lamp


def test_the_lamp_is_lit_for_the_check():
    assert "read back lit" in room.check_lamp(Appliance())


def test_a_lamp_that_cannot_be_had_is_bad():
    with pytest.raises(MachineError):
        room.check_lamp(Appliance(panel=PanelSettings(red="GPIO99")))


# -- The clock


def test_a_clock_that_follows_a_server_is_good():
    assert "synchronised" in room.check_clock(NOW, True)
    assert "unknown" in room.check_clock(NOW, None)


def test_a_clock_that_follows_nothing_is_bad():
    with pytest.raises(MachineError, match="no time server"):
        room.check_clock(NOW, False)


def test_a_clock_before_the_appliance_was_built_is_bad():
    with pytest.raises(MachineError, match="1970"):
        room.check_clock(datetime(1970, 1, 1, tzinfo=timezone.utc), True)


def test_a_clock_before_the_list_was_made_is_bad():
    with pytest.raises(MachineError, match="before 2026-06-01 12:01"):
        room.check_clock(NOW, True, NOW + timedelta(minutes=1))
    assert room.check_clock(NOW, True, NOW)


def test_a_clock_that_was_set_back_is_bad(tmp_path):
    Store(tmp_path).raise_floor(datetime.now(timezone.utc) + timedelta(hours=1))
    with pytest.raises(TrustError, match="set back"):
        room.check_van_clock(Appliance(watchlist={"folder": tmp_path}))


def test_a_clock_is_asked_of_the_kernel_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "synchronised", lambda: True)
    assert "synchronised" in room.check_van_clock(Appliance(watchlist={"folder": tmp_path}))


def test_the_kernel_is_asked_without_harm():
    assert room.synchronised() in {True, False, None}


# -- Disk and memory


def test_a_disk_with_room_is_good(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "FREE_MB", 0)
    assert "MB left" in room.check_disk(tmp_path / "not" / "yet")


def test_a_full_disk_is_bad(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "FREE_MB", 1e12)
    with pytest.raises(MachineError, match="are needed"):
        room.check_disk(tmp_path)


def mounts(tmp_path, kind, device=None):
    number = device or tmp_path.stat().st_dev
    file = tmp_path / "mountinfo"
    file.write_text(
        "22 1 0:99999 / /proc rw - proc proc rw\n"
        f"23 1 {os.major(number)}:{os.minor(number)} / / rw,noatime shared:1 - {kind} {kind} rw\n"
    )
    return file


@pytest.mark.parametrize("kind", ["tmpfs", "ramfs"])
def test_a_run_folder_in_memory_is_good(tmp_path, kind):
    assert "in memory" in room.check_memory(tmp_path, mounts(tmp_path, kind))


def test_a_run_folder_on_a_disk_is_bad(tmp_path):
    with pytest.raises(MachineError, match="ext4"):
        room.check_memory(tmp_path, mounts(tmp_path, "ext4"))


def test_a_run_folder_of_unknown_kind_is_bad(tmp_path):
    with pytest.raises(MachineError, match="unknown"):
        room.check_memory(tmp_path, mounts(tmp_path, "tmpfs", device=os.makedev(7, 77)))


def test_the_real_table_of_mounts_can_be_read(tmp_path):
    (found,) = run_checks({"memory": lambda: room.check_memory(tmp_path)})
    assert "failed" not in found.what


def swapping(tmp_path, monkeypatch, *lines, backing="none"):
    """Have the kernel say what is swapped where."""
    table, zram = tmp_path / "swaps", tmp_path / "zram0"
    table.write_text("\n".join(["Filename Type Size Used Priority", *lines, ""]))
    zram.mkdir()
    (zram / "backing_dev").write_text(f"{backing}\n")
    monkeypatch.setattr(room, "swaps", partial(locked.swaps, table, tmp_path))


@pytest.mark.parametrize("lines", [[], ["/dev/zram0 partition 4000000 0 5"]])
def test_a_van_that_swaps_to_no_disk_is_good(tmp_path, monkeypatch, lines):
    swapping(tmp_path, monkeypatch, *lines)
    assert room.check_swap() == "nothing is swapped to a disk"


@pytest.mark.parametrize("line", ["/swapfile file 4000 0 -2", "/dev/zram0 partition 4000 0 5"])
def test_swap_on_a_disk_is_bad_also_where_a_list_can_be_locked(tmp_path, monkeypatch, line):
    swapping(tmp_path, monkeypatch, line, backing="/dev/nvme0n1p2")
    with pytest.raises(MachineError, match="swap on a disk") as bad:
        room.check_swap()
    assert "swapoff" in bad.value.mend


# -- What is shown


def test_each_finding_is_one_line_however_narrow_the_terminal():
    out = console()
    render([GOOD, BAD, Finding("disk", True, "x" * 100)], out)
    first, second, third = out.file.getvalue().splitlines()
    assert first.startswith("✓ lamp  it shines")
    assert second == "✗ list  The list has ended. Fetch a new one."
    assert third.endswith("x" * 100)


def test_a_terminal_without_unicode_gets_words():
    file = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    render([GOOD, BAD], Console(file=file, color_system=None))
    file.flush()
    assert file.buffer.getvalue().splitlines()[1].startswith(b"BAD list")


def test_what_looks_like_markup_stays_as_it_is():
    out = console()
    render([Finding("camera", False, "[red]x[/nothing]", "[link]")], out)
    assert "[red]x[/nothing] [link]" in out.file.getvalue()


def test_json_holds_every_finding():
    out = console()
    render([GOOD, BAD], out, as_json=True)
    assert json.loads(out.file.getvalue()) == [
        {"name": "lamp", "ok": True, "what": "it shines", "mend": ""},
        {"name": "list", "ok": False, "what": "The list has ended.", "mend": "Fetch a new one."},
    ]


def test_nothing_found_is_nothing_shown():
    out = console()
    render([], out)
    assert out.file.getvalue() == ""


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80))
def test_any_words_of_a_probe_are_one_line_each(what, mend):
    found = run_checks(
        {
            "camera": fails(InputError(what, mend=mend)),
            "broker": lambda: f"{what}\n\x1b[31m",
        }
    )
    out = console()
    render(found, out)
    assert [line[:1] for line in out.file.getvalue().splitlines()] == ["✗", "✓"]
    assert "\x1b" not in out.file.getvalue()
    render(found, out, as_json=True)
