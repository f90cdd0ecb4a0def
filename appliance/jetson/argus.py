"""NVIDIA's camera daemon, through which every csi:// camera goes: asks for its restart."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.log import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

REQUEST = "argus-restart"
"""A file in the service's runtime directory, which systemd/lfr-argus-restart.path waits for."""
EVERY_NS = 300_000_000_000
"""Not more often, whatever fails: a restart takes the other csi:// cameras with it."""


class Daemon:
    """Asks systemd, by a file, for what only root may do."""

    def __init__(
        self,
        environment: Mapping[str, str] = os.environ,
        now_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._environment = environment
        self._now_ns = now_ns
        self._lock = threading.Lock()
        self._next_ns: int | None = None

    def restart(self, camera: str) -> None:
        """Ask for a restart on behalf of a camera, unless one was asked for lately."""
        if not self._due():
            return
        folder = self._environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
        if folder:
            (Path(folder) / REQUEST).touch()
            _log.warning("the camera daemon is to be restarted", extra=fields(camera=camera))
        else:
            _log.warning("nobody restarts the camera daemon here", extra=fields(camera=camera))

    def _due(self) -> bool:
        with self._lock:
            now_ns = self._now_ns()
            if self._next_ns is not None and now_ns < self._next_ns:
                return False
            self._next_ns = now_ns + EVERY_NS
            return True


daemon = Daemon()
"""One for all cameras of the process."""
