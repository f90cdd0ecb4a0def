"""Real pictures in the form in which the networks get them, to calibrate and to compare with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.domain.frame import Colour, Frame, Layout
from appliance.vision.alignment import inverse_similarity

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from appliance.domain.face import Floats
    from appliance.vision.eyes import Eyes

    Picture = npt.NDArray[np.uint8]
    """RGB of (height, width, 3)."""

FACES_AT_ONCE = 8


@dataclass(frozen=True)
class Samples:
    """Inputs of both networks, made of pictures. Erase them after use."""

    detector: list[Floats] = field(repr=False)
    """float32 of (1, 3, height, width) each."""
    encoder: list[Floats] = field(repr=False)
    """float32 of (up to FACES_AT_ONCE, 3, side, side) each."""

    def erase(self) -> None:
        """Overwrite every number with zero."""
        for batch in (*self.detector, *self.encoder):
            batch.fill(0)


def take_samples(eyes: Eyes[Any], pictures: Iterable[Picture]) -> Samples:
    """Letterbox pictures and cut the faces out of them, as the pipeline does.

    Args:
        eyes: An ordinary computer's, with the pack's own networks.
        pictures: With faces.
    """
    compute, pack = eyes.compute, eyes.pack
    looks: list[Floats] = []
    crops: list[Floats] = []
    for picture in pictures:
        frame = still(eyes, picture)
        detect, encode = eyes.detect([(frame.width, frame.height)]), eyes.encode()
        looks.append(_copy(eyes, compute.letterbox([frame], detect.size, pack.detector.feed)))
        (found,) = detect([frame])
        faces = found.take(found.scores >= eyes.settings.detect_score)
        inverses = inverse_similarity(faces.landmarks, encode.template)
        which = np.zeros(len(faces), np.int32)
        crop = compute.warp([frame], which, inverses, pack.encoder.side, pack.encoder.feed)
        crops.append(_copy(eyes, crop))
        compute.erase()
    return Samples(looks, _together(crops, pack.encoder.batch or FACES_AT_ONCE))


def still(eyes: Eyes[Any], picture: Picture) -> Frame[Any]:
    """Bring a picture to a machine."""
    height, width = picture.shape[:2]
    pixels = eyes.compute.upload(picture)
    moment = datetime.now(timezone.utc)
    return Frame(pixels, width, height, Layout.RGB8, Colour(), "still", 0, moment, 0)


def _copy(eyes: Eyes[Any], array: object) -> Floats:
    return np.array(eyes.compute.fetch(array), np.float32)


def _together(crops: list[Floats], count: int) -> list[Floats]:
    if not sum(map(len, crops)):
        return []
    every = np.concatenate(crops)
    for crop in crops:
        crop.fill(0)
    return [every[start : start + count] for start in range(0, len(every), count)]
