"""The picture that an officer gets: everybody but the subject made unrecognisable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from appliance.domain.face import Ints

Pixels = npt.NDArray[np.uint8]

VEIL_PX = 6
"""A veiled face is brought down to so many pixels a side: nobody can be told from it."""
LONGEST_PX = 480
"""Longest side of a picture for the tablets."""
QUALITY = 85


def encode_still(picture: Pixels, veiled: Ints) -> bytes:
    """Veil some boxes, shrink, and encode as JPEG; every copy is overwritten with zeros.

    Args:
        picture: (height, width, 3), blue first. It is veiled in place, and then zeroed.
        veiled: (V, 4), left, top, right and bottom in its pixels; may reach over its edges.
    """
    for box in veiled:
        _veil(picture, box)
    shrink = min(1.0, LONGEST_PX / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    data = encoded.tobytes()
    for array in (picture, small, encoded):
        array.fill(0)
    return data


def _veil(picture: Pixels, box: npt.NDArray[Any]) -> None:
    height, width = picture.shape[:2]
    left, top = np.maximum(box[:2], 0)
    right, bottom = min(int(box[2]), width), min(int(box[3]), height)
    if right <= left or bottom <= top:
        return
    patch = picture[top:bottom, left:right]
    coarse = cv2.resize(patch, (VEIL_PX, VEIL_PX), interpolation=cv2.INTER_AREA)
    patch[...] = cv2.resize(coarse, (right - left, bottom - top))
