"""The whole pipeline on a bench: a lit lamp, a law, a camera, and nobody at the tablets."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from appliance.app import open_eyes, open_machine, open_match, open_pipeline
from appliance.bench.crowd import make_law, portraits, strangers
from appliance.bench.ledger import Ledger
from appliance.panel import open_panel
from appliance.settings import Appliance, VisionSettings
from appliance.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from appliance.bench.crowd import Entry
    from appliance.domain.alert import Alert
    from appliance.machine import Machine
    from appliance.panel import Lit
    from appliance.settings import CameraSettings
    from appliance.vision.eyes import Eyes


@dataclass(frozen=True)
class Rig:
    """Everything that is the same in every round."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any]
    entries: list[Entry]
    lit: Lit

    @contextmanager
    def watch(self) -> Generator[Watch[Any]]:
        """Begin the film anew, with an empty memory.

        Raises:
            ApplianceError: the film cannot be read.
        """
        law = make_law(self.entries, self.eyes.pack.model_id)
        match = open_match(self.machine, self.eyes, law, self.settings.matching)
        (settings,) = self.settings.camera
        with self.machine.open_camera(settings, self.lit) as camera:
            pipeline = open_pipeline(self.settings, self.eyes, match, [camera], _unheard)
            pipeline.tally = pipeline.report.tally = Ledger()
            try:
                yield Watch(pipeline, [camera])
            finally:
                pipeline.close()


def _unheard(_alert: Alert) -> None:
    """Send nothing: the bench has no tablets."""


@contextmanager
def open_rig(
    camera: CameraSettings, vision: VisionSettings, people: Path | None = None
) -> Generator[Rig]:
    """Light a lamp that is not there, load the networks, and fill the gallery.

    Raises:
        ApplianceError: the networks are not here, or nobody in the folder can be enrolled.
    """
    settings = Appliance(camera=(camera,), vision=vision)
    with open_panel(settings.panel) as panel:
        machine = open_machine(settings)
        eyes = open_eyes(machine, settings.vision)
        entries = portraits(eyes, people) + strangers(eyes.pack.encoder.dimension)
        yield Rig(settings, machine, eyes, entries, panel.light())
