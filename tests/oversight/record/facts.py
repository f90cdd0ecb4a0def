"""What may happen under one deployment, as facts of a log; a test says only what matters to it."""

from datetime import timedelta

from appliance.bench.day import MORNING
from appliance.domain.candidate import Band
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, figures
from tests.oversight.record.conftest import keep, told

SIGNED = "ab" * 32


def opened(deployment_id="d-1", **changes):
    fields = {
        "deployment_id": deployment_id,
        "starts_at": MORNING,
        "ends_at": MORNING + timedelta(hours=4),
        "notice_published_at": MORNING - timedelta(hours=36),
        "purpose": "Find people who are wanted by a court.",
        "authorising_officer": "Superintendent",
        "place": "High Street",
        "maximum_subjects": 10,
    }
    return entries.Opened(**{**fields, **changes})


def alerted(alert_id, ground=Ground.COURT):
    return entries.Alerted(
        alert_id=alert_id, camera="mast-1", watchlist_id="l-1", ground=ground, band=Band.LIKELY
    )


def counted(span="s-1", deployment_id="d-1", **changes):
    fields = dict.fromkeys(
        ("frames", "dropped_frames", "bad_frames", "detections", "faces_seen", "erased",
         "unencoded", "overflow", "alerts", "looked_s"), 0,
    )  # fmt: skip
    times = {"seen_to_tablet_ms": {}, "deletion_ms": {}}
    return figures.Counted(deployment_id=deployment_id, span=span, **{**fields, **times, **changes})


def concluded(answers, groups=(), **changes):
    numbers = dict.fromkeys(
        ("unanswered", "settled", "stop_minutes", "false_stop_minutes", "force_used", "leaflets"), 0
    )
    return figures.Concluded(
        deployment_id="d-1", answers=answers, groups=groups, **{**numbers, **changes}
    )


def story(tmp_path, *facts, deployment_id=None):
    """Make the record of what happened, a minute after the other."""
    said = [
        entries.entry("van", fact, at=MORNING + timedelta(minutes=number)).line
        for number, fact in enumerate(facts)
    ]
    return told(keep(tmp_path / "log", said), deployment_id)


def passes(group, count, found, people):
    return figures.Passes(group=group, passes=count, recognised=found, volunteers=people)


def recalled(*groups, volunteers=18, deployment_id="d-1"):
    return figures.Recalled(deployment_id=deployment_id, volunteers=volunteers, passes=groups)


def scored(deployment_id="d-1"):
    return figures.Scored(
        deployment_id=deployment_id,
        model_id="m",
        faces=1_000,
        edges=(0.0, 0.5, 1.0),
        counts=(990, 10),
    )
