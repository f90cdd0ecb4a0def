"""The memory of a list is locked, never on disk, given back as zeros, and found nowhere after."""

from __future__ import annotations

import fcntl
import mmap
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance import sealing
from appliance.errors import MachineError
from appliance.watchlist import locked
from tests.needles import OVERWRITING, found_in
from tests.watchlist.bundles import Van, a_list, a_subject
from tests.watchlist.repository import MOMENT


@pytest.fixture
def no_lock(monkeypatch):
    """Let the kernel refuse to lock anything."""

    class Refusing:
        def __getattr__(self, name):
            return (lambda *_: -1) if name == "mlock" else getattr(real, name)

    real = locked._libc
    monkeypatch.setattr(locked, "_libc", Refusing())


def mapping(address):
    """Give what the kernel says of the mapping that begins there."""
    text = Path("/proc/self/smaps").read_text()
    found = re.search(rf"^{address:x}-[^\n]*\n((?:[A-Za-z_]+:[^\n]*\n)+)", text, re.MULTILINE)
    return dict(line.split(":", 1) for line in found[1].splitlines())


def test_the_memory_is_locked_kept_out_of_dumps_and_has_no_name_on_a_disk(memory):
    room = locked.grow(memory, 3 * mmap.PAGESIZE)
    told = mapping(room._address)
    assert {"lo", "dd"} <= set(told["VmFlags"].split())
    assert "memfd" in str(Path(f"/proc/self/fd/{memory}").readlink())
    room.erase()


def test_what_is_given_back_is_zeros_and_no_memory_any_more(memory):
    room = locked.grow(os.dup(memory), locked.PIECE_BYTES + 5)
    shown = np.frombuffer(room.memory, np.uint8)
    shown[:] = 7
    room.erase()
    assert os.fstat(memory).st_blocks == 0
    assert not shown.any()
    os.close(memory)


def test_a_room_that_is_only_closed_is_still_its_other_owners(memory):
    room = locked.grow(os.dup(memory), 100)
    room.memory[:5] = b"a man"
    room.close()
    room.close()
    room.erase()
    other = locked.take(memory)
    assert other.memory[:5] == b"a man"
    other.erase()


def test_whoever_filled_it_cannot_take_it_away_from_under_its_reader(memory):
    filler = os.dup(memory)
    locked.grow(os.dup(memory), 100).close()
    room = locked.take(memory)
    for size in (0, 10_000):
        with pytest.raises(PermissionError):
            os.ftruncate(filler, size)
    with pytest.raises(PermissionError):
        fcntl.fcntl(filler, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)
    room.erase()
    os.close(filler)


def test_the_same_memory_takes_a_second_list_after_the_first_was_refused(memory):
    locked.grow(os.dup(memory), 10_000).erase()
    room = locked.grow(memory, 100)
    assert (room.size, room.memory[:]) == (100, bytes(100))
    room.erase()


def test_an_older_kernel_knows_no_memory_that_is_never_a_program(monkeypatch):
    made = os.memfd_create

    def create(name, flags):
        if flags & locked.NOEXEC_SEAL:
            raise OSError
        return made(name, flags)

    monkeypatch.setattr(locked.os, "memfd_create", create)
    os.close(locked.make())


def test_memory_that_is_not_there_is_told_before_the_kernel_ends_somebody(memory):
    with pytest.raises(MachineError, match="free memory"):
        locked.grow(memory, 2**50)


def test_memory_that_cannot_be_told_is_tried(memory, monkeypatch):
    monkeypatch.setattr(locked, "free_mb", lambda: None)
    locked.grow(memory, 100).erase()


def test_an_empty_memory_cannot_be_mapped(memory):
    with pytest.raises(MachineError, match="mapped"):
        locked.take(memory)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(memory)


def test_what_could_come_onto_a_disk_is_refused_and_erased(memory, no_lock, monkeypatch):
    monkeypatch.setattr(locked, "swaps", lambda: True)
    os.write(memory, b"a man")
    kept = os.dup(memory)
    with pytest.raises(MachineError, match="swap") as told:
        locked.take(memory)
    assert "LimitMEMLOCK" in told.value.advice()
    assert os.pread(kept, 5, 0) == bytes(5)
    os.close(kept)


def test_without_swap_nothing_needs_a_lock(memory, no_lock, monkeypatch):
    monkeypatch.setattr(locked, "swaps", lambda: False)
    locked.grow(memory, 100).erase()


TABLE = "Filename\t\tType\t\tSize\tUsed\tPriority\n"


@pytest.mark.parametrize(
    ("table", "spill", "swapping"),
    [
        (TABLE, None, False),
        (TABLE + "/dev/nvme0n1p3 partition 8388604 0 -2\n", None, True),
        (TABLE + "/var/swap file 8388604 0 -2\n", None, True),
        (TABLE + "/dev/zram0 partition 1000 0 5\n", None, False),
        (TABLE + "/dev/zram0 partition 1000 0 5\n", "none", False),
        (TABLE + "/dev/zram0 partition 1000 0 5\n", "/dev/loop0", True),
        (TABLE + "/dev/zram0 partition 1000 0 5\n/swap file 9 0 -2\n", "none", True),
        ("", None, True),
        (None, None, True),
    ],
)
def test_swap_in_compressed_memory_is_no_disk_unless_it_spills(tmp_path, table, spill, swapping):
    file, blocks = tmp_path / "swaps", tmp_path / "block"
    if table is not None:
        file.write_text(table)
    (blocks / "zram0").mkdir(parents=True)
    if spill:
        (blocks / "zram0" / "backing_dev").write_text(spill + "\n")
    assert locked.swaps(file, blocks) is swapping


def test_a_child_hardens_itself(monkeypatch, tmp_path):
    done, limits = [], {}

    class Libc:
        def prctl(self, option, value, *_):
            done.append((option, value))

    for module in (locked, sealing):
        monkeypatch.setattr(module, "_libc", Libc())
    monkeypatch.setattr(sealing, "SELF", tmp_path)
    monkeypatch.setattr(locked.resource, "setrlimit", limits.__setitem__)
    locked.harden(os.getppid())
    assert done == [(sealing.PR_SET_DUMPABLE, 0), (locked.PR_SET_PDEATHSIG, 9)]
    assert (tmp_path / "coredump_filter").read_text() == "0"
    assert limits[resource.RLIMIT_CORE] == (0, 0)
    assert limits[resource.RLIMIT_DATA] == (2**30, 2**30)


def test_the_kernel_takes_every_word_of_it():
    script = (
        "import ctypes, os, resource; from appliance.watchlist import locked\n"
        "locked.harden(os.getppid())\n"
        "signal = ctypes.c_int(); locked._libc.prctl(2, ctypes.byref(signal))\n"
        "print(locked._libc.prctl(3, 0, 0, 0, 0), signal.value)\n"
        "print(*resource.getrlimit(resource.RLIMIT_CORE))\n"
        "try: bytearray(2**31)\n"
        "except MemoryError: print('small')\n"
    )
    told = subprocess.check_output([sys.executable, "-c", script], text=True)
    assert told.split() == ["0", "9", "0", "0", "small"]


def test_a_child_whose_parent_is_gone_already_ends(monkeypatch, tmp_path):
    killed = []
    for module in (locked, sealing):
        monkeypatch.setattr(module, "_libc", type("Libc", (), {"prctl": lambda *_: 0})())
    monkeypatch.setattr(sealing, "SELF", tmp_path)
    monkeypatch.setattr(locked.resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(locked.os, "kill", lambda *to: killed.append(to))
    locked.harden(-1)
    assert killed == [(os.getpid(), 9)]


# -- What is left in a process that has held a list

HOLD = """
import sys
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from appliance.watchlist.opening import Opening

folder, wall = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])
names = {"folder": "store", "keyring": "keyring", "root": "root.json"}
part = SimpleNamespace(**{name: folder / file for name, file in names.items()})
watchlist = Opening(part, "van-1", "e" * 64, wall=wall).wait().watchlist
assert len(watchlist.subjects[0].images) == 3
print("held", flush=True)
sys.stdin.readline()
watchlist.erase()
print("erased", flush=True)
sys.stdin.readline()
"""


def test_of_an_erased_list_nothing_is_left_in_the_process(tmp_path):
    sent = a_list([a_subject("V-1", 3, reason="needle in a record"), a_subject("V-2")])
    Van(tmp_path).send(sent)
    needles = {
        "template": sent.templates.astype(np.float16)[1].tobytes(),
        "record": b"needle in a record",
        "picture": sent.subjects[0].images[0].jpeg[-200:],
        "commitment": sent.commitments[1].tobytes(),
    }
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path, MOMENT.isoformat()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **OVERWRITING},
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        assert found_in(holder.pid, needles) == set(needles)
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"erased\n"
        assert found_in(holder.pid, needles) == set()
        holder.communicate(b"\n")
    assert holder.returncode == 0
