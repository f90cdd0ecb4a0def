"""How much a sight of a face is worth, before it is encoded.

The gates are hard; the value ranks: it is the share of such sights that would match their own
person at the threshold for a list of 500, as was measured with two networks on spoilt pictures
(DECISIONS 131). A logistic curve; what it rests on is below.
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

WIDTHS_PX = (16.0, 100.0)
"""A narrower face matches next to nobody; a wider one adds no detail to a 112 px crop."""
CONFIDENCES = (0.85, 0.95)
"""Of YuNet: it falls with small, blurred, covered and far turned faces, long before it says no."""
FULL_DETAIL = 3.6
"""Beyond it noise is measured, not detail: 400 of the Laplacian at a luma of 120."""
OF_WIDTH, OF_CONFIDENCE, OF_DETAIL, AT_NOUGHT = 0.37, 47.2, 1.12, -48.2
"""What a doubling of the width, the confidence and the detail add to the logarithm of the odds."""


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

    How far a head is turned closes a gate, and has no part in the value: up to the gate it made no
    difference that the detector's confidence had not told.

    The value is the most that `look` can leave of it.
    """
    width = faces.boxes[:, 2] - faces.boxes[:, 0]
    logit = (
        AT_NOUGHT
        + OF_WIDTH * np.log2(width.clip(*WIDTHS_PX))
        + OF_CONFIDENCE * faces.scores.clip(*CONFIDENCES)
        + OF_DETAIL * FULL_DETAIL
    )
    value = 1 / (1 + np.exp(-logit))
    passed = (
        (width >= settings.face_width_px)
        & (turn(faces, points) <= settings.turn)
        & (value >= settings.quality)
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
    # Less the luma's: what is lit less or reflects less has a smaller Laplacian, as sharp as it is.
    detail = np.log(np.maximum(sharp, 1)) - np.log(np.maximum(bright, 1)) / 2
    odds = posed.value / (1 - posed.value)
    odds = odds * np.exp(OF_DETAIL * (np.minimum(detail, FULL_DETAIL) - FULL_DETAIL))
    value = odds / (1 + odds)
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
