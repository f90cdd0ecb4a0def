"""Keys that sign a log or stand by one: a file that is its owner's alone, as Go's notes have it."""

from __future__ import annotations

import base64
import os
import stat
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from appliance.durable import sync
from appliance.errors import InputError, SettingsError
from appliance.oversight.note import NAME, PLAIN, WITNESS, Key, Pen

if TYPE_CHECKING:
    from pathlib import Path

BEGIN: Final = "PRIVATE+KEY+"
KEY_FILE: Final = "key"
PUBLIC_FILE: Final = "key.pub"
LOG: Final = "log"
"""The log's folder, beside its key."""
FILE_BYTES: Final = 512
OTHERS: Final = 0o077
"""What a private file's mode must not have."""
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def make(file: Path, name: str, kind: int = PLAIN) -> Pen:
    """Make a key, and put it where no file is.

    Args:
        file: Its own.
        name: Whose it is, as `force.example/lfr/van-1`.
        kind: Of `note`: what it is for.

    Raises:
        InputError: the name is none, or the file cannot be written.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"A log's key cannot have this name: {name!r}.",
            mend="Name it after whose it is, as force.example/lfr/van-1.",
        )
    pen = Pen(name, Ed25519PrivateKey.generate(), kind)
    said = base64.b64encode(bytes([kind]) + pen.private.private_bytes_raw()).decode()
    _put(file, f"{BEGIN}{name}+{pen.key.id.hex()}+{said}\n")
    return pen


def load(file: Path) -> Pen:
    """Read a key that nobody else can have read.

    Raises:
        SettingsError: it cannot be read, is none, or others have a way to it.
    """
    try:
        return _pen(_private(file))
    except OSError as error:
        fault, mend = f"cannot be read: {error.strerror}", "Name the key's file, as its owner."
    except (ValueError, IndexError):
        fault = "is none of ours, or others can read it"
        mend = "Give it to its owner alone: chmod 600."
    raise SettingsError(f"The log's key in {file.name} {fault}.", mend=mend)


def own(folder: Path, name: str) -> Pen:
    """Read a log's own key, or make it, with its public half beside it for whoever asks.

    Args:
        folder: Where both lie; it is made.
        name: Whose log it is.

    Raises:
        SettingsError: it cannot be read or made, or is another's.
    """
    file, public = folder / KEY_FILE, folder / PUBLIC_FILE
    try:
        folder.mkdir(0o750, parents=True, exist_ok=True)
        pen = load(file) if file.exists() else make(file, name)
        if pen.name == name and not public.exists():
            public.write_text(f"{pen.key.text}\n", "ascii")
    except OSError as error:
        fault = f"cannot be made: {error.strerror}"
        raise SettingsError(f"The log's key {fault}.", mend="Check oversight.folder.") from None
    if pen.name != name:
        raise SettingsError(
            f"The key of the log is of {pen.name}.", mend="Begin a new folder for this van."
        )
    return pen


def public(folder: Path) -> Key:
    """Read the public half of a log's own key.

    Raises:
        InputError: it cannot be read, or is none.
    """
    try:
        return Key.read((folder / PUBLIC_FILE).read_text("utf-8", "replace"))
    except OSError as error:
        raise InputError(
            f"{PUBLIC_FILE} of the log cannot be read: {error.strerror}.",
            mend="Say --key, or name the folder with log and key.",
        ) from None


def _put(file: Path, text: str) -> None:
    """Put a private file where none is, whole or not at all."""
    new = file.with_name(f".{file.name}.new")
    try:
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, NEW, 0o600), "w", encoding="ascii") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(new, file)
        new.unlink()
        sync(file.parent)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be written: {error.strerror}.", mend="Name another file."
        ) from None


def _private(file: Path) -> str:
    handle = os.open(file, FILE)
    with os.fdopen(handle, "rb") as opened:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_mode & OTHERS:
            raise ValueError
        return opened.read(FILE_BYTES).decode("ascii")


def _pen(text: str) -> Pen:
    begin, (name, number, said) = text[: len(BEGIN)], text[len(BEGIN) :].strip().split("+", 2)
    data = base64.b64decode(said, validate=True)
    pen = Pen(name, Ed25519PrivateKey.from_private_bytes(data[1:]), data[0])
    known = data[0] in {PLAIN, WITNESS} and pen.key.id.hex() == number
    if begin != BEGIN or not known or Key.read(pen.key.text) != pen.key:
        raise ValueError
    return pen
