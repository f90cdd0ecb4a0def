"""InsightFace's own way: its FaceAnalysis loop and its ArcFaceONNX, where it is installed."""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnxruntime as ort

from appliance.bench.loop import Looker
from appliance.vision.anchors import decode_yunet
from appliance.vision.detector import suppress

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from appliance.bench.loop import Picture
    from appliance.domain.face import Floats
    from engines.packs import Found

SIDE = 640
"""Width and height of the picture that its detectors see by default."""
SCORE = 0.7


def installed() -> bool:
    """Tell whether InsightFace is here. It is never asked for."""
    return find_spec("insightface") is not None


def open_insight(found: Found) -> Looker:
    """Load the networks of a pack into InsightFace's loop.

    Args:
        found: The pack, in its published form.
    """
    analysis = import_module("insightface.app").FaceAnalysis
    zoo = import_module("insightface.model_zoo")
    encoder = zoo.ArcFaceONNX(str(found.encoder), _session(found.encoder))
    detector = Detector(_session(found.detector), found.pack.detector.nms)
    # What FaceAnalysis would have after loading a pack of its own; its loop asks for no more.
    loop = SimpleNamespace(det_model=detector, models={"recognition": encoder}, addons={})

    def look(picture: Picture) -> Sequence[Floats]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [face.embedding for face in analysis.get(loop, picture)]

    models = f"{found.detector.name} + {found.encoder.name}"
    return Looker(look, found.pack.encoder.dimension, models)


def _session(file: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


class Detector:
    """YuNet in the shape of InsightFace's detectors."""

    def __init__(self, session: ort.InferenceSession, nms: float) -> None:
        self.session = session
        self.nms = nms
        self.names = [output.name for output in session.get_outputs()]

    def detect(
        self, img: Picture, max_num: int = 0, metric: str = "default"
    ) -> tuple[Floats, Floats]:
        """Find faces.

        Returns:
            (F, 5): left, top, right, bottom, score; and (F, 5, 2), their landmarks.
        """
        del max_num, metric
        small, scale = letterbox(img)
        blob = cv2.dnn.blobFromImage(small)
        raw = self.session.run(self.names, {self.session.get_inputs()[0].name: blob})
        out = {name: np.asarray(array) for name, array in zip(self.names, raw, strict=True)}
        found = decode_yunet(out, (SIDE, SIDE), SCORE)
        keep = suppress(found.boxes, found.scores, self.nms)
        boxes, scores = found.boxes[keep] / scale, found.scores[keep, None]
        return np.concatenate([boxes, scores], axis=1), found.landmarks[keep] / scale


def letterbox(picture: Picture) -> tuple[Picture, float]:
    """Fit a picture into the top left of a black square; give the square and the scale."""
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    size = round(width * scale), round(height * scale)
    cv2.resize(picture, size, dst=square[: size[1], : size[0]])
    return square, scale
