"""How red, green and blue come out of luma and chroma."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from appliance.domain.frame import Matrix

if TYPE_CHECKING:
    from appliance.domain.frame import Colour

LUMA_WEIGHTS = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722)}
"""Shares of red and blue in luma: ITU-R BT.601-7 and BT.709-6, section 3."""


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
