"""Who has opened a deployment by hand: a file that only the van's own user and root can have made.

It stays over a restart of the van, and goes with the deployment.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from pydantic import AwareDatetime, ValidationError

from appliance.domain.watchlist import Part, Reference
from appliance.durable import put
from appliance.errors import MachineError

if TYPE_CHECKING:
    from pathlib import Path

OPENINGS: Final = "openings"
"""The folder's name, beside the log's."""
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FILE_BYTES: Final = 1024
FOLDER_MODE: Final = 0o700
OTHERS: Final = 0o077


class Opening(Part):
    """Somebody has opened a deployment."""

    deployment_id: Reference
    at: AwareDatetime
    user: int
    """The number of the account, of whoever had logged in."""
    position: Literal["declared", "gpsd"]


class Openings:
    """The folder of them.

    Args:
        folder: Where key and log lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / OPENINGS

    def place(self, opening: Opening) -> None:
        """Write down that a deployment is opened.

        Raises:
            MachineError: the disk refuses.
        """
        file = self._file(opening.deployment_id)
        try:
            self._folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            above = self._folder.parent.stat()
            # Root may open as well, and `lfr run` must be able to read it.
            owner = above.st_uid, above.st_gid
            os.chown(self._folder, *owner)
            put(file, opening.model_dump_json().encode(), owner=owner)
        except OSError as error:
            raise MachineError(
                f"The opening cannot be written: {error.strerror}.",
                mend="Do it as root, or as the user lfr.",
            ) from None

    def find(self, deployment_id: str) -> Opening | None:
        """Give the opening of a deployment; None where nobody has opened it who may."""
        with suppress(OSError, ValueError, ValidationError):
            handle = os.open(self._file(deployment_id), FILE)
            with os.fdopen(handle, "rb") as opened:
                found = os.fstat(handle)
                own = found.st_uid in {0, os.geteuid()} and not found.st_mode & OTHERS
                opening = Opening.model_validate_json(opened.read(FILE_BYTES))
            if own and stat.S_ISREG(found.st_mode) and opening.deployment_id == deployment_id:
                return opening
        return None

    def clear(self, deployment_id: str) -> None:
        """Take an opening away; what cannot be removed opens nothing, since it has ended."""
        with suppress(OSError):
            self._file(deployment_id).unlink()

    def _file(self, deployment_id: str) -> Path:
        return self._folder / f"{deployment_id}.json"
