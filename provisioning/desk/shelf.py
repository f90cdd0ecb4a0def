"""A folder of metadata, each version in a file of its own; the newest timestamp has no number."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuf.api.metadata import Metadata, MetaFile, T, Timestamp

from appliance.errors import TrustError
from provisioning import disk
from provisioning.desk import roles

if TYPE_CHECKING:
    from pathlib import Path

METADATA_BYTES = 32 << 20


class Shelf:
    """What the force has published of metadata.

    Args:
        folder: Where it lies.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def versions(self, role: str) -> list[int]:
        """Give the versions that are here, the newest last."""
        pattern = re.compile(rf"([1-9]\d{{0,8}})\.{role}\.json")
        found = (pattern.fullmatch(file.name) for file in self.folder.glob(f"*.{role}.json"))
        return sorted(int(match[1]) for match in found if match)

    def newest(self, kind: type[T], role: str = "") -> Metadata[T] | None:
        """Read the newest version; None where there is none.

        Raises:
            TrustError: it cannot be read.
        """
        role = role or kind.type
        versions = self.versions(role)
        return self.version(kind, role, versions[-1]) if versions else None

    def version(self, kind: type[T], role: str, number: int) -> Metadata[T]:
        """Read one version; errors as of `load`."""
        return load(kind, self.folder / f"{number}.{role}.json")

    def require(self, kind: type[T], role: str = "") -> Metadata[T]:
        """Read the newest version.

        Raises:
            TrustError: there is none, or it cannot be read.
        """
        found = self.newest(kind, role)
        if found is None:
            raise TrustError(f"There is no {role or kind.type} metadata.", mend=roles.MEND)
        return found

    def meta(self, role: str) -> MetaFile:
        """Describe the newest version: its number, length and sha256.

        Raises:
            InputError: there is none.
        """
        version = max(self.versions(role), default=0)
        data = disk.read(self.folder / f"{version}.{role}.json", METADATA_BYTES)
        return MetaFile.from_data(version, data, ["sha256"])

    def timestamp(self) -> Timestamp | None:
        """Read the newest timestamp; None where there is none."""
        file = self.folder / "timestamp.json"
        return load(Timestamp, file).signed if file.exists() else None

    def put(self, made: Metadata[T], role: str = "") -> None:
        """Add a version, or replace the timestamp."""
        role = role or made.signed.type
        number = "" if role == Timestamp.type else f"{made.signed.version}."
        disk.write(self.folder / f"{number}{role}.json", made.to_bytes(), disk.PUBLIC)


def load(kind: type[T], file: Path) -> Metadata[T]:
    """Read one file of metadata.

    Raises:
        InputError: it is missing, or too large.
        TrustError: it cannot be read.
    """
    return roles.read(kind, disk.read(file, METADATA_BYTES))
