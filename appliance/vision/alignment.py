"""From five landmarks to the one upright picture of a face that an encoder was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from appliance.domain.face import Floats

SMALLEST = 1e-6
"""Landmarks that all lie on one point have no direction; the square of a pixel is far above."""


def inverse_similarity(landmarks: Floats, template: Floats) -> Floats:
    """Fit a turn, a scale and a shift of each face to the template, by least squares.

    In the plane this is a complex line w = a z + b, so all faces are solved at once (Umeyama 1991
    without reflection gives the same).

    Args:
        landmarks: (F, 5, 2), pixels of the frame.
        template: (5, 2), pixels of the crop.

    Returns:
        (F, 2, 3), from a pixel of the crop to a pixel of the frame; NaN where the landmarks have no
        extent or are not finite.
    """
    z = landmarks[..., 0].astype(np.complex128) + 1j * landmarks[..., 1]
    w = template[:, 0].astype(np.complex128) + 1j * template[:, 1]
    z_mean, w_mean = z.mean(axis=1, keepdims=True), w.mean()
    spread = (np.abs(z - z_mean) ** 2).sum(axis=1)
    unsolved = ~(spread > SMALLEST)
    a = (np.conj(z - z_mean) * (w - w_mean)).sum(axis=1) / np.where(unsolved, 1.0, spread)
    unsolved |= ~(np.abs(a) > SMALLEST)
    back = 1 / np.where(unsolved, 1.0, a)
    shift = z_mean[:, 0] - back * w_mean
    rows = [[back.real, -back.imag, shift.real], [back.imag, back.real, shift.imag]]
    inverses = np.array(rows, dtype=np.float32).transpose(2, 0, 1)
    inverses[unsolved] = np.nan
    return inverses


def mirror(inverses: Floats, side: int) -> None:
    """Have faces cut out left to right the other way, in place.

    Args:
        inverses: (F, 2, 3), as `inverse_similarity` gives them.
        side: Width of a crop, in pixels.
    """
    inverses[:, :, 2] += inverses[:, :, 0] * (side - 1)
    inverses[:, :, 0] *= -1
