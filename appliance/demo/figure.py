"""The two people of the generated film: portraits from installed packages, cut out, with legs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.demo.portraits import read_portrait

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Matrix3 = npt.NDArray[np.float64]
    Sprites = list[Pixels]
    """One drawing at full, half, quarter and eighth size: uint8 (height, width, 4), colours times
    opacity. Small ones would sparkle if they were made from the full size."""

Box = tuple[float, float, float, float]
Colour = tuple[int, int, int]
Points = tuple[tuple[int, int], ...]

HEM, FOOT = 6.2, 10.8
"""Where the coat and the legs end, in face widths below the top of the face."""
STEP = 0.35
"""How much lower the foot in front is than the one behind, in face widths."""
PHASES = 8
LEVELS = 4


@dataclass(frozen=True)
class Figure:
    """Someone who can be drawn. Colours are blue, green, red."""

    reference: str
    package: str
    file: str
    face: Box = field(repr=False)
    """Left, top, width, height of the face, as a detector frames it, in pixels of the portrait."""
    outline: Points = field(repr=False)
    """Head and shoulders, in pixels of the portrait."""
    waist: tuple[int, int]
    """Left and right of the body where the portrait ends, in its pixels."""
    cloth: Colour

    def strides(self) -> list[Sprites]:
        """Draw the figure at each of the PHASES of a step.

        Raises:
            InputError: the package with the portrait is not installed.
        """
        portrait = read_portrait(self.package, self.file)
        swings = np.sin(np.arange(PHASES) * 2 * np.pi / PHASES)
        return [_pyramid(self._sprite(portrait, STEP * float(swing))) for swing in swings]

    def _sprite(self, portrait: Pixels, swing: float) -> Pixels:
        width = self.face[2]
        size = int(self.face[1] + (FOOT + STEP) * width), portrait.shape[1]
        # Darker towards the sides: a body is round.
        round_off = 0.6 + 0.4 * np.sin(np.linspace(0, np.pi, size[1]))[:, None]
        colour = np.broadcast_to(np.array(self.cloth) * round_off, (*size, 3)).astype(np.uint8)
        colour[: len(portrait)] = portrait
        opacity = np.zeros(size, np.uint8)
        cv2.fillPoly(opacity, [np.array(self.outline, np.int32)], 255)
        cv2.fillPoly(opacity, [part.astype(np.int32) for part in self._body(swing)], 255)
        # Smaller first, or the portrait's own background would shine around the head.
        soft = cv2.GaussianBlur(opacity, (0, 0), width * 0.025)
        opacity = np.clip(2.0 * soft - 255, 0, 255).astype(np.uint8)
        whole = cv2.merge([opacity, opacity, opacity])
        return np.dstack([cv2.multiply(colour, whole, scale=1 / 255), opacity]).astype(np.uint8)

    def _body(self, swing: float) -> list[Matrix3]:
        left, top, width, _ = self.face
        middle, hem = left + width / 2, top + HEM * width
        end = max(y for _, y in self.outline)
        coat = [
            (self.waist[0], end),
            (self.waist[1], end),
            (middle + 1.15 * width, hem),
            (middle - 1.15 * width, hem),
        ]
        legs = [
            [
                (middle + side * 0.1 * width, hem),
                (middle + side * 1.1 * width, hem),
                (middle + side * 0.75 * width, top + (FOOT + side * swing) * width),
                (middle + side * 0.2 * width, top + (FOOT + side * swing) * width),
            ]
            for side in (-1, 1)
        ]
        return [np.array(part, np.float64) for part in (coat, *legs)]


@dataclass(frozen=True)
class Pose:
    """Where and how somebody's face is, in pixels of the picture."""

    x: float
    y: float
    width: float
    turn: float = 0.0
    """About the body's axis, in radians; the film has flat people, so no more than 0.7."""
    tilt: float = 0.0
    """Of the head towards a shoulder, in radians."""

    def matrix(self, face: Box) -> Matrix3:
        """Map the portrait's pixels, whose face is at `face`, to the picture's: (3, 3)."""
        scale = self.width / face[2]
        centre = shift(-face[0] - face[2] / 2, -face[1] - face[3] / 2)
        # As seen from eight face widths away: the far cheek is a little smaller.
        depth = np.sin(self.turn) / (8 * self.width)
        turned = np.array([[np.cos(self.turn), 0, 0], [0, 1, 0], [depth, 0, 1.0]])
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        tilted = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
        grown = np.diag([scale, scale, 1.0])
        matrix: Matrix3 = shift(self.x, self.y) @ tilted @ turned @ grown @ centre
        return matrix

    def frame(self, face: Box) -> Box:
        """Frame the face that is at `face` of the portrait: left, top, width, height."""
        left, top, right, bottom = bounds(self.matrix(face), face)
        return left, top, right - left, bottom - top


def shift(x: float, y: float) -> Matrix3:
    """Move by x and y: (3, 3)."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1.0]])


def bounds(matrix: Matrix3, box: Box) -> Box:
    """Find the left, top, right and bottom of a box that is mapped by a matrix."""
    left, top, width, height = box
    corners = np.array([[left, left + width] * 2, [top, top, top + height, top + height], [1] * 4])
    x, y, scale = matrix @ corners
    x, y = x / scale, y / scale
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def paint(
    canvas: Pixels, sprites: Sprites, matrix: Matrix3, *, blur_px: int = 1, light: float = 1.0
) -> None:
    """Lay a sprite over the canvas, smeared sideways by `blur_px` and in so much light."""
    height, width = sprites[0].shape[:2]
    left, top, right, bottom = bounds(matrix, (0, 0, width, height))
    x0, y0 = max(0, int(left) - blur_px), max(0, int(top))
    x1, y1 = min(canvas.shape[1], int(right) + blur_px), min(canvas.shape[0], int(bottom) + 1)
    if x0 >= x1 or y0 >= y1:
        return
    level = int(np.clip(np.log2(height / (bottom - top)), 0, len(sprites) - 1))
    local = shift(-x0, -y0) @ matrix @ np.diag([2.0**level, 2.0**level, 1])
    patch = cv2.warpPerspective(sprites[level], local, (x1 - x0, y1 - y0))
    patch = cv2.blur(patch, (blur_px, 1))
    behind = canvas[y0:y1, x0:x1]
    through = 255 - cv2.cvtColor(patch[:, :, 3], cv2.COLOR_GRAY2BGR)
    front = cv2.convertScaleAbs(patch[:, :, :3], alpha=light)
    behind[:] = cv2.add(cv2.multiply(behind, through, scale=1 / 255), front)


def _pyramid(sprite: Pixels) -> Sprites:
    levels = [sprite]
    for _ in range(LEVELS - 1):
        levels.append(cv2.pyrDown(levels[-1]).astype(np.uint8))
    return levels


ASTRONAUT = Figure(
    reference="V-001",
    package="skimage",
    file="data/astronaut.png",
    face=(181, 54, 92, 124),
    outline=(
        (39, 511), (25, 478), (19, 390), (40, 294), (65, 246), (110, 206), (123, 205), (121, 183),
        (131, 167), (153, 151), (186, 158), (180, 130), (170, 119), (155, 98), (153, 68),
        (163, 51), (201, 23), (227, 16), (251, 19), (276, 31), (288, 43), (296, 58), (300, 92),
        (294, 111), (276, 132), (268, 146), (255, 175), (266, 181), (279, 192), (298, 217),
        (303, 233), (337, 259), (352, 286), (361, 351), (402, 356), (429, 368), (474, 408),
        (488, 439), (480, 470), (440, 502), (400, 511),
    ),
    waist=(36, 330),
    cloth=(38, 66, 176),
)  # fmt: skip
OFFICER = Figure(
    reference="passer-by",
    package="matplotlib",
    file="mpl-data/sample_data/grace_hopper.jpg",
    face=(177, 127, 180, 210),
    outline=(
        (11, 599), (27, 459), (24, 421), (38, 411), (53, 381), (80, 368), (149, 349), (196, 319),
        (194, 298), (171, 285), (168, 262), (159, 224), (146, 220), (145, 102), (156, 102),
        (176, 84), (186, 60), (215, 32), (250, 24), (290, 26), (330, 42), (352, 70), (365, 89),
        (371, 134), (372, 182), (374, 200), (361, 262), (339, 269), (329, 312), (442, 371),
        (471, 380), (500, 400), (505, 437), (511, 599),
    ),
    waist=(11, 511),
    cloth=(38, 28, 26),
)  # fmt: skip
