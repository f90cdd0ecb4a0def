"""The planes of a frame, as OpenCV wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.domain.frame import Layout
from appliance.vision.colour import yuv_to_rgb

if TYPE_CHECKING:
    from appliance.domain.face import Floats
    from appliance.domain.frame import Frame

Array = npt.NDArray[Any]


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
        """Copy a part of the picture as blue, green, red; its planes are overwritten with zeros."""
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
        parts.insert(0, luma[top:bottom, left:right].copy())
        merged = cv2.merge(parts)
        for part in parts:
            part.fill(0)
        return cv2.transform(merged, yuv_to_rgb(self.frame.colour)[::-1], dst=merged)


def chroma(inverse: Floats) -> Floats:
    """Turn a map into luma into the map into chroma, which has half the pixels.

    The centre of a chroma pixel lies between four luma pixels (ITU-T H.273 type 1), hence the
    quarter.
    """
    half = inverse * np.float32(0.5)
    half[:, 2] -= 0.25
    return half
