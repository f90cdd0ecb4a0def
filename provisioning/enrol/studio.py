"""One picture: read, looked at, judged, encoded, and cut out for the officer's tablet."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.face import Faces
from appliance.errors import InputError
from appliance.vision.quality import eye_distance
from provisioning.enrol.gate import Days, Fault, count_fault, judge
from provisioning.enrol.pictures import STAMPS, decode, glance, read, thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from appliance.domain.face import Floats
    from provisioning.enrol.gate import Gate, Judgement
    from provisioning.enrol.pictures import Photograph, Stamp
    from provisioning.enrol.sight import See

ENOUGH_EYES_PX = 48.0
"""So far apart in what was read, the eyes serve every encoder and nearly the largest thumbnail."""
NOTHING = Fault("The networks made nothing of it.", "Choose another picture.")
UNREADABLE = Fault("It could not be examined.", "Save it anew as JPEG or PNG.")


@dataclass(frozen=True)
class Task:
    """A picture to be looked at."""

    file: Path = field(repr=False)
    taken_on: date | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answer:
    """What came of it."""

    fault: Fault | None = field(default=None, repr=False)
    notice: str = field(default="", repr=False)
    review: bool = False
    measures: Mapping[str, float] = field(default_factory=dict, repr=False)
    quality: float = 0.0
    jpeg: bytes = field(default=b"", repr=False)
    template: Floats | None = field(default=None, repr=False)
    """(D,), of length 1; None where it is refused."""


@dataclass(frozen=True)
class Studio:
    """Looks at one picture after the other, with networks that were opened once."""

    see: See
    gate: Gate
    stamp: Stamp
    today: date
    """Ages are reckoned from it."""

    def __call__(self, task: Task) -> Answer:
        """Look at a picture; whatever is wrong with it is the answer.

        Raises:
            MachineError: the machine failed, not the picture.
        """
        try:
            return self._portray(read(task.file), Days(task.taken_on, self.today))
        except InputError as error:
            return Answer(Fault(str(error), error.mend))

    def _portray(self, data: bytes, days: Days) -> Answer:
        photograph, faces = self._look(data)
        fault = count_fault(faces)
        if fault or not _whole(faces):
            return Answer(fault or NOTHING, jpeg=glance(photograph.pixels, STAMPS["small"]))
        judged = judge(self.gate, photograph, faces, self.see.points, days)
        if judged.fault:
            jpeg = thumbnail(photograph.pixels, faces.boxes[0], STAMPS["small"])
            return Answer(judged.fault, measures=judged.measures, jpeg=jpeg)
        return self._encode(photograph, faces, judged)

    def _look(self, data: bytes) -> tuple[Photograph, Faces]:
        """Look at a large picture small, and at more of it only where that is too little."""
        photograph = decode(data, self.see.enough_px)
        faces = self.see.find(photograph.pixels)
        if photograph.step == 1:
            return photograph, faces
        if len(faces) == 0:
            photograph = decode(data)
            return photograph, self.see.find(photograph.pixels)
        eyes_px = float(eye_distance(faces, self.see.points).min())
        if eyes_px >= ENOUGH_EYES_PX or not _whole(faces):
            return photograph, faces
        side_px = min(photograph.pixels.shape[:2])
        larger = decode(data, round(side_px * ENOUGH_EYES_PX / max(eyes_px, 1.0)))
        return larger, _scale(faces, photograph.reduced / larger.reduced)

    def _encode(self, photograph: Photograph, faces: Faces, judged: Judgement) -> Answer:
        templates = self.see.encode(photograph.pixels, faces)
        if not templates.sound[0]:
            return Answer(NOTHING, jpeg=glance(photograph.pixels, STAMPS["small"]))
        return Answer(
            notice=judged.notice,
            review=judged.review,
            measures=judged.measures,
            quality=judged.quality * float(templates.norms[0]),
            jpeg=thumbnail(photograph.pixels, faces.boxes[0], self.stamp),
            template=templates.vectors[0].copy(),
        )


def _whole(faces: Faces) -> bool:
    return bool(np.isfinite(faces.boxes).all() and np.isfinite(faces.landmarks).all())


def _scale(faces: Faces, factor: float) -> Faces:
    by = np.float32(factor)
    return Faces(faces.boxes * by, faces.landmarks * by, faces.scores)
