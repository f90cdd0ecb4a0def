"""One picture as the van would see it: its face found, aligned and encoded by the same code."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from appliance.app import open_eyes, open_machine
from appliance.domain.frame import Colour, Frame, Layout
from appliance.errors import InputError
from appliance.settings import Appliance, VisionSettings
from appliance.vision.quality import eye_distance
from provisioning.enrol.gate import Fault
from provisioning.enrol.pictures import decode, read
from provisioning.enrol.sight import EPOCH, fit
from provisioning.enrol.studio import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from appliance.domain.face import Faces, Ints
    from appliance.vision.eyes import Eyes
    from provisioning.enrol.pictures import Picture
    from provisioning.enrol.studio import Task

UNREADABLE: Final = "unreadable"
UNDETECTED: Final = "undetected"
UNENCODED: Final = "unencoded"
FAILURES: Final = (UNREADABLE, UNDETECTED, UNENCODED)
OFF_MIDDLE = 2.0
"""What a face's squared distance from the middle takes from its area, as FaceNet's tools chose:
whom a portrait is of is neither always the largest face nor always the one in the middle."""
MEND = "It is counted as a failure to acquire."


@dataclass(frozen=True)
class Optics:
    """What a worker is sent, to open networks of its own."""

    pack: str
    models: Path | None
    mirrored: bool = False
    """Whether faces are encoded as a mirror would show them."""
    closer: bool = True
    """Whether small faces get their closer look."""


def open_gaze(optics: Optics) -> Gaze:
    """Open the networks on an ordinary computer.

    Raises:
        ApplianceError: they are not here.
    """
    settings = VisionSettings(pack=optics.pack, models=optics.models)
    if not optics.closer:
        settings = settings.model_copy(update={"closer_px": 0.0})
    return Gaze(open_eyes(open_machine(Appliance()), settings), optics.mirrored)


@dataclass(frozen=True)
class Gaze:
    """Looks at one picture after the other.

    An answer's `notice` is the sha256 of the bytes that were looked at, so that it can be kept.
    """

    eyes: Eyes[Any]
    mirrored: bool = False

    def __call__(self, task: Task) -> Answer:
        """Look at a picture; whatever is wrong with it is the answer.

        Raises:
            MachineError: the machine failed, not the picture.
        """
        picture, sha256 = open_picture(task.file)
        return failed(UNREADABLE, sha256) if picture is None else self._encode(picture, sha256)

    def _encode(self, picture: Picture, sha256: str) -> Answer:
        faces = self.find(picture)
        if len(faces) == 0:
            return failed(UNDETECTED, sha256)
        face = faces.take(foremost(faces, *picture.shape[1::-1]))
        which = np.zeros(1, np.int32)
        encode = self.eyes.encode(mirrored=self.mirrored)
        templates = encode([self.frame(picture)], which, face)
        self.eyes.compute.erase()
        if not templates.sound[0]:
            return failed(UNENCODED, sha256)
        measures = {
            "faces": float(len(faces)),
            "eyes_px": float(eye_distance(face, self.eyes.pack.landmarks)[0]),
        }
        return Answer(notice=sha256, measures=measures, template=templates.vectors[0].copy())

    def find(self, picture: Picture) -> Faces:
        """Find the faces that the van would take for such, in pixels of the picture."""
        # The van's detector sees its camera at this width; pictures have many shapes, and the
        # canvas has few, so that buffers stay few.
        canvas, scale = fit(picture, self.eyes.settings.detect_width)
        frame = self.frame(canvas)
        (found,) = self.eyes.detect([(frame.width, frame.height)])([frame])
        faces = found.take(found.scores >= self.eyes.settings.detect_score)
        self.eyes.compute.erase()
        back = np.float32(1 / scale)
        return type(faces)(faces.boxes * back, faces.landmarks * back, faces.scores)

    def frame(self, picture: Picture) -> Frame[Any]:
        """Have a picture looked at as a frame."""
        height, width = picture.shape[:2]
        pixels = self.eyes.compute.upload(picture)
        return Frame(pixels, width, height, Layout.RGB8, Colour(), "evaluation", 0, EPOCH, 0)


def foremost(faces: Faces, width: int, height: int) -> Ints:
    """Choose the one face whose name the picture bears: (1,), its place."""
    sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
    middles = (faces.boxes[:, 2:] + faces.boxes[:, :2]) / 2
    off = ((middles - np.array([width, height]) / 2) ** 2).sum(axis=1)
    return np.array([np.argmax(sides.prod(axis=1) - OFF_MIDDLE * off)], np.int32)


def open_picture(file: Path) -> tuple[Picture | None, str]:
    """Read a picture: its pixels, None where it is none, and the sum of its bytes."""
    try:
        data = read(file)
    except InputError:
        return None, ""
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        return decode(data).pixels, sha256
    except InputError:
        return None, sha256


def failed(kind: str, sha256: str = "") -> Answer:
    """Answer that nothing came of a picture: one of FAILURES."""
    return Answer(Fault(kind, MEND), notice=sha256)
