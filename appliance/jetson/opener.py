"""Opens a camera, and a lost one again, ever more seldom, while the other cameras are looked at."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Protocol

from appliance.errors import ApplianceError, MachineError
from appliance.jetson.argus import daemon
from appliance.jetson.nvmm import NvmmBridge, library_name, load_bridge
from appliance.jetson.source import Video, plays
from appliance.log import fields
from appliance.mast import back_off, is_live

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.clock import Clock
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.piece import Bridge, Source
    from appliance.settings import CameraSettings

_log = logging.getLogger(__name__)

TRIES = 4
"""After so many openings in vain, and so many more, the camera daemon is to be restarted."""
CLOSE_S = 5.0
"""The pipeline of a dead camera may never stop; nobody waits longer for it."""


def choose_bridge(settings: CameraSettings, folder: Path) -> Bridge:
    """Say how a camera's frames are to reach the GPU.

    Args:
        settings: Of the camera.
        folder: `GpuSettings.cache`, where the bridge lies if it was built.
    """
    if settings.bridge != "auto":
        return settings.bridge
    there = (folder / library_name()).is_file()
    return "nvmm" if there and _better(settings) else "jetson-utils"


def _better(settings: CameraSettings) -> bool:
    if is_live(settings.uri):
        return settings.uri.startswith("csi://")
    # jetson-utils plays some films, in real time, and drops what is late.
    return not (settings.paced and plays(settings.uri))


class Opens(Protocol):
    """Whoever opens cameras and films."""

    def first(self, settings: CameraSettings, clock: Clock) -> Source:
        """Open it in the thread that attends the GPU, in the way that works here.

        Raises:
            ApplianceError: it gives no picture.
        """
        ...

    def again(self, settings: CameraSettings, clock: Clock, bridge: Bridge) -> Source:
        """Open it in any thread, in the way that worked before.

        Raises:
            ApplianceError: it gives no picture.
        """
        ...


class Open:
    """Opens cameras and films for a GPU.

    Args:
        gpu: Which reads the frames.
        folder: `GpuSettings.cache`, where the bridge lies if it was built.
    """

    def __init__(self, gpu: Gpu, folder: Path) -> None:
        self._gpu = gpu
        self._folder = folder

    def again(self, settings: CameraSettings, clock: Clock, bridge: Bridge) -> Source:
        """Open it in any thread; see `Opens`."""
        if bridge == "nvmm":
            return self._nvmm(settings, clock)
        return Video(settings, self._gpu, clock)

    def first(self, settings: CameraSettings, clock: Clock) -> Source:
        """Open it in the thread that attends the GPU; see `Opens`."""
        if choose_bridge(settings, self._folder) == "nvmm":
            try:
                return self._proven(settings, clock)
            except MachineError:
                if settings.bridge == "nvmm":
                    raise
            _log.warning(
                "the bridge does not work here: jetson-utils is taken",
                extra=fields(camera=settings.name),
            )
        return self.again(settings, clock, "jetson-utils")

    def _proven(self, settings: CameraSettings, clock: Clock) -> Source:
        source = self._nvmm(settings, clock)
        try:
            source.prove()
        except BaseException:
            source.settle()
            source.close()
            raise
        return source

    def _nvmm(self, settings: CameraSettings, clock: Clock) -> NvmmBridge:
        return NvmmBridge(settings, self._gpu, clock, load_bridge(self._folder))


class Opener:
    """Opens a lost camera again in a thread of its own, for that takes seconds.

    Meanwhile only this thread has the source, and it never touches the GPU.
    """

    def __init__(
        self, settings: CameraSettings, clock: Clock, opens: Opens, bridge: Bridge
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._opens = opens
        self._bridge: Bridge = bridge
        self._ready = threading.Event()
        self._found: Source | None = None
        self._failure: ApplianceError | None = None
        self._thread: threading.Thread | None = None

    def lose(self, source: Source) -> None:
        """Take a source that is lost and settled; close it and begin to open it again."""
        self._ready.clear()
        self._thread = threading.Thread(
            target=self._run, args=(source,), name=f"camera {self._settings.name}", daemon=True
        )
        self._thread.start()

    def take(self, wait_s: float) -> Source | None:
        """Give the camera if it is open again within so many seconds.

        Raises:
            ApplianceError: something failed that opening again will not mend.
        """
        if self._thread is None or not self._ready.wait(wait_s):
            return None
        if self._failure:
            raise self._failure
        found, self._found = self._found, None
        return found

    def close(self) -> None:
        """Close what was opened meanwhile. The clock was stopped before."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(CLOSE_S)
        found, self._found = self._found, None
        if found is not None:
            found.close()

    def _run(self, source: Source) -> None:
        try:
            source.close()
            self._found = self._persist()
        except ApplianceError as error:
            self._failure = error
        except Exception as error:  # noqa: BLE001 - whatever broke the thread must end the process
            self._failure = MachineError(
                f"The camera {self._settings.name} failed ({type(error).__name__}).",
                mend="Start again.",
            )
        self._ready.set()

    def _persist(self) -> Source | None:
        for tries, pause_s in enumerate(back_off(), 1):
            self._clock.wait(pause_s)
            if self._clock.stopped:
                return None
            try:
                return self._opens.again(self._settings, self._clock, self._bridge)
            except MachineError:
                if tries % TRIES == 0 and self._settings.uri.startswith("csi://"):
                    daemon.restart(self._settings.name)
        return None
