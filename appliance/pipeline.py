"""The story of one frame, from the camera to an officer's tablet; the same on every machine."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.domain.alert import Alert, Place
from appliance.domain.frame import A
from appliance.domain.watchlist import Ground
from appliance.matching.handover import Handover
from appliance.vision.presentation import LIKELY
from appliance.vision.scraps import sweep
from appliance.vision.view import others, region

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from appliance.domain.candidate import Candidate
    from appliance.domain.face import Faces, Floats
    from appliance.domain.frame import Frame
    from appliance.domain.passing import Passing
    from appliance.domain.tally import Tally
    from appliance.domain.watchlist import Subject
    from appliance.machine import Compute
    from appliance.matching.matcher import Match
    from appliance.matching.repeats import Repeats
    from appliance.vision.choice import Choose, Shots
    from appliance.vision.detector import Detect
    from appliance.vision.encoder import Encode, Templates
    from appliance.vision.pace import Pace
    from appliance.vision.passes import Passes, Sights
    from appliance.vision.presentation import Suspect


def _nobody(_: str) -> None:
    """Listen to nothing."""


@dataclass
class Pipeline(Generic[A]):
    """Every stage in turn; nothing of a frame is left behind."""

    compute: Compute[A]
    pace: Pace
    detect: Detect[A]
    passes: Passes
    choose: Choose[A]
    encode: Encode[A]
    match: Match
    report: Report[A]
    tally: Tally
    handover: Handover = field(init=False)

    def __post_init__(self) -> None:
        """Be ready for the next list."""
        self.handover = Handover(self.match)

    def step(self, frames: Sequence[Frame[A]]) -> None:
        """Take the newest frame of each camera through every stage, then forget it.

        Raises:
            LapsedError: the authority or the list has ended; the frames are forgotten all the same.
        """
        found: list[Faces] = []
        try:
            self.match.require_open()
            due = self.pace(frames)
            if due:
                found = self.detect(due)
                self.look(due, found)
        finally:
            self.tally.frames += len(frames)
            self.tally.faces_seen, self.tally.overflow = self.passes.seen, self.passes.overflow
            self.forget(found, frames[0].taken_ns)

    def look(self, frames: Sequence[Frame[A]], found: Sequence[Faces]) -> None:
        """Follow the faces, and decide on those that are worth a template now."""
        sights = self.passes.follow(frames, found)
        try:
            for shots in self.choose(frames, sights):
                self.decide(frames, found, shots)
            self.report.foresee(frames, sights)
        finally:
            sights.faces.erase()

    def decide(self, frames: Sequence[Frame[A]], found: Sequence[Faces], shots: Shots) -> None:
        """Encode, match and report some shots, then forget what was made of them."""
        templates = self.encode(frames, shots.sights.which, shots.sights.faces)
        probes = self.fuse(shots, templates, frames[0].taken_ns)
        try:
            passings = self.passes.number[shots.sights.rows]
            candidates = self.match(passings, probes, shots.quality)
            self.passes.approach(shots.sights.rows[self.match.near(passings)])
            self.report(frames, found, shots, candidates)
        finally:
            probes.fill(0)
            shots.sights.faces.erase()

    def fuse(self, shots: Shots, templates: Templates, now_ns: int) -> Floats:
        """Add the shots to their passings; only the passings' templates remain.

        Returns:
            (F, D), one probe a shot; zero where the shot is unsound, for it is no evidence.
        """
        self.tally.shots += len(templates.sound)
        self.tally.bad_templates += int((~templates.sound).sum())
        rows = shots.sights.rows
        fused = self.passes.fuse(rows, templates.vectors, shots.quality, templates.norms, now_ns)
        fused[~templates.sound] = 0
        templates.erase()
        return fused

    def forget(self, found: Sequence[Faces], now_ns: int) -> None:
        """Erase this step's pixels and faces, and the passings that have ended."""
        decided_ns = time.monotonic_ns()
        gone = self.passes.end(now_ns)
        self.tally.detections += sum(len(faces) for faces in found)
        for faces in found:
            faces.erase()
        self.compute.erase()
        self._settle(gone, decided_ns)

    def rest(self, now_ns: int) -> None:
        """Do what is due when no frame comes: passings end, and so may the authority.

        Raises:
            LapsedError: the authority or the list has ended.
        """
        self.forget([], now_ns)
        self.match.require_open()

    def between(self, spare_s: float) -> None:
        """Between two frames, bring the next list nearer, or take it.

        Args:
            spare_s: How long until the next frame is due; 0 or less where it is late.
        """
        if self.handover.turn(spare_s):
            # Whoever is in view is compared with the new list too, on shots that are still to come.
            self.passes.renew(self.match.settings.hits)

    def close(self) -> None:
        """Erase everything: the film is over, or looking has stopped."""
        decided_ns = time.monotonic_ns()
        gone = self.passes.end_all()
        self.compute.erase()
        self.handover.close()
        self.report.repeats.clear()
        self._settle(gone, decided_ns)

    def _settle(self, gone: Sequence[Passing], decided_ns: int) -> None:
        self.match.forget(passing.number for passing in gone)
        if gone:
            sweep()
        erased_ms = (time.monotonic_ns() - decided_ns) / 1e6
        for passing in gone:
            self.tally.settle(passing, erased_ms)


@dataclass
class Report(Generic[A]):
    """Turns a candidate into an alert. Nothing else in the appliance can make one."""

    compute: Compute[A]
    match: Match
    passes: Passes
    repeats: Repeats
    expiry: timedelta
    send: Callable[[Alert], None]
    tally: Tally
    suspect: Suspect[A] | None = None
    """Tells a face from a picture of one, where this machine can."""
    recognised: Callable[[str], None] = _nobody
    """Told once of each passing that is like a volunteer, also within the cooldown, with the
    volunteer's reference; of whoever else is listed nothing is told here."""

    def __call__(
        self,
        frames: Sequence[Frame[A]],
        found: Sequence[Faces],
        shots: Shots,
        candidates: Sequence[Candidate | None],
    ) -> None:
        """Report each candidate whose passing, subject and camera have not been reported."""
        for i, candidate in enumerate(candidates):
            row = int(shots.sights.rows[i])
            if candidate is None or self.passes.alerted(row):
                continue
            self.passes.mark(row)
            which = int(shots.sights.which[i])
            frame = frames[which]
            subject = self.match.watchlist.subjects[candidate.subject]
            if subject.ground is Ground.VOLUNTEER:
                self.recognised(subject.reference)
            if self.repeats.fresh(subject.reference, frame.camera, frame.taken_ns):
                self.tally.alerts += 1
                box = shots.sights.faces.boxes[i]
                alert = self.alert(subject, candidate, frame, box, found[which])
                if self.passes.still(row) or self._is_flat(row, frame, box):
                    alert = replace(alert, maybe_picture=True)
                self.send(alert)

    def foresee(self, frames: Sequence[Frame[A]], sights: Sights) -> None:
        """Ask now of whom an alert may come whether it may be a picture, so that none waits for it.

        Everything of these frames has been reported by then.
        """
        for i in self.passes.unjudged(sights.rows):
            frame = frames[int(sights.which[i])]
            self._judge(int(sights.rows[i]), frame, sights.faces.boxes[i])

    def _is_flat(self, row: int, frame: Frame[A], box: Floats) -> bool:
        """Tell whether the networks find it likelier than not; who was not foreseen, is asked."""
        if self.passes.judged(row) is None:
            self._judge(row, frame, box)
        return bool(self.passes.judged(row))

    def _judge(self, row: int, frame: Frame[A], box: Floats) -> None:
        share = self.suspect(frame, box) if self.suspect else None
        self.passes.judge(row, flat=share is not None and share >= LIKELY)

    def alert(
        self, subject: Subject, candidate: Candidate, frame: Frame[A], box: Floats, everyone: Faces
    ) -> Alert:
        """Make an alert: a likeness to a subject, in a frame, under the deployment in force."""
        watchlist, deployment = self.match.watchlist, self.match.deployment
        view = region(box, frame.width, frame.height)
        return Alert(
            id=str(uuid.uuid4()),
            subject=subject,
            candidate=candidate,
            crop_jpeg=self.compute.jpeg(frame, view, others(box, everyone)),
            place=_place(box, frame),
            camera=frame.camera,
            taken_at=frame.taken_at,
            expires_at=frame.taken_at + deployment.authority.limit(self.expiry),
            watchlist_id=watchlist.id,
            model_id=watchlist.head.model_id,
            deployment_id=deployment.authority.deployment_id,
            taken_ns=frame.taken_ns,
        )


def _place(box: Floats, frame: Frame[A]) -> Place:
    size = np.array([frame.width, frame.height] * 2)
    # A face at the rim lies partly outside the picture; its place does not.
    left, top, right, bottom = (float(edge) for edge in (box / size).clip(0, 1))
    return Place(left, top, right - left, bottom - top)
