"""Masks and glasses, drawn where the landmarks say that eyes and nose are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from appliance.domain.face import Faces, Floats
    from appliance.vision.models import Landmarks

Picture = npt.NDArray[np.uint8]

CLOTHS = ((196, 220, 232), (240, 240, 240), (24, 24, 26), (60, 72, 104))
"""Light blue, white, black and navy, in RGB."""
MOUTH, NOSE = 1.0, 2.0
"""How far up a mask is worn."""
BRIDGE = {MOUTH: 0.86, NOSE: 0.36}
"""Where its upper edge crosses the nose, in distances between the eyes below them."""
CHEEKS = ((-0.98, 0.62), (-0.92, 1.15), (-0.55, 1.72), (0.0, 1.92))
"""Its left edge down to the chin; the right one mirrors it."""
LENS = (0.4, 0.3)
"""Half axes of a lens."""
FRAME = 0.06
"""Thickness of a frame."""
TEMPLE = 0.55
"""From a lens outward to the ear."""
SUBPIXEL = 4
"""Bits of a drawn point that are fractions of a pixel."""


@dataclass(frozen=True)
class Spot:
    """Where the face of a picture is, in its pixels."""

    width_px: float
    """Of the detector's box."""
    middle: Floats = field(repr=False)
    """(2,): of the box."""
    left_eye: Floats = field(repr=False)
    """(2,): the eye on the left of the picture."""
    right_eye: Floats = field(repr=False)
    nose: Floats = field(repr=False)

    @property
    def eyes_px(self) -> float:
        """Between the eyes; a pixel at the least."""
        return max(float(np.linalg.norm(self.right_eye - self.left_eye)), 1.0)

    def scaled(self, scale: float) -> Spot:
        """Find it where the picture has another size."""
        marks = (self.middle, self.left_eye, self.right_eye, self.nose)
        return Spot(self.width_px * scale, *(np.asarray(mark * scale) for mark in marks))

    def place(self, points: npt.ArrayLike) -> Floats:
        """Bring points from the face to the picture: (N, 2).

        The face's own measure is the distance between its eyes: 0, 0 is between them, x goes to
        the right eye, y to the chin. A nose that is off the middle takes what is below the eyes
        along.
        """
        along = self.right_eye - self.left_eye
        down = np.array([-along[1], along[0]])
        middle = (self.left_eye + self.right_eye) / 2
        own = np.array(points, np.float64)
        turned = float((self.nose - middle) @ along) / max(float(along @ along), 1.0)
        x = own[:, 0] + turned * own[:, 1].clip(0, 1)
        return np.asarray(middle + x[:, None] * along + own[:, 1:] * down, np.float32)


def spot_of(faces: Faces, points: Landmarks) -> Spot:
    """Find the spot of the only face."""
    left, right, nose = (
        faces.landmarks[0, list(which)].mean(axis=0)
        for which in (points.left_eye, points.right_eye, points.nose)
    )
    box = faces.boxes[0]
    middle = (box[:2] + box[2:]) / 2
    return Spot(max(float(box[2] - box[0]), 1.0), middle, left, right, nose)


def draw_mask(
    picture: Picture, spot: Spot, reach: float, generator: np.random.Generator
) -> Picture:
    """Draw a mask of some colour.

    Args:
        picture: RGB.
        spot: Where the face is.
        reach: MOUTH or NOSE.
        generator: Chooses the colour.
    """
    edge = BRIDGE[reach]
    left = np.array([(x, max(y, edge + 0.1)) for x, y in CHEEKS])
    right = left[-2::-1] * (-1, 1)
    outline = np.concatenate(([(0.0, edge)], left, right))
    drawn = picture.copy()
    cloth = CLOTHS[int(generator.integers(len(CLOTHS)))]
    cv2.fillPoly(drawn, [_fixed(spot.place(outline))], cloth, cv2.LINE_AA, SUBPIXEL)
    fold = spot.place([(-0.6, 1.2), (0.6, 1.2)])
    shade = tuple(round(0.8 * part) for part in cloth)
    cv2.polylines(drawn, [_fixed(fold)], False, shade, _thick(spot), cv2.LINE_AA, SUBPIXEL)
    return drawn


def draw_glasses(
    picture: Picture, spot: Spot, tint: float, generator: np.random.Generator
) -> Picture:
    """Draw glasses with a dark frame.

    Args:
        picture: RGB.
        spot: Where the face is.
        tint: How much of the light the lenses keep off, 0 to 1.
        generator: Chooses how dark the frame is.
    """
    drawn = picture.copy()
    frame = (int(generator.integers(10, 70)),) * 3
    lenses = [_fixed(_lens(spot, side)) for side in (-0.5, 0.5)]
    tinted = picture.copy()
    cv2.fillPoly(tinted, lenses, (20, 20, 20), cv2.LINE_AA, SUBPIXEL)
    cv2.addWeighted(tinted, tint, picture, 1 - tint, 0, dst=drawn)
    inner, outer = 0.5 - LENS[0], 0.5 + LENS[0]
    bars = [[(-inner, -0.05), (inner, -0.05)]]
    bars += [[(side * outer, -0.05), (side * (outer + TEMPLE), -0.02)] for side in (-1, 1)]
    for line in bars:
        _draw(drawn, spot.place(line), frame, spot, closed=False)
    for side in (-0.5, 0.5):
        _draw(drawn, _lens(spot, side), frame, spot, closed=True)
    return drawn


def _lens(spot: Spot, side: float) -> Floats:
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    oval = np.stack((side + LENS[0] * np.cos(around), 0.02 + LENS[1] * np.sin(around)), axis=1)
    return spot.place(oval)


def _draw(
    picture: Picture, points: Floats, colour: tuple[int, ...], spot: Spot, *, closed: bool
) -> None:
    cv2.polylines(picture, [_fixed(points)], closed, colour, _thick(spot), cv2.LINE_AA, SUBPIXEL)


def _thick(spot: Spot) -> int:
    return max(round(FRAME * spot.eyes_px), 1)


def _fixed(points: Floats) -> npt.NDArray[np.int32]:
    return np.asarray(np.rint(points * 2**SUBPIXEL), np.int32)
