"""What an ordinary computer makes of the same pictures: whoever is fast must come to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.bench.scene import crowd, frame, i420
from appliance.bench.sheet import WrongError
from appliance.domain.frame import Layout
from appliance.machine import Feed

if TYPE_CHECKING:
    from appliance.bench.scene import Crowd
    from appliance.domain.face import Floats
    from appliance.domain.frame import Frame
    from appliance.machine import Compute

Array = npt.NDArray[Any]
PLAIN = Feed(bgr=False, mean=0.0, scale=1.0)
SIZE = (608, 352)
"""No whole part of a frame's size: every pixel is between others."""
SIDE = 112
COUNT = 4
"""Faces that are compared, one in each of so many frames."""
MEAN, MOST = 1.0, 8.0
"""Grey levels. OpenCV rounds each plane to whole levels, and places to 1/32 of a pixel; the tests
of the machines compare with exact arithmetic."""
LUMA, SPREAD = 1.0, 0.05
"""Of a face: levels of mean luma, and the part by which its sharpness may differ."""


class Truth:
    """Compares; made with the verbs of an ordinary computer."""

    def __init__(self, compute: Compute[Array]) -> None:
        self._compute = compute

    def letterbox(self, got: Floats) -> None:
        """Compare the first frame at `SIZE`, fed `PLAIN`.

        Raises:
            WrongError: it is another picture.
        """
        (expected,) = self._compute.letterbox(_frames(1), SIZE, PLAIN)
        _same("letterbox", got, expected)

    def warp(self, got: Floats) -> None:
        """Compare `faces()` at `SIDE`, fed `PLAIN`.

        Raises:
            WrongError: they are other faces.
        """
        some = faces()
        expected = self._compute.warp(_frames(COUNT), some.which, some.inverses, SIDE, PLAIN)
        _same("warp", got, expected)

    def gauge(self, got: Floats) -> None:
        """Compare what was measured of `faces()`.

        Raises:
            WrongError: it is something else.
        """
        some = faces()
        sharp, luma = self._compute.gauge(_frames(COUNT), some.which, some.boxes).T
        near = np.abs(got[:, 0] - sharp) <= SPREAD * sharp + 1
        if not (near & (np.abs(got[:, 1] - luma) <= LUMA)).all():
            raise WrongError("gauge: not what an ordinary computer measures.")


def faces() -> Crowd:
    """Place the faces that are compared."""
    return crowd(COUNT, SIDE)


def _frames(count: int) -> list[Frame[Array]]:
    return [frame(i420(number), Layout.I420, number) for number in range(count)]


def _same(stage: str, got: Floats, expected: Floats) -> None:
    if got.shape != expected.shape:
        raise WrongError(f"{stage}: the result has another shape.")
    off = np.abs(got.astype(np.float64) - expected)
    # Said this way round, NaN is wrong too.
    if not (off.mean() <= MEAN and off.max() <= MOST):
        raise WrongError(f"{stage}: {off.mean():.2f} grey levels off, {off.max():.0f} at most.")
