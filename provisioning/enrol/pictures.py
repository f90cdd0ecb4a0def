"""Photographs that come in: from anywhere, in any state, and never trusted."""

from __future__ import annotations

import os
import stat
import warnings
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, ImageOps

from appliance.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    Picture = npt.NDArray[np.uint8]
    """RGB of (height, width, 3)."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_BYTES = 20_000_000
MAX_PIXELS = 40_000_000
SIDE_PX = 2_000
"""Larger pictures are reduced to this: no encoder sees more."""
REDUCED = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    1: cv2.IMREAD_COLOR,
}
"""A JPEG can be decoded at a half, a quarter or an eighth of its size, which is faster."""
JPEG_END = b"\xff\xd9"
DEEPEST = 0xFFFF
TAIL_BYTES = 64_000
"""So much may follow a JPEG: phones append a film or a depth map, but a JPEG cut off has no end."""
MEND = "Save it anew as JPEG or PNG."


@dataclass(frozen=True)
class Photograph:
    """A picture, perhaps smaller than its file says."""

    pixels: Picture = field(repr=False)
    """Upright."""
    reduced: float
    """So many pixels of the file are one of these, along a side."""
    step: int = 1
    """Above 1: the file was read at that part of its size, and more of it can be had."""


def read(file: Path) -> bytes:
    """Read a file that is neither a link nor a device.

    Raises:
        InputError: it is not there, is not a plain file, or is too large. Its name stands nowhere.
    """
    try:
        # A pipe would be waited for, and a link leads out of the folder.
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as opened:  # noqa: PTH123 - a handle has no path
            _require(stat.S_ISREG(os.fstat(handle).st_mode), "It is not a plain file.")
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        fault = f"It cannot be read: {error.strerror}."
        raise InputError(fault, mend="Check its name and its permissions.") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"It is larger than {MAX_BYTES:,} bytes.", mend="Reduce it.")
    return data


def _require(holds: bool, fault: str) -> None:
    if not holds:
        raise InputError(fault, mend="Name a picture.")


def decode(data: bytes, enough_px: int = SIDE_PX) -> Photograph:
    """Make pixels of a photograph; of an animation the first frame.

    Args:
        data: The file.
        enough_px: The shorter side need not be longer than this: a large JPEG is then read at a
            part of its size.

    Raises:
        InputError: it is not a picture, is damaged, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data, enough_px)
    except Image.DecompressionBombError:
        raise InputError(f"It has more than {MAX_PIXELS:,} pixels.", mend="Reduce it.") from None
    except Exception as error:
        # The readers raise anything at all when the bytes are hostile.
        raise InputError("It is not a picture that can be read.", mend=MEND) from error


def _decode(data: bytes, enough_px: int) -> Photograph:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Image.DecompressionBombError
        step = 1
        if image.format in {"JPEG", "MPO"} and image.mode in {"RGB", "L"}:
            spare = min(width, height) / enough_px
            step = max((step for step in REDUCED if step <= spare), default=1)
            pixels = _jpeg(data, step)
        else:
            pixels = np.array(_eight_bits(ImageOps.exif_transpose(image)).convert("RGB"))
    longest = max(pixels.shape[:2])
    pixels = _shrink(pixels, min(SIDE_PX / longest, 1.0))
    reduced = max(width, height) / max(pixels.shape[:2])
    return Photograph(pixels, reduced, step)


def _jpeg(data: bytes, step: int) -> Picture:
    """Read a plain JPEG with OpenCV: a quarter faster than with Pillow."""
    if JPEG_END not in data[-TAIL_BYTES:]:
        raise ValueError("it has no end")
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), REDUCED[step])
    if pixels is None:
        raise ValueError("OpenCV does not read it")
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels), np.uint8)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Halve the depth of a grey picture of 16 bits, of which Pillow would keep the darkest part."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, DEEPEST) >> 8).astype(np.uint8))


def open_picture(file: Path) -> Picture:
    """Read a photograph whole, for whoever may be told its name.

    Raises:
        InputError: it is not one, is damaged, or is too large.
    """
    try:
        return decode(read(file)).pixels
    except InputError as error:
        raise InputError(f"{file.name}: {error}", mend=error.mend) from None


@dataclass(frozen=True)
class Stamp:
    """How the picture for an officer's tablet is cut and kept."""

    width_px: int
    height_px: int
    quality: int


STAMPS = {
    "large": Stamp(240, 300, 85),
    "medium": Stamp(180, 225, 80),
    "small": Stamp(120, 150, 75),
}
"""A face takes about 15, 7 and 3 kB."""
MANY = {"large": 2_000, "medium": 40_000}
"""People up to which `auto` takes each: a bundle has to travel to a van by radio."""
FACE_SHARE = 0.55
"""How much of a stamp's height is face; the rest is hair, ears and collar."""


def stamp_for(people: int) -> Stamp:
    """Choose by the length of the list."""
    return STAMPS[next((name for name, most in MANY.items() if people <= most), "small")]


def thumbnail(picture: Picture, box: npt.NDArray[np.float32], stamp: Stamp) -> bytes:
    """Cut a face out for the officer's tablet, as a JPEG that says nothing else.

    Args:
        picture: Where it is.
        box: (4,): left, top, right, bottom in pixels.
        stamp: How large at most; a smaller face is not blown up.
    """
    height, width, _ = picture.shape
    left, top, right, bottom = map(float, np.clip(box, 0, (width, height, width, height)))
    half_y = min(max(bottom - top, 1.0) / FACE_SHARE / 2, height)
    half_x = half_y * stamp.width_px / stamp.height_px
    cut = _cut(picture, ((left + right) / 2, (top + bottom) / 2), (half_x, half_y))
    return glance(cut, stamp)


def _cut(picture: Picture, middle: tuple[float, float], half: tuple[float, float]) -> Picture:
    """Cut a region out; what lies beyond the edge is black."""
    spans: list[slice] = []
    margins: list[tuple[int, int]] = []
    for axis, side in ((1, picture.shape[0]), (0, picture.shape[1])):
        start, stop = round(middle[axis] - half[axis]), round(middle[axis] + half[axis])
        stop = max(stop, start + 1)
        spans.append(slice(max(start, 0), min(stop, side)))
        margins.append((max(-start, 0), max(stop - side, 0)))
    (above, below), (before, after) = margins
    cut = picture[spans[0], spans[1]]
    if any((above, below, before, after)):
        cut = np.asarray(
            cv2.copyMakeBorder(cut, above, below, before, after, cv2.BORDER_CONSTANT), np.uint8
        )
    return cut


def glance(pixels: Picture, stamp: Stamp) -> bytes:
    """Make a picture small as a whole; one that is small already stays as it is."""
    height, width, _ = pixels.shape
    shrink = min(stamp.width_px / width, stamp.height_px / height, 1.0)
    return _write(_shrink(pixels, shrink), stamp.quality)


def shrink(pixels: Picture, wide: int, high: int) -> Picture:
    """Make a picture smaller, to so many pixels.

    By halves first, which is the mean of four pixels: as good as any area filter, at a tenth of
    its price; the last step, by less than a half, may be linear.
    """
    while min(pixels.shape[1] // wide, pixels.shape[0] // high) > 1:
        height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
        even = pixels[: 2 * height, : 2 * width]
        halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(halved, np.uint8)
    if pixels.shape[:2] == (high, wide):
        return pixels
    return np.asarray(cv2.resize(pixels, (wide, high), interpolation=cv2.INTER_LINEAR), np.uint8)


def _shrink(pixels: Picture, by: float) -> Picture:
    high, wide = (max(round(side * by), 1) for side in pixels.shape[:2])
    return shrink(pixels, wide, high) if by < 1 else pixels


def _write(picture: Picture, quality: int) -> bytes:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes()
