"""Find the faces of a batch of frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

import cv2
import numpy as np

from appliance.domain.face import Faces
from appliance.domain.frame import A
from appliance.errors import MachineError
from appliance.vision.anchors import Candidates, decoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.face import Floats
    from appliance.domain.frame import Frame
    from appliance.machine import Compute, Net
    from appliance.vision.models import Detector

MEND = "Correct its family, anchors or batch in models.toml."
GRAIN = 32
"""The coarsest stride: a side of the input is a multiple of it."""


def input_size(width: int, shapes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Choose a network input that wastes least: no wider than asked or than any camera.

    Args:
        width: The width asked for, in pixels.
        shapes: Width and height of each camera.
    """
    wide = min(width, max(w for w, _ in shapes))
    high = max(min(wide / w, 1.0) * h for w, h in shapes)
    return -(-wide // GRAIN) * GRAIN, -(-int(np.ceil(high)) // GRAIN) * GRAIN


class Detect(Generic[A]):
    """Frames in, the faces of each frame out."""

    def __init__(
        self, compute: Compute[A], net: Net[A], model: Detector, size: tuple[int, int], score: float
    ) -> None:
        self.compute = compute
        self.net = net
        self.model = model
        self.size = model.fixed or size
        self.score = score
        self.decode = decoder(model)

    def __call__(self, frames: Sequence[Frame[A]]) -> list[Faces]:
        """Find the faces of each frame, in pixels of the frame.

        Raises:
            MachineError: the network does not answer as its description says.
        """
        found: list[Faces] = []
        step = self.model.at_once or max(len(frames), 1)
        for start in range(0, len(frames), step):
            found += self._batch(frames[start : start + step])
        return found

    def _batch(self, frames: Sequence[Frame[A]]) -> list[Faces]:
        outputs = self.net(self.compute.letterbox(frames, self.size, self.model.feed))
        raw = {name: self.compute.fetch(array) for name, array in outputs.items()}
        try:
            candidates = self.decode(raw, self.size, self.score)
        except (LookupError, ValueError):
            fault = f"The detector does not answer as one of the family {self.model.family}."
            raise MachineError(fault, mend=MEND) from None
        return [self._faces(candidates, i, frame) for i, frame in enumerate(frames)]

    def _faces(self, candidates: Candidates, i: int, frame: Frame[A]) -> Faces:
        here = np.flatnonzero(candidates.which == i)
        keep = here[suppress(candidates.boxes[here], candidates.scores[here], self.model.nms)]
        scale = np.float32(1 / fit(frame.width, frame.height, self.size))
        return Faces(
            candidates.boxes[keep] * scale,
            candidates.landmarks[keep] * scale,
            candidates.scores[keep].astype(np.float32),
        )


def fit(width: int, height: int, size: tuple[int, int]) -> float:
    """Scale that fits a frame into the network's input."""
    return min(size[0] / width, size[1] / height)


def suppress(boxes: Floats, scores: Floats, overlap: float) -> Sequence[int]:
    """Keep the best of boxes that overlap by more than a share (IoU); best first."""
    if len(boxes) == 0:
        return []
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    return [int(i) for i in cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), 0.0, overlap)]
