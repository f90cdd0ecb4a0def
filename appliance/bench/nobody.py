"""An alert about nobody: as the pipeline itself makes it, under a trial's own authority."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from appliance.app import now, open_machine
from appliance.domain.candidate import Band, Candidate
from appliance.domain.deployment import Deployment
from appliance.domain.face import Faces
from appliance.domain.frame import Colour, Frame, Layout
from appliance.domain.tally import Tally
from appliance.domain.watchlist import Head, Watchlist
from appliance.matching.matcher import Match
from appliance.matching.repeats import Repeats
from appliance.pipeline import Report
from appliance.settings import Appliance, MatchingSettings, VisionSettings
from appliance.vision.passes import Passes
from engines.calibrated import calibrated
from engines.packs import load_packs
from provisioning.desk.trial import HERE, trial_authority

if TYPE_CHECKING:
    from appliance.domain.alert import Alert
    from appliance.domain.watchlist import Subject

LIST = "bench"
LIFE = timedelta(hours=12)
OPEN = timedelta(seconds=60)
SIDE_PX = 64


def alert_about(subject: Subject) -> Alert:
    """Have the pipeline report somebody whom no camera has seen, in a grey picture.

    Nothing but the pipeline can make an alert, and it makes none without an open deployment.
    """
    machine, made_at = open_machine(Appliance()), now()
    pack = next(iter(load_packs().values()))
    head = Head(
        watchlist_id=LIST, model_id=pack.model_id, made_at=made_at, expires_at=made_at + LIFE
    )
    templates = np.eye(1, pack.encoder.dimension, dtype=np.float32)
    watchlist = Watchlist.of(head, [subject], templates, np.zeros(1, np.int32))
    deployment = Deployment(trial_authority(head, 1, "Measure the way to the tablets"), HERE)
    calibration = calibrated(pack)
    match = Match(machine.gallery, watchlist, deployment, calibration, MatchingSettings(), now)
    passes = Passes(VisionSettings(), pack.encoder.dimension)
    report = Report(machine.compute, match, passes, Repeats(0.0), OPEN, _nobody, Tally())
    likely = Candidate(0, score=0.71, runner_up=0.1, band=Band.LIKELY, threshold=match.threshold)
    none = np.zeros((0, 5, 2), np.float32)
    alone = Faces(none[:, 0, :1].repeat(4, 1), none, none[:, 0, 0])
    box = np.array([20, 20, 40, 44], np.float32)
    try:
        return report.alert(subject, likely, _grey(), box, alone)
    finally:
        match.close()


def _grey() -> Frame[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    pixels = np.full((SIDE_PX, SIDE_PX, 3), 128, np.uint8)
    moment = now()
    return Frame(
        pixels, SIDE_PX, SIDE_PX, Layout.RGB8, Colour(), LIST, 0, moment, time.monotonic_ns()
    )


def _nobody(_alert: Alert) -> None:
    """Send nothing."""
