"""What a log says of strangers is gathered by model, with the threshold that they were under."""

from datetime import datetime, timedelta, timezone

from appliance.domain.scores import EDGES, Scores
from appliance.oversight import entries
from appliance.oversight.figures import Concluded, Scored
from appliance.oversight.strangers import strangers

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


def opened(deployment_id):
    return entries.Opened(
        deployment_id=deployment_id,
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=4),
        notice_published_at=NOON - timedelta(days=7),
        purpose="Find people who are wanted by a court.",
        authorising_officer="Superintendent",
        place="High Street",
        maximum_subjects=2_000,
    )


def applied(model_id, threshold, pack="retail"):
    return entries.Applied(model_id=model_id, threshold=threshold, floor=0.4, pack=pack)


def scored(deployment_id, model_id):
    scores = Scores()
    for _ in range(1000):
        scores.add(0.1, 3)
    counts = tuple(scores.counts.tolist())
    return Scored(
        deployment_id=deployment_id, model_id=model_id, faces=1000, edges=EDGES, counts=counts,
        comparisons=3000,
    )  # fmt: skip


def concluded(deployment_id, **answers):
    return Concluded(
        deployment_id=deployment_id, answers=answers, unanswered=0, settled=0, stop_minutes=0,
        false_stop_minutes=0, force_used=0, leaflets=0,
    )  # fmt: skip


def said(*facts):
    return [entries.entry("van", fact, at=NOON) for fact in facts]


def test_deployments_of_one_model_come_together_under_the_lowest_threshold():
    found = strangers(
        said(
            opened("d-1"), applied("m", 0.5), concluded("d-1", not_viable=2, viable=1),
            scored("d-1", "m"),
            opened("d-2"), applied("m", 0.52), applied("m", 0.48), scored("d-2", "m"),
            concluded("d-2", not_the_person=1),
        )
    )  # fmt: skip
    assert [*found] == ["m"]
    assert (found["m"].threshold, found["m"].pack, len(found["m"].scored)) == (0.48, "retail", 2)
    assert found["m"].false_alerts == 3


def test_a_deployment_of_days_is_concluded_in_parts():
    first = concluded("d-1", not_viable=2).model_copy(update={"part": True})
    found = strangers(
        said(opened("d-1"), applied("m", 0.5), first, scored("d-1", "m"),
             concluded("d-1", not_the_person=1))
    )  # fmt: skip
    assert found["m"].false_alerts == 3


def test_models_are_kept_apart():
    found = strangers(
        said(
            opened("d-1"), applied("m", 0.5), scored("d-1", "m"),
            opened("d-2"), applied("n", 0.3, "zoo"), scored("d-2", "n"),
        )
    )  # fmt: skip
    assert {name: (one.pack, one.threshold) for name, one in found.items()} == {
        "m": ("retail", 0.5), "n": ("zoo", 0.3),
    }  # fmt: skip


def test_of_a_deployment_that_has_counted_nobody_nothing_is_said():
    assert strangers(said(opened("d-1"), applied("m", 0.5), entries.Stopped())) == {}
