"""Packages for the force, which lie on the van until they are where they were to go.

The log says that a package goes before any copy of it leaves the van, so it must not be lost then:
whoever is killed meanwhile, or has no room on the stick, sends the very same one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from appliance import durable
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime
    from pathlib import Path

HERE, SENT = ".package", ".sent"
"""How its file ends before and after it is where it was to go."""
SIGNS: Final = 12
LEFT_S: Final = 3600.0
"""What was begun so long ago, nobody goes on with."""


@dataclass(frozen=True)
class Waiting:
    """A package that is still here."""

    deployment_id: str
    alerts: int
    recipient: str
    """The beginning of the hash of whom it is encrypted to."""
    sent: bool
    file: Path = field(repr=False)
    sealed: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """By which the log names it."""
        return sha256(self.sealed).hexdigest()

    def to(self, recipient: str) -> bool:
        """Tell whether somebody can open it."""
        return self.recipient == _mark(recipient)


class Outgoing:
    """The packages in the register's folder: one for each deployment at the most.

    Args:
        folder: The register's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, deployment_id: str) -> Waiting | None:
        """Give the package of a deployment that is not sent; errors as of `all`."""
        of_it = (one for one in self.all() if one.deployment_id == deployment_id and not one.sent)
        return next(of_it, None)

    def all(self) -> list[Waiting]:
        """Give the packages that are here.

        Raises:
            MachineError: they cannot be read.
        """
        with _caring():
            there = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
            return [_read(file) for file in there if file.suffix in {HERE, SENT}]

    def keep(self, deployment_id: str, alerts: int, recipient: str, sealed: bytes) -> Waiting:
        """Bring a package to the disk.

        Raises:
            MachineError: the disk refuses.
        """
        file = self._folder / f"{alerts}-{_mark(recipient)}-{deployment_id}{HERE}"
        with _caring():
            folder, new = self._folder.stat(), durable.successor(file)
            new.unlink(missing_ok=True)
            with os.fdopen(os.open(new, durable.NEW, durable.FILE_MODE), "wb") as opened:
                os.fchown(opened.fileno(), folder.st_uid, folder.st_gid)
                opened.write(sealed)
                opened.flush()
                os.fsync(opened.fileno())
            new.replace(file)
            durable.sync(self._folder)
        return _read(file)

    def tick(self, package: Waiting) -> Waiting:
        """Note that it is where it was to go; errors as of `keep`."""
        file = package.file.with_suffix(SENT)
        with _caring():
            package.file.replace(file)
            durable.sync(self._folder)
        return _read(file)

    def drop(self, package: Waiting) -> None:
        """Overwrite it and remove it; errors as of `keep`."""
        with _caring(), suppress(FileNotFoundError):
            durable.erase(package.file)

    def clear(self, wall: datetime) -> None:
        """Erase what a loss of power has left half written; errors as of `keep`.

        Args:
            wall: The computer's time.
        """
        with _caring():
            for file in self._folder.glob(f".*{HERE}.new"):
                if file.stat().st_mtime < wall.timestamp() - LEFT_S:
                    durable.erase(file)


def _read(file: Path) -> Waiting:
    alerts, recipient, name = file.stem.split("-", 2)
    return Waiting(name, int(alerts), recipient, file.suffix == SENT, file, file.read_bytes())


def _mark(recipient: str) -> str:
    return sha256(recipient.encode()).hexdigest()[:SIGNS]


@contextmanager
def _caring() -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise MachineError(
            f"A package for the force cannot be kept on the van: {error.strerror}.",
            mend="Make room on its disk, and check its owner.",
        ) from None
