"""Photographs that come in: from anywhere, in any state, and never trusted."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

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
THUMBNAIL_PX = (240, 300)
FACE_SHARE = 0.55
"""How much of a thumbnail's height is face; the rest is hair, ears and collar."""
MEND = "Save it anew as JPEG or PNG."


def open_picture(file: Path) -> Picture:
    """Read a photograph upright; of an animation the first frame.

    Raises:
        InputError: it is not one, is damaged, or is too large.
    """
    data = _read(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decode(data)
    except Image.DecompressionBombError:
        raise InputError(
            f"{file.name} has more than {MAX_PIXELS} pixels.", mend="Reduce it."
        ) from None
    except Exception as error:
        # Pillow's readers raise anything at all when the bytes are hostile.
        raise InputError(f"{file.name} is not a picture that can be read.", mend=MEND) from error


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend="Check its permissions."
        ) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{file.name} is larger than {MAX_BYTES} bytes.", mend="Reduce it.")
    return data


def _decode(data: bytes) -> Picture:
    with Image.open(BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        # Lets a large JPEG be decoded at a half, a quarter or an eighth of its size.
        image.draft("RGB", (SIDE_PX, SIDE_PX))
        upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((SIDE_PX, SIDE_PX))
    return np.array(upright)


def thumbnail(picture: Picture, box: npt.NDArray[np.float32]) -> bytes:
    """Cut a face out for the officer's tablet, as a JPEG that says nothing else.

    Args:
        picture: Where it is.
        box: (4,): left, top, right, bottom in pixels.
    """
    height, width, _ = picture.shape
    left, top, right, bottom = map(float, np.clip(box, 0, (width, height, width, height)))
    width_px, height_px = THUMBNAIL_PX
    half_y = max(bottom - top, 1.0) / FACE_SHARE / 2
    half_x = half_y * width_px / height_px
    x, y = (left + right) / 2, (top + bottom) / 2
    region = (round(x - half_x), round(y - half_y), round(x + half_x), round(y + half_y))
    cut = Image.fromarray(picture).crop(region)
    cut.thumbnail(THUMBNAIL_PX)
    jpeg = BytesIO()
    cut.save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()
