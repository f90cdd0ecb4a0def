"""Which sights are worth a template now: good enough, and better than what the passing has.

Small ones are looked at more closely, before they are encoded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from appliance.domain.frame import A
from appliance.vision.quality import look, pose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.domain.face import Floats
    from appliance.domain.frame import Frame
    from appliance.machine import Compute
    from appliance.settings import VisionSettings
    from appliance.vision.closer import Closer
    from appliance.vision.models import Landmarks
    from appliance.vision.passes import Passes, Sights


@dataclass(frozen=True)
class Shots:
    """Sights that are encoded now, in the order of `Passes.worth`."""

    sights: Sights
    quality: Floats
    """(F,), 0 to 1."""


class Choose(Generic[A]):
    """Sights in, shots out, as many at once as the machine likes to encode."""

    def __init__(
        self,
        compute: Compute[A],
        points: Landmarks,
        settings: VisionSettings,
        passes: Passes,
        closer: Closer[A] | None = None,
    ) -> None:
        self.compute = compute
        self.points = points
        self.settings = settings
        self.passes = passes
        self.closer = closer

    def __call__(self, frames: Sequence[Frame[A]], sights: Sights) -> Iterator[Shots]:
        """Pick the shots of these frames."""
        now_ns = frames[0].taken_ns
        posed = pose(sights.faces, self.points, self.settings)
        likely = self.passes.worth(sights.rows, posed, now_ns)
        sights = sights.take(likely)
        # Only what may be worth a template is measured on its pixels.
        gauged = self.compute.gauge(frames, sights.which, sights.faces.boxes)
        quality = look(posed.take(likely), gauged, self.settings)
        self.passes.gate(sights.rows[quality.passed])
        best = self.passes.worth(sights.rows, quality, now_ns)
        try:
            for start in range(0, len(best), self.compute.batch):
                some = best[start : start + self.compute.batch]
                shots = Shots(sights.take(some), quality.value[some])
                if self.closer:
                    self.closer(frames, shots.sights.which, shots.sights.faces)
                yield shots
        finally:
            sights.faces.erase()
