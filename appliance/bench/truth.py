"""What the verbs on pixels must give, in exact arithmetic: nobody is fast who is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import numpy.typing as npt

from appliance.bench.scene import HEIGHT, WIDTH, crowd, planes
from appliance.bench.sheet import WrongError
from appliance.domain.frame import Colour
from appliance.machine import Feed
from appliance.vision.colour import yuv_to_rgb

if TYPE_CHECKING:
    from appliance.bench.scene import Crowd
    from appliance.domain.face import Floats

Doubles = npt.NDArray[np.float64]

FED = Feed(bgr=False, mean=127.5, scale=1.0)
"""Grey levels around zero, where fp16 is finest."""
SIZE = (608, 352)
"""No whole part of a frame's size: every pixel is between others."""
SIDE = 112
COUNT = 4
"""Faces that are compared, one in each of so many frames."""
GAUGE_PX = 64
"""A face is measured at this size."""
LUMA, SHARP = 0.5, 0.02
"""Of a face: levels by which its mean luma may be off, and the part by which its sharpness may."""


@dataclass(frozen=True)
class Limit:
    """Grey levels by which pictures may be off."""

    mean: float
    most: float


LIMITS = {
    "tensorrt": Limit(0.03, 0.15),  # fp16 itself is off by up to 0.03 at 127.5
    "cpu": Limit(1.0, 8.0),  # OpenCV rounds planes to whole levels, and places to 1/32 of a pixel
}
"""By the form that a machine takes."""


def require_letterbox(got: Floats, limit: Limit) -> None:
    """Compare the first frame at `SIZE`, fed `FED`: (3, height, width).

    Raises:
        WrongError: it is another picture.
    """
    width, height = SIZE
    scale = min(width / WIDTH, height / HEIGHT)
    wide, high = round(WIDTH * scale), round(HEIGHT * scale)
    x = (np.arange(wide) + 0.5) * WIDTH / wide - 0.5
    y = (np.arange(high) + 0.5) * HEIGHT / high - 0.5
    expected = np.zeros((3, height, width))
    expected[:, :high, :wide] = _look(0, *np.meshgrid(x, y))
    _same("letterbox", got, expected, limit)


def require_warp(got: Floats, limit: Limit) -> None:
    """Compare `faces()` at `SIDE`, fed `FED`: (COUNT, 3, SIDE, SIDE).

    Raises:
        WrongError: they are other faces.
    """
    some = faces()
    column, row = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    ones = np.ones_like(row)
    expected = [
        _look(int(which), *np.tensordot(inverse.astype(np.float64), [column, row, ones], 1))
        for which, inverse in zip(some.which, some.inverses, strict=True)
    ]
    _same("warp", got, np.stack(expected), limit)


def require_gauge(got: Floats) -> None:
    """Compare what was measured of `faces()`: (COUNT, 2).

    Raises:
        WrongError: it is something else.
    """
    some = faces()
    expected = [_gauge(int(w), box) for w, box in zip(some.which, some.boxes, strict=True)]
    sharp, luma = np.array(expected).T
    near = np.abs(got[:, 0] - sharp) <= SHARP * sharp + 1
    if not (near & (np.abs(got[:, 1] - luma) <= LUMA)).all():
        raise WrongError("gauge: it measures something else.")


def faces() -> Crowd:
    """Place the faces that are compared."""
    return crowd(COUNT, SIDE)


def _look(number: int, x: Doubles, y: Doubles) -> Doubles:
    """Interpolate a frame at places inside it, and make red, green and blue, fed `FED`."""
    luma, *chroma = planes(number)
    half = x / 2 - 0.25, y / 2 - 0.25
    taps = [_tap(luma, x, y), *(_tap(plane, *half) for plane in chroma), np.ones_like(x)]
    mixed: Doubles = np.tensordot(yuv_to_rgb(Colour()), np.stack(taps), 1)
    return mixed.clip(0, 255) - FED.mean


def _tap(plane: npt.NDArray[Any], x: Doubles, y: Doubles) -> Doubles:
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right_part, lower_part = x - left, y - top
    columns = [(left + i).clip(0, plane.shape[1] - 1) for i in (0, 1)]
    rows = [(top + i).clip(0, plane.shape[0] - 1) for i in (0, 1)]
    upper, lower = (
        plane[row, columns[0]] * (1 - right_part) + plane[row, columns[1]] * right_part
        for row in rows
    )
    mixed: Doubles = upper * (1 - lower_part) + lower * lower_part
    return mixed


def _gauge(number: int, box: Floats) -> tuple[float, float]:
    luma = planes(number)[0]
    left, top, right, bottom = (int(edge) for edge in box)
    face = luma[top:bottom, left:right]
    patch = cv2.resize(face, (GAUGE_PX, GAUGE_PX), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(patch, cv2.CV_16S).var()), float(patch.mean())


def _same(stage: str, got: Floats, expected: Doubles, limit: Limit) -> None:
    if got.shape != expected.shape:
        raise WrongError(f"{stage}: the result has another shape.")
    off = np.abs(got - expected)
    # Said this way round, NaN is wrong too.
    if not (off.mean() <= limit.mean and off.max() <= limit.most):
        raise WrongError(f"{stage}: {off.mean():.3f} grey levels off, {off.max():.2f} at most.")
