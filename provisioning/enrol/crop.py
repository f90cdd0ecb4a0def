"""Measures one face on an upright crop, whose scale is that of an encoder's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from provisioning.enrol.pictures import shrink

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces, Floats
    from appliance.vision.models import Landmarks
    from provisioning.enrol.pictures import Photograph, Picture


WIDTH_PX, HEIGHT_PX = 96, 112
LEFT_EYE, RIGHT_EYE = (30.0, 40.0), (66.0, 40.0)
EYES_PX = RIGHT_EYE[0] - LEFT_EYE[0]
"""Between the eyes, in the crop: what an encoder of 112 px sees."""
Region = tuple[slice, slice]
FACE: Region = (slice(24, 100), slice(18, 78))
EYES: tuple[Region, Region] = (
    (slice(35, 46), slice(22, 39)),
    (slice(35, 46), slice(57, 74)),
)
CHEEKS: tuple[Region, Region] = (
    (slice(52, 64), slice(20, 36)),
    (slice(52, 64), slice(60, 76)),
)
BETWEEN: Region = (slice(27, 39), slice(42, 54))
"""The root of the nose, which is never covered where both eyes are seen."""
LIPS: Region = (slice(70, 96), slice(34, 62))
BRIGHT = 0.95
BURNT = 250
BLACK = 1e-3


def measure(photograph: Photograph, faces: Faces, points: Landmarks) -> dict[str, float]:
    """Measure the first face.

    Returns:
        Numbers by the name of the gate's bound.
    """
    left, right, nose = (
        _middle(faces.landmarks[0], places)
        for places in (points.left_eye, points.right_eye, points.nose)
    )
    across = right - left
    length = max(float(np.hypot(*across)), BLACK)
    upright, crop = _stand_up(photograph.pixels, left, across)
    found = {
        "eyes_px": length * photograph.reduced,
        "score": float(faces.scores[0]),
        "turn": abs(float(_move(upright, nose)[0]) - (LEFT_EYE[0] + EYES_PX / 2)) / EYES_PX,
        "roll_deg": math.degrees(math.atan2(float(across[1]), float(across[0]))),
    }
    if lips := _mouth(points):
        mouth = _middle(faces.landmarks[0], lips)
        down, whole = (float(_move(upright, point)[1]) - LEFT_EYE[1] for point in (nose, mouth))
        found["pitch"] = down / max(whole, BLACK)
    return {**found, **_light(crop)}


def _mouth(points: Landmarks) -> Sequence[int]:
    """Whatever is neither eye nor nose; dlib's five points have none."""
    known = {*points.left_eye, *points.right_eye, *points.nose}
    return [place for place in range(len(points.template)) if place not in known]


def _middle(landmarks: Floats, places: Sequence[int]) -> Floats:
    return np.asarray(landmarks[list(places)].mean(axis=0), np.float32)


def _stand_up(picture: Picture, left: Floats, across: Floats) -> tuple[Floats, Picture]:
    """Turn and scale the picture until the eyes lie where the crop wants them."""
    # A crop takes single pixels: of a much larger face it would measure grain, not detail.
    spare = int(np.hypot(*across) / EYES_PX)
    step = 1 << max(spare.bit_length() - 1, 0)
    if step > 1:
        high, wide = (max(side // step, 1) for side in picture.shape[:2])
        part = np.float32(1 / step)
        move, crop = _stand_up(shrink(picture, wide, high), left * part, across * part)
        move[:, :2] *= part
        return move, crop
    line = complex(EYES_PX) / (complex(float(across[0]), float(across[1])) or BLACK)
    move = np.array([[line.real, -line.imag, 0], [line.imag, line.real, 0]], np.float32)
    move[:, 2] = np.array(LEFT_EYE, np.float32) - move[:, :2] @ left
    shape, edge = (WIDTH_PX, HEIGHT_PX), cv2.BORDER_REPLICATE
    upright = cv2.warpAffine(picture, move, shape, flags=cv2.INTER_LINEAR, borderMode=edge)
    return move, np.asarray(upright, np.uint8)


def _move(matrix: Floats, point: Floats) -> Floats:
    return np.asarray(matrix[:, :2] @ point + matrix[:, 2], np.float32)


def _light(crop: Picture) -> Mapping[str, float]:
    """Measure light, detail, and what may be covered."""
    luma, red, blue = cv2.split(cv2.cvtColor(crop, cv2.COLOR_RGB2YCrCb))
    face = luma[FACE]
    detail = cv2.Laplacian(luma, cv2.CV_32F)
    spread = max(float(face.var()), 1.0)
    whole, lips = (float(detail[region].var()) for region in (FACE, LIPS))
    cheeks = _median(luma, *CHEEKS)
    shift = [_median(plane, LIPS) - _median(plane, BETWEEN) for plane in (red, blue)]
    return {
        "sharpness": whole / spread,
        "highlights": _level(face, BRIGHT),
        "glare": float((face > BURNT).mean()),
        "contrast": spread**0.5,
        "eyes_shown": max(_median(luma, eye) for eye in EYES) / max(cheeks, 1.0),
        "mouth_detail": lips / max(whole, BLACK),
        "mouth_light": _median(luma, LIPS) / max(_median(luma, BETWEEN), 1.0),
        "mouth_colour": math.hypot(*shift),
    }


def _median(plane: npt.NDArray[Any], *regions: Region) -> float:
    return _level(np.concatenate([plane[region].ravel() for region in regions]), 0.5)


def _level(pixels: npt.NDArray[Any], share: float) -> float:
    """Give the value below which so many of the pixels lie; NumPy's own takes ten times as long."""
    ordered = np.sort(pixels, axis=None)
    return float(ordered[int(share * (len(ordered) - 1))])
