"""OpenCV's own way: FaceDetectorYN and FaceRecognizerSF, as its samples use them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from appliance.bench.loop import Looker

if TYPE_CHECKING:
    from appliance.bench.loop import Picture
    from appliance.domain.face import Floats
    from engines.packs import Found

SIDE = 112
"""FaceRecognizerSF cuts faces of no other size."""
SCORE = 0.7
TOP = 5000
"""Candidates before suppression: OpenCV's own default."""


def open_opencv(found: Found, spare: Found, width: int) -> Looker:
    """Load the networks of a pack.

    Args:
        found: The pack that is measured, in its published form.
        spare: A pack of 112 px, whose encoder is taken where the pack's own has another size.
        width: Of the picture that the detector sees.
    """
    recogniser = found if found.pack.encoder.side == SIDE else spare
    models = f"{found.detector.name} + {recogniser.encoder.name}"
    if recogniser is spare:
        models += " (FaceRecognizerSF takes 112 px only: not the encoder of ours)"
    detector = cv2.FaceDetectorYN.create(
        str(found.detector), "", (width, width), SCORE, found.pack.detector.nms, TOP
    )
    encoder = cv2.FaceRecognizerSF.create(str(recogniser.encoder), "")
    look = partial(_look, detector, encoder, width)
    return Looker(look, recogniser.pack.encoder.dimension, models)


def _look(
    detector: cv2.FaceDetectorYN, encoder: Any, width: int, picture: Picture  # noqa: ANN401 - untyped
) -> list[Floats]:
    scale = min(1.0, width / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale)
    detector.setInputSize(small.shape[1::-1])
    _, faces = detector.detect(small)
    if faces is None:
        return []
    faces[:, :-1] /= scale
    return [np.ravel(encoder.feature(encoder.alignCrop(picture, face))) for face in faces]
