"""Bytes that a stage must move, counted in the pieces in which a GPU's memory moves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from appliance.domain.face import Floats, Ints

SECTOR = 32
"""Bytes that come from memory at once, whatever is asked of them."""
Taps = npt.NDArray[np.int64]


def letterbox_bytes(frame: tuple[int, int], size: tuple[int, int], item: int) -> int:
    """Count what bringing one NV12 frame to a size reads and writes.

    Args:
        frame: Its width and height.
        size: Width and height of the result, the black rest included.
        item: Bytes of a number of the result.
    """
    width, height = frame
    scale = min(size[0] / width, size[1] / height)
    wide, high = round(width * scale), round(height * scale)
    x, y = (
        (np.arange(wide) + 0.5) * width / wide - 0.5,
        (np.arange(high) + 0.5) * height / high - 0.5,
    )
    read = _rows(y, height) * _sectors(_taps(x, width))
    # Chroma has half the pixels, and two bytes for each: its centre lies between four of luma.
    read += _rows(y / 2 - 0.25, height // 2) * _sectors(2 * _taps(x / 2 - 0.25, width // 2))
    return read * SECTOR + 3 * size[0] * size[1] * item


def _rows(places: npt.NDArray[Any], length: int) -> int:
    return len(_taps(places, length))


def _taps(places: npt.NDArray[Any], length: int) -> Taps:
    """List the pixels that count in an interpolation along one axis."""
    left = np.floor(places).astype(np.int64)
    right = left[places > left] + 1
    return np.unique(np.concatenate([left, right]).clip(0, length - 1))


def _sectors(offsets: Taps) -> int:
    return len(np.unique(offsets // SECTOR))


@dataclass
class Touched:
    """Which sectors of some NV12 frames a kernel touches, each counted once."""

    frames: int
    width: int
    height: int
    sectors: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        across = -(-self.width // SECTOR)
        self.sectors = np.zeros((self.frames, self.height * 3 // 2, across), np.bool_)

    def cut(self, which: int, inverse: Floats, side: int) -> None:
        """Touch what an aligned face of `side` pixels is made of."""
        y, x = np.mgrid[:side, :side].reshape(2, -1)
        places = inverse.astype(np.float64) @ np.stack([x, y, np.ones_like(x)])
        self._tap(which, places, 0, 1)
        self._tap(which, places / 2 - 0.25, self.height, 2)

    def box(self, which: int, edges: Ints) -> None:
        """Touch the luma of a box: left, top, right, bottom, inside the frame."""
        left, top, right, bottom = (int(edge) for edge in edges)
        self.sectors[which, top:bottom, left // SECTOR : -(-right // SECTOR)] = True

    def _tap(self, which: int, places: npt.NDArray[Any], first: int, step: int) -> None:
        x, y = np.floor(places).astype(np.int64)
        wide, high = self.width // step, self.height // step
        for right in (0, 1):
            for below in (0, 1):
                column, row = x + right, y + below
                inside = (column >= 0) & (column < wide) & (row >= 0) & (row < high)
                at = column[inside] * step // SECTOR
                self.sectors[which, first + row[inside], at] = True

    @property
    def bytes(self) -> int:
        """Of every sector that was touched."""
        return int(np.count_nonzero(self.sectors)) * SECTOR
