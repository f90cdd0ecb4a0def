"""Files of memory, journals and cores are looked through where they have changed."""

import os
import resource
import subprocess
import sys

import pytest

from appliance.audit import places
from appliance.audit.sieve import Needle, Sieve

NEEDLE = Needle(0, "luma", bytes(range(40, 80)))


def test_only_what_changed_is_looked_at(tmp_path):
    old, new = tmp_path / "old", tmp_path / "deep" / "new"
    new.parent.mkdir()
    old.write_bytes(NEEDLE.data)
    new.write_bytes(NEEDLE.data)
    (tmp_path / "link").symlink_to(old)
    since_s = max(new.stat().st_ctime, old.stat().st_ctime)
    assert {*places.changed([tmp_path], since_s - 1)} == {old, new}
    assert {*places.changed([tmp_path], since_s + 1)} == set()


@pytest.mark.parametrize("before", [0, 777, places.PIECE_BYTES - 20])
def test_a_needle_in_a_file_is_found_also_where_two_pieces_of_it_meet(tmp_path, before):
    file = tmp_path / "core"
    file.write_bytes(b"\xee" * before + NEEDLE.data + b"\xee" * 99)
    assert places.search([file], Sieve([NEEDLE])) == {NEEDLE}


def test_a_file_that_is_gone_holds_nothing(tmp_path):
    assert places.search([tmp_path / "gone"], Sieve([NEEDLE])) == set()


def test_for_the_other_end_of_a_pipe_nobody_waits(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(NEEDLE.data)
    found = places.search([tmp_path / "pipe", tmp_path, tmp_path / "file"], Sieve([NEEDLE]))
    assert found == {NEEDLE}


@pytest.mark.parametrize("wanted", [0, 4096])
def test_how_long_a_core_file_may_be_is_read_off_the_process(wanted):
    # Another test may have taken from this process for good what it seals.
    most = resource.getrlimit(resource.RLIMIT_CORE)[1]
    limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    bound = "import resource, sys; limit = int(sys.argv[1]);"
    bound += (
        "resource.setrlimit(resource.RLIMIT_CORE, (limit, limit)); print(1, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", bound, str(limit)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert places.core_bytes(process.pid) == limit
        process.communicate(b"\n")


def test_this_process_is_not_swapped():
    assert places.swapped_kb(os.getpid()) == 0
