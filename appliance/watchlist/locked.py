"""Memory that is never on disk: a list lies there from its decryption to its end."""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import resource
import signal
from pathlib import Path
from typing import Final

from appliance.errors import MachineError
from appliance.sealing import leave_no_core
from appliance.sysfs import free_mb, read, word

PIECE_BYTES: Final = 4 * 1024 * 1024
"""So much at a time: the other threads wait for no longer piece."""
SWAPS = Path("/proc/swaps")
BLOCKS = Path("/sys/block")
SWAPS_BYTES: Final = 16_384
NOEXEC_SEAL: Final = 0x8
"""MFD_NOEXEC_SEAL, from Linux 6.3 on."""
PR_SET_PDEATHSIG: Final = 1
SEALS: Final = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
MB: Final = 1024 * 1024
MOST_DATA_BYTES: Final = 1024 * MB
"""Besides the list itself, which is not counted here; a million templates take a quarter of it."""

_libc = ctypes.CDLL(None, use_errno=True)
for _name in ("mlock", "munlock"):
    getattr(_libc, _name).argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_libc.memset.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)
_libc.memset.restype = ctypes.c_void_p


def make() -> int:
    """Make memory without a name and without a size, for another process to fill.

    Returns:
        Its descriptor, which no other program inherits.
    """
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("lfr-list", flags | NOEXEC_SEAL)
    except OSError:
        return os.memfd_create("lfr-list", flags)


def grow(descriptor: int, size: int) -> Room:
    """Give such memory its size, and lock it before anything is in it.

    Raises:
        MachineError: there is not so much, or it could come onto a disk.
    """
    free = free_mb()
    try:
        if free is not None and size > free * MB:
            raise OSError  # noqa: TRY301 -- the kernel would rather end a process than say so
        # What a list left there that was refused is zeros by now, and goes.
        os.ftruncate(descriptor, 0)
        os.posix_fallocate(descriptor, 0, size)
    except OSError:
        os.close(descriptor)
        raise MachineError(
            f"The van has not the {size // MB + 1} MB of free memory that the list needs.",
            mend="Have a shorter list made, or end what else runs there.",
        ) from None
    return Room(descriptor)


def take(descriptor: int) -> Room:
    """Map what another process has filled, which can no longer change its size; errors as there."""
    # Otherwise it could be taken away from under its reader.
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, SEALS)
    return Room(descriptor)


class Room:
    """Memory of a fixed size, mapped and locked.

    Args:
        descriptor: From `make`, with a size; the room closes it.

    Raises:
        MachineError: it cannot be mapped, or it could come onto a disk.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self.size = os.fstat(descriptor).st_size
        try:
            self.memory = mmap.mmap(descriptor, self.size)
        except (OSError, ValueError):
            os.close(descriptor)
            raise MachineError(
                "The memory of the list cannot be mapped.", mend="Start the van's service again."
            ) from None
        self.memory.madvise(mmap.MADV_DONTDUMP)
        self._address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self._lock()

    def erase(self) -> None:
        """Overwrite all of it, and give it back, even while somebody still looks at it.

        Whoever does sees zeros from then on. Once is enough; again does nothing.
        """
        if self._descriptor is None:
            return
        for at, length in self._pieces():
            _libc.memset(self._address + at, 0, length)
            _libc.munlock(self._address + at, length)
            # Not by mmap's own method, which keeps every other thread waiting meanwhile.
            _libc.madvise(self._address + at, length, mmap.MADV_REMOVE)
        self.close()

    def close(self) -> None:
        """Leave it to the other process that has it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        os.close(descriptor)
        try:
            self.memory.close()
        except BufferError:
            # An array still shows it: the address stays until that is gone, too.
            return

    def _lock(self) -> None:
        for at, length in self._pieces():
            if _libc.mlock(self._address + at, length) and swaps():
                self.erase()
                raise MachineError(
                    "The list's memory cannot be kept from the swap on this disk.",
                    mend="Set LimitMEMLOCK=infinity for the service, or turn swap off.",
                )

    def _pieces(self) -> list[tuple[int, int]]:
        starts = range(0, self.size, PIECE_BYTES)
        return [(at, min(PIECE_BYTES, self.size - at)) for at in starts]


def swaps(file: Path = SWAPS, blocks: Path = BLOCKS) -> bool:
    """Tell whether memory may come onto a disk; where nobody can tell, it may."""
    lines = read(file, SWAPS_BYTES).decode("ascii", "replace").splitlines()
    names = [line.split()[0] for line in lines[1:] if line.strip()]
    return not lines or any(_on_disk(Path(name), blocks) for name in names)


def _on_disk(swap: Path, blocks: Path) -> bool:
    if not swap.name.startswith("zram"):
        return True
    # Swap in compressed memory, as a Jetson has it, unless it was told to spill.
    return word(blocks / swap.name / "backing_dev") not in {"", "none"}


def harden(parent: int) -> None:
    """Let this process leave no core, be read by nobody, stay small, and die with its parent.

    With the thread that started it, to be exact: that one has to live as long as the answer takes.
    """
    leave_no_core()
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA_BYTES, MOST_DATA_BYTES))
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
