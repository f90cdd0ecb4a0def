"""What kernels.cu takes: its structures as NumPy types, and how many threads each kernel wants.

A structure goes to `Gpu.launch` as `array[()]`. Threads walk on until everything is done, so no
grid gives a wrong answer; these are the ones that were tuned. A kernel takes so many frames, faces
or ranges and no more: the caller loops.
"""

from __future__ import annotations

import numpy as np

MOST_FRAMES = 8
MOST_FACES = 64
MOST_RANGES = 64
RUN = 4
"""Neighbouring pixels that one thread of `letterbox` and `warp` makes; LFR_RUN of pixels.cuh."""
ROWS = 4
"""Rows that one thread of them walks through."""
THREADS = 256
BLOCKS = 64
"""Blocks that erase one range together."""

Sizes = tuple[int, int, int]
Launch = tuple[Sizes, Sizes]
"""Grid and block."""

PICTURE = np.dtype(
    [
        ("luma", "<u8"), ("u", "<u8"), ("v", "<u8"),
        ("width", "<i4"), ("height", "<i4"), ("pitch", "<i4"), ("chroma_pitch", "<i4"),
        ("step", "<i4"), ("wide", "<i4"), ("high", "<i4"), ("pad", "<i4"),
        ("matrix", "<f4", (3, 4)),
    ],
    align=True,
)  # fmt: skip
"""A frame in memory.

Luma and chroma addresses (RGB8: the pixels are the luma). Width and height in pixels, pitches in
bytes a row. Step: bytes from one chroma sample to the next, 2 for NV12 (v = u + 1), 1 for I420, 0
for RGB8. Wide and high: the size it is brought to, for `letterbox` alone. Matrix: from (y, u, v, 1)
to red, green and blue.
"""
PICTURES = np.dtype([("of", PICTURE, MOST_FRAMES)], align=True)
FEED = np.dtype([("mean", "<f4", 3), ("scale", "<f4"), ("bgr", "<i4"), ("pad", "<i4")], align=True)
CUTS = np.dtype([("which", "<i4", MOST_FACES), ("inverse", "<f4", (MOST_FACES, 6))], align=True)
"""Of each face: the frame, and the map from the crop's pixel to the frame's, 2 x 3 by rows."""
BOXES = np.dtype([("which", "<i4", MOST_FACES), ("edges", "<i4", (MOST_FACES, 4))], align=True)
"""Of each face: the frame, and left, top, right and bottom inside it."""
RANGES = np.dtype([("address", "<u8", MOST_RANGES), ("bytes", "<u8", MOST_RANGES)], align=True)


def letterbox(frames: int, width: int, height: int) -> Launch:
    """Plan `letterbox_f16` or `letterbox_f32` for frames brought to one size.

    Raises:
        ValueError: there is none, or more than `MOST_FRAMES`.
    """
    _demand(frames, MOST_FRAMES)
    block = (32, THREADS // 32, 1)
    return (_cover(width, RUN * block[0]), _cover(height, ROWS * block[1]), frames), block


def warp(faces: int, side: int) -> Launch:
    """Plan `warp_f16` or `warp_f32`. A row of a crop is one row of a block, so that none idles.

    Raises:
        ValueError: there is none, or more than `MOST_FACES`.
    """
    _demand(faces, MOST_FACES)
    across = min(_cover(side, RUN), THREADS)
    block = (across, THREADS // across, 1)
    return (_cover(side, RUN * across), _cover(side, ROWS * block[1]), faces), block


def gauge(faces: int) -> Launch:
    """Plan `gauge`: a block for each face.

    Raises:
        ValueError: there is none, or more than `MOST_FACES`.
    """
    _demand(faces, MOST_FACES)
    return (faces, 1, 1), (THREADS, 1, 1)


def region(width: int, height: int) -> Launch:
    """Plan `region`: a thread for each pixel."""
    return (_cover(width, 32), _cover(height, THREADS // 32), 1), (32, THREADS // 32, 1)


def erase(count: int) -> Launch:
    """Plan `erase`.

    Raises:
        ValueError: there is none, or more than `MOST_RANGES`.
    """
    _demand(count, MOST_RANGES)
    return (BLOCKS, count, 1), (THREADS, 1, 1)


def _demand(count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise ValueError(f"{count} in one launch: 1 to {most} are possible")


def _cover(length: int, each: int) -> int:
    return -(-length // each)
