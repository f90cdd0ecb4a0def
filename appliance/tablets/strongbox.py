"""A sealed folder in memory: what has to outlive a killed process, and nobody else may read.

Every piece is sealed with AES-256-GCM. The key lies beside the pieces, so the folder counts only
where it is memory itself (tmpfs, ramfs): a loss of power leaves nothing, and a disk never has it.
Swap on a disk would bring it there, since nobody can lock what lies on a tmpfs: where there is any,
`lfr check` is red.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.durable import MOUNTS, in_memory

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE: Final = "key"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
NAME_BYTES: Final = 16
LENGTH_BYTES: Final = 4
"""Before each piece stands how long it is, sealed."""
MOST_BYTES: Final = 32 * 1024 * 1024
"""What lies under one name is far smaller; nothing longer is ours."""
FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody who writes into it.
FILE: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
MORE: Final = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
OTHERS: Final = 0o077
"""What the mode of a folder that is the van's alone must not have."""

_log = logging.getLogger(__name__)


class Strongbox:
    """Sealed pieces of bytes, from `open`. Not for two threads at once.

    Nothing here raises for the folder's sake: whoever has an alert to send must not fail because
    it could not be kept as well.
    """

    def __init__(self, folder: int) -> None:
        self._folder = folder
        self._key = b""

    @classmethod
    def open(cls, folder: Path, mounts: Path = MOUNTS) -> Strongbox | None:
        """Take a folder for this process alone, and make it where it is not there.

        Returns:
            None where it does not lie in memory, others can look into it, or another process has
            it: nothing outlives this process then.
        """
        handle = -1
        with suppress(OSError):
            with suppress(FileExistsError):
                folder.mkdir(0o700)
            handle = os.open(folder, FOLDER)
            if _private(handle) and in_memory(handle, mounts):
                # The kernel gives it back, however this process ends.
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(handle)
        if handle >= 0:
            os.close(handle)
        _log.warning("What waits for the tablets will not outlive this process.")
        return None

    def put(self, name: str, piece: bytes) -> bool:
        """Keep a piece in place of what was kept under its name; tell whether it could be."""
        try:
            file = self._name(name)
            self._write(file, self._sealed(file, piece))
        except OSError:
            _log.warning("Something could not be kept for the next process.")
            return False
        return True

    def add(self, name: str, piece: bytes) -> bool:
        """Keep a piece behind those that this process has kept under its name.

        Returns:
            False where there are none, or it cannot be kept: then nothing has changed.
        """
        with suppress(OSError):
            file = self._name(name)
            self._append(file, self._sealed(file, piece))
            return True
        return False

    def drop(self, name: str) -> None:
        """Destroy what is kept under a name, if anything is."""
        try:
            self._erase(self._name(name))
        except OSError:
            # What is taken back must not come back: without the key, nothing does.
            _log.warning("Something that was kept could not be removed; all of it is destroyed.")
            self.destroy()

    def load(self) -> list[bytes]:
        """Give every piece that an earlier process has left, those of one name in their order.

        One that cannot be opened was not written whole, and nothing behind it counts.
        """
        pieces: list[bytes] = []
        with suppress(OSError):
            self._key = self._read(KEY_FILE)
            for name in _names(self._folder):
                if name != KEY_FILE:
                    pieces += self._opened(name)
        return pieces

    def destroy(self) -> None:
        """Overwrite and remove everything, the key first; what is put later gets a new one."""
        self._key = b""
        with suppress(OSError):
            for name in sorted(_names(self._folder), key=lambda name: name != KEY_FILE):
                with suppress(OSError):
                    self._erase(name)

    def close(self) -> None:
        """Leave what is kept to the next process."""
        self._key = b""
        os.close(self._folder)

    def _sealed(self, file: str, piece: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(self._key).encrypt(nonce, piece, file.encode())
        return len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed

    def _name(self, name: str) -> str:
        """Name a file, so that the name says nothing without the key."""
        if len(self._key) != KEY_BYTES:
            self._key = self._read(KEY_FILE)
        if len(self._key) != KEY_BYTES:
            self._key = AESGCM.generate_key(8 * KEY_BYTES)
            self._write(KEY_FILE, self._key)
        return blake2b(name.encode(), key=self._key, digest_size=NAME_BYTES).hexdigest()

    def _opened(self, name: str) -> list[bytes]:
        rest, pieces = memoryview(self._read(name)), list[bytes]()
        # Too short a key or a piece is a ValueError, and was never written whole by us.
        with suppress(InvalidTag, ValueError):
            while rest or not pieces:
                end = LENGTH_BYTES + int.from_bytes(rest[:LENGTH_BYTES], "big")
                sealed, rest = rest[LENGTH_BYTES:end], rest[end:]
                nonce, sealed = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
                pieces.append(AESGCM(self._key).decrypt(nonce, sealed, name.encode()))
        if not pieces:
            with suppress(OSError):
                self._erase(name)
        return pieces

    def _read(self, name: str) -> bytes:
        """Read a file of ours; nothing where there is none."""
        with suppress(OSError):
            handle = os.open(name, FILE, dir_fd=self._folder)
            with os.fdopen(handle, "rb") as file:
                return (file.read(MOST_BYTES) or b"") if _private(handle) else b""
        return b""

    def _write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all: the process may be killed at any moment."""
        new = f"{name}.new"
        with suppress(FileNotFoundError):
            os.unlink(new, dir_fd=self._folder)
        try:
            handle = os.open(new, NEW, 0o600, dir_fd=self._folder)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(new, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
        except OSError:
            with suppress(OSError):
                os.unlink(new, dir_fd=self._folder)
            raise

    def _append(self, name: str, data: bytes) -> None:
        """Write behind what a file holds, or leave it as it is."""
        handle = os.open(name, MORE, dir_fd=self._folder)
        try:
            size = os.fstat(handle).st_size
            if os.write(handle, data) < len(data):
                os.ftruncate(handle, size)
                raise OSError(errno.ENOSPC, "No room")
        finally:
            os.close(handle)

    def _erase(self, name: str) -> None:
        """Overwrite a file with zeros and remove it."""
        with suppress(OSError):
            handle = os.open(name, FILE, dir_fd=self._folder)
            with os.fdopen(handle, "r+b") as file:
                file.write(bytes(os.fstat(handle).st_size))
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._folder)


def _names(folder: int) -> list[str]:
    return os.listdir(folder)


def _private(handle: int) -> bool:
    found = os.fstat(handle)
    return found.st_uid == os.geteuid() and not stat.S_IMODE(found.st_mode) & OTHERS
