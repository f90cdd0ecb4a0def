"""The networks as the desk uses them: large faces, one picture at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Generic, Protocol

import numpy as np

from appliance.domain.face import Faces
from appliance.domain.frame import A, Colour, Frame, Layout
from appliance.vision.detector import GRAIN
from provisioning.enrol.pictures import SIDE_PX, shrink

if TYPE_CHECKING:
    from appliance.domain.face import Floats
    from appliance.vision.encoder import Templates
    from appliance.vision.eyes import Eyes
    from appliance.vision.models import Landmarks
    from provisioning.enrol.pictures import Picture

FIRST_PX = 300
"""A portrait's shorter side at which face, measures and thumbnail lose nothing."""
YUNET = "yunet"
SIDES_PX = (160, 320, 640)
"""Sides of the detector's input, tried in turn. A portrait's face is large in the first already."""
SURE_PX = 40.0
"""A face this wide in the input has landmarks as good as a larger input would give."""
SURE_SCORE = 0.8
SAME = 0.3
"""Boxes of two looks that overlap more (IoU) are one face."""
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class See(Protocol):
    """What enrolment needs of the networks; a worker has one of its own."""

    @property
    def model_id(self) -> str:
        """Which encoder makes the templates."""
        ...

    @property
    def dimension(self) -> int:
        """Numbers of a template."""
        ...

    @property
    def points(self) -> Landmarks:
        """What the landmarks are."""
        ...

    @property
    def enough_px(self) -> int:
        """Shorter side at which a picture shows it whatever a larger one would."""
        ...

    def find(self, picture: Picture) -> Faces:
        """Find the faces of a picture, in its pixels."""
        ...

    def encode(self, picture: Picture, faces: Faces) -> Templates:
        """Encode some of them."""
        ...


@dataclass(frozen=True)
class Sight(Generic[A]):
    """The pack that the vans use, on this machine."""

    eyes: Eyes[A]

    @property
    def model_id(self) -> str:
        """Which encoder makes the templates."""
        return self.eyes.pack.model_id

    @property
    def dimension(self) -> int:
        """Numbers of a template."""
        return self.eyes.pack.encoder.dimension

    @property
    def points(self) -> Landmarks:
        """What the landmarks are."""
        return self.eyes.pack.landmarks

    @property
    def enough_px(self) -> int:
        """Only YuNet sees in a small picture all that a larger one would show it."""
        return FIRST_PX if self.eyes.pack.detector.family == YUNET else SIDE_PX

    def find(self, picture: Picture) -> Faces:
        """Look at the picture small, and larger only while no face in it is large and sure.

        What looks like a second face must do so at another size as well: a flag's fold does not.
        """
        sides = self._sides()
        longest = max(picture.shape[:2])
        found, side = _none(), sides[0]
        for side in sides:
            found = self._find(picture, side)
            if _sure(found, side / longest) or longest <= side:
                break
        if len(found) > 1 and len(sides) > 1:
            other = sides[sides.index(side) + 1] if side < sides[-1] else sides[-2]
            found = _agreed(found, self._find(picture, other))
        return found

    def _sides(self) -> tuple[int, ...]:
        detector = self.eyes.pack.detector
        if detector.fixed:
            return (max(detector.fixed),)
        return SIDES_PX if detector.family == YUNET else SIDES_PX[-1:]

    def _find(self, picture: Picture, side: int) -> Faces:
        canvas, scale = fit(picture, side)
        frame = self._frame(canvas)
        (found,) = self.eyes.detect([(frame.width, frame.height)])([frame])
        faces = found.take(found.scores >= self.eyes.settings.detect_score)
        self.eyes.compute.erase()
        back = np.float32(1 / scale)
        return Faces(faces.boxes * back, faces.landmarks * back, faces.scores)

    def encode(self, picture: Picture, faces: Faces) -> Templates:
        """Encode faces at the resolution of the picture."""
        which = np.zeros(len(faces), np.int32)
        templates = self.eyes.encode()([self._frame(picture)], which, faces)
        self.eyes.compute.erase()
        return templates

    def _frame(self, picture: Picture) -> Frame[A]:
        height, width = picture.shape[:2]
        pixels = self.eyes.compute.upload(picture)
        return Frame(pixels, width, height, Layout.RGB8, Colour(), "desk", 0, EPOCH, 0)


def _none() -> Faces:
    empty = np.zeros((0, 4), np.float32)
    return Faces(empty, np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))


def _sure(faces: Faces, scale: float) -> bool:
    widths: Floats = (faces.boxes[:, 2] - faces.boxes[:, 0]) * np.float32(scale)
    return bool(((widths >= SURE_PX) & (faces.scores >= SURE_SCORE)).any())


def _agreed(found: Faces, again: Faces) -> Faces:
    """Keep the faces that were found twice; where that is none, all."""
    kept = np.array([bool((_overlap(box, again.boxes) > SAME).any()) for box in found.boxes])
    return found.take(kept) if kept.any() else found


def _overlap(box: Floats, boxes: Floats) -> Floats:
    """Give the share that is common to a box and each of some others (IoU)."""
    start, end = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    common = (end - start).clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    whole = (box[2:] - box[:2]).prod() + areas - common
    return np.asarray(common / np.maximum(whole, 1), np.float32)


def fit(picture: Picture, side: int) -> tuple[Picture, float]:
    """Fit a picture into the top left of a black one, whose sides are multiples of the grain.

    Whatever shapes the pictures have, the detector sees few, and buffers stay few.

    Returns:
        The black one, and by what factor a pixel of the picture shrank; never above 1.
    """
    height, width = picture.shape[:2]
    scale = min(side / max(height, width), 1.0)
    wide, high = max(round(width * scale), 1), max(round(height * scale), 1)
    shape = (-(-high // GRAIN) * GRAIN, -(-wide // GRAIN) * GRAIN, 3)
    canvas = np.zeros(shape, np.uint8)
    canvas[:high, :wide] = shrink(picture, wide, high)
    return canvas, scale
