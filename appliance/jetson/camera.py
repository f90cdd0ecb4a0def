"""A camera of the mast over jetson-utils. The outline; its bodies come with the Jetson work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from appliance.jetson.array import DeviceArray, unwritten

if TYPE_CHECKING:
    from collections.abc import Generator

    from appliance.domain.frame import Frame
    from appliance.machine import Light
    from appliance.settings import CameraSettings


class Camera:
    """Lends the newest frame; zeroes each when it comes back."""

    name: str
    dropped: int
    bad: int
    lost: bool
    ended: bool

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        raise unwritten("camera")

    def read(self, wait_s: float) -> Frame[DeviceArray] | None:
        """Erase the frame given before, and lend the newest; see `machine.Camera`."""
        raise unwritten("camera")

    def close(self) -> None:
        """Stop, and erase every frame held."""
        raise unwritten("camera")


@contextmanager
def open_camera(settings: CameraSettings, lit: Light) -> Generator[Camera]:
    """Open a camera. Needs the token that only a lit panel gives."""
    yield _unwritten(settings, lit)


def _unwritten(settings: CameraSettings, lit: Light) -> Camera:
    raise unwritten("camera")
