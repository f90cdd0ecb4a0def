"""Where else something may come to lie: files of memory, journals, core files, swap."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.audit.sieve import LONGEST
from appliance.durable import GIVEN, require_ordinary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.audit.sieve import Needle, Sieve

PIECE_BYTES = 4 << 20
SHARED = tuple(
    map(Path, ("/dev/shm", "/run", "/var/log", "/var/crash", "/var/lib/systemd/coredump"))  # noqa: S108 - looked into
)
"""Beside the appliance's own folders: files in memory, journals, and where cores are gathered."""


def core_folders() -> tuple[Path, ...]:
    """Say where the kernel writes core files, where it is not in the folder of who crashes."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text("utf-8", "replace").strip()
    return (Path(pattern).parent,) if pattern.startswith("/") else ()


def changed(folders: Iterable[Path], since_s: float) -> Iterator[Path]:
    """List the ordinary files that were made or changed since then."""
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                file = Path(place, name)
                with suppress(OSError):
                    if file.is_file() and not file.is_symlink():
                        told = file.stat()
                        if max(told.st_mtime, told.st_ctime) >= since_s:
                            yield file


def search(files: Iterable[Path], sieve: Sieve) -> set[Needle]:
    """Look for needles in files; one that is gone meanwhile holds nothing."""
    found: set[Needle] = set()
    for file in files:
        # For the other end of a pipe nobody waits.
        with suppress(OSError), os.fdopen(os.open(file, GIVEN), "rb") as opened:
            require_ordinary(os.fstat(opened.fileno()).st_mode)
            seam = b""
            while piece := opened.read(PIECE_BYTES):
                found |= sieve.find(seam + piece)
                seam = piece[-LONGEST:]
    return found


def swapped_kb(process: int) -> int:
    """Tell how much of a process lies in swap: there nobody can look."""
    return _told(f"/proc/{process}/status", r"VmSwap:\s+(\d+) kB")


def core_bytes(process: int) -> int:
    """Tell how long a core file of a process may be; -1 for any length."""
    text = Path(f"/proc/{process}/limits").read_text("utf-8")
    limit = re.search(r"Max core file size\s+(\S+)", text)
    return int(limit[1]) if limit and limit[1].isdigit() else -1


def _told(file: str, pattern: str) -> int:
    told = re.search(pattern, Path(file).read_text("utf-8"))
    return int(told[1]) if told else 0
