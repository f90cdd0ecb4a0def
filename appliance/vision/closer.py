"""A closer look at small faces: their landmarks are found anew, in a crop around each.

The detector sees a whole frame shrunk to its own width, and where a face has few pixels left its
landmarks are off by more than the encoder forgives. What is cut out is taken from the frame at full
resolution, and the face in it is as large as the detector likes it best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.domain.frame import A
from appliance.vision.detector import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.face import Faces, Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.vision.detector import Detect

SIDE_PX = 128
"""Of the crop."""
FACE_PX = 56.0
"""How wide the face is in it."""
WITHIN = 0.5
"""A face that is found so much of its width away from the middle is another one."""
AT_ONCE = 4
"""Faces in a run: a plan has room for so many (`engines.profiles`), which costs memory."""


class Closer(Generic[A]):
    """Faces in; the landmarks of those that the detector saw small are better afterwards.

    A detector whose input is fixed, or that stands in no network of ours, is asked only once.
    """

    def __init__(self, detect: Detect[A], least_px: float) -> None:
        self.detect = detect
        once = detect.model.fixed or detect.model.family == "dlib"
        self.least_px = 0.0 if once else least_px
        """Width in the detector's input from which on a face is large enough."""

    def __call__(self, frames: Sequence[Frame[A]], which: Ints, faces: Faces) -> None:
        """Look at small faces again, and move their landmarks.

        Args:
            frames: The pictures.
            which: (F,), the frame of each face.
            faces: F faces; boxes and scores stay.
        """
        sizes = [fit(frame.width, frame.height, self.detect.size) for frame in frames]
        widths = faces.boxes[:, 2] - faces.boxes[:, 0]
        seen = widths * np.array(sizes, np.float32)[which]
        small = np.flatnonzero((widths > 0) & (seen < self.least_px))
        step = self.detect.model.at_once or AT_ONCE
        for start in range(0, len(small), step):
            some = small[start : start + step]
            places, landmarks = self._look(frames, which[some], faces.boxes[some])
            faces.landmarks[some[places]] = landmarks

    def _look(self, frames: Sequence[Frame[A]], which: Ints, boxes: Floats) -> tuple[Ints, Floats]:
        """Look at some faces in one run: the places of those found again, and their landmarks."""
        compute, model, inverses = self.detect.compute, self.detect.model, around(boxes)
        outputs = self.detect.net(compute.warp(frames, which, inverses, SIDE_PX, model.feed))
        raw = {name: compute.fetch(array) for name, array in outputs.items()}
        found = self.detect.decode(raw, (SIDE_PX, SIDE_PX), self.detect.score)
        middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        away = np.linalg.norm(middles - SIDE_PX / 2, axis=1)
        near = np.flatnonzero(away <= WITHIN * FACE_PX)
        surest = near[np.argsort(-found.scores[near], kind="stable")]
        places, first = np.unique(found.which[surest], return_index=True)
        steps, corners = inverses[places, :1, :1], inverses[places, None, :, 2]
        return places, np.asarray(found.landmarks[surest[first]] * steps + corners, np.float32)


def around(boxes: Floats) -> Floats:
    """Choose what is cut out for a closer look at each face.

    Args:
        boxes: (F, 4), left, top, right, bottom in pixels of the frame.

    Returns:
        (F, 2, 3), from a pixel of the crop to one of the frame.
    """
    steps = (boxes[:, 2] - boxes[:, 0]) / np.float32(FACE_PX)
    inverses = np.zeros((len(boxes), 2, 3), np.float32)
    inverses[:, 0, 0] = inverses[:, 1, 1] = steps
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inverses[:, :, 2] = middles - steps[:, None] * np.float32(SIDE_PX / 2)
    return inverses
