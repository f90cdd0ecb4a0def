"""Pictures from NVMM, where a Jetson's camera and decoder put them, by way of nvmm.c."""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.frame import Layout
from appliance.errors import MachineError
from appliance.jetson.array import DeviceView
from appliance.jetson.cache import read_ours
from appliance.jetson.piece import FIRST_S, LOOK_S, Bridge, Gone, Piece, odd_size
from appliance.mast import is_live, refusal

if TYPE_CHECKING:
    from appliance.clock import Clock
    from appliance.jetson.array import DeviceArray
    from appliance.jetson.gpu import Gpu
    from appliance.settings import CameraSettings

SOURCE = Path(__file__).with_name("nvmm.c")
FRAME, NONE, OVER, FOREIGN = 1, 0, -1, -2
"""`enum answer` of nvmm.c; whatever is less is a failure."""
TURNS = {"none": 0, "rotate-180": 2}
"""flip-method of nvvidconv."""
NEWEST = "appsink name=newest max-buffers=1 enable-last-sample=false"
"""One frame waits, and nobody else keeps one."""
NV12 = "video/x-raw(memory:NVMM),format=NV12"
FALLBACK_NS = 40_000_000
"""From one picture to the next, where a film does not say."""
PROOF_S = 2.0


class Lent(ctypes.Structure):
    """`struct lfr_frame` of nvmm.c."""

    _fields_ = (
        ("address", ctypes.c_uint64),
        ("stamp_ns", ctypes.c_int64),
        ("arrived", ctypes.c_int64),
        ("width", ctypes.c_int32),
        ("height", ctypes.c_int32),
    )


@cache
def library_name() -> str:
    """Name the bridge by its source, so that an old build is never taken for a new one."""
    return f"nvmm-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}.so"


def load_bridge(folder: Path) -> ctypes.CDLL:
    """Load what provisioning/install.sh compiled on this van.

    Args:
        folder: `GpuSettings.cache`.

    Raises:
        MachineError: it is not there, others may have written it, or it does not load.
    """
    file = folder / library_name()
    read_ours(file)  # it is a program
    try:
        library = ctypes.CDLL(str(file))
    except OSError as error:
        raise MachineError(
            f"The bridge to the camera's memory does not load ({file.name}).",
            mend="Run provisioning/install.sh again, or set camera.bridge to jetson-utils.",
        ) from error
    return declare(library)


def declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Tell ctypes the types of nvmm.c's functions."""
    handle, number, stream = ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p
    library.lfr_nvmm_open.restype, library.lfr_nvmm_open.argtypes = handle, [ctypes.c_char_p]
    library.lfr_nvmm_arrived.restype = ctypes.c_int64
    for name, more in {
        "arrived": (),
        "next": (number, ctypes.POINTER(Lent)),
        "read": (ctypes.c_uint64, stream),
        "write": (ctypes.c_uint64, stream),
        "give_back": (stream,),
        "settle": (),
        "close": (),
    }.items():
        getattr(library, f"lfr_nvmm_{name}").argtypes = [handle, *more]
    return library


def pipeline(settings: CameraSettings) -> str:
    """Write the text of the pipeline.

    Raises:
        InputError: the film is not there.
        MachineError: it is no camera that has NVMM.
    """
    if settings.uri.startswith("csi://"):
        return _sensor(settings)
    if is_live(settings.uri):
        raise refusal(settings, "only csi:// cameras and films come by camera.bridge nvmm")
    return _film(settings)


def _sensor(settings: CameraSettings) -> str:
    number = settings.uri.removeprefix("csi://")
    if not (number.isascii() and number.isdigit()):
        raise refusal(settings, "csi:// needs the number of a sensor")
    asked = {"width": settings.width, "height": settings.height, "framerate": _rate(settings.fps)}
    wanted = "".join(f",{name}={value}" for name, value in asked.items() if value is not None)
    turn = TURNS[settings.flip]
    turned = f" ! nvvidconv flip-method={turn} ! {NV12}" if turn else ""
    return (
        f"nvarguscamerasrc sensor-id={number} ! {NV12}{wanted}{turned}"
        f" ! {NEWEST} drop=true sync=false"
    )


def _rate(fps: float | None) -> str | None:
    return None if fps is None else f"{round(fps)}/1"


def _film(settings: CameraSettings) -> str:
    film = Path(settings.uri).absolute()
    if not film.is_file():
        raise refusal(settings, "No such file")
    place = str(film).replace("\\", "\\\\").replace('"', '\\"')
    pace = str(settings.paced).lower()
    return (
        f'filesrc location="{place}" ! decodebin ! nvvidconv flip-method={TURNS[settings.flip]}'
        f" ! {NV12} ! {NEWEST} drop={pace} sync={pace}"
    )


class NvmmBridge:
    """An open pipeline.

    A frame is the camera's own memory, held until it is given back. Where it lies in a way that our
    kernels cannot read, in blocks or with gaps, the GPU copies it once into memory of ours. Before
    the camera has it back it is overwritten with zeros.

    Raises:
        InputError: the film is not there.
        MachineError: the camera gives no picture, or its memory cannot be mapped.
    """

    bridge: Bridge = "nvmm"
    exact = True
    interval_ns = FALLBACK_NS

    def __init__(
        self, settings: CameraSettings, gpu: Gpu, clock: Clock, library: ctypes.CDLL
    ) -> None:
        self.bad = 0
        self.size: tuple[int, int] = (0, 0)
        self._settings = settings
        self._gpu = gpu
        self._library = library
        self._slot: DeviceArray | None = None
        """Ours: what is lent lies here if it had to be copied, and zeros while nothing is lent."""
        self._held = False
        self._copied = False
        """Whether what is held was copied to the slot."""
        self._first: Piece | None = None
        """Held, but nobody has asked for it yet."""
        self._handle = library.lfr_nvmm_open(pipeline(settings).encode())
        if not self._handle:
            raise refusal(settings, "its GStreamer pipeline does not start")
        self._await(clock)

    def _await(self, clock: Clock) -> None:
        until_ns, arrived = clock.now_ns() + int(FIRST_S * 1e9), 0
        while arrived == 0 and clock.now_ns() < until_ns and not clock.stopped:
            clock.wait(LOOK_S / 10)
            arrived = self._library.lfr_nvmm_arrived(self._handle)
        if arrived <= 0:
            self.close()
            raise refusal(self._settings, "none came in time")

    def prove(self) -> None:
        """Map one picture, so that a machine on which that fails is known before it matters.

        Raises:
            MachineError: it cannot be mapped.
        """
        try:
            self._first = self.next(PROOF_S)
        except Gone:
            self._first = None
        if self._first is None:
            raise _unmapped(self._settings)
        if is_live(self._settings.uri):
            self._first = None  # it would be old when it is asked for
            self.give_back()

    def next(self, wait_s: float) -> Piece | None:
        """Lend the newest picture; see `piece.Source`."""
        first, self._first = self._first, None
        if first is not None:
            return first
        frame = Lent()
        answer = self._library.lfr_nvmm_next(self._handle, round(wait_s * 1000), frame)
        if answer == OVER:
            raise Gone
        if answer in {NONE, FOREIGN}:
            self.bad += answer == FOREIGN
            return None
        self._require(answer)
        self._held, self._copied = True, False
        wrong = odd_size(frame.width, frame.height)
        if wrong:
            raise refusal(self._settings, wrong)
        return self._piece(frame)

    def _piece(self, frame: Lent) -> Piece:
        width, height = int(frame.width), int(frame.height)
        shape, self.size = (height * 3 // 2, width), (width, height)
        if self._slot is None or self._slot.shape != shape:
            self._slot = self._gpu.allocate(shape, np.uint8)
        pixels = DeviceView(frame.address, shape, self._slot.kind)
        if not frame.address:
            pixels, self._copied = self._slot, True
            self._require(self._library.lfr_nvmm_read(self._handle, pixels.address, self._stream))
        return Piece(pixels, Layout.NV12, width, height, frame.stamp_ns, frame.arrived)

    @property
    def _stream(self) -> int:
        return int(self._gpu.stream.handle)

    def give_back(self) -> None:
        """Overwrite the lent picture with zeros, here and in the camera's memory; wait for that."""
        if not self._held or self._first is not None:
            return
        self._held = False
        written = FRAME
        if self._slot is not None:
            if self._copied:
                self._gpu.zero([self._slot])
            written = self._library.lfr_nvmm_write(self._handle, self._slot.address, self._stream)
        given = self._library.lfr_nvmm_give_back(self._handle, self._stream)
        self._require(min(written, given))

    def settle(self) -> None:
        """Wait for the GPU, and free what is ours there; see `piece.Source`."""
        self._first = None
        self.give_back()
        self._gpu.wait()
        self._slot = None
        if self._handle:
            self._library.lfr_nvmm_settle(self._handle)

    def close(self) -> None:
        """Stop the pipeline and free it."""
        handle, self._handle = self._handle, None
        if handle:
            self._library.lfr_nvmm_close(handle)

    def _require(self, answer: int) -> None:
        if answer != FRAME:
            raise _unmapped(self._settings)


def _unmapped(settings: CameraSettings) -> MachineError:
    return MachineError(
        f"The memory of camera {settings.name} cannot be mapped for the GPU.",
        mend="Set camera.bridge to jetson-utils.",
    )
