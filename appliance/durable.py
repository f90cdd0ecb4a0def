"""Files that outlive a killed process and a loss of power, and files that must not."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

END: Final = b"\n"
FILE_MODE: Final = 0o600
PIECE_BYTES: Final = 1024 * 1024
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody at its other end.
GROWING: Final = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MOUNTS: Final = Path("/proc/self/mountinfo")
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OVER: Final = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
GIVEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


def append(file: Path, line: bytes, *, lasting: bool = False) -> None:
    """Put a whole line at the end of a file, which is made where there is none.

    A line that was not written whole, because the power went, is cut off before.

    Args:
        file: Its last line is anybody's; nobody writes to it at the same time.
        line: With its end.
        lasting: Bring it to the disk before this returns. Else it is safe from a killed process,
            and from a loss of power once `settle` has returned.

    Raises:
        OSError: the disk refuses, or has no room for all of it; the next line cuts it off.
    """
    handle = os.open(file, GROWING, FILE_MODE)
    try:
        begun = _mend(handle)
        if os.write(handle, line) < len(line):
            raise OSError(errno.ENOSPC, "No room")
        if lasting:
            os.fsync(handle)
    finally:
        os.close(handle)
    if not begun:
        sync(file.parent)


def read(file: Path, most_bytes: int) -> bytes:
    """Read a file that somebody has handed in: of a longer one a byte too many, and no more.

    Raises:
        OSError: it cannot be read, or is a pipe, a device or a folder, for which nobody waits.
    """
    handle = os.open(file, GIVEN)
    with os.fdopen(handle, "rb") as opened:
        require_ordinary(os.fstat(handle).st_mode)
        return opened.read(most_bytes + 1)


def settle(file: Path) -> None:
    """Bring to the disk what a file has had appended.

    Raises:
        OSError: the disk refuses.
    """
    _settle(file, GROWING)


def sync(folder: Path) -> None:
    """Bring a folder's names to the disk.

    Raises:
        OSError: the disk refuses.
    """
    _settle(folder, FOLDER)


def erase(file: Path) -> None:
    """Overwrite a file and remove it, also for whoever has another name for it.

    Raises:
        FileNotFoundError: there is none.
        OSError: the disk refuses; its name is gone where that is possible.
    """
    handle = os.open(file, OVER)
    try:
        _blank(handle)
    finally:
        os.close(handle)
        # Whatever the disk says to that: without a name it is not found again.
        file.unlink()
    sync(file.parent)


def in_memory(handle: int, mounts: Path = MOUNTS) -> bool:
    """Tell whether what is opened lies in memory (tmpfs, ramfs) and not on a disk.

    Args:
        handle: An open file or folder.
        mounts: What is mounted, as the kernel tells it.
    """
    device = os.fstat(handle).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.read_text(encoding="utf-8").splitlines():
        where, _, kind = line.partition(" - ")
        if where.split()[2] == number:
            return kind.split()[0] in {"tmpfs", "ramfs"}
    return False


def put(
    file: Path, data: bytes, *, mode: int = FILE_MODE, owner: tuple[int, int] | None = None
) -> None:
    """Put a whole file where none is, or in the place of another, and bring it to the disk.

    Args:
        file: Its name; `successor` is in the way of nobody else.
        data: All that stands in it.
        mode: Who may do what with it, where it is new.
        owner: Whose it becomes, user and group; None: whoever does it.

    Raises:
        OSError: the disk refuses; what was there is there.
    """
    new = successor(file)
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, NEW, mode), "wb") as opened:
        if owner:
            os.fchown(opened.fileno(), *owner)
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(file)
    sync(file.parent)


def supersede(file: Path, data: bytes) -> None:
    """Put other content into a file's place, all of it or none, and overwrite what was there.

    The new one is the folder's owner's, whoever does it.

    Raises:
        OSError: the disk refuses.
    """
    folder = file.parent.stat()
    old = os.open(file, OVER)
    try:
        put(file, data, owner=(folder.st_uid, folder.st_gid))
        _blank(old)
    finally:
        os.close(old)


def successor(file: Path) -> Path:
    """Say where lies what `put` and `supersede` have not put into a file's place yet."""
    return file.with_name(f".{file.name}.new")


def _blank(handle: int) -> None:
    left = os.fstat(handle).st_size
    while left > 0:
        left -= os.write(handle, bytes(min(left, PIECE_BYTES)))
    os.fsync(handle)


def require_ordinary(mode: int) -> None:
    """Refuse a pipe, a device or a folder.

    Raises:
        OSError: it is one.
    """
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "No ordinary file")


def _settle(path: Path, how: int) -> None:
    handle = os.open(path, how, FILE_MODE)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mend(handle: int) -> int:
    """Cut off a line that was not written whole; tell how many bytes are left."""
    found = os.fstat(handle)
    require_ordinary(found.st_mode)
    size = found.st_size
    if size and os.pread(handle, 1, size - 1) != END:
        size = os.pread(handle, size, 0).rfind(END) + 1
        os.ftruncate(handle, size)
    return size
