"""The whole pipeline on the GPU: frames a second, and what a frame costs in energy and capture."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.bench.crowd import portraits, strangers
from appliance.bench.ours import Ours
from appliance.bench.rig import Rig
from appliance.bench.sheet import spread
from appliance.bench.stopwatch import means
from appliance.errors import MachineError
from appliance.panel import open_panel
from appliance.settings import CameraSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from appliance.domain.health import Health
    from appliance.machine import Camera, Machine
    from appliance.settings import Appliance
    from appliance.vision.eyes import Eyes

SAMPLE_S = 0.1
IDLE_S = 2.0
WARM_FRAMES = 50
READS = 30
REST_S = 0.1
"""Between two reads, so that a newer frame is there and what is timed is not the wait for it."""
FIRST_S = 10.0
"""How long a camera may take until its first frame."""


@dataclass(frozen=True)
class Whole:
    """A van on the bench: its lamp is lit before it looks, as on the street."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any] | None

    def play(self, film: Path, people: Path | None) -> list[dict[str, object]]:
        """Play a film as on the van, and again with a look at every frame; see `play`.

        Raises:
            ApplianceError: there are no networks, no lamp, no such film, or nobody to enrol.
        """
        if self.eyes is None:
            raise MachineError("There are no networks to run.", mend="See what is said of them.")
        camera = CameraSettings(uri=str(film), paced=False)
        settings = self.settings.model_copy(update={"camera": (camera,)})
        entries = portraits(self.eyes, people) + strangers(self.eyes.pack.encoder.dimension)
        with open_panel(settings.panel) as panel:
            rig = Rig(settings, self.machine, self.eyes, entries, panel.light())
            return [play(rig, every_frame=every) for every in (False, True)]

    def capture(self, uri: str) -> dict[str, object]:
        """Time a camera; see `capture`.

        Raises:
            ApplianceError: there is no lamp, or the camera gives nothing.
        """
        with (
            open_panel(self.settings.panel) as panel,
            self.machine.open_camera(CameraSettings(uri=uri), panel.light()) as camera,
        ):
            return capture(camera)


def play(rig: Rig, *, every_frame: bool) -> dict[str, object]:
    """Play the rig's film as fast as it goes.

    Args:
        rig: With a film that is not paced.
        every_frame: Look at each frame; else as often as on the van.

    Returns:
        `looks`, `frames, faces, fps, wall_ms, cpu_ms, stages_mean_ms, idle_w, power_w,
        joules_a_frame`; the last three None where the machine does not tell its power.
    """
    hertz = 0.0 if every_frame else rig.settings.vision.detect_hz
    vision = rig.settings.vision.model_copy(update={"detect_hz": hertz})
    ours = Ours(replace(rig, settings=rig.settings.model_copy(update={"vision": vision})), None)
    Ours(ours.rig, WARM_FRAMES).play()
    with sampled(rig.machine.read_health) as idle:
        if rig.machine.read_health().power_w is not None:
            threading.Event().wait(IDLE_S)
    with sampled(rig.machine.read_health) as busy:
        played = ours.play()
    return {
        "looks": "every frame" if every_frame else f"{hertz:g} a second of the film",
        "frames": played.frames,
        "faces": played.faces,
        "fps": round(played.frames / played.wall_s, 2),
        "wall_ms": round(1000 * played.wall_s / played.frames, 3),
        "cpu_ms": round(played.cpu_ms, 3),
        "stages_mean_ms": means(ours.laps),
        **energy(idle, busy, played.wall_s / played.frames),
    }


def energy(
    idle_w: Sequence[float], busy_w: Sequence[float], frame_s: float
) -> dict[str, float | None]:
    """Say what a frame costs: the mean power of the whole module, times a frame's time."""
    mean_w = float(np.mean(busy_w)) if len(busy_w) else None
    return {
        "idle_w": round(float(np.mean(idle_w)), 3) if len(idle_w) else None,
        "power_w": None if mean_w is None else round(mean_w, 3),
        "joules_a_frame": None if mean_w is None else round(mean_w * frame_s, 4),
    }


@contextmanager
def sampled(read_health: Callable[[], Health]) -> Generator[list[float]]:
    """Sample the power ten times a second until the block ends."""
    watts: list[float] = []
    stop = threading.Event()

    def sample() -> None:
        while not stop.wait(SAMPLE_S):
            if (power_w := read_health().power_w) is not None:
                watts.append(power_w)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield watts
    finally:
        stop.set()
        sampler.join()


def capture(camera: Camera[Any]) -> dict[str, object]:
    """Time what it costs to have a frame where the GPU can read it.

    Returns:
        `width, height, fps`; `read_ms`, of the call alone where a newer frame is there; `cpu_ms`,
        of the whole process for each frame that arrived; `missed` reads.

    Raises:
        MachineError: the camera gives nothing.
    """
    first = camera.read(FIRST_S)
    if first is None:
        raise MachineError("The camera gives no frame.", mend="Look at its cable and its uri.")
    number, rest, times_s = first.number, threading.Event(), list[float]()
    del first
    began_s, cpu_s, last, missed = time.perf_counter(), time.process_time(), number, 0
    while len(times_s) + missed < READS and not camera.ended:
        rest.wait(REST_S)
        called_s = time.perf_counter()
        frame = camera.read(1.0)
        if frame is None:
            missed += 1
        else:
            times_s.append(time.perf_counter() - called_s)
            last = frame.number
    arrived, passed_s = max(last - number, 1), time.perf_counter() - began_s
    return {
        "width": camera.size[0],
        "height": camera.size[1],
        "fps": round((last - number) / passed_s, 2),
        "read_ms": asdict(spread(times_s)) if times_s else None,
        "cpu_ms": round(1000 * (time.process_time() - cpu_s) / arrived, 3),
        "missed": missed,
    }
