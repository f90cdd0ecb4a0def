"""How much a sight of a face is worth, before it is encoded.

The gates are hard; the value only ranks. Its ramps are plain choices, to be replaced by measured
curves with the accuracy work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces, Floats, Ints
    from appliance.settings import VisionSettings
    from appliance.vision.models import Landmarks

FULL_WIDTH_PX = 100.0
"""A wider face adds no detail to a 112 px crop."""
FULL_SHARPNESS = 200.0
"""Variance of the Laplacian beyond which noise is measured, not detail."""
TURN_COST = 0.7
"""Share of the value that a face at the turn gate has lost."""


@dataclass(frozen=True)
class Quality:
    """Gate and rank of F sights."""

    passed: npt.NDArray[np.bool_]
    """(F,)."""
    value: Floats
    """(F,), 0 to 1."""

    def take(self, index: Ints) -> Quality:
        """Copy the sights at the given places."""
        return Quality(self.passed[index], self.value[index])


def turn(faces: Faces, points: Landmarks) -> Floats:
    """How far each nose is off the middle of the eyes, along their line.

    Returns:
        (F,), in distances between the eyes: 0 looks at the camera, about 0.5 is a half profile.
    """
    left, right, nose = (
        _point(faces, index) for index in (points.left_eye, points.right_eye, points.nose)
    )
    across = right - left
    length = np.maximum(eye_distance(faces, points), 1e-3)
    off = ((nose - (left + right) / 2) * across).sum(axis=1) / length
    return np.asarray(np.abs(off / length), np.float32)


def pose(faces: Faces, points: Landmarks, settings: VisionSettings) -> Quality:
    """Judge size, turn and the detector's confidence: what needs no pixel.

    The value is the most that `look` can leave of it.
    """
    width = faces.boxes[:, 2] - faces.boxes[:, 0]
    turned = turn(faces, points)
    value = (
        np.sqrt((width / FULL_WIDTH_PX).clip(0, 1))
        * (1 - TURN_COST * (turned / settings.turn).clip(0, 1))
        * faces.scores.clip(0, 1)
    )
    passed = (
        (width >= settings.face_width_px) & (turned <= settings.turn) & (value >= settings.quality)
    )
    return Quality(passed, value.astype(np.float32))


def look(posed: Quality, gauged: Floats, settings: VisionSettings) -> Quality:
    """Judge sharpness and brightness on top.

    Args:
        posed: F sights, from `pose`.
        gauged: (F, 2), as `Compute.gauge` gives them.
        settings: The gates.
    """
    sharp, bright = gauged[:, 0], gauged[:, 1]
    dark, glare = settings.brightness
    value = posed.value * np.sqrt((sharp / FULL_SHARPNESS).clip(0.1, 1))
    passed = (
        posed.passed
        & (sharp >= settings.sharpness)
        & (bright >= dark)
        & (bright <= glare)
        & (value >= settings.quality)
    )
    return Quality(passed, value.astype(np.float32))


def eye_distance(faces: Faces, points: Landmarks) -> Floats:
    """Measure between the eyes: (F,), in pixels."""
    across = _point(faces, points.right_eye) - _point(faces, points.left_eye)
    return np.asarray(np.hypot(across[:, 0], across[:, 1]), np.float32)


def _point(faces: Faces, index: Sequence[int]) -> Floats:
    return np.asarray(faces.landmarks[:, list(index)].mean(axis=1), np.float32)
