"""The faces of one frame, side by side in arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Faces:
    """What the detector saw in one frame. Never kept past that frame."""

    boxes: Floats = field(repr=False)
    """(F, 4): left, top, right, bottom in pixels of the frame."""
    landmarks: Floats = field(repr=False)
    """(F, 5, 2): x, y in pixels of the frame, in the order of the pack's template."""
    scores: Floats = field(repr=False)
    """(F,): the detector's confidence, 0 to 1."""

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: Ints | npt.NDArray[np.bool_]) -> Faces:
        """Copy the faces at the given places."""
        return Faces(self.boxes[index], self.landmarks[index], self.scores[index])

    def erase(self) -> None:
        """Overwrite every number with zero."""
        for array in (self.boxes, self.landmarks, self.scores):
            array.fill(0)
