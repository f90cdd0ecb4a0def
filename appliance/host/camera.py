"""A camera, or a film that behaves like one: a thread decodes, only the newest frame is kept."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.domain.frame import Frame, Layout
from appliance.errors import ApplianceError, InputError, MachineError
from appliance.host.source import Shape, Source, is_live, open_source

if TYPE_CHECKING:
    from collections.abc import Generator

    from av.video.frame import VideoFrame

    from appliance.machine import Light
    from appliance.settings import CameraSettings

Array = npt.NDArray[Any]

SLOTS = 3
"""One is being written, one waits, one is lent."""
LATE_NS = 500_000_000
"""A film whose next round is later than this starts afresh instead of hurrying after."""
BACK_OFF_S = (0.5, 8.0)
"""A lost camera is opened again after the first, doubling up to the second."""


class Camera:
    """Lends the newest frame; zeroes each when it comes back."""

    def __init__(self, settings: CameraSettings, lit: Light, shape: Shape) -> None:
        self.settings = settings
        self.name = settings.name
        self.lit = lit
        self.dropped = 0
        self.lost = False
        self.ended = False
        self.failure: ApplianceError | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._count = 0
        self._next_ns = 0
        """When the film's next round begins, so that rounds follow each other without a gap."""
        self._shape = shape
        self._free = self._slots(shape)
        self._newest: Frame[Array] | None = None
        self._lent: Frame[Array] | None = None
        self._thread = threading.Thread(target=self._run, name=f"camera {self.name}", daemon=True)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self._shape.width, self._shape.height

    def _slots(self, shape: Shape) -> list[Array]:
        length = shape.width * shape.height * 3 // 2
        return [np.zeros(length, np.uint8) for _ in range(SLOTS)]

    def start(self) -> None:
        """Begin to decode."""
        self._thread.start()

    def read(self, wait_s: float) -> Frame[Array] | None:
        """Erase the frame given before, and lend the newest; see `machine.Camera`."""
        if not self.lit.shining:
            raise MachineError("The lamp is dark.", mend="Light it; nothing is looked at before.")
        with self._news:
            self._release(self._lent)
            self._lent = None
            self._news.wait_for(lambda: self._newest or self.ended or self.failure, wait_s)
            if self.failure:
                raise self.failure
            self._lent, self._newest = self._newest, None
            self._news.notify_all()
            return self._lent

    def _release(self, frame: Frame[Array] | None) -> None:
        if frame is not None:
            frame.pixels.fill(0)
            # A camera that came back with another size has slots of that size already.
            if len(frame.pixels) == self._shape.width * self._shape.height * 3 // 2:
                self._free.append(frame.pixels)

    def close(self) -> None:
        """Stop, and erase every frame held."""
        self._stop.set()
        with self._news:
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        for frame in (self._newest, self._lent):
            self._release(frame)
        self._newest = self._lent = None

    def _run(self) -> None:
        try:
            self._play()
        except ApplianceError as error:
            self.failure = error
        except Exception as error:  # noqa: BLE001 - whatever broke the thread must end the process.
            self.failure = MachineError(
                f"The camera {self.name} failed ({type(error).__name__}).", mend="Start again."
            )
        with self._news:
            self.ended = True
            self._news.notify_all()

    def _play(self) -> None:
        pause_s = BACK_OFF_S[0]
        while not self._stop.is_set():
            before = self._count
            try:
                with open_source(self.settings) as source:
                    self._watch(source)
            except MachineError:
                self.lost = True
            if not is_live(self.settings.uri):
                if not self.settings.loop or self._count == before:
                    return
                continue
            self.lost = True
            pause_s = BACK_OFF_S[0] if self._count > before else min(pause_s * 2, BACK_OFF_S[1])
            self._stop.wait(pause_s)

    def _watch(self, source: Source) -> None:
        start_ns: int | None = None
        for packet in source.packets():
            due_ns = int(source.seconds(packet.dts if packet.dts is not None else packet.pts) * 1e9)
            if start_ns is None:
                start_ns = self._begin_ns() - due_ns
            if packet.size:  # the last packet is an empty one that flushes the decoder
                self._next_ns = start_ns + due_ns + source.interval_ns
            taken_ns = self._wait(source, start_ns + due_ns)
            for picture in source.pictures(packet):
                self._keep(source, picture, taken_ns)
            if self._stop.is_set():
                return

    def _begin_ns(self) -> int:
        now_ns = time.monotonic_ns()
        late = self.settings.paced and now_ns - self._next_ns > LATE_NS
        return now_ns if late or not self._next_ns else self._next_ns

    def _wait(self, source: Source, due_ns: int) -> int:
        if source.live:
            return time.monotonic_ns()
        if not self.settings.paced:
            return due_ns  # the film's own clock, since nobody waits for it
        self._stop.wait(max(0, due_ns - time.monotonic_ns()) / 1e9)
        return time.monotonic_ns()

    def _keep(self, source: Source, picture: VideoFrame, taken_ns: int) -> None:
        shape = source.shape(picture)
        with self._news:
            if not self.settings.paced:
                self._news.wait_for(lambda: self._newest is None or self._stop.is_set())
            if shape != self._shape:
                self._shape, self._free = shape, self._slots(shape)
            pixels = self._free.pop()
        source.copy(picture, pixels, shape)
        frame = Frame(
            pixels, shape.width, shape.height, Layout.I420, shape.colour, self.name,
            self._count, _wall(taken_ns), taken_ns,
        )  # fmt: skip
        with self._news:
            self._count += 1
            self.lost = False
            if self._newest is not None:
                self.dropped += 1
                self._release(self._newest)
            self._newest = frame
            self._news.notify_all()


def _wall(taken_ns: int) -> datetime:
    age_s = (time.monotonic_ns() - taken_ns) / 1e9
    return datetime.fromtimestamp(time.time() - age_s, timezone.utc)


@contextmanager
def open_camera(settings: CameraSettings, lit: Light) -> Generator[Camera]:
    """Open a camera. Needs the token that only a lit panel gives.

    Raises:
        InputError: the film is missing or has no picture.
        MachineError: the camera does not answer, or the lamp is dark.
    """
    if not lit.shining:
        raise MachineError("The lamp is dark.", mend="Light it; nothing is looked at before.")
    camera = Camera(settings, lit, _first_shape(settings))
    camera.start()
    try:
        yield camera
    finally:
        camera.close()


def _first_shape(settings: CameraSettings) -> Shape:
    with open_source(settings) as source:
        for packet in source.packets():
            for picture in source.pictures(packet):
                return source.shape(picture)
    raise InputError(
        f"The camera {settings.name} gives no picture.", mend="Give a film that a player can show."
    )
