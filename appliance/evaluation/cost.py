"""What a pack costs on this computer: one look at a picture, and one face."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from appliance.app import open_eyes, open_machine
from appliance.domain.face import Faces
from appliance.domain.frame import Colour, Frame, Layout
from appliance.settings import Appliance, VisionSettings
from provisioning.enrol.sight import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from appliance.vision.eyes import Eyes

SIZE: Final = (640, 384)
RUNS: Final = 20
WARM: Final = 3
MS: Final = 1e-6


@dataclass(frozen=True)
class Cost:
    """Processor time, medians of 20 runs, one picture and one face at a time."""

    detect_ms: float
    """Of one picture of 640 x 384, brought to the network and decoded."""
    encode_ms: float
    """Of one face, cut out and encoded."""
    bytes: int
    """Of both files."""


def cost(pack: str, models: Path | None) -> Cost:
    """Time a pack on this computer. Wall time would count who else is working.

    Raises:
        ApplianceError: its networks are not here.
    """
    eyes = open_eyes(open_machine(Appliance()), VisionSettings(pack=pack, models=models))
    noise = np.random.default_rng(1).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    frame = Frame(eyes.compute.upload(noise), *SIZE, Layout.RGB8, Colour(), "cost", 0, EPOCH, 0)
    detect, encode, face = eyes.detect([SIZE]), eyes.encode(), _face(eyes)
    which = np.zeros(1, np.int32)
    files = (eyes.pack.detector.cpu.bytes, eyes.pack.encoder.cpu.bytes)
    return Cost(
        _timed(lambda: detect([frame]), eyes),
        _timed(lambda: encode([frame], which, face), eyes),
        sum(files),
    )


def _face(eyes: Eyes[Any]) -> Faces:
    """Make a face whose points lie as the encoder wants them, somewhere in the middle."""
    side = eyes.pack.encoder.side
    marks = np.array(eyes.pack.landmarks.template, np.float32)[None] * side + side
    box = np.array([[side, side, 2 * side, 2 * side]], np.float32)
    return Faces(box, marks, np.ones(1, np.float32))


def _timed(work: Callable[[], object], eyes: Eyes[Any]) -> float:
    laps: list[float] = []
    for _ in range(WARM + RUNS):
        began_ns = time.process_time_ns()
        work()
        laps.append((time.process_time_ns() - began_ns) * MS)
        eyes.compute.erase()
    return round(median(laps[WARM:]), 2)
