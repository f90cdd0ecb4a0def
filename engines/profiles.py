"""The sizes that a plan is built for: smallest, usual and largest input of each network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.vision.closer import AT_ONCE, SIDE_PX
from appliance.vision.detector import GRAIN

if TYPE_CHECKING:
    from appliance.vision.models import Detector, Encoder, Presentation

Shape = tuple[int, ...]
Shapes = tuple[Shape, Shape, Shape]
"""As in `machine.Recipe`."""

COLOURS = 3
FACES = 64
"""Most faces in a run: `Compute.batch` of the Jetson."""
USUAL_FACES = 8
"""TensorRT times its layers for so many: a step of the pipeline seldom encodes more."""
WIDE = 16 / 9
"""How much wider than high a camera's picture usually is."""
TALL = 2.5
"""How much higher than wide a still may be: taller than any telephone's."""


def detector_shapes(model: Detector, width: int, cameras: int) -> Shapes:
    """Say which pictures a detector gets.

    Args:
        model: Of the pack.
        width: `vision.detect_width`.
        cameras: How many pictures are looked at together.
    """
    if model.fixed:
        wide, high = model.fixed
        only = (1, COLOURS, high, wide)
        return only, only, only
    wide, together = _rounded(width), model.batch or cameras
    least = (model.batch or 1, COLOURS, GRAIN, GRAIN)
    usual = (together, COLOURS, _rounded(width / WIDE), wide)
    # Also the crops of a closer look, which are many where cameras are few.
    most = model.batch or max(cameras, AT_ONCE)
    high, wide = (max(_rounded(side), SIDE_PX) for side in (width * TALL, width))
    return least, usual, (most, COLOURS, high, wide)


def encoder_shapes(model: Encoder) -> Shapes:
    """Say which crops an encoder gets."""
    least, usual, most = (
        (faces, COLOURS, model.side, model.side)
        for faces in (model.batch or 1, model.batch or USUAL_FACES, model.batch or FACES)
    )
    return least, usual, most


def presentation_shapes(model: Presentation) -> Shapes:
    """Say which crops a network gets that tells a face from a picture of one: one at a time."""
    only = (1, COLOURS, model.side, model.side)
    return only, only, only


def _rounded(side: float) -> int:
    return -(-round(side) // GRAIN) * GRAIN
