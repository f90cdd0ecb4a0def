"""A picture from a camera, borrowed until the camera gives the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

A = TypeVar("A")
"""The machine's own array: numpy on an ordinary computer, device memory on a Jetson."""
A_co = TypeVar("A_co", covariant=True)


class Layout(Enum):
    """How the pixels lie in memory."""

    I420 = "i420"
    NV12 = "nv12"
    RGB8 = "rgb8"


class Matrix(Enum):
    """Which weights made luma and chroma out of red, green and blue (ITU-T H.273)."""

    BT601 = "bt601"
    BT709 = "bt709"


@dataclass(frozen=True)
class Colour:
    """How to turn the pixels back into red, green and blue."""

    matrix: Matrix = Matrix.BT601
    full_range: bool = False


@dataclass(frozen=True)
class Frame(Generic[A_co]):
    """One picture of one camera.

    Lifetime: valid until the camera's next read; the camera then overwrites it with zeros.
    """

    pixels: A_co = field(repr=False)
    """I420 or NV12: uint8 of (height * 3 / 2, width). RGB8: uint8 of (height, width, 3)."""
    width: int
    height: int
    layout: Layout
    colour: Colour
    camera: str
    number: int
    """Counts the camera's frames from 0, the dropped ones included."""
    taken_at: datetime
    """UTC."""
    taken_ns: int
    """The same moment on the monotonic clock."""
