"""`lfr engines predict`: on paper, how many cameras each Jetson carries, and what ends first.

A stage takes the longest of three times: its arithmetic at a share of the peak, its bytes at a
share of the memory's bandwidth, and its layers at a few microseconds each. Every share is a guess
with a range: `HOPEFUL` and `CAREFUL`. Nothing here was measured on a Jetson.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engines.macs import Cost

WIDTH, HEIGHT, FPS = 1920, 1080, 30
"""Of each camera."""
DETECT = (384, 640)
"""Rows and columns that the detector sees of such a picture: vision.detect_width 640."""
LOOKS_HZ = 15
"""vision.detect_hz."""
SHOTS_HZ = 10
"""Faces of each camera that are encoded in a second: 40 for four cameras, a busy pavement."""
ROWS = 60_000
"""20,000 people with 3 pictures: the longest list that is thought of."""
MOST_CAMERAS = 8
"""The appliance takes no more."""
HALF, SINGLE = 2, 4
"""Bytes of a number in fp16 and in fp32."""
NV12_BYTES = WIDTH * HEIGHT * 3 // 2
CAPTURE_PASSES = 5
"""Times that a picture crosses the memory on jetson-utils' way: written by the decoder, read and
written by the video image compositor, read and written by a copy of the CPU."""
OUTPUTS = 16
"""Numbers of YuNet's outputs for each cell of strides 8, 16 and 32."""
UNBOUNDED = 999


@dataclass(frozen=True)
class Limits:
    """What a machine can do at its best."""

    name: str
    tflops: float
    """Of its tensor cores: fp16, dense."""
    gb_s: float
    streams: int
    """1080p30 in H.265 that its decoder takes; cameras on CSI need none."""
    source: str


JETSONS = (
    Limits("Orin Nano 8 GB, Super", 16.7, 102.0, 11, "NVIDIA's figures for Super; decoder: memory"),
    Limits("Orin NX 16 GB", 15.0, 102.4, 18, "918 MHz, without Super; decoder: memory"),
    Limits("AGX Orin 64 GB", 43.0, 204.8, 22, "171 sparse INT8 TOPS at MAXN, / 4; decoder: memory"),
    Limits("Thor T5000", 258.0, 273.0, 92, "2070 sparse FP4 TFLOPS, / 8; decoder: memory"),
)


@dataclass(frozen=True)
class Use:
    """Which part of the limits is reached: assumptions."""

    detector: float
    """Of the peak. YOLOv8n in INT8 reached 7 % on an Orin Nano."""
    encoder: float
    memory: float
    """Of the bandwidth."""
    layer_s: float
    """Least time of a layer: a launch, and the wait for the layer before."""
    python: float
    """Of one core, for each camera: an estimate for a Cortex-A78AE."""


HOPEFUL = Use(detector=0.20, encoder=0.35, memory=0.85, layer_s=3e-6, python=0.1)
CAREFUL = Use(detector=0.07, encoder=0.15, memory=0.60, layer_s=10e-6, python=0.2)


@dataclass(frozen=True)
class Work:
    """The two networks of a pack, as far as their cost goes."""

    name: str
    detector: Cost
    encoder: Cost
    side: int
    """Width and height of a face that is encoded."""
    dimension: int


@dataclass(frozen=True)
class Stage:
    """What is done once a look, for all cameras together."""

    bytes: float
    flops: float = 0.0
    layers: int = 1
    share: Callable[[Use], float] = lambda _use: 1.0
    """Of the peak."""

    def seconds(self, limits: Limits, use: Use) -> float:
        """Say how long it takes on the GPU."""
        return max(
            self.flops / (limits.tflops * 1e12 * self.share(use)),
            self.bytes / (limits.gb_s * 1e9 * use.memory),
            self.layers * use.layer_s,
        )


def stages(work: Work, cameras: int) -> Mapping[str, Stage]:
    """List what the GPU does in one look at all cameras."""
    shots = cameras * SHOTS_HZ / LOOKS_HZ
    seen = 3 * DETECT[0] * DETECT[1] * HALF
    cut = 3 * work.side**2 * HALF
    raw = sum(DETECT[0] * DETECT[1] // stride**2 for stride in (8, 16, 32)) * OUTPUTS * SINGLE
    probes = 2 * ROWS * work.dimension * shots
    return {
        # As if every pixel of the picture were read; bilinear at 3:1 needs fewer.
        "letterbox": Stage(cameras * (NV12_BYTES + seen)),
        "detector": _net(work.detector, cameras, lambda use: use.detector),
        # A face covers about four times the pixels of its crop.
        "warp": Stage(shots * (cut + 4 * work.side**2 * 1.5)),
        "encoder": _net(work.encoder, shots, lambda use: use.encoder),
        # Plain cores, not tensor cores, but far below their peak as well: memory decides.
        "search": Stage(ROWS * work.dimension * HALF, probes, share=lambda use: use.detector),
        "copies": Stage(2 * cameras * raw),
        "erase": Stage(cameras * (seen + raw) + shots * cut),
    }


def _net(cost: Cost, batch: float, share: Callable[[Use], float]) -> Stage:
    moved = HALF * (cost.weights + cost.activations * batch)
    return Stage(moved, 2 * cost.macs * batch, cost.layers, share)


def gpu_load(work: Work, limits: Limits, use: Use, cameras: int) -> float:
    """Say which share of its time the GPU works for so many cameras."""
    return LOOKS_HZ * sum(s.seconds(limits, use) for s in stages(work, cameras).values())


def memory_load(work: Work, limits: Limits, use: Use, cameras: int) -> float:
    """Say which share of the usable bandwidth is taken, capture included."""
    looks = LOOKS_HZ * sum(stage.bytes for stage in stages(work, cameras).values())
    capture = cameras * FPS * CAPTURE_PASSES * NV12_BYTES
    return (looks + capture) / (limits.gb_s * 1e9 * use.memory)


def _most(load: Callable[[int], float]) -> int:
    cameras = 0
    while cameras < UNBOUNDED and load(cameras + 1) <= 1:
        cameras += 1
    return cameras


def carried(work: Work, limits: Limits, use: Use) -> Mapping[str, int]:
    """Count the cameras that each resource carries before it is used up."""
    return {
        "GPU": _most(lambda n: gpu_load(work, limits, use, n)),
        "memory": _most(lambda n: memory_load(work, limits, use, n)),
        "decoder": limits.streams,
        "Python": int(1 / use.python),
    }


@dataclass(frozen=True)
class Prediction:
    """Of one machine with one pack: the careful figure first, then the hopeful one."""

    machine: str
    pack: str
    stages_ms: Mapping[str, tuple[float, float]]
    """Of one look at one camera."""
    cameras: Mapping[str, tuple[int, int]]
    """That each resource carries."""

    @property
    def first(self) -> str:
        """The resource that ends first, on the careful side."""
        return min(self.cameras, key=lambda resource: self.cameras[resource][0])

    @property
    def streams(self) -> tuple[int, int]:
        """Cameras of 1080p30, each looked at LOOKS_HZ times a second."""
        careful, hopeful = (
            min(MOST_CAMERAS, *(of[side] for of in self.cameras.values())) for side in (0, 1)
        )
        return careful, hopeful

    @property
    def look_ms(self) -> tuple[float, float]:
        """GPU time of one look at one camera."""
        careful, hopeful = (sum(of[side] for of in self.stages_ms.values()) for side in (0, 1))
        return careful, hopeful


def predict(work: Work, limits: Limits) -> Prediction:
    """Predict what a machine does with a pack."""
    careful, hopeful = (carried(work, limits, use) for use in (CAREFUL, HOPEFUL))
    times = {
        name: (1000 * stage.seconds(limits, CAREFUL), 1000 * stage.seconds(limits, HOPEFUL))
        for name, stage in stages(work, 1).items()
    }
    cameras = {name: (careful[name], hopeful[name]) for name in careful}
    return Prediction(limits.name, work.name, times, cameras)
