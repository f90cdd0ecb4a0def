"""Pictures and faces of nobody: smooth, so that two ways to look at them can be compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.domain.frame import A, Colour, Frame, Layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from appliance.domain.face import Floats, Ints

WIDTH, HEIGHT = 1920, 1080
FRAMES = 8
"""As many as cameras."""
FACE_PX = 150
"""Width of a face that is near."""
TURN = 0.1
"""Of its head, in radians: no row of a crop is a row of the frame."""
ACROSS, DOWN = 4, 2
"""Faces of a frame."""
Planes = npt.NDArray[np.uint8]


def planes(number: int, times: int = 1) -> tuple[Planes, Planes, Planes]:
    """Draw luma, at full size, and both chromas, at half: waves, different in every frame.

    Args:
        number: Of the frame.
        times: How often the usual width and height.
    """
    y, x = np.mgrid[: HEIGHT * times, : WIDTH * times].astype(np.float32)
    luma = 120 + 60 * np.sin(x / 37 + number) + 40 * np.cos(y / 23 - x / 91)
    u = 128 + 30 * np.sin(y[::2, ::2] / 53 + number)
    v = 128 + 30 * np.cos(x[::2, ::2] / 61 - number)
    return luma.astype(np.uint8), u.astype(np.uint8), v.astype(np.uint8)


def nv12(number: int, times: int = 1) -> Planes:
    """Draw a frame as a Jetson's camera gives it: (height * 3 / 2, width)."""
    luma, u, v = planes(number, times)
    return np.concatenate([luma, np.stack([u, v], axis=-1).reshape(-1, luma.shape[1])])


def frame(pixels: A, layout: Layout, number: int, times: int = 1) -> Frame[A]:
    """Frame pixels that nobody has taken."""
    moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
    wide, high = WIDTH * times, HEIGHT * times
    return Frame(pixels, wide, high, layout, Colour(), "bench", number, moment, 0)


def frames(lend: Callable[[npt.NDArray[Any]], A], times: int = 1) -> list[Frame[A]]:
    """Draw a frame for each camera and bring it to the machine."""
    return [
        frame(lend(nv12(number, times)), Layout.NV12, number, times) for number in range(FRAMES)
    ]


@dataclass(frozen=True)
class Crowd:
    """Faces that stand in rows, in one frame after the other."""

    which: Ints
    """(F,)."""
    inverses: Floats = field(repr=False)
    """(F, 2, 3), from a crop's pixel to the frame's."""
    boxes: Floats = field(repr=False)
    """(F, 4)."""


def crowd(faces: int, side: int, face_px: int = FACE_PX, times: int = 1) -> Crowd:
    """Place faces; each is cut out at `side` pixels."""
    number = np.arange(faces)
    seat = number // FRAMES
    x = (seat % ACROSS + 0.5) * WIDTH * times / ACROSS
    y = (seat // ACROSS % DOWN + 0.5) * HEIGHT * times / DOWN
    scale, half = face_px / side, side / 2
    turn = scale * np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]])
    centre = np.stack([x, y], axis=1)
    shift = centre - turn @ np.array([half, half])
    inverses = np.concatenate([np.tile(turn, (faces, 1, 1)), shift[..., None]], axis=2)
    boxes = np.concatenate([centre - face_px / 2, centre + face_px / 2], axis=1).round()
    which = (number % FRAMES).astype(np.int32)
    return Crowd(which, inverses.astype(np.float32), boxes.astype(np.float32))
