"""Pictures of pictures, made by program: what a print, a screen and a poster do to a portrait.

Stand-ins for presentation attack instruments (ISO/IEC 30107-1) where nobody has made real ones.
They have the edge, the grain and the light of such a thing, and no camera's and no paper's own:
figures that rest on them say less than those on real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from appliance.domain.face import Floats
    from provisioning.enrol.pictures import Picture

Values = npt.NDArray[np.float32]

SCENE = (960, 720)
"""Width and height of what the camera sees."""
HIGH = 400
"""The thing itself in it, in pixels."""
PORTRAIT = 400
"""Side of the portrait that is shown on it."""
AROUND = 2.0
"""Side of the portrait, in longer sides of the face."""
TILT_PX = 14
"""By so much each corner is off, as in a hand."""
NOISE = 3.0
DOT_PX = 3
DOT, MOIRE = 30.0, 8.0
PAPER, BEZEL = 245, 15


@dataclass(frozen=True)
class Thing:
    """What a portrait is shown on."""

    surface: Callable[[Values, np.random.Generator], Values]
    """What it makes of the portrait's values, 0 to 255."""
    rim: int
    """Shade of what is around the portrait."""
    rim_px: int


def present(picture: Picture, box: Floats, thing: Thing, lot: np.random.Generator) -> Picture:
    """Show a portrait on a thing to a camera.

    Args:
        picture: RGB of (height, width, 3).
        box: (4,), of the face, in its pixels.
        thing: What it is shown on.
        lot: How it is held, and the noise.

    Returns:
        RGB of (720, 960, 3): the thing before the same picture, mirrored and out of focus.
    """
    shown = np.clip(thing.surface(_portrait(picture, box), lot), 0, 255).astype(np.uint8)
    rim, shade = thing.rim_px, (thing.rim,) * 3
    whole = cv2.copyMakeBorder(shown, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=shade)
    scene = cv2.GaussianBlur(cv2.resize(picture[:, ::-1], SCENE), (31, 31), 0)
    side, middle = whole.shape[0], np.array(SCENE, np.float32) / 2
    square = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    held = (square / side - 0.5) * HIGH + middle + lot.uniform(-TILT_PX, TILT_PX, (4, 2))
    matrix = cv2.getPerspectiveTransform(square, held.astype(np.float32))
    cv2.warpPerspective(
        whole, matrix, SCENE, dst=scene, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    seen = cv2.GaussianBlur(scene, (3, 3), 0.8) + lot.normal(0, NOISE, scene.shape)
    return np.asarray(np.clip(seen, 0, 255), np.uint8)


def _portrait(picture: Picture, box: Floats) -> Values:
    half = max(box[2] - box[0], box[3] - box[1]) * AROUND / 2
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    step = 2 * half / PORTRAIT
    inverse = np.array([[step, 0, x - half], [0, step, y - half]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = PORTRAIT, PORTRAIT
    cut = cv2.warpAffine(picture, inverse, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return cut.astype(np.float32)


def _grid() -> tuple[Values, Values]:
    y, x = np.mgrid[:PORTRAIT, :PORTRAIT].astype(np.float32)
    return y, x


def _print(values: Values, _: np.random.Generator) -> Values:
    y, x = _grid()
    dots = np.sin((x + y) * np.pi / DOT_PX) * np.sin((x - y) * np.pi / DOT_PX) * DOT
    return np.asarray(35 + 0.78 * values + dots[..., None], np.float32)


def _screen(values: Values, lot: np.random.Generator) -> Values:
    y, x = _grid()
    lines = MOIRE * (np.sin(2.1 * x + 0.13 * y) + np.sin(1.9 * y))
    gloss = np.zeros((PORTRAIT, PORTRAIT), np.float32)
    ends = [(0, int(lot.integers(PORTRAIT))), (PORTRAIT, int(lot.integers(PORTRAIT)))]
    cv2.line(gloss, ends[0], ends[1], 64.0, 40)
    soft = np.asarray(cv2.GaussianBlur(gloss, (61, 61), 0), np.float32)
    blue = np.array([1.0, 1.0, 1.08], np.float32)
    return np.asarray((1.1 * values + 8) * blue + (lines + soft)[..., None], np.float32)


def _poster(values: Values, _: np.random.Generator) -> Values:
    return np.asarray(20 + 0.85 * values, np.float32)


THINGS: Mapping[str, Thing] = {
    "print": Thing(_print, PAPER, 24),
    "screen": Thing(_screen, BEZEL, 30),
    "poster": Thing(_poster, PAPER, 90),
}
