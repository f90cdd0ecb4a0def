"""One state of the repository as the van holds it: a folder of files that were believed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from pydantic import AwareDatetime, Field

from appliance.domain.ending import End
from appliance.domain.watchlist import Part, Reference
from appliance.errors import InputError, TrustError
from appliance.watchlist import disk
from appliance.watchlist.refusals import parse
from appliance.watchlist.trust import BUNDLE_FILE, KeyId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

DOCUMENT: Final = re.compile(r"[a-z0-9]+(\.[a-z]+)?\.json")
LABEL_FILE: Final = "label.json"
MAX_FILES: Final = 128
FILE_BYTES: Final = 8 * 1024 * 1024


class Label(Part):
    """What stands on the outside of a generation.

    Nothing is believed because of it; it only says what to destroy, and when, even where the
    generation itself is damaged or past its time.
    """

    deployment_id: Reference | None = None
    ends_at: AwareDatetime | None = Field(default=None)
    expires_at: AwareDatetime | None = None
    """When the list ends."""
    key_id: KeyId | None = None
    bundle_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    def end(self, now: datetime) -> End | None:
        """Say how it has ended, if it has."""
        if self.ends_at and now >= self.ends_at:
            return End.DEPLOYMENT_OVER
        return End.LIST_EXPIRED if self.expires_at and now >= self.expires_at else None


class Generation:
    """The files of one state of the repository, as they were believed.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.name = folder, folder.name
        self.bundle = folder / BUNDLE_FILE
        """Encrypted to one of the van's one-time keys. It may be missing."""

    def files(self) -> Mapping[str, bytes]:
        """Read metadata and documents.

        Raises:
            InputError: they are no ordinary files.
            TrustError: one is too long.
        """
        try:
            with disk.entered(self.folder) as folder:
                with os.scandir(folder) as found:
                    names = {f.name for f in found if DOCUMENT.fullmatch(f.name)} - {LABEL_FILE}
                kept = sorted(names)[:MAX_FILES]
                return {name: disk.read(name, FILE_BYTES, folder) for name in kept}
        except FileNotFoundError:
            raise InputError("The generation is gone.", mend="Look for the newest one.") from None

    def label(self) -> Label:
        """Read what stands on the outside; nothing where it cannot be read."""
        try:
            with disk.entered(self.folder) as folder:
                return parse(Label, disk.read(LABEL_FILE, FILE_BYTES, folder), LABEL_FILE)
        except (FileNotFoundError, InputError, TrustError):
            return Label()

    def inode(self) -> int:
        """Tell bundles apart: one in two generations is one file; 0 where there is none."""
        try:
            return self.bundle.lstat().st_ino
        except FileNotFoundError:
            return 0
