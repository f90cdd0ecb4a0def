"""What a process does so that nothing of its memory is found later: no core, no swap, no remains.

Three seals. A process sets the first two itself; of the third it has to be started anew, because
the C library and Python read once, at their start, how they shall free.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PERTURB: Final = {"MALLOC_PERTURB_": "165", "PYTHONMALLOC": "malloc"}
"""What is freed is overwritten at once; Python's own blocks are the C library's, and obey too."""
TUNABLES: Final = "GLIBC_TUNABLES"
UNCACHED: Final = "glibc.malloc.tcache_count=0"
"""What would be kept for reuse is not overwritten: keep nothing."""
PR_GET_DUMPABLE: Final = 3
PR_SET_DUMPABLE: Final = 4
MCL_CURRENT: Final = 1
MCL_FUTURE: Final = 2
MCL_ONFAULT: Final = 4
"""Lock what is used, as it is used: threads' stacks and libraries are mostly never touched."""
SELF: Final = Path("/proc/self")
SIZES: Final = (100, 1000, 50_000)
"""Bytes: of each way in which the C library keeps what was freed. Larger ones go to the kernel."""
LINKS: Final = 32
"""The C library's own addresses stand in the first bytes of what is free."""

_libc = ctypes.CDLL(None, use_errno=True)
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = (ctypes.c_size_t,)
_libc.free.argtypes = (ctypes.c_void_p,)


class Seal(str, Enum):
    """What is true of a process, as it stands in the log and in `lfr check`."""

    NO_CORE = "no_core"
    """However it ends, nothing of its memory is written down, nor does anybody but root read it."""
    LOCKED = "locked"
    """Its memory never comes onto a disk."""
    OVERWRITTEN = "overwritten"
    """What it frees is overwritten at once."""


def begin_anew() -> None:
    """Start this program again, in this process, where it was not told to overwrite what it frees.

    Returns where it was. To be called before anything that holds a file or a thread.
    """
    wanted = environment(os.environ)
    if wanted != os.environ:
        with suppress(OSError):  # `held` tells
            os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)  # noqa: S606 - itself


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Give the variables by which a program overwrites what it frees, and those that are given."""
    tunables = [part for part in given.get(TUNABLES, "").split(":") if part]
    if UNCACHED not in tunables:
        tunables.append(UNCACHED)
    return {**given, **PERTURB, TUNABLES: ":".join(tunables)}


def seal(*, readable: bool = False) -> None:
    """Set what a process can set itself; `held` tells what came of it.

    Args:
        readable: Whether another process of the same user may look into its memory, which an
            auditor's trial needs where it is not root.
    """
    lock()
    leave_no_core(readable=readable)


def leave_no_core(*, readable: bool = False) -> None:
    """Let this process leave nothing of its memory on a disk, however it ends.

    What it starts leaves nothing either: a limit keeps the kernel from writing a file, and a filter
    keeps everything out of what a program gets that collects cores, whatever the limit says.

    Args:
        readable: As of `seal`.
    """
    # First: what is not dumpable may not be told this by anybody but root.
    _forget_all_mappings()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not readable:
        _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def lock() -> bool:
    """Keep the memory that this process has and will have from every disk; tell whether it can be.

    It cannot where the user's limit of locked memory is finite, and then nothing is changed.
    """
    return not _libc.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)


def held() -> list[Seal]:
    """Tell which seals this process has, by what is so and not by what was asked for."""
    found = {
        Seal.NO_CORE: leaves_no_core(SELF) and not _libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0),
        Seal.LOCKED: is_locked(SELF),
        Seal.OVERWRITTEN: overwrites(),
    }
    return [name for name, so in found.items() if so]


def leaves_no_core(process: Path) -> bool:
    """Tell, by its folder in /proc, whether a process leaves no core, whoever collects them.

    Raises:
        OSError: it is gone, or may not be looked at.
    """
    (limit,) = _fields(process / "limits", "Max core file size")
    (filtered,) = (process / "coredump_filter").read_text("ascii").split() or ["0"]
    return limit.split()[:2] == ["0", "0"] and not int(filtered, 16)


def is_locked(process: Path) -> bool:
    """Tell, by its folder in /proc, whether all that a process has in memory is locked there.

    Raises:
        OSError: as of `leaves_no_core`.
    """
    locked_kb, used_kb, swapped_kb = (
        int(text.split()[0]) for text in _fields(process / "status", "VmLck:", "VmRSS:", "VmSwap:")
    )
    return locked_kb >= used_kb and not swapped_kb


def overwrites() -> bool:
    """Free some memory of each kind, and see whether it still says what it said."""
    return not any(_remains(size) for size in SIZES) and not _remains_in_python()


def _forget_all_mappings() -> None:
    # Whoever is sealed already may not write there, and has it from whoever sealed it.
    with suppress(OSError):
        (SELF / "coredump_filter").write_text("0", "ascii")


def _fields(file: Path, *names: str) -> list[str]:
    lines = file.read_text("utf-8", "replace").splitlines()
    return [line[len(name) :] for name in names for line in lines if line.startswith(name)]


def _remains(size: int) -> bool:
    needle, left = os.urandom(16), ctypes.create_string_buffer(size - LINKS)
    place, after = _libc.malloc(size), _libc.malloc(size)
    ctypes.memmove(place, needle * (size // 16), size // 16 * 16)
    _libc.free(place)
    # What comes after it is still in use, so the kernel has not been given the memory back.
    ctypes.memmove(left, place + LINKS, size - LINKS)
    _libc.free(after)
    return needle in left.raw


def _remains_in_python() -> bool:
    needle = os.urandom(16)
    said = [needle * 16 for _ in range(3)]
    left = ctypes.create_string_buffer(len(said[1]))
    place = id(said[1]) + bytes.__basicsize__ - 1
    del said[1]
    ctypes.memmove(left, place, len(left))
    return needle in left.raw


def main() -> None:
    """Seal a process as `lfr run` would be, here and by this user, and print what it holds."""
    begin_anew()
    seal()
    sys.stdout.write("".join(f"{name.value}\n" for name in held()))


if __name__ == "__main__":
    main()
