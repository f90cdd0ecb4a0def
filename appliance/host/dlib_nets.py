"""dlib's detector and encoder behind the same call as any network; for trying out only.

dlib frees its working memory without overwriting it: one more reason to keep it off the street.
"""

from __future__ import annotations

import importlib
import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from appliance.domain.face import Floats

Pixels = npt.NDArray[np.uint8]
"""(height, width, 3), red first: as dlib wants a picture."""

SURE = 0.5
"""dlib's scale has no end. True faces of our pictures score 0.9 and more; at its usual limit, 0,
badges and folds of cloth are faces too."""
SHIFT = math.log(0.7 / 0.3) - SURE
"""Moves the logistic curve so that SURE becomes 0.7, the appliance's own usual limit."""
LEAST = -0.5
"""dlib is asked from here on, so that whatever may be a face is veiled for an officer."""
ROW = 15
"""A face: left, top, right, bottom, score, then x and y of five points."""
DIMENSION = 128
MEND = "Remove the folder, and fetch it again with `lfr engines fetch dlib`."


class DlibDetector:
    """Finds faces that look at the camera, 80 pixels wide or more."""

    def __init__(self, look: Callable[[Pixels], Sequence[Sequence[float]]], sha256: str) -> None:
        self.sha256 = sha256
        self._look = look

    def __call__(self, batch: Floats) -> Mapping[str, Floats]:
        """Find the faces of each picture.

        Args:
            batch: (N, 3, H, W), red first, 0 to 255.

        Returns:
            `faces` (N, M, 15): box, score 0 to 1, five points; rows of zeros where there are less.
        """
        with _pictures(batch) as pictures:
            found = [self._look(picture) for picture in pictures]
        faces = np.zeros((len(batch), max(map(len, found), default=0), ROW), np.float32)
        for place, rows in zip(faces, found, strict=True):
            place[: len(rows)] = np.reshape(rows, (-1, ROW))
        return {"faces": faces}


class DlibEncoder:
    """Describes aligned faces."""

    def __init__(self, describe: Callable[[list[Pixels]], Any], sha256: str) -> None:
        self.sha256 = sha256
        self._describe = describe

    def __call__(self, batch: Floats) -> Mapping[str, Floats]:
        """Make templates.

        Args:
            batch: (N, 3, 150, 150), red first, 0 to 255.

        Returns:
            `template` (N, 128), not normalised.
        """
        with _pictures(batch) as pictures:
            vectors = np.array(self._describe(pictures), np.float32)
        return {"template": vectors.reshape(len(batch), DIMENSION)}


def open_dlib(file: Path, sha256: str) -> DlibDetector | DlibEncoder:
    """Load one of dlib's two files, whose bytes the caller has compared with what is expected.

    Raises:
        MachineError: dlib is not installed, or the file does not load.
    """
    try:
        dlib = importlib.import_module("dlib")
        if "shape_predictor" in file.name:
            points = dlib.shape_predictor(str(file))
            return DlibDetector(_looker(dlib.get_frontal_face_detector(), points), sha256)
        network = dlib.face_recognition_model_v1(str(file))
    except (ImportError, RuntimeError) as error:
        raise MachineError(f"dlib does not load {file.name}.", mend=MEND) from error
    return DlibEncoder(network.compute_face_descriptor, sha256)


def _looker(detector: Any, points: Any) -> Callable[[Pixels], list[list[float]]]:  # noqa: ANN401 - dlib has no types
    def look(picture: Pixels) -> list[list[float]]:
        boxes, scores, _ = detector.run(picture, 0, LEAST)
        return [
            _row(box, score, points(picture, box)) for box, score in zip(boxes, scores, strict=True)
        ]

    return look


def _row(box: Any, score: float, shape: Any) -> list[float]:  # noqa: ANN401 - dlib has no types
    edges = [box.left(), box.top(), box.right(), box.bottom()]
    marks = [value for point in shape.parts() for value in (point.x, point.y)]
    return [*edges, 1 / (1 + math.exp(-score - SHIFT)), *marks]


@contextmanager
def _pictures(batch: Floats) -> Generator[list[Pixels], None, None]:
    """Lend the batch as dlib wants it; the copies are overwritten with zeros."""
    pictures = [np.ascontiguousarray(one.transpose(1, 2, 0), np.uint8) for one in batch]
    try:
        yield pictures
    finally:
        for picture in pictures:
            picture.fill(0)
