"""Follows as the van does, and notes beside it what went by: numbers, no face and no template."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from typing_extensions import override

from appliance.domain.tally import Tally
from appliance.vision.passes import Passes
from appliance.vision.quality import eye_distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.alert import Alert
    from appliance.domain.face import Faces, Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.domain.passing import Passing
    from appliance.settings import VisionSettings
    from appliance.vision.models import Landmarks
    from appliance.vision.passes import Sights


@dataclass(frozen=True)
class Sight:
    """A passing as it was at one moment."""

    at_s: float
    """Since the film's first picture."""
    eyes_px: float
    """Between the eyes."""
    x: float
    """Of the middle of its face, as a share of the picture's width..."""
    y: float
    """...and of its height."""


@dataclass(frozen=True)
class Call:
    """What was reported of a passing, once."""

    subject: str
    """The entry's reference."""
    at_s: float
    eyes_px: float


@dataclass
class Went:
    """A passing that went by."""

    sights: list[Sight] = field(default_factory=list[Sight])
    shots: int = 0
    gated: bool = False
    """Whether it is a face seen: one of its sights was good enough to encode."""
    call: Call | None = field(default=None, repr=False)


class Witness(Passes):
    """Everything that the van's own follower does, with notes.

    Args:
        settings: Of vision.
        dimension: Of a template.
        points: Where the eyes are among the landmarks.
        fusing: False: each shot is searched by itself, and not with those before it.
    """

    def __init__(
        self, settings: VisionSettings, dimension: int, points: Landmarks, *, fusing: bool
    ) -> None:
        super().__init__(settings, dimension)
        self.went: dict[int, Went] = {}
        """By the passing's number."""
        self._points, self._fusing = points, fusing
        self._began_ns: int | None = None
        self._marked = 0

    @override
    def follow(self, frames: Sequence[Frame[object]], found: Sequence[Faces]) -> Sights:
        """Follow, and note where each passing is and how large it comes."""
        sights = super().follow(frames, found)
        eyes = eye_distance(sights.faces, self._points)
        if self._began_ns is None:
            self._began_ns = frames[0].taken_ns
        for place, row in enumerate(sights.rows):
            if row < 0:
                continue
            frame, box = frames[sights.which[place]], sights.faces.boxes[place]
            sight = Sight(
                (frame.taken_ns - self._began_ns) / 1e9,
                float(eyes[place]),
                float(box[0] + box[2]) / 2 / frame.width,
                float(box[1] + box[3]) / 2 / frame.height,
            )
            self.went.setdefault(int(self.number[row]), Went()).sights.append(sight)
        return sights

    @override
    def fuse(
        self, rows: Ints, vectors: Floats, quality: Floats, norms: Floats, now_ns: int
    ) -> Floats:
        """Fuse, or give each shot as it is."""
        fused = super().fuse(rows, vectors, quality, norms, now_ns)
        if not self._fusing:
            fused[:] = vectors
        return fused

    @override
    def mark(self, row: int) -> None:
        """Remember which passing is being reported."""
        super().mark(row)
        self._marked = int(self.number[row])

    def hear(self, alert: Alert) -> None:
        """Take the alert of the passing that was marked last."""
        went = self.went[self._marked]
        last = went.sights[-1]
        went.call = Call(alert.subject.reference, last.at_s, last.eyes_px)


@dataclass
class Ledger(Tally):
    """A tally that says of each passing what its end has told."""

    witness: Witness | None = field(default=None, repr=False)

    @override
    def settle(self, passing: Passing, erased_ms: float) -> None:
        super().settle(passing, erased_ms)
        if self.witness:
            went = self.witness.went[passing.number]
            went.shots, went.gated = passing.shots, passing.gated
