"""A picture made worse in one way and by so much, as distance, weather and cameras make it.

What is drawn by chance is drawn from the picture's own sum, so the same picture is spoilt in the
same way wherever and in whatever order it is looked at. Nothing here turns a head: pose is only
ever what the pictures show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import numpy.typing as npt

from appliance.evaluation.cover import draw_glasses, draw_mask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.evaluation.cover import Spot

Picture = npt.NDArray[np.uint8]

GAMMA = 2.2
WELL = 5_000.0
"""Electrons of a sensor's pixel that is white: their number trembles by its root."""
READING = 5.0
"""Electrons by which reading a pixel out trembles."""
SAMPLES = 64
"""Points along the way of a face while the shutter is open."""
MIXED: Final = "mixed"
MIXED_PX = (16.0, 93.0)
"""How wide a face of the mixture is; the other numbers are shares of what else befalls it."""
MIXED_BLURRED, MIXED_DARKENED = 1 / 5, 1 / 10
MIXED_SMEAR = (0.1, 0.6)
MIXED_LIGHT = (0.02, 0.2)


@dataclass(frozen=True)
class Step:
    """One way, by so much."""

    kind: str
    """One of KINDS."""
    level: float


@dataclass(frozen=True)
class Kind:
    """A way of making pictures worse."""

    title: str
    unit: str
    """What a level is a number of."""
    levels: tuple[float, ...]
    """From the least to the most spoilt."""
    spoil: Callable[[Picture, Spot, float, np.random.Generator], Picture] = field(repr=False)


def apply(picture: Picture, step: Step, spot: Spot, generator: np.random.Generator) -> Picture:
    """Give the picture made worse; it itself stays as it is.

    Args:
        picture: uint8 of (height, width, 3) in RGB.
        step: How, and by how much.
        spot: Where its face is.
        generator: Of this picture and step alone.
    """
    spoilt = KINDS[step.kind].spoil(picture, spot, step.level, generator)
    return np.ascontiguousarray(spoilt)


def shrink(picture: Picture, spot: Spot, width_px: float, _: np.random.Generator) -> Picture:
    """Bring the face to so many pixels of width, or leave it where it has fewer."""
    scale = width_px / spot.width_px
    if scale >= 1:
        return picture
    high, wide = (max(round(side * scale), 1) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)


def smear(picture: Picture, spot: Spot, share: float, generator: np.random.Generator) -> Picture:
    """Move the face while the shutter is open, some way or other, by a share of its eyes."""
    return _smear(picture, share * spot.eyes_px, generator)


def blur(picture: Picture, spot: Spot, share: float, _: np.random.Generator) -> Picture:
    """Put the face out of focus: a Gaussian whose sigma is a share of its eyes' distance."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), share * spot.eyes_px), np.uint8)


def grain(picture: Picture, _: Spot, sigma: float, generator: np.random.Generator) -> Picture:
    """Add noise to every pixel and channel by itself, in grey levels."""
    return _rounded(picture + generator.normal(0, sigma, picture.shape))


def squeeze(picture: Picture, _: Spot, quality: float, __: np.random.Generator) -> Picture:
    """Save the picture as JPEG of a quality, and read it again."""
    swapped = np.ascontiguousarray(picture[..., ::-1])
    data = cv2.imencode(".jpg", swapped, [cv2.IMWRITE_JPEG_QUALITY, round(quality)])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)


def darken(picture: Picture, _: Spot, share: float, generator: np.random.Generator) -> Picture:
    """Leave a share of the light, as a sensor sees it that does not make up for it."""
    electrons = (picture / 255.0) ** GAMMA * share * WELL
    read = electrons + generator.normal(0, 1, picture.shape) * np.sqrt(electrons + READING**2)
    return _rounded(255.0 * (read.clip(0) / WELL) ** (1 / GAMMA))


def mix(picture: Picture, spot: Spot, _: float, generator: np.random.Generator) -> Picture:
    """Bring the face to any width, move every fifth, darken every tenth."""
    width_px = generator.uniform(*MIXED_PX)
    small = shrink(picture, spot, width_px, generator)
    eyes_px = spot.eyes_px * min(width_px / spot.width_px, 1.0)
    if generator.random() < MIXED_BLURRED:
        small = _smear(small, generator.uniform(*MIXED_SMEAR) * eyes_px, generator)
    if generator.random() < MIXED_DARKENED:
        small = darken(small, spot, generator.uniform(*MIXED_LIGHT), generator)
    return small


def mask(picture: Picture, spot: Spot, reach: float, generator: np.random.Generator) -> Picture:
    """Cover the mouth, or mouth and nose."""
    return draw_mask(picture, spot, reach, generator)


def glasses(picture: Picture, spot: Spot, tint: float, generator: np.random.Generator) -> Picture:
    """Put on glasses that keep a share of the light from the eyes."""
    return draw_glasses(picture, spot, tint, generator)


def _smear(picture: Picture, length_px: float, generator: np.random.Generator) -> Picture:
    angle = generator.uniform(0, np.pi)
    half = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    along = np.linspace(-length_px / 2, length_px / 2, SAMPLES)
    for x, y in zip(half + along * np.cos(angle), half + along * np.sin(angle), strict=True):
        column, row = int(x), int(y)
        beside, below = x - column, y - row
        weights = np.outer((1 - below, below), (1 - beside, beside)) / SAMPLES
        kernel[row : row + 2, column : column + 2] += weights
    smeared = cv2.filter2D(picture, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(smeared, np.uint8)


def _rounded(numbers: npt.NDArray[np.floating]) -> Picture:
    return np.asarray(np.rint(numbers.clip(0, 255)), np.uint8)


KINDS: Final[Mapping[str, Kind]] = {
    "size": Kind("Size", "px of face width", (80, 60, 40, 30, 24, 20, 16), shrink),
    "motion": Kind("Motion blur", "eye distances", (0.1, 0.2, 0.3, 0.45, 0.6, 0.8), smear),
    "focus": Kind("Out of focus", "eye distances", (0.02, 0.04, 0.07, 0.1, 0.14, 0.2), blur),
    "noise": Kind("Noise", "grey levels", (5, 10, 20, 30, 45, 60), grain),
    "jpeg": Kind("Compression", "JPEG quality", (50, 30, 20, 10, 5), squeeze),
    "dark": Kind("Darkness", "of the light left", (0.5, 0.2, 0.1, 0.05, 0.02, 0.01), darken),
    "mask": Kind("Mask", "of mouth (1), and nose (2)", (1, 2), mask),
    "glasses": Kind("Glasses", "of the eyes' light kept off", (0.0, 0.5, 0.9), glasses),
    MIXED: Kind("Mixture", "draw", (1,), mix),
}
"""Every way. Levels go no farther than to where next to nobody is found."""
