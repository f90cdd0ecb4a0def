"""From a detector's raw numbers to faces: one vectorised place for each family.

Every decoder takes the outputs of a batch of N pictures and gives candidates of all pictures
together: which picture, left-top-right-bottom, 5 landmarks, score. Pixels are the network's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.domain.face import Floats, Ints
    from appliance.vision.models import Anchors, Detector

    Decoder = Callable[[Mapping[str, Floats], tuple[int, int], float], "Candidates"]

STRIDES = (8, 16, 32)
SHIFT, GROW = 0.1, 0.2
"""RetinaFace's and SSD's variances: what its shifts and its log sizes were divided by."""
FARTHEST_PX = 100_000.0
"""What lies farther away, or is not a number, is no place in a picture."""


@dataclass(frozen=True)
class Candidates:
    """Faces before suppression."""

    which: Ints
    """(C,): the picture of the batch."""
    boxes: Floats = field(repr=False)
    """(C, 4)."""
    landmarks: Floats = field(repr=False)
    """(C, 5, 2)."""
    scores: Floats = field(repr=False)
    """(C,)."""


@lru_cache(maxsize=16)
def grid(width: int, height: int, stride: int) -> Floats:
    """List the cells of a feature map, row by row: (K, 2), x and y in pixels."""
    rows, columns = height // stride, width // stride
    y, x = np.mgrid[:rows, :columns]
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32) * stride


Level = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
"""Pictures, boxes, landmarks and scores of one stride."""


def _join(levels: list[Level]) -> Candidates:
    which, boxes, landmarks, scores = (np.concatenate(part) for part in zip(*levels, strict=True))
    # Such a face of a broken network, with the best score, would suppress all real ones.
    places = np.concatenate([boxes, landmarks], axis=1)
    sound = (np.abs(places) < FARTHEST_PX).all(axis=1)
    return Candidates(
        which[sound].astype(np.int32),
        boxes[sound].astype(np.float32),
        landmarks[sound].reshape(-1, 5, 2).astype(np.float32),
        scores[sound].astype(np.float32),
    )


def decode_yunet(out: Mapping[str, Floats], size: tuple[int, int], score: float) -> Candidates:
    """Decode YuNet (libfacedetection.train): centre and log size in strides, score sqrt(cls * obj).

    Args:
        out: `cls_S`, `obj_S` (N, K, 1), `bbox_S` (N, K, 4), `kps_S` (N, K, 10) for S in STRIDES.
        size: Width and height of the network's input.
        score: Candidates below are left out. NaN is below everything.
    """
    levels: list[Level] = []
    for stride in STRIDES:
        both = out[f"cls_{stride}"][..., 0].clip(0, 1) * out[f"obj_{stride}"][..., 0].clip(0, 1)
        which, cell = np.nonzero(both >= score * score)
        corner = grid(*size, stride)[cell]
        box = out[f"bbox_{stride}"][which, cell] * stride
        centre = corner + box[:, :2]
        # The exponent is bounded, so that a broken network cannot overflow into a warning.
        half = np.exp((box[:, 2:] / stride).clip(-10, 10)) * (stride / 2)
        points = out[f"kps_{stride}"][which, cell] * stride + np.tile(corner, 5)
        boxes = np.concatenate([centre - half, centre + half], axis=1)
        levels.append((which, boxes, points, np.sqrt(both[which, cell])))
    return _join(levels)


def decode_scrfd(out: Mapping[str, Floats], size: tuple[int, int], score: float) -> Candidates:
    """Decode SCRFD (InsightFace): distances to the four sides in strides, two anchors a cell.

    Args:
        out: Nine outputs in the order scores, boxes, landmarks, each for S in STRIDES; of one
            picture (K, C) or of a batch (N, K, C).
        size: Width and height of the network's input.
        score: Candidates below are left out.
    """
    raw = [array if array.ndim == 3 else array[None] for array in out.values()]  # noqa: PLR2004
    if len(raw) != len(STRIDES) * 3:
        raise ValueError("not three outputs for each stride")
    levels: list[Level] = []
    for level, stride in enumerate(STRIDES):
        scores, sides, points = raw[level][..., 0], raw[level + 3] * stride, raw[level + 6] * stride
        which, cell = np.nonzero(scores >= score)
        anchors = scores.shape[1] // len(grid(*size, stride))
        centre = grid(*size, stride)[cell // anchors]
        side = sides[which, cell]
        boxes = np.concatenate([centre - side[:, :2], centre + side[:, 2:]], axis=1)
        marks = points[which, cell] + np.tile(centre, 5)
        levels.append((which, boxes, marks, scores[which, cell]))
    return _join(levels)


def decode_dlib(out: Mapping[str, Floats], size: tuple[int, int], score: float) -> Candidates:
    """Read the finished faces that the dlib pack gives.

    Args:
        out: `faces` (N, M, 15): box, score, landmarks; padded with score 0.
        size: Not needed.
        score: Candidates below are left out.
    """
    del size
    faces = out["faces"]
    which, cell = np.nonzero(faces[..., 4] >= score)
    found = faces[which, cell]
    return _join([(which, found[:, :4], found[:, 5:], found[:, 4])])


def decode_retinaface(
    out: Mapping[str, Floats], size: tuple[int, int], score: float, anchors: Anchors
) -> Candidates:
    """Decode RetinaFace: shifts and log sizes of squares, and the share of a face in two classes.

    Args:
        out: Of K squares (N, K, 4), (N, K, 2) and (N, K, 10): boxes, classes and landmarks, told
            apart by their last number, since every author names them otherwise.
        size: Width and height of the network's input.
        score: Candidates below are left out.
        anchors: The squares.
    """
    by_depth = {array.shape[-1]: array for array in out.values()}
    boxes, classes, points = (by_depth[depth] for depth in (4, 2, 10))
    every = _squares(size, anchors.steps, anchors.sides)
    if classes.shape[1] != len(every):
        raise ValueError("other squares than described")
    which, cell = np.nonzero(classes[..., 1] >= score)
    square, shift, marks = every[cell], boxes[which, cell], points[which, cell]
    middle, side = square[:, :2], square[:, 2:]
    centre = middle + shift[:, :2] * (SHIFT * side)
    half = np.exp((shift[:, 2:] * GROW).clip(-10, 10)) * (side / 2)
    found = np.concatenate([centre - half, centre + half], axis=1)
    places = np.tile(middle, 5) + marks * (SHIFT * side)
    return _join([(which, found, places, classes[which, cell, 1])])


@lru_cache(maxsize=16)
def _squares(
    size: tuple[int, int], steps: tuple[int, ...], sides: tuple[tuple[int, ...], ...]
) -> Floats:
    """List the squares, cell by cell: (K, 3), the middle and the side in pixels."""
    maps: list[Floats] = []
    for step, lengths in zip(steps, sides, strict=True):
        wide, high = (-(-length // step) * step for length in size)  # the last may stick out
        middles = np.repeat(grid(wide, high, step) + np.float32(step / 2), len(lengths), axis=0)
        side = np.tile(np.array(lengths, np.float32), len(middles) // len(lengths))
        maps.append(np.concatenate([middles, side[:, None]], axis=1))
    return np.concatenate(maps)


def decoder(model: Detector) -> Decoder:
    """Choose the decoder of a detector."""
    if model.anchors is not None:
        return partial(decode_retinaface, anchors=model.anchors)
    simple = {"yunet": decode_yunet, "scrfd": decode_scrfd, "dlib": decode_dlib}
    return simple[model.family]
