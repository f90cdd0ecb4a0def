"""A camera, or a film that behaves like one: frames stay where the camera put them, for the GPU."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.clock import Clock, Reel
from appliance.domain.frame import Colour, Frame, Matrix
from appliance.jetson.clock import Beat
from appliance.jetson.opener import Open, Opener
from appliance.jetson.piece import Gone
from appliance.log import fields
from appliance.mast import heed, is_live

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from appliance.jetson.array import DeviceView
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.opener import Opens
    from appliance.jetson.piece import Bridge, Piece, Source
    from appliance.machine import Light
    from appliance.settings import CameraSettings

_log = logging.getLogger(__name__)

SILENT_NS = 3_000_000_000
"""A camera that gives nothing for so long is lost: jetson-utils only ever says that none came."""
HIGH_DEFINITION = 720
"""Lines from which a picture that does not say is BT.709; below, BT.601 (the habit of players)."""
NANOSECOND = 1e-9


class Camera:
    """Lends the newest frame; zeroes each when it comes back. While all is well it has no thread.

    Args:
        settings: Of the camera.
        lit: The token that only a lit panel gives.
        opens: Opens it, now and whenever it was lost.
        clock: The time.

    Raises:
        InputError: the film is missing or cannot be played.
        MachineError: the camera gives no picture.
    """

    def __init__(
        self, settings: CameraSettings, lit: Light, opens: Opens, clock: Clock | None = None
    ) -> None:
        self.name = settings.name
        self.lost = False
        self.ended = False
        self._settings = settings
        self._lit = lit
        self._opens = opens
        self._clock = clock or Clock()
        source = opens.first(settings, self._clock)
        self.size = source.size
        """Width and height of the newest frame in pixels."""
        self.bridge: Bridge = source.bridge
        """How the frames reach the GPU."""
        self._opener = Opener(settings, self._clock, opens, source.bridge)
        self._reel = Reel(NANOSECOND, source.interval_ns)
        self._start_ns = self._clock.now_ns()
        self._number = -1
        self._given = 0
        self._bad = 0
        """Of the sources before this one."""
        self._begin(source)

    def _begin(self, source: Source) -> None:
        self._source: Source | None = source
        self._beat = Beat(exact=source.exact)
        self._before = self._number + 1
        """Frames of the sources before this one."""
        self._heard_ns = self._clock.now_ns()

    @property
    def dropped(self) -> int:
        """Frames that nobody looked at, because a newer one came first."""
        return self._number + 1 - self._given

    @property
    def bad(self) -> int:
        """Frames that were of another kind, or may have been overwritten while they were lent."""
        return self._bad + (self._source.bad if self._source else 0)

    def read(self, wait_s: float) -> Frame[DeviceView] | None:
        """Erase the frame given before, and lend the newest; see `machine.Camera`."""
        source = self._source
        if source is not None:
            source.give_back()
        heed(self._lit)
        source = source or self._return(wait_s)
        return None if source is None else self._look(source, wait_s)

    def close(self) -> None:
        """Stop, and erase every frame held; a camera being opened delays this by some seconds."""
        self._clock.stop()
        source = self._leave()
        if source is not None:
            source.close()
        self._opener.close()
        self.ended = True

    def _look(self, source: Source, wait_s: float) -> Frame[DeviceView] | None:
        try:
            piece = source.next(wait_s)
        except Gone:
            self._lose() if is_live(self._settings.uri) else self._finish()
            return None
        if piece is not None:
            return self._lend(piece)
        if is_live(self._settings.uri) and self._clock.now_ns() - self._heard_ns > SILENT_NS:
            self._lose()
        return None

    def _lend(self, piece: Piece) -> Frame[DeviceView]:
        # jetson-utils counts a picture a moment after it gave it: the count may be one behind.
        self._number = max(self._number + 1, self._before + piece.arrived - 1)
        self._given += 1
        self._heard_ns = self._clock.now_ns()
        self.size, self.lost = (piece.width, piece.height), False
        taken_ns = self._taken(piece)
        return Frame(
            piece.pixels, piece.width, piece.height, piece.layout, self._colour(piece.height),
            self.name, self._number, self._clock.day(taken_ns), taken_ns,
        )  # fmt: skip

    def _taken(self, piece: Piece) -> int:
        if self._settings.paced or is_live(self._settings.uri):
            return self._beat.taken(piece.stamp_ns, self._heard_ns)
        return self._start_ns + self._reel.due(piece.stamp_ns)  # the film's own clock

    def _colour(self, height: int) -> Colour:
        if self._settings.matrix == "auto":
            matrix = Matrix.BT709 if height >= HIGH_DEFINITION else Matrix.BT601
        else:
            matrix = Matrix(self._settings.matrix)
        return Colour(matrix, full_range=bool(self._settings.full_range))

    def _leave(self) -> Source | None:
        """Let go of the source; from here on the GPU has nothing to do with it."""
        source, self._source = self._source, None
        if source is not None:
            source.settle()
            self._bad += source.bad
        return source

    def _lose(self) -> None:
        source = self._leave()
        if source is not None:
            self.lost = True
            _log.warning("the camera is lost", extra=fields(camera=self.name))
            self._opener.lose(source)

    def _return(self, wait_s: float) -> Source | None:
        source = self._opener.take(wait_s)
        if source is not None:
            _log.info("the camera is back", extra=fields(camera=self.name))
            self._begin(source)
        return source

    def _finish(self) -> None:
        """End the film, or begin it again where jetson-utils does not do that itself."""
        source = self._leave()
        if source is not None:
            source.close()
        self.ended = not self._settings.loop
        if not self.ended:
            self._begin(self._opens.again(self._settings, self._clock, self.bridge))


@contextmanager
def open_camera(
    settings: CameraSettings, lit: Light, *, gpu: Gpu, folder: Path
) -> Generator[Camera]:
    """Open a camera. Needs the token that only a lit panel gives.

    Args:
        settings: Of the camera.
        lit: The token.
        gpu: Which reads the frames; this thread attends it, and so does the one that reads.
        folder: `GpuSettings.cache`, where the bridge lies if it was built.

    Raises:
        InputError: the film is missing or cannot be played.
        MachineError: the camera gives no picture, or the lamp is dark.
    """
    heed(lit)
    camera = Camera(settings, lit, Open(gpu, folder))
    try:
        yield camera
    finally:
        camera.close()
