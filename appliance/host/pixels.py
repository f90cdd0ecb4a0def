"""The planes of a frame, and how to make red, green and blue of them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.domain.frame import Layout, Matrix

if TYPE_CHECKING:
    from appliance.domain.face import Floats
    from appliance.domain.frame import Colour, Frame

Array = npt.NDArray[Any]

LUMA_WEIGHTS = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
"""Shares of red and blue in luma: ITU-R BT.601-7 and BT.709-6, section 3."""


def split(pixels: Array, width: int, height: int) -> tuple[Array, Array, Array]:
    """View the three planes of I420 pixels; nothing is copied."""
    flat = pixels.reshape(-1)
    luma, quarter = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(half),
        flat[luma + quarter : luma + 2 * quarter].reshape(half),
    )


class Picture:
    """A frame as OpenCV wants it."""

    def __init__(self, frame: Frame[Array]) -> None:
        self.frame = frame

    @property
    def planes(self) -> tuple[Array, Array, Array]:
        """Luma at full size, both chromas at half size."""
        return split(self.frame.pixels, self.frame.width, self.frame.height)

    @property
    def luma(self) -> Array:
        """Luma at full size."""
        if self.frame.layout is Layout.RGB8:
            return cv2.cvtColor(self.frame.pixels, cv2.COLOR_RGB2GRAY)
        return self.planes[0]

    def bgr(self, left: int, top: int, right: int, bottom: int) -> Array:
        """Copy a part of the picture as blue, green, red."""
        if self.frame.layout is Layout.RGB8:
            return np.ascontiguousarray(self.frame.pixels[top:bottom, left:right, ::-1])
        luma, *chromas = self.planes
        size = (right - left, bottom - top)
        maps = np.array([[0.5, 0, left / 2 - 0.25], [0, 0.5, top / 2 - 0.25]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        parts = [
            cv2.warpAffine(plane, maps, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
            for plane in chromas
        ]
        merged = cv2.merge([np.ascontiguousarray(luma[top:bottom, left:right]), *parts])
        return cv2.transform(merged, yuv_to_rgb(self.frame.colour)[::-1], dst=merged)


def chroma(inverse: Floats) -> Floats:
    """Turn a map into luma into the map into chroma, which has half the pixels.

    The centre of a chroma pixel lies between four luma pixels (ITU-T H.273 type 1), hence the
    quarter.
    """
    half = inverse * np.float32(0.5)
    half[:, 2] -= 0.25
    return half


@lru_cache(maxsize=8)
def yuv_to_rgb(colour: Colour) -> npt.NDArray[np.float64]:
    """Make the 3 x 4 matrix from 8-bit luma and chroma to 8-bit colours (ITU-T H.273, 8.3)."""
    red, blue = LUMA_WEIGHTS[colour.matrix]
    green = 1 - red - blue
    from_cr, from_cb = 2 * (1 - red), 2 * (1 - blue)
    luma_scale, chroma_scale = (1.0, 1.0) if colour.full_range else (255 / 219, 255 / 224)
    black = 0.0 if colour.full_range else 16.0
    linear = np.array(
        [
            [1, 0, from_cr],
            [1, -from_cb * blue / green, -from_cr * red / green],
            [1, from_cb, 0],
        ]
    ) * np.array([luma_scale, chroma_scale, chroma_scale])
    shift = -linear @ np.array([black, 128.0, 128.0])
    return np.column_stack([linear, shift])
