"""Pictures as a camera lays them in memory, and what they are exactly, in double precision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from appliance.domain.frame import Colour, Frame, Layout
from appliance.jetson import launch

MOMENT = datetime(2026, 5, 4, tzinfo=timezone.utc)
STEPS = {"nv12": 2, "i420": 1, "rgb8": 0}


def matrix(red: float, blue: float, *, full: bool) -> np.ndarray:
    """Write the 3 x 4 matrix of ITU-T H.273 out from the shares of red and blue in luma."""
    green = 1 - red - blue
    y, c = (1, 1) if full else (255 / 219, 255 / 224)
    rows = np.array(
        [
            [y, 0, c * 2 * (1 - red)],
            [y, -c * 2 * (1 - blue) * blue / green, -c * 2 * (1 - red) * red / green],
            [y, c * 2 * (1 - blue), 0],
        ]
    )
    return np.column_stack([rows, -rows @ [0 if full else 16, 128, 128]])


BT601 = matrix(0.299, 0.114, full=False)
COLOURS = {
    "601": BT601,
    "601 full": matrix(0.299, 0.114, full=True),
    "709": matrix(0.2126, 0.0722, full=False),
    "709 full": matrix(0.2126, 0.0722, full=True),
}


@dataclass
class Scene:
    """A picture; each plane has memory of its own, without a byte to spare."""

    layout: str
    width: int
    height: int
    planes: list[np.ndarray]
    """RGB8: one, (height, width, 3). NV12: luma, and (high, wide, 2). I420: three."""
    matrix: np.ndarray

    def picture(self, wide: int = 0, high: int = 0) -> np.ndarray:
        """Tell a kernel where it lies."""
        luma, *chroma = self.planes
        record = np.zeros((), launch.PICTURE)
        record["luma"] = luma.ctypes.data
        if chroma:
            record["u"] = chroma[0].ctypes.data
            record["v"] = chroma[-1].ctypes.data + (self.layout == "nv12")
            record["chroma_pitch"] = chroma[0].strides[0]
        record["width"], record["height"] = self.width, self.height
        record["pitch"], record["step"] = luma.strides[0], STEPS[self.layout]
        record["wide"], record["high"] = wide, high
        record["matrix"] = self.matrix
        return record

    def components(self) -> list[tuple[np.ndarray, float]]:
        """List the three planes in double precision, with what lies beyond their edge."""
        if self.layout == "rgb8":
            return [(plane, 0.0) for plane in np.moveaxis(self.planes[0].astype(float), -1, 0)]
        luma, *chroma = self.planes
        if self.layout == "nv12":
            chroma = [chroma[0][..., 0], chroma[0][..., 1]]
        return [(luma.astype(float), 0.0), *((plane.astype(float), 128.0) for plane in chroma)]

    def exact(self, x: np.ndarray, y: np.ndarray, *, clamp: bool) -> np.ndarray:
        """Look red, green and blue up at points of the frame: 3 x the shape of x and y."""
        values = []
        for i, (plane, outside) in enumerate(self.components()):
            half = i > 0 and self.layout != "rgb8"
            across, down = (x / 2 - 0.25, y / 2 - 0.25) if half else (x, y)
            values.append(bilinear(plane, across, down, None if clamp else outside))
        if self.layout == "rgb8":
            return np.stack(values)
        linear, shift = self.matrix[:, :3], self.matrix[:, 3]
        mixed = np.tensordot(linear, np.stack(values), 1) + shift.reshape(3, *[1] * x.ndim)
        return mixed.clip(0, 255)


def bilinear(plane: np.ndarray, x: np.ndarray, y: np.ndarray, outside: float | None) -> np.ndarray:
    """Interpolate; beyond the edge lies a value, or what lies at the edge."""
    height, width = plane.shape
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    total = np.zeros(x.shape)
    for i in (0, 1):
        for j in (0, 1):
            share = np.abs(1 - i - (x - left)) * np.abs(1 - j - (y - top))
            column, row = left + i, top + j
            value = plane[row.clip(0, height - 1), column.clip(0, width - 1)]
            if outside is not None:
                beyond = (column < 0) | (column >= width) | (row < 0) | (row >= height)
                value = np.where(beyond, outside, value)
            total += share * value
    return total


def noise(layout: str, width: int, height: int, colour: np.ndarray = BT601, seed: int = 0) -> Scene:
    """Make the hardest picture there is: neighbours have nothing in common."""
    random = np.random.default_rng(seed)
    wide, high = (width + 1) // 2, (height + 1) // 2
    shapes = {
        "rgb8": [(height, width, 3)],
        "nv12": [(height, width), (high, wide, 2)],
        "i420": [(height, width), (high, wide), (high, wide)],
    }
    planes = [random.integers(0, 256, shape, np.uint8) for shape in shapes[layout]]
    return Scene(layout, width, height, planes, colour)


def pictures(*records: np.ndarray) -> np.void:
    """Put them into the structure that goes to a kernel by value."""
    every = np.zeros((), launch.PICTURES)
    every["of"][: len(records)] = np.stack(records)
    return every[()]


def feed(
    *, mean: float | tuple[float, float, float] = 0.0, scale: float = 1.0, bgr: bool = False
) -> np.void:
    """Say how a network wants its pixels."""
    wish = np.zeros((), launch.FEED)
    wish["mean"], wish["scale"], wish["bgr"] = mean, scale, bgr
    return wish[()]


def waves(layout: str, width: int, height: int) -> Scene:
    """Make a picture without fine detail, like one out of a lens."""
    scene = noise(layout, width, height)
    for i, plane in enumerate(scene.planes):
        high, wide = plane.shape[:2]
        y, x = np.mgrid[:high, :wide].reshape(2, high, wide, 1) * (width / wide / 20)
        turns = np.arange(plane[0, 0].size) + i
        plane.reshape(high, wide, -1)[...] = 128 + 60 * np.sin(x + turns) * np.cos(0.7 * y + turns)
    return scene


def frame(scene: Scene, colour: Colour) -> Frame[np.ndarray]:
    """Give a picture in RGB8 or I420 to an ordinary computer."""
    rgb = scene.layout == "rgb8"
    pixels = scene.planes[0] if rgb else np.concatenate([p.ravel() for p in scene.planes])
    layout = Layout.RGB8 if rgb else Layout.I420
    return Frame(pixels, scene.width, scene.height, layout, colour, "mast", 0, MOMENT, 0)
