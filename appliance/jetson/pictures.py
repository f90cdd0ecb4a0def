"""Frames as the kernels see them."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import numpy as np

from appliance.domain.frame import Layout
from appliance.jetson.launch import BOXES, CUTS, FEED, MOST_FACES, MOST_FRAMES, PICTURES
from appliance.vision.colour import yuv_to_rgb

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Colour, Frame
    from appliance.jetson.array import DeviceView
    from appliance.machine import Feed

    Size = tuple[int, int]

NO_SIZE = (0, 0)


def describe(frames: Sequence[Frame[DeviceView]], size: Size = NO_SIZE) -> np.void:
    """Tell the kernels where up to 8 frames lie, and how.

    Args:
        frames: None is looked at; they must stay until the kernel has run.
        size: Width and height of the network's input, for `letterbox`.

    Raises:
        ValueError: a frame's memory is smaller than the frame says.
    """
    pictures = np.zeros((), PICTURES)
    for i, frame in enumerate(frames):
        scale = min(size[0] / frame.width, size[1] / frame.height)
        fitted = (max(round(frame.width * scale), 1), max(round(frame.height * scale), 1))
        pictures["of"][i] = (*_planes(frame), *fitted, 0, _matrix(frame.colour))
    return _packed(pictures)


def _planes(frame: Frame[DeviceView]) -> tuple[int, ...]:
    """Say where its three planes are, its size, its pitches and its step; see `PICTURE`."""
    at, width, height = frame.pixels.address, frame.width, frame.height
    rgb = frame.layout is Layout.RGB8
    luma = width * height
    if frame.pixels.nbytes < (3 * luma if rgb else luma * 3 // 2):
        raise ValueError(f"a frame of {width} x {height} has {frame.pixels.nbytes} bytes")
    u = at + luma
    match frame.layout:
        case Layout.RGB8:
            return at, at, at, width, height, 3 * width, 0, 0
        case Layout.NV12:
            return at, u, u + 1, width, height, width, width, 2
        case Layout.I420:
            return at, u, u + luma // 4, width, height, width, width // 2, 1


@lru_cache(maxsize=8)
def _matrix(colour: Colour) -> Floats:
    return yuv_to_rgb(colour).astype(np.float32)


def feeding(feed: Feed) -> np.void:
    """Tell the kernels how a network wants its pixels."""
    return _packed(np.array((feed.means, feed.scale, feed.bgr, 0), FEED))


def runs(which: Ints) -> Iterator[tuple[int, slice]]:
    """Split faces into parts for one launch each, in order.

    Args:
        which: (F,), the frame of each face.

    Returns:
        The first frame of each part, which reaches no further than the 8 frames from there on, and
        its faces, 64 at most.
    """
    groups = which // MOST_FRAMES
    borders = np.flatnonzero(np.diff(groups)) + 1
    for begin, end in pairwise([0, *borders.tolist(), len(which)]):
        for start in range(begin, end, MOST_FACES):
            first = int(groups[start]) * MOST_FRAMES
            yield first, slice(start, min(start + MOST_FACES, end))


def cutting(which: Ints, inverses: Floats) -> np.void:
    """Tell the kernels where up to 64 aligned faces are; see `machine.Compute.warp`."""
    cuts = np.zeros((), CUTS)
    cuts["which"][: len(which)] = which
    cuts["inverse"][: len(which)] = inverses.reshape(-1, 6)
    return _packed(cuts)


def boxing(which: Ints, edges: Ints) -> np.void:
    """Tell the kernels which up to 64 boxes to measure."""
    boxes = np.zeros((), BOXES)
    boxes["which"][: len(which)] = which
    boxes["edges"][: len(which)] = edges
    return _packed(boxes)


def inside(frames: Sequence[Frame[DeviceView]], which: Ints, boxes: Floats) -> Ints:
    """Cut boxes at the edges of their frames; one that is no number becomes empty."""
    sizes = np.array([(f.width, f.height) * 2 for f in frames], np.float32).reshape(-1, 4)
    numbers = np.where(np.isnan(boxes).any(axis=1, keepdims=True), 0, boxes)
    edges: npt.NDArray[np.int32] = np.clip(numbers, 0, sizes[which]).astype(np.int32)
    return edges


def _packed(structure: npt.NDArray[np.void]) -> np.void:
    """Make it what `Gpu.launch` gives to a kernel by value."""
    return cast("np.void", structure[()])
