"""One picture as the van would see it on a worse day: what its detector and encoder make of it.

A row of numbers is all that is known of a sight: the template at length 1, then NUMBERS more. It is
what a worker says, and what is kept for the next run; whether the van's gate would have taken the
sight is reckoned from it anew each time, so a gate can be moved without another look.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.face import Faces
from appliance.evaluation.cover import spot_of
from appliance.evaluation.gaze import (
    UNDETECTED,
    UNENCODED,
    UNREADABLE,
    failed,
    foremost,
    open_gaze,
    open_picture,
)
from appliance.evaluation.spoil import Step, apply, shrink
from appliance.vision.closer import Closer
from appliance.vision.quality import Quality, look, pose
from provisioning.enrol.studio import Answer, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.evaluation.cover import Spot
    from appliance.evaluation.gaze import Gaze, Optics
    from appliance.settings import VisionSettings
    from appliance.vision.models import Landmarks
    from provisioning.enrol.pictures import Picture

    Choose = Callable[[Faces, int, int], Ints | None]

POINTS = 5
NUMBERS = 1 + 1 + 4 + 2 * POINTS + 2
"""Norm, the detector's confidence, box, landmarks, sharpness and brightness."""
WITHIN = 0.5
"""A face that is so much of its width away from where it should be is another one."""


@dataclass(frozen=True)
class Trial(Task):
    """A picture, and how it is spoilt before it is looked at."""

    step: Step | None = None
    spot: Spot | None = field(default=None, repr=False)
    """Where its face is, as was found in the picture as it is; None: as it is looked at now."""
    width_px: float | None = None
    """The face is brought to this width first."""
    seed: int = 1


@dataclass(frozen=True)
class Sightings:
    """N sights, of the same or of different pictures."""

    templates: Floats = field(repr=False)
    """(N, D), rows of length 1; zero where there is none."""
    norms: Floats = field(repr=False)
    """(N,): length before normalising where the network makes it a quality, else 1."""
    faces: Faces = field(repr=False)
    gauged: Floats = field(repr=False)
    """(N, 2): sharpness and brightness."""

    @property
    def found(self) -> npt.NDArray[np.bool_]:
        """(N,): whether there is a template."""
        return np.asarray(self.templates.any(axis=1))

    def judge(self, points: Landmarks, settings: VisionSettings) -> Quality:
        """Judge them as the van would before it encodes."""
        judged = look(pose(self.faces, points, settings), self.gauged, settings)
        return Quality(judged.passed & self.found, judged.value)


def unroll(rows: Floats, dimension: int) -> Sightings:
    """Read rows: (N, dimension + NUMBERS); a row of zeros is a failure."""
    templates, norms, scores, boxes, marks, gauged = np.split(
        rows, np.cumsum((dimension, 1, 1, 4, 2 * POINTS)), axis=1
    )
    faces = Faces(boxes, marks.reshape(-1, POINTS, 2), scores[:, 0])
    return Sightings(templates, norms[:, 0], faces, gauged)


def open_trying(optics: Optics) -> Trying:
    """Open the networks on an ordinary computer.

    Raises:
        ApplianceError: they are not here.
    """
    return Trying(open_gaze(optics))


@dataclass(frozen=True)
class Trying:
    """Spoils one picture after the other, and looks at it.

    An answer's `notice` is the sha256 of the picture's bytes, its `template` a row for `unroll`.
    """

    gaze: Gaze

    def __call__(self, task: Task) -> Answer:
        """Do one trial; whatever is wrong with the picture is the answer.

        Raises:
            MachineError: the machine failed, not the picture.
        """
        picture, sha256 = open_picture(task.file)
        if picture is None:
            return failed(UNREADABLE, sha256)
        if not isinstance(task, Trial) or task.spot is None:
            return self._see(picture, foremost, sha256)
        spoilt = _spoil(picture, task, task.spot, sha256)
        expected = task.spot.middle * (spoilt.shape[1] / picture.shape[1])
        return self._see(spoilt, partial(nearest, expected), sha256)

    def _see(self, picture: Picture, choose: Choose, sha256: str) -> Answer:
        faces = self.gaze.find(picture)
        place = choose(faces, *picture.shape[1::-1]) if len(faces) else None
        if place is None:
            return failed(UNDETECTED, sha256)
        face, frames = faces.take(place), [self.gaze.frame(picture)]
        which, eyes = np.zeros(1, np.int32), self.gaze.eyes
        detect = eyes.detect([(frames[0].width, frames[0].height)])
        Closer(detect, eyes.settings.closer_px)(frames, which, face)
        templates = eyes.encode()(frames, which, face)
        gauged = eyes.compute.gauge(frames, which, face.boxes)
        eyes.compute.erase()
        if not templates.sound[0]:
            return failed(UNENCODED, sha256)
        parts = (templates.vectors, templates.norms, face.scores, face.boxes, face.landmarks)
        row = np.concatenate([part.ravel() for part in (*parts, gauged)])
        return Answer(notice=sha256, template=row.astype(np.float32))


def nearest(expected: Floats, faces: Faces, _width: int, _height: int) -> Ints | None:
    """Choose the face where one should be: (1,), its place; None where there is none."""
    away = np.linalg.norm((faces.boxes[:, :2] + faces.boxes[:, 2:]) / 2 - expected, axis=1)
    place = int(away.argmin())
    width = faces.boxes[place, 2] - faces.boxes[place, 0]
    return np.array([place], np.int32) if away[place] <= WITHIN * width else None


def _spoil(picture: Picture, task: Trial, spot: Spot, sha256: str) -> Picture:
    step = task.step
    kind = zlib.crc32(step.kind.encode()) if step else 0
    level = round(1e6 * step.level) if step else 0
    generator = np.random.default_rng((task.seed, int(sha256[:16], 16), kind, level))
    if task.width_px is not None:
        small = shrink(picture, spot, task.width_px, generator)
        spot, picture = spot.scaled(small.shape[1] / picture.shape[1]), small
    return apply(picture, step, spot, generator) if step else picture


def read_spot(sight: Sightings, place: int, points: Landmarks) -> Spot:
    """Find where the face of a sight is."""
    return spot_of(sight.faces.take(np.array([place], np.int32)), points)
