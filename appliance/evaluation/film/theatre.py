"""Plays films to the van's own pipeline, on this computer, each picture at the film's own time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from appliance.app import open_eyes, open_machine, open_pipeline
from appliance.errors import InputError
from appliance.evaluation.film.witness import Ledger, Went, Witness
from appliance.panel import open_panel
from appliance.settings import Appliance, CameraSettings, MatchingSettings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from appliance.domain.face import Faces, Floats
    from appliance.domain.frame import Frame
    from appliance.evaluation.film.labels import Window
    from appliance.machine import Camera, Machine
    from appliance.matching.matcher import Match
    from appliance.panel import Lit
    from appliance.settings import VisionSettings
    from appliance.vision.eyes import Eyes

WAIT_S = 1.0
"""Nobody hurries: whatever the computer has to do besides, no picture of a film is left out."""


@dataclass(frozen=True)
class Shown:
    """What went by in one film."""

    went: tuple[Went, ...]
    frames: int
    seconds: float


@dataclass(frozen=True)
class Theatre:
    """A lit lamp, loaded networks, and whatever films are brought."""

    settings: Appliance
    machine: Machine[Any]
    eyes: Eyes[Any]
    lit: Lit = field(repr=False)

    def play(self, film: Path, match: Match, *, fusing: bool) -> Shown:
        """Let a film pass, with a memory that is empty before and after; the match is closed.

        Raises:
            InputError: it is no film.
        """
        eyes = self.eyes
        witness = Witness(
            eyes.settings, eyes.pack.encoder.dimension, eyes.pack.landmarks, fusing=fusing
        )
        taken_ns: list[int] = []
        with self._camera(film) as camera:
            pipeline = open_pipeline(self.settings, eyes, match, [camera], witness.hear, witness)
            pipeline.tally = pipeline.report.tally = Ledger(witness=witness)
            try:
                for frame in _frames(camera):
                    taken_ns.append(frame.taken_ns)
                    pipeline.step([frame])
            finally:
                pipeline.close()
        seconds = (max(taken_ns, default=0) - min(taken_ns, default=0)) / 1e9
        return Shown(tuple(witness.went.values()), len(taken_ns), seconds)

    def portray(self, film: Path, window: Window) -> Floats | None:
        """Make a template of the first face in a part of a film: (D,), or None where there is none.

        Raises:
            InputError: it is no film.
        """
        first_ns = None
        with self._camera(film) as camera:
            detect, encode = self.eyes.detect([camera.size]), self.eyes.encode()
            for frame in _frames(camera):
                first_ns = frame.taken_ns if first_ns is None else first_ns
                at_s = (frame.taken_ns - first_ns) / 1e9
                if not window.from_s <= at_s <= window.to_s:
                    continue
                faces = self._inside(detect([frame])[0], frame, window, at_s)
                templates = encode([frame], np.zeros(len(faces), np.int32), faces)
                self.eyes.compute.erase()
                if len(faces) and templates.sound[0]:
                    return np.array(templates.vectors[0], np.float32)
        return None

    def _inside(self, found: Faces, frame: Frame[Any], window: Window, at_s: float) -> Faces:
        """Give the largest sure face in the window, if there is one."""
        middles = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2 / (frame.width, frame.height)
        here = np.array([window.holds(at_s, float(x), float(y)) for x, y in middles], np.bool_)
        sure = found.take(here & (found.scores >= self.eyes.settings.detect_score))
        sides = sure.boxes[:, 2:] - sure.boxes[:, :2]
        return sure.take(np.argsort(-sides.prod(axis=1))[:1].astype(np.int32))

    @contextmanager
    def _camera(self, film: Path) -> Generator[Camera[Any]]:
        try:
            settings = CameraSettings(name="film", uri=str(film.absolute()), paced=False)
        except ValidationError:
            fault = "A film's path is too long, or holds a letter that is not shown."
            raise InputError(fault, mend="Give it another name.") from None
        with self.machine.open_camera(settings, self.lit) as camera:
            yield camera


def _frames(camera: Camera[Any]) -> Iterator[Frame[Any]]:
    while not camera.ended:
        frame = camera.read(WAIT_S)
        if frame is not None:
            yield frame


@contextmanager
def open_theatre(vision: VisionSettings) -> Generator[Theatre]:
    """Light a lamp that is not there, and load the networks.

    Raises:
        MachineError: they are not here.
    """
    # The van spares officers a second alert within a minute; here each passing speaks for itself.
    settings = Appliance(vision=vision, matching=MatchingSettings(cooldown_s=0.0))
    with open_panel(settings.panel) as panel:
        machine = open_machine(settings)
        yield Theatre(settings, machine, open_eyes(machine, vision), panel.light())
