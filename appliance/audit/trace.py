"""What a process writes, by strace: every byte to every file, and which files they were.

What comes into a file without a write, by a mapping or from another file, is found in the file:
so each that is opened to be written, or given a name, is told as well.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.audit.sieve import Needle, Sieve

WRITES = "write,pwrite64,writev,pwritev,pwritev2"
OPENS = "open,openat,openat2,creat,rename,renameat,renameat2,memfd_create,sendfile,copy_file_range"
LONGEST_WRITE = 1 << 24
"""Bytes of a write that are kept; longer ones do not occur."""
_SAID = re.compile(rf"^\d+ +(?:{WRITES.replace(',', '|')})\(\d+<([^>]*)>, (.*)$")
_OPENED = re.compile(r"^\d+ +(?:creat\(|open(?:at2?)?\(.*\b(?:O_WRONLY|O_RDWR|O_CREAT)\b)")
_NAMED = re.compile(r"^\d+ +rename(?:at2?)?\(")
_FOLDER = re.compile(r"<([^>]*)>, $")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_NO_FILE = ("pipe:", "socket:", "anon_inode:", "TCP", "UDP", "UNIX", "/dev/null", "/proc/")


def command(file: Path) -> list[str]:
    """Give the beginning of a command that is to be watched.

    Args:
        file: Where everything written is noted.

    Raises:
        MachineError: as of `program`.
    """
    return [
        program(), "-f", "-qq", "-y", "-xx", "--seccomp-bpf", "-s", str(LONGEST_WRITE),
        "-e", f"trace={WRITES},{OPENS}", "-e", "signal=none", "-o", str(file),
    ]  # fmt: skip


def program() -> str:
    """Find strace.

    Raises:
        MachineError: it is not installed.
    """
    found = shutil.which("strace")
    if found is None:
        raise MachineError(
            "strace is missing: nobody could say what is written.", mend="apt-get install strace"
        )
    return found


def read(file: Path) -> Iterator[tuple[str, bytes]]:
    """Go through what was written: the path, or what else it was, and the bytes."""
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            said = _SAID.match(line)
            if said:
                data = b"".join(
                    bytes.fromhex(text.replace("\\x", "")) for text in _STRING.findall(said[2])
                )
                yield _spell(said[1]), data


def opened(file: Path) -> set[Path]:
    """Say which files were opened to be written, or came by a new name; some may be gone."""
    files: set[Path] = set()
    with file.open(encoding="ascii", errors="replace") as lines:
        for line in lines:
            if _OPENED.match(line):
                files |= set(_paths(line)[:1])
            elif _NAMED.match(line):
                files |= set(_paths(line)[-1:])
    # Relative to the appliance's own folder, all of which is looked through anyhow.
    whole = {each for each in files if each.is_absolute()}
    return {each for each in whole if not str(each).startswith(_NO_FILE)}


def _paths(line: str) -> list[Path]:
    """Give the paths that a call names, where a folder that they are relative to is known."""
    return [
        Path(*map(_spell, _FOLDER.findall(line[: found.start()])), _spell(found[1]))
        for found in _STRING.finditer(line)
    ]


def search(file: Path, sieve: Sieve) -> tuple[set[Needle], set[Path]]:
    """Look for needles in everything that was written.

    Returns:
        Those that were found, and the files that it was written to.
    """
    found: set[Needle] = set()
    files: set[Path] = set()
    for place, data in read(file):
        found |= sieve.find(data)
        if not place.startswith(_NO_FILE):
            files.add(Path(place))
    return found, files


def _spell(place: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), place)
