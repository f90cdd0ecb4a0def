"""A pack's networks, loaded: what the van looks with, and what the desk enrols with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.domain.frame import A, Colour, Frame, Layout
from appliance.vision.detector import Detect, input_size
from appliance.vision.encoder import Encode
from appliance.vision.presentation import Suspect

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Faces
    from appliance.machine import Compute, Net
    from appliance.settings import VisionSettings
    from appliance.vision.encoder import Templates
    from appliance.vision.models import Pack, Presentation


@dataclass(frozen=True)
class Eyes(Generic[A]):
    """Makes the stages that need a network."""

    compute: Compute[A]
    pack: Pack
    detector: Net[A]
    encoder: Net[A]
    settings: VisionSettings
    checks: Sequence[tuple[Net[A], Presentation]] = ()
    """What tells a face from a picture of one; none where this machine has none."""
    untold: str = ""
    """Why this machine has none, and the mend; empty where it has."""

    def detect(self, shapes: Sequence[tuple[int, int]]) -> Detect[A]:
        """Make the detector for pictures of these widths and heights."""
        size = input_size(self.settings.detect_width, shapes)
        score = min(self.settings.veil_score, self.settings.detect_score)
        return Detect(self.compute, self.detector, self.pack.detector, size, score)

    def encode(self, *, mirrored: bool = False) -> Encode[A]:
        """Make the encoder."""
        parts = self.compute, self.encoder, self.pack.encoder, self.pack.landmarks
        return Encode(*parts, mirrored=mirrored)

    def suspect(self) -> Suspect[A]:
        """Make what tells a face from a picture of one."""
        return Suspect(self.compute, self.checks)

    def look(self, picture: npt.NDArray[np.uint8]) -> tuple[Faces, Templates]:
        """Find and encode every face of a still, uint8 of (height, width, 3) in RGB."""
        height, width = picture.shape[:2]
        pixels = self.compute.upload(picture)
        moment = datetime.now(timezone.utc)
        frame = Frame(pixels, width, height, Layout.RGB8, Colour(), "desk", 0, moment, 0)
        (found,) = self.detect([(width, height)])([frame])
        faces = found.take(found.scores >= self.settings.detect_score)
        templates = self.encode()([frame], np.zeros(len(faces), np.int32), faces)
        self.compute.erase()
        return faces, templates
