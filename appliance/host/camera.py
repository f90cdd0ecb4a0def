"""A camera, or a film that behaves like one: a thread decodes, only the newest frame is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
from av.error import FFmpegError

from appliance.clock import Clock
from appliance.domain.frame import Frame, Layout
from appliance.errors import ApplianceError, MachineError
from appliance.host.pieces import Piece, Pieces
from appliance.host.slots import Slots
from appliance.host.source import open_source
from appliance.mast import back_off, heed, is_live, refusal
from appliance.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Generator

    from appliance.machine import Light

Array = npt.NDArray[Any]
Open = Callable[[CameraSettings], AbstractContextManager[Pieces]]

FIRST_S = 15.0
"""A camera that shows nothing for so long after it was opened is no camera."""
LATE_NS = 500_000_000
"""A film whose next round is later than this starts afresh instead of hurrying after."""


class Camera:
    """Lends the newest frame; zeroes each when it comes back."""

    def __init__(
        self,
        settings: CameraSettings,
        lit: Light,
        clock: Clock | None = None,
        opens: Open = open_source,
    ) -> None:
        self.name = settings.name
        self.size = (0, 0)
        """Width and height of the newest frame in pixels."""
        self.bridge = "FFmpeg"
        """By which way its frames come."""
        self.bad = 0
        """Pieces of the source that could not be read."""
        self.lost = False
        self.failure: ApplianceError | None = None
        """What ended the thread; `read` raises it."""
        self._settings = settings
        self._lit = lit
        self._clock = clock or Clock()
        self._opens = opens
        self._live = is_live(settings.uri)
        self._slots = Slots()
        self._count = 0
        self._start_ns: int | None = None
        """When the film's present round began."""
        self._next_ns = 0
        """When its next round begins, so that rounds follow each other without a gap."""
        self._thread = threading.Thread(target=self._run, name=f"camera {self.name}", daemon=True)

    @property
    def dropped(self) -> int:
        """Frames that nobody looked at, because a newer one came first."""
        return self._slots.dropped

    @property
    def ended(self) -> bool:
        """Whether no frame will ever come again; the last one has been taken."""
        return self._slots.spent

    def start(self) -> None:
        """Begin to decode, and wait for the first frame.

        Raises:
            InputError: the film is missing or has no picture.
            MachineError: the camera gives no picture.
        """
        self._thread.start()
        if not self._slots.await_first(FIRST_S):
            raise self.failure or refusal(self._settings, "none came in time")

    def read(self, wait_s: float) -> Frame[Array] | None:
        """Erase the frame given before, and lend the newest; see `machine.Camera`."""
        self._slots.reclaim()
        heed(self._lit)
        frame = self._slots.take(wait_s)
        if frame is None and self.failure:
            raise self.failure
        return frame

    def close(self) -> None:
        """Stop, and erase every frame held; a camera being opened delays this by its timeout."""
        self._clock.stop()
        self._slots.end()
        if self._thread.is_alive():
            self._thread.join()
        self._slots.erase()

    def _run(self) -> None:
        try:
            self._follow() if self._live else self._play()
        except ApplianceError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - whatever broke the thread must end the process.
            self.failure = MachineError(
                f"The camera {self.name} failed ({type(error).__name__}).", mend="Start again."
            )
        self._slots.end()

    def _play(self) -> None:
        while self._round() and self._settings.loop:
            pass

    def _follow(self) -> None:
        pauses = back_off()
        while not self._clock.stopped:
            if self._round():
                pauses = back_off()
            self.lost = True
            self._clock.wait(next(pauses))

    def _round(self) -> bool:
        """Show what the source gives until it ends; say whether it gave anything."""
        before, self._start_ns = self._count, None
        try:
            with self._opens(self._settings) as source:
                self._watch(source)
        except MachineError:
            if not self._count:
                raise
        if not self._count:
            raise refusal(self._settings, "there is no picture that can be decoded in it")
        return self._count > before and not self._clock.stopped

    def _watch(self, source: Pieces) -> None:
        for piece in source.pieces():
            if self._clock.stopped:
                return
            if piece is None or not self._show(source, piece):
                self.bad += 1

    def _show(self, source: Pieces, piece: Piece) -> bool:
        if not self._settings.paced and not self._live:
            self._slots.drain()
        taken_ns = self._taken(piece)
        shape = source.shape(piece.picture)
        pixels = self._slots.borrow(shape.length)
        try:
            source.copy(piece.picture, pixels, shape)
        except (FFmpegError, ValueError):
            self._slots.give_back(pixels)
            return False
        frame = Frame(
            pixels, shape.width, shape.height, Layout.I420, shape.colour, self.name,
            self._count, self._clock.day(taken_ns), taken_ns,
        )  # fmt: skip
        self.size, self.lost = (shape.width, shape.height), False
        self._count += 1
        self._slots.put(frame)
        return True

    def _taken(self, piece: Piece) -> int:
        if self._live:
            return self._clock.now_ns() - piece.cost_ns
        if self._start_ns is None:
            self._start_ns = self._begin_ns()
        due_ns = self._start_ns + piece.due_ns
        self._next_ns = due_ns + piece.lasts_ns
        if not self._settings.paced:
            return due_ns  # the film's own clock, since nobody waits for it
        self._clock.wait((due_ns - self._clock.now_ns()) / 1e9)
        return self._clock.now_ns() - piece.cost_ns

    def _begin_ns(self) -> int:
        now_ns = self._clock.now_ns()
        late = self._settings.paced and now_ns - self._next_ns > LATE_NS
        return now_ns if late or not self._next_ns else self._next_ns


@contextmanager
def open_camera(settings: CameraSettings, lit: Light) -> Generator[Camera]:
    """Open a camera. Needs the token that only a lit panel gives.

    Raises:
        InputError: the film is missing or has no picture.
        MachineError: the camera gives no picture, or the lamp is dark.
    """
    heed(lit)
    camera = Camera(settings, lit)
    try:
        camera.start()
        yield camera
    finally:
        camera.close()
