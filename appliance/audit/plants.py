"""Pictures full of faces that nobody has: one portrait, each time with other noise and light.

Every pixel of theirs is made up at random in the auditor's process, so whatever of them is found in
another process came there through the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from appliance.audit.reel import JPEG
from appliance.demo.figure import ASTRONAUT, OFFICER
from appliance.demo.portraits import read_portrait

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from appliance.audit.reel import Codec
    from appliance.demo.figure import Figure

    Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 720
TILE_PX = 88
"""Side of a face with a little around it; a whole number of JPEG's blocks."""
ACROSS, DOWN = WIDTH // TILE_PX, HEIGHT // TILE_PX
MOST = ACROSS * DOWN - 1
"""Planted faces of a picture; one place is for somebody who is on the list."""
HEAD = 0.85
"""Half of a tile, in longer sides of its face."""
NOISE = 6.0
"""Standard deviation, in grey levels."""
LIGHT = 0.75, 1.15
GREY = 110


@dataclass(frozen=True)
class Picture:
    """A picture that is shown to the van for a while, with all its faces."""

    first: int
    """Number of its first planted face; the others follow in rows from the second place on."""
    faces: int
    data: bytes = field(repr=False)
    """A piece of film that shows it, which may be shown again and again."""

    def number(self, x: float, y: float) -> int | None:
        """Tell whose place a point is in; None for nobody planted."""
        place = int(y) // TILE_PX * ACROSS + int(x) // TILE_PX
        inside = x < ACROSS * TILE_PX and 1 <= place <= self.faces
        return self.first + place - 1 if inside else None

    def corner(self, number: int) -> tuple[int, int]:
        """Tell where a face's place begins: x and y."""
        down, across = divmod(number - self.first + 1, ACROSS)
        return across * TILE_PX, down * TILE_PX


def draw_blank(codec: Codec = JPEG) -> bytes:
    """Draw what is seen when nobody is there, as a piece of film."""
    return codec.encode(np.full((HEIGHT, WIDTH, 3), GREY, np.uint8))


def draw(passings: int, codec: Codec = JPEG) -> Iterator[Picture]:
    """Draw so many faces, as few pictures as hold them; everywhere with the listed person.

    Raises:
        InputError: the packages with the portraits are not installed.
    """
    chance = np.random.default_rng()
    listed, other = _head(ASTRONAUT), _head(OFFICER)
    for first in range(0, passings, MOST):
        faces = min(MOST, passings - first)
        picture = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
        for place in range(faces + 1):
            down, across = divmod(place, ACROSS)
            y, x = down * TILE_PX, across * TILE_PX
            picture[y : y + TILE_PX, x : x + TILE_PX] = _tile(other if place else listed, chance)
        yield Picture(first, faces, codec.encode(picture))


def _tile(head: Pixels, chance: np.random.Generator) -> Pixels:
    tile = head[:, ::-1] if chance.integers(2) else head
    noise = chance.normal(0, NOISE, (TILE_PX, TILE_PX, 1))
    return (tile * chance.uniform(*LIGHT) + noise).clip(0, 255).astype(np.uint8)


def _head(figure: Figure) -> Pixels:
    portrait = read_portrait(figure.package, figure.file)
    left, top, width, height = figure.face
    scale = TILE_PX / (2 * HEAD * max(width, height))
    x, y = (left + width / 2) * scale, (top + height / 2) * scale
    inwards = np.array([[scale, 0, TILE_PX / 2 - x], [0, scale, TILE_PX / 2 - y]])
    soft = cv2.GaussianBlur(portrait, (0, 0), 0.5 / scale)
    side = TILE_PX, TILE_PX
    return cv2.warpAffine(soft, inwards, side, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
