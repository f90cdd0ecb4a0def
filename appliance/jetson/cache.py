"""The cache of what was built on this van: files that only root or this user can have written."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from appliance.errors import MachineError

READABLE = 0o644
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def read_ours(file: Path, most: int = -1) -> bytes:
    """Read a file that nobody else can have written or put there.

    Args:
        file: Is not followed where it is a link.
        most: Bytes that are read; -1 is all.

    Raises:
        MachineError: it cannot be read, or others may write it, its folder, or one above.
    """
    try:
        folder = file.parent.resolve(strict=True)
        for place in (folder, *folder.parents):
            _require_ours(place.stat(), place)
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as source:
            _require_ours(os.fstat(source.fileno()), file)
            return source.read(most)
    except OSError as error:
        raise MachineError(
            f"{file} cannot be read.", mend="Build it with `lfr engines build`."
        ) from error


def write_whole(file: Path, data: bytes) -> None:
    """Write a file that all may read, so that it is there whole or as it was before.

    Raises:
        OSError: the folder cannot be written.
    """
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
        part.chmod(READABLE)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _require_ours(state: os.stat_result, place: Path) -> None:
    # In a folder like /tmp the sticky bit keeps others from exchanging what is ours.
    shielded = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
    if state.st_uid not in {0, os.geteuid()} or (state.st_mode & OTHERS_WRITE and not shielded):
        raise MachineError(
            f"{place} may have been written by somebody else than root, and plans are programs.",
            mend="Remove what was built there, give it to root with mode 0755, and build again.",
        )
