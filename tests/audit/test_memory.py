"""Another process's memory is looked through whole, also where it is being given back."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from appliance.audit import memory
from appliance.audit.sieve import Needle, Sieve
from appliance.errors import MachineError

TOLD = bytes(i * 89 % 251 + 1 for i in range(40))
HOLD = """
import mmap, sys
told = bytes.fromhex(sys.argv[1])
room = mmap.mmap(-1, 40 << 20, flags=mmap.MAP_PRIVATE)
place = int(sys.argv[2])
for i, value in enumerate(reversed(told)):
    room[place + i] = value
print("held", flush=True)
sys.stdin.readline()
room[place : place + len(told)] = bytes(len(told))
print("erased", flush=True)
sys.stdin.readline()
"""


@contextmanager
def holding(place):
    """A process that has the needle so far into a mapping, most of which nobody ever touched."""
    # What it is told stands there backwards, so that only what it makes of it can be found.
    told = TOLD[::-1].hex()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, told, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.communicate(b"\n")


@pytest.mark.parametrize("place", [0, 12_345_677, memory.PIECE_BYTES - 20])
def test_what_another_process_holds_is_found_until_it_is_overwritten(place):
    needle = Needle(0, "luma", TOLD)
    with holding(place) as process:
        assert memory.search(process.pid, Sieve([needle])) == {needle}
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"erased\n"
        assert memory.search(process.pid, Sieve([needle])) == set()


def test_memory_that_nobody_touched_is_not_read():
    with holding(0) as process:
        mapped = sum(end - start for start, end in memory.mappings(process.pid))
        held = sum(end - start for start, end in memory.held(process.pid))
        assert mapped - held > 30 << 20


def test_a_process_that_is_gone_is_a_fault_with_a_mend():
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with pytest.raises(MachineError, match="has ended") as refused:
        memory.search(process.pid, Sieve([Needle(0, "luma", TOLD)]))
    assert "words" in refused.value.advice()
