"""Files of the desk: read whole or not at all, and replaced so that a loss of power leaves one."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from appliance.durable import sync
from appliance.errors import InputError, MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path
    from typing import BinaryIO

PRIVATE, PUBLIC = 0o600, 0o644
PIECE_BYTES = 4 << 20


def read(file: Path, limit_bytes: int) -> bytes:
    """Read a file that somebody may have made too large.

    Raises:
        InputError: it cannot be read, or is too large.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(limit_bytes + 1)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend="Name another file."
        ) from None
    if len(data) > limit_bytes:
        raise InputError(f"{file.name} is larger than {limit_bytes} bytes.", mend="Check the file.")
    return data


def write(file: Path, data: bytes, mode: int = PRIVATE) -> None:
    """Put a whole file in place of what is there.

    Raises:
        MachineError: the disk refused it.
    """
    with replacing(file, mode) as opened:
        opened.write(data)


def copy(source: Path, file: Path, tell: Callable[[int], None]) -> None:
    """Copy a public file, telling how many bytes each piece had.

    Raises:
        MachineError: the disk refused it.
    """
    with replacing(file, PUBLIC) as opened, source.open("rb") as given:
        while piece := given.read(PIECE_BYTES):
            opened.write(piece)
            tell(len(piece))


@contextmanager
def replacing(file: Path, mode: int = PRIVATE) -> Generator[BinaryIO]:
    """Open a file to be written, which takes its place when all of it is on the disk.

    Raises:
        MachineError: the disk refused it.
    """
    new = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(new, "xb", opener=partial(os.open, mode=mode)) as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
        sync(file.parent)
    except OSError as error:
        raise MachineError(
            f"{file.name} cannot be written: {error.strerror}.", mend="Check the disk or stick."
        ) from None
    finally:
        # A stick that is gone, or may not be written to, has said so already.
        with suppress(OSError):
            new.unlink(missing_ok=True)


def make_room(folder: Path) -> None:
    """Have a folder there; a new one is the desk's alone.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder {folder.name} cannot be made: {error.strerror}.",
            mend="Name another folder.",
        ) from None


def remove(file: Path) -> None:
    """Overwrite a file and remove it."""
    if file.is_file() and not file.is_symlink():
        with file.open("r+b") as opened:
            left = file.stat().st_size
            while left > 0:
                left -= opened.write(bytes(min(left, PIECE_BYTES)))
            opened.flush()
            os.fsync(opened.fileno())
    file.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove a folder and everything in it; each file is overwritten first."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for file in folder.rglob("*"):
        if file.is_file():
            remove(file)
    shutil.rmtree(folder)
