"""The networks, and what it costs to read the detector's answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Generic

import numpy as np

from appliance.bench.pixels import SEEN
from appliance.bench.scene import FRAMES, HEIGHT, WIDTH, crowd
from appliance.bench.stand import MB, Case, several
from appliance.domain.frame import A, Frame
from appliance.vision.anchors import STRIDES, decode_yunet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from appliance.bench.sheet import Line
    from appliance.bench.stand import Stand
    from appliance.domain.face import Floats
    from appliance.vision.eyes import Eyes

BATCHES = (1, 8, 64)
FACES_SEEN = 8
"""In each frame whose raw answer is decoded."""
CHANNELS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
CANDIDATES = 64
"""That a frame would give at most, if the GPU decoded."""
CANDIDATE = 15
"""Numbers of one: box, score, five points."""
SCORE = 0.3


class Nets(Generic[A]):
    """The stages that run a plan, where there is one."""

    def __init__(self, stand: Stand[A], eyes: Eyes[A], frames: Sequence[Frame[A]]) -> None:
        self.stand = stand
        self.eyes = eyes
        self.frames = frames

    def detector(self) -> Iterator[Line]:
        """Run the detector on the frames of all cameras."""
        compute, model = self.eyes.compute, self.eyes.pack.detector
        size = self.eyes.detect([(WIDTH, HEIGHT)]).size
        for count in _fitting(BATCHES[:2], model.at_once or FRAMES):
            batch = compute.letterbox(self.frames[:count], size, model.feed)
            name = f"{self.eyes.pack.name}: {count} x {size[0]} x {size[1]}"
            work = partial(self.eyes.detector, batch)
            yield self.stand.measure(Case("detector", name, count, work))
            compute.erase()

    def encoder(self) -> Iterator[Line]:
        """Run the encoder on the faces of all cameras."""
        compute, model = self.eyes.compute, self.eyes.pack.encoder
        for count in _fitting(BATCHES, model.batch or BATCHES[-1]):
            some = crowd(count, model.side)
            batch = compute.warp(self.frames, some.which, some.inverses, model.side, model.feed)
            name = f"{self.eyes.pack.name}: {count} x {model.side} x {model.side}"
            work = partial(self.eyes.encoder, batch)
            yield self.stand.measure(Case("encoder", name, count, work))
            compute.erase()


def _fitting(batches: Sequence[int], most: int) -> list[int]:
    return [count for count in batches if count <= most]


def decoding(stand: Stand[A]) -> Iterator[Line]:
    """Compare a copy of all raw numbers, a copy of a few candidates, and decoding in NumPy.

    Decoding on the GPU could save the difference of the two copies, and the decoding.
    """
    compute = stand.machine.compute
    for count in BATCHES[:2]:
        raw = planted(count)
        every = np.concatenate([array.ravel() for array in raw.values()])
        few = np.zeros((count, CANDIDATES, CANDIDATE), np.float32)
        for name, array in {"copy of all raw outputs": every, "copy of candidates": few}.items():
            work = partial(compute.fetch, stand.meter.lend(array))
            title = f"{name}, {several(count, 'frame')}, {array.nbytes / MB:.3f} MB"
            yield stand.measure(Case("decoding", title, count, work))
        title = f"NumPy, {several(count, 'frame')}, {FACES_SEEN} faces in each"
        yield stand.count(Case("decoding", title, count, partial(decode_yunet, raw, SEEN, SCORE)))


def planted(count: int) -> Mapping[str, Floats]:
    """Make the raw outputs of YuNet for frames with faces in them."""
    noise, outputs = np.random.default_rng(0), dict[str, np.ndarray[Any, Any]]()
    for stride in STRIDES:
        cells = (SEEN[0] // stride) * (SEEN[1] // stride)
        for name, width in CHANNELS.items():
            shape = (count, cells, width)
            outputs[f"{name}_{stride}"] = noise.uniform(0, 0.1, shape).astype(np.float32)
    for name in ("cls", "obj"):
        outputs[f"{name}_{STRIDES[0]}"][:, :: 3840 // FACES_SEEN + 1] = 0.9
    return outputs
