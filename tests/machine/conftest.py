"""One contract for every machine: what is promised here, each of them keeps.

`host` is this computer; `standin` is the van's code over a CUDA driver without a GPU; `jetson` is
that code on a true GPU, with `-m jetson` alone, since a process can have one driver.
"""

import importlib
from dataclasses import dataclass
from datetime import datetime, timezone

import cv2
import numpy as np
import pytest

from appliance.domain.frame import Colour, Frame, Layout, Matrix
from appliance.machine import Feed
from appliance.settings import GpuSettings

MOMENT = datetime(2026, 5, 4, tzinfo=timezone.utc)
PLAIN = Feed(bgr=False, mean=0.0, scale=1.0)
SHARES = {Matrix.BT601: (0.299, 0.587, 0.114), Matrix.BT709: (0.2126, 0.7152, 0.0722)}
"""Of red, green and blue in luma."""
MACHINES = ["host", "standin", pytest.param("jetson", marks=pytest.mark.jetson)]


@pytest.fixture(params=MACHINES)
def kind(request):
    """Which machine this is."""
    return request.param


@pytest.fixture
def machine(kind, request):
    if kind == "host":
        return importlib.import_module("appliance.host.machine").open_machine()
    folder = request.getfixturevalue("standin" if kind == "standin" else "gpu_folder")
    settings = GpuSettings(cache=folder)
    return importlib.import_module("appliance.jetson.machine").open_machine(settings)


@pytest.fixture
def loss(kind):
    """What a machine may lose of a pixel from 0 to 255: the Jetson's networks take float16."""
    return 0.0 if kind == "host" else 128 * 2.0**-11


@pytest.fixture
def close(kind):
    """How near a score must be: the Jetson holds templates as float16."""
    return 1e-5 if kind == "host" else 1e-3


@pytest.fixture
def compute(machine):
    return machine.compute


def to_planes(rgb: np.ndarray, colour: Colour) -> np.ndarray:
    """Make I420 pixels of red, green and blue from 0 to 255, in double precision (H.273)."""
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    shares = SHARES[colour.matrix]
    luma = shares[0] * red + shares[1] * green + shares[2] * blue
    chroma = [(blue - luma) / 2 / (1 - shares[2]), (red - luma) / 2 / (1 - shares[0])]
    height, width = luma.shape
    quarters = [c.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)) for c in chroma]
    if not colour.full_range:
        luma, quarters = luma * 219 / 255 + 16, [c * 224 / 255 for c in quarters]
    planes = [luma, *(c + 128 for c in quarters)]
    return np.concatenate([p.round().clip(0, 255).ravel() for p in planes]).astype(np.uint8)


@dataclass
class Lens:
    """Makes frames on a machine."""

    compute: object

    def rgb(self, picture: np.ndarray) -> Frame:
        pixels = picture.round().clip(0, 255).astype(np.uint8)
        return self._frame(pixels, picture, Layout.RGB8, Colour())

    def i420(self, picture: np.ndarray, colour: Colour = Colour()) -> Frame:  # noqa: B008 - frozen
        return self._frame(to_planes(picture, colour), picture, Layout.I420, colour)

    def _frame(self, pixels, picture, layout, colour) -> Frame:
        height, width = picture.shape[:2]
        lent = self.compute.upload(pixels)
        return Frame(lent, width, height, layout, colour, "mast-1", 0, MOMENT, 0)

    def letterbox(self, frame: Frame, size: tuple[int, int], feed: Feed = PLAIN) -> np.ndarray:
        """Fit one frame: (3, height, width)."""
        (place,) = self.fetch(self.compute.letterbox([frame], size, feed))
        return place

    def cut(self, frame: Frame, inverse, side: int, feed: Feed = PLAIN) -> np.ndarray:
        """Cut one crop: (side, side, 3)."""
        first, inverses = np.zeros(1, np.int32), np.array([inverse], np.float32)
        (crop,) = self.fetch(self.compute.warp([frame], first, inverses, side, feed))
        assert crop.shape == (3, side, side)
        assert crop.dtype == np.float32
        return crop.transpose(1, 2, 0)

    def fetch(self, array) -> np.ndarray:
        return np.array(self.compute.fetch(array))


@pytest.fixture
def lens(compute):
    return Lens(compute)


@pytest.fixture
def plain():
    """A network that wants red first, 0 to 255."""
    return PLAIN


def slope(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A picture that rises evenly, so that its value between the pixels is known."""
    return np.stack([20 + 0.3 * x, 20 + 0.4 * y, 230 - 0.15 * x - 0.15 * y], axis=-1)


@pytest.fixture
def slopes():
    """Red, green and blue of the picture at some places."""
    return slope


@pytest.fixture
def hill(slopes):
    """Make the picture for a frame of this size."""

    def make(width, height):
        y, x = np.mgrid[:height, :width].astype(np.float64)
        return slopes(x, y)

    return make


def softened(shape, seed=0, smooth=4) -> np.ndarray:
    """A random picture without fine detail."""
    noise = np.random.default_rng(seed).uniform(0, 255, (*shape, 3))
    soft = cv2.GaussianBlur(noise, (0, 0), smooth)
    return (soft - soft.min()) / (soft.max() - soft.min()) * 200 + 25


@pytest.fixture
def soft():
    return softened


@pytest.fixture
def grain():
    """A random picture full of detail."""

    def make(width, height, seed=0, strength=40.0):
        noise = np.random.default_rng(seed).normal(128, strength, (height, width, 1))
        return np.repeat(noise, 3, axis=2).clip(0, 255)

    return make
