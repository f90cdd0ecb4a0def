"""Whatever is written to a file is looked through, also where the file is gone again."""

import subprocess
import sys

import pytest
from rich.console import Console

from appliance.audit import trace
from appliance.audit.reel import JPEG
from appliance.audit.sieve import Needle, Sieve
from appliance.audit.stand import open_stand
from appliance.errors import MachineError

FACE = bytes(i * 89 % 251 + 1 for i in range(40))
WRITE = """
import os, sys
face, folder = bytes.fromhex(sys.argv[1])[::-1], sys.argv[2]
kept, gone = os.path.join(folder, "kept"), os.path.join(folder, "gone")
with open(kept, "wb") as file:
    file.write(b"nothing")
with open(gone, "wb") as file:
    file.write(b"before" + face * int(sys.argv[3]))
os.unlink(gone)
"""


def written_by(tmp_path, times):
    noted, told = tmp_path / "trace", FACE[::-1].hex()
    command = [*trace.command(noted), sys.executable, "-c", WRITE, told, tmp_path, str(times)]
    subprocess.run(command, check=True)
    return noted


@pytest.mark.parametrize("times", [0, 1, 20_000])
def test_a_face_in_a_file_that_was_removed_at_once_is_found(tmp_path, times):
    needle = Needle(3, "luma", FACE)
    found, files = trace.search(written_by(tmp_path, times), Sieve([needle]))
    assert found == ({needle} if times else set())
    assert files == {tmp_path / "kept", tmp_path / "gone"}


MAP = """
import mmap, os, sys
face, folder = bytes.fromhex(sys.argv[1])[::-1], sys.argv[2]
before, after = os.path.join(folder, "before"), os.path.join(folder, "after")
with open(before, "w+b") as file:
    file.truncate(4096)
    with mmap.mmap(file.fileno(), 4096) as mapped:
        mapped[: len(face)] = face
os.rename(before, after)
open(os.path.join(folder, "read")).close()
open("/dev/null", "w").close()
os.rename("here", "there")
"""


def test_a_file_that_was_written_by_a_mapping_is_known_by_its_last_name(tmp_path):
    noted, told = tmp_path / "trace", FACE[::-1].hex()
    (tmp_path / "read").touch()
    (tmp_path / "here").touch()
    command = [*trace.command(noted), sys.executable, "-c", MAP, told, tmp_path]
    subprocess.run(command, cwd=tmp_path, check=True)
    assert trace.search(noted, Sieve([Needle(3, "luma", FACE)])) == (set(), set())
    assert trace.opened(noted) == {tmp_path / "before", tmp_path / "after"}


def test_without_strace_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match="strace is missing") as refused:
        trace.command(tmp_path / "trace")
    assert "apt-get install strace" in refused.value.advice()


def test_without_strace_no_van_is_set_up(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    stand = open_stand(tmp_path, JPEG, Console(quiet=True))
    with pytest.raises(MachineError, match="strace is missing"):
        stand.__enter__()
    assert not any(tmp_path.iterdir())
