"""How a planted film is compressed: in pieces that a camera may show again and again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, cast

import av
import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Pixels = npt.NDArray[np.uint8]

JPEG_QUALITY = 90
FPS = 25
GROUP = 5
"""Pictures of a piece of H.264; the first stands for itself, the others say that nothing moved."""
X264 = {
    "preset": "veryfast",
    "tune": "zerolatency",
    "x264-params": "qp=20:keyint=250:scenecut=0:bframes=0:ref=4:aud=0",
}
"""Four reference pictures: as many as a camera's stream usually has its decoder keep."""


@dataclass(frozen=True)
class Codec:
    """One way to compress."""

    name: str
    suffix: str
    """Of the film's file, by which the appliance knows it."""
    pictures: int
    """Of a piece."""
    encode: Callable[[Pixels], bytes]
    """Makes a piece that shows a picture: uint8 of (height, width, 3), blue first."""


def _jpeg(picture: Pixels) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _h264(picture: Pixels) -> bytes:
    encoder = cast("Any", av.CodecContext.create("libx264", "w"))
    encoder.height, encoder.width = picture.shape[:2]
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, FPS), FPS
    encoder.options = X264
    piece = b""
    for number in range(GROUP):
        frame = av.VideoFrame.from_ndarray(picture, "bgr24").reformat(format="yuv420p")
        frame.pts = number
        piece += b"".join(map(bytes, encoder.encode(frame)))
    return piece + b"".join(map(bytes, encoder.encode(None)))


JPEG: Final = Codec("mjpeg", ".mjpeg", 1, _jpeg)
CODECS: Final = {codec.name: codec for codec in (JPEG, Codec("h264", ".h264", GROUP, _h264))}
