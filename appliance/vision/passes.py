"""Passings: which sights belong to one face going by, and the one template that is kept of it.

A follower of half a second at the most: it exists so that a face is encoded and reported once, and
so that it is known when it is gone. It knows one camera at a time and forgets at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lap
import numpy as np

from appliance.domain.face import Faces
from appliance.domain.passing import Passing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.settings import VisionSettings
    from appliance.vision.quality import Quality

CAPACITY = 512
"""Passings in view at once, of all cameras; more are not followed, and counted."""
FARTHEST = 0.85
"""1 - IoU above which a face is not the one that was expected there."""
INERTIA = 0.6
"""How much of the old speed is kept: damps the detector's trembling."""
STILL_S = 0.8
STILL = 0.04
"""A face that has not moved by so much of its width in so long hangs on a wall: people sway
(measured in DECISIONS 125)."""
NEAR, ROUND, FLAT = 1, 2, 3
"""Like somebody, on a shot; and then found to be a face, or likelier a picture of one."""
WIDEST_STEP_S = 0.2
"""A guess farther ahead than this is worse than no guess."""


@dataclass(frozen=True)
class Sights:
    """The faces of all cameras at one moment, and the passing that each belongs to."""

    which: Ints
    """(F,), the frame of each face."""
    rows: Ints
    """(F,), its row among the passings; -1 where there was no room."""
    faces: Faces

    def take(self, index: Ints) -> Sights:
        """Copy the sights at the given places."""
        return Sights(self.which[index], self.rows[index], self.faces.take(index))


def overlap(first: Floats, second: Floats) -> Floats:
    """Intersection over union of each pair of boxes: (N, 4), (M, 4) -> (N, M)."""
    corner = np.maximum(first[:, None, :2], second[None, :, :2])
    far = np.minimum(first[:, None, 2:], second[None, :, 2:])
    common = (far - corner).clip(0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).clip(0).prod(axis=1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - common
    return np.asarray(common / np.maximum(union, 1e-6), np.float32)


class Passes:
    """All passings in view. Rows are preallocated, and zeroed when their passing ends."""

    def __init__(self, settings: VisionSettings, dimension: int, capacity: int = CAPACITY) -> None:
        self.settings = settings
        self.overflow = self.seen = 0
        self._next = 1
        self._cameras: list[str] = []
        self.number = np.zeros(capacity, np.int32)
        """0 marks a free row."""
        self._camera = np.zeros(capacity, np.int32)
        self._boxes = np.zeros((capacity, 4), np.float32)
        self._speed = np.zeros((capacity, 4), np.float32)
        self._first = np.zeros((capacity, 4), np.float32)
        """Where it was first seen, and how far it has been from there, in widths of its face."""
        self._reach = np.zeros(capacity, np.float32)
        moments = (np.zeros(capacity, np.int64) for _ in range(3))
        self._begun_ns, self._seen_ns, self._shot_ns = moments
        self._sights, self._shots = (np.zeros(capacity, np.int32) for _ in range(2))
        self._more = np.zeros(capacity, np.int32)
        """Shots that it is granted beyond the usual number."""
        self._best = np.zeros(capacity, np.float32)
        self._gated = np.zeros(capacity, np.bool_)
        self._alerted = np.zeros(capacity, np.bool_)
        self._near = np.zeros(capacity, np.int8)
        """Whether it was like somebody on a shot, and then whether it may be a picture."""
        self._sum = np.zeros((capacity, dimension), np.float32)
        """The quality-weighted sum of the templates of the passing's shots."""
        self._shot = np.zeros(dimension, np.float32)

    def follow(self, frames: Sequence[Frame[object]], found: Sequence[Faces]) -> Sights:
        """Give each sure face of each frame the row of its passing, new ones included."""
        sure = [faces.take(faces.scores >= self.settings.detect_score) for faces in found]
        rows = [
            self._assign(self._index(frame.camera), faces.boxes, frame.taken_ns)
            for frame, faces in zip(frames, sure, strict=True)
        ]
        which = [np.full(len(faces), i, np.int32) for i, faces in enumerate(sure)]
        together = Faces(
            np.concatenate([f.boxes for f in sure]),
            np.concatenate([f.landmarks for f in sure]),
            np.concatenate([f.scores for f in sure]),
        )
        for faces in sure:
            faces.erase()
        return Sights(np.concatenate(which), np.concatenate(rows), together)

    def _index(self, camera: str) -> int:
        if camera not in self._cameras:
            self._cameras.append(camera)
        return self._cameras.index(camera)

    def _assign(self, camera: int, boxes: Floats, now_ns: int) -> Ints:
        live = np.flatnonzero((self.number > 0) & (self._camera == camera))
        rows = np.full(len(boxes), -1, np.int32)
        if len(live) and len(boxes):
            ahead = ((now_ns - self._seen_ns[live]) / 1e9).clip(0, WIDEST_STEP_S)
            step = self._speed[live] * ahead[:, None]
            expected = np.asarray(self._boxes[live] + step, np.float32)
            cost = 1 - overlap(boxes, expected)
            _, to_row, _ = lap.lapjv(cost, extend_cost=True, cost_limit=FARTHEST)
            known = np.flatnonzero(to_row >= 0)
            rows[known] = live[to_row[known]]
            self._move(rows[known], boxes[known], now_ns)
        self._begin(rows, camera, boxes, now_ns)
        taken = rows[rows >= 0]
        self._seen_ns[taken] = now_ns
        self._sights[taken] += 1
        return rows

    def _move(self, rows: Ints, boxes: Floats, now_ns: int) -> None:
        passed_s = np.maximum((now_ns - self._seen_ns[rows]) / 1e9, 1e-3).astype(np.float32)
        speed = (boxes - self._boxes[rows]) / passed_s[:, None]
        self._speed[rows] = INERTIA * self._speed[rows] + (1 - INERTIA) * speed
        self._boxes[rows] = boxes
        first = self._first[rows]
        away = np.abs(boxes - first).max(axis=1) / np.maximum(first[:, 2] - first[:, 0], 1)
        self._reach[rows] = np.maximum(self._reach[rows], away)

    def _begin(self, rows: Ints, camera: int, boxes: Floats, now_ns: int) -> None:
        new = np.flatnonzero(rows < 0)
        free = np.flatnonzero(self.number == 0)[: len(new)]
        self.overflow += len(new) - len(free)
        new = new[: len(free)]
        rows[new] = free
        self.number[free] = np.arange(self._next, self._next + len(free))
        self._next += len(free)
        self._camera[free] = camera
        self._boxes[free] = self._first[free] = boxes[new]
        self._begun_ns[free] = now_ns
        self._shot_ns[free] = now_ns - int(self.settings.shot_gap_s * 1e9)

    def worth(self, rows: Ints, quality: Quality, now_ns: int) -> Ints:
        """Pick the sights worth encoding now: of whom an alert may come first, then the best.

        A passing's first shots are spread in time; after them only clearly better ones count.

        Args:
            rows: (F,), the passing of each sight; -1 where it has none.
            quality: Of each sight.
            now_ns: The moment of the frames, monotonic.
        """
        rested = now_ns - self._shot_ns[rows] >= self.settings.shot_gap_s * 1e9
        early = (self._shots[rows] < self.settings.shots + self._more[rows]) & rested
        better = quality.value > self._best[rows] * self.settings.better
        worth = np.flatnonzero(quality.passed & (rows >= 0) & (early | better))
        # Whoever was like somebody already goes first: officers may be waiting for that shot.
        order = np.lexsort((-quality.value[worth], self._near[rows[worth]] == 0))
        return worth[order].astype(np.int32)

    def gate(self, rows: Ints) -> None:
        """Count the passings that now have a sight good enough to encode: the faces seen."""
        self.seen += int((~self._gated[rows]).sum())
        self._gated[rows] = True

    def fuse(
        self, rows: Ints, vectors: Floats, quality: Floats, norms: Floats, now_ns: int
    ) -> Floats:
        """Add shots to their passings and give each passing's template so far.

        Args:
            rows: (F,), each row once.
            vectors: (F, D), of length 1.
            quality: (F,), of each shot before it was encoded.
            norms: (F,), what the network says of each shot; 0 of one that is unsound.
            now_ns: Monotonic.

        Returns:
            (F, D), the quality-weighted means at length 1.
        """
        # A row at a time, and through a room of our own: nothing is left in memory that is freed.
        for row, vector, weight in zip(rows, vectors, quality * norms, strict=True):
            np.multiply(vector, weight, out=self._shot)
            self._sum[row] += self._shot
        self._shot.fill(0)
        sound = norms > 0
        self._best[rows] = np.maximum(self._best[rows], quality * sound)
        self._shots[rows] += sound
        self._shot_ns[rows] = now_ns
        fused = self._sum[rows]
        fused /= np.maximum(np.sqrt(np.einsum("fd,fd->f", fused, fused)), 1e-6)[:, None]
        return fused

    def alerted(self, row: int) -> bool:
        """Tell whether the passing has alerted already."""
        return bool(self._alerted[row])

    def mark(self, row: int) -> None:
        """Remember that the passing has alerted."""
        self._alerted[row] = True

    def approach(self, rows: Ints) -> None:
        """Remember that a shot of these passings was like somebody."""
        self._near[rows] = np.maximum(self._near[rows], NEAR)

    def unjudged(self, rows: Ints) -> Ints:
        """Pick the sights of whom an alert may come, and of whom `judge` was not told yet.

        Args:
            rows: (F,), the passing of each sight; -1 where it has none.
        """
        asked = (self._near == NEAR) & ~self._alerted
        return np.flatnonzero((rows >= 0) & asked[rows]).astype(np.int32)

    def judge(self, row: int, *, flat: bool) -> None:
        """Remember whether the passing may be one of a picture."""
        self._near[row] = FLAT if flat else ROUND

    def judged(self, row: int) -> bool | None:
        """Tell whether the passing may be one of a picture; None where nobody has asked."""
        return bool(self._near[row] == FLAT) if self._near[row] > NEAR else None

    def still(self, row: int) -> bool:
        """Tell whether the face has hardly moved for as long as nobody stands so still."""
        seen_s = (self._seen_ns[row] - self._begun_ns[row]) / 1e9
        return bool(seen_s >= STILL_S and self._reach[row] < STILL)

    def renew(self, shots: int) -> None:
        """Have so many more shots of every passing in view, even where it has had all of its own.

        They are fused with what the passing has, which is then compared with another list.
        """
        live = self.number > 0
        self._more[live] = (self._shots[live] + shots - self.settings.shots).clip(0)

    def end(self, now_ns: int) -> list[Passing]:
        """Erase the passings that were not seen for a while, and say what they were."""
        late = now_ns - self._seen_ns > self.settings.lost_s * 1e9
        gone = np.flatnonzero((self.number > 0) & late)
        return self._erase(gone) if len(gone) else []  # as after almost every frame

    def end_all(self) -> list[Passing]:
        """Erase every passing."""
        return self._erase(np.flatnonzero(self.number > 0))

    def _erase(self, rows: npt.NDArray[np.intp]) -> list[Passing]:
        gone = [
            Passing(
                int(self.number[row]),
                self._cameras[self._camera[row]],
                int(self._sights[row]),
                int(self._shots[row]),
                bool(self._gated[row]),
                bool(self._alerted[row]),
            )
            for row in rows
        ]
        for array in (
            self.number, self._camera, self._boxes, self._first, self._speed, self._reach,
            self._begun_ns, self._seen_ns, self._shot_ns, self._sights, self._shots, self._more,
            self._best, self._gated, self._alerted, self._near, self._sum,
        ):  # fmt: skip
            array[rows] = 0
        return gone
