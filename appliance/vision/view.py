"""What of a frame an officer may see: one face and a little around it, everyone else veiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from appliance.domain.face import Faces, Floats, Ints

AROUND = 2.2
"""Height of the view, in longer sides of the face's box: hair and collar, little else."""
SHAPE = 4 / 5
"""Width to height, the same as of a list photograph beside it."""
MARGIN = 0.3
"""A veil is so much larger than the box on each side, in sides of the box: hair and ears too."""
SAME = 0.6
"""A detection that shares so much (IoU) with the subject's box is the subject."""


def region(box: Floats, width: int, height: int) -> Ints:
    """Choose the part of the frame around a face: (4,), left, top, right, bottom."""
    high = max(box[2] - box[0], box[3] - box[1]) * AROUND / 2
    wide = high * SHAPE
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    edges = np.array([x - wide, y - high, x + wide, y + high])
    limits = np.array([width, height, width, height])
    return np.asarray(edges.clip(0, limits), np.int32)


def others(box: Floats, faces: Faces) -> Ints:
    """List what must be veiled around a face: (V, 4), every face that is not it, enlarged."""
    boxes = faces.boxes
    common = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = common.clip(0).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    union = areas + (box[2:] - box[:2]).prod() - shared
    strange = boxes[shared / np.maximum(union, 1e-6) < SAME]
    grow = (strange[:, 2:] - strange[:, :2]) * MARGIN
    return np.concatenate([strange[:, :2] - grow, strange[:, 2:] + grow], axis=1).astype(np.int32)
