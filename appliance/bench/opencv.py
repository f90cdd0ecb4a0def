"""OpenCV's own way: FaceDetectorYN and FaceRecognizerSF, as its samples use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

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
    # OpenCV 5 warns at every load that it has no other target than the processor.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    detector = cv2.FaceDetectorYN.create(
        str(found.detector), "", (width, width), SCORE, found.pack.detector.nms, TOP
    )
    encoder = cv2.FaceRecognizerSF.create(str(recogniser.encoder), "")
    return Looker(Loop(detector, encoder, width), recogniser.pack.encoder.dimension, models)


class Loop:
    """What OpenCV's sample does with each picture."""

    def __init__(
        self, detector: cv2.FaceDetectorYN, encoder: cv2.FaceRecognizerSF, width: int
    ) -> None:
        self.detector = detector
        self.encoder = encoder
        self.width = width

    def __call__(self, picture: Picture) -> list[Floats]:
        """Find, align and encode every face."""
        scale = min(1.0, self.width / picture.shape[1])
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        self.detector.setInputSize(small.shape[1::-1])
        # The stubs of OpenCV do not say that it gives None where it sees nobody.
        faces = cast("Floats | None", self.detector.detect(small)[1])
        return [] if faces is None else [self._encode(picture, face, scale) for face in faces]

    def _encode(self, picture: Picture, face: Floats, scale: float) -> Floats:
        face[:-1] /= scale
        template = self.encoder.feature(self.encoder.alignCrop(picture, face))
        return np.asarray(template, np.float32).ravel()
