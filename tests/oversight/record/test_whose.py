"""Whose deployment an entry is of: the one that it names, or else the one that goes on."""

from appliance.bench.day import MORNING
from appliance.domain.decision import Disposal, Engagement, Ethnicity
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.oversight import entries, figures
from tests.oversight.record.facts import (
    SIGNED,
    alerted,
    concluded,
    counted,
    opened,
    recalled,
    scored,
    story,
)


def test_what_is_said_without_a_name_is_of_the_deployment_that_goes_on(tmp_path):
    made = story(
        tmp_path, entries.TakenOff(watchlist_id="l", subjects=90), opened("d-0"),
        entries.Refused(of="tablets", count=7), opened("d-1"),
        entries.Refused(of="list"), entries.Felt(lamp=Lamp.FAULT),
        entries.TakenOff(watchlist_id="l", subjects=9), alerted("a-1"),
        entries.Held(alert_id="a-1", until=MORNING), entries.Disclosed(alert_id="a-9"),
        entries.Started(version="2"), entries.Felt(lamp=Lamp.DEGRADED),
        entries.Exported(alerts=6, package=SIGNED), entries.Forgotten(of="alerts", count=5),
    )  # fmt: skip
    upkeep = made.upkeep
    assert (upkeep.refused, upkeep.faults, upkeep.degraded) == ({"list": 1}, 1, 0)
    assert (upkeep.taken_off, upkeep.held, upkeep.disclosed) == (9, "1 to 4", 0)
    assert (upkeep.exported, upkeep.alerts_erased) == (6, 5)


def test_what_names_its_deployment_is_of_it_whichever_goes_on(tmp_path):
    made = story(
        tmp_path, opened("d-1"), opened("d-2"),
        entries.Exported(alerts=6, package=SIGNED, deployment_id="d-2"),
        entries.Exported(alerts=5, package=SIGNED, deployment_id="d-1"),
        entries.Forgotten(of="alerts", count=4, deployment_id="d-1"),
        entries.Unsent(alerts=2, package=SIGNED, deployment_id="d-2"),
    )  # fmt: skip
    assert made.deployment.deployment_id == "d-2"
    assert (made.upkeep.exported, made.upkeep.alerts_erased) == (4, 0)


def arrests(count):
    return figures.Grouped(
        ethnicity=Ethnicity.NOT_STATED, engagement=Engagement.SAME_PERSON,
        disposal=Disposal.ARREST, count=count,
    )  # fmt: skip


def test_what_was_concluded_in_parts_adds_up_once_all_of_it_is_said(tmp_path):
    first = concluded({"alert": 7, "viable": 7, "same_person": 7, "arrest": 7}, (arrests(7),))
    first = first.model_copy(update={"part": True, "unanswered": 2, "settled": 1})
    rest = concluded({"alert": 6, "viable": 6, "same_person": 6, "arrest": 6}, (arrests(6),))
    assert story(tmp_path / "first", opened(), first).alerts.answers is None
    made = story(tmp_path / "all", opened(), first, rest).alerts
    assert (made.answers.viable, made.answers.arrests, made.answers.unanswered) == (13, 13, 2)
    (stops,) = made.ethnicity
    assert stops.people.total == 13


def test_words_of_a_deployment_that_was_never_opened_are_nobody_s(tmp_path):
    strays = (
        counted(deployment_id="d-9"),
        entries.Closed(deployment_id="d-9", end=End.BUTTON),
        entries.Finished(deployment_id="d-9"),
        concluded({}).model_copy(update={"deployment_id": "d-9"}),
        recalled(deployment_id="d-9"),
        scored("d-9"),
        alerted("a-0"),
        entries.Exported(alerts=1, package=SIGNED),
        entries.Forgotten(of="faces", count=1),
        entries.Forgotten(of="faces", count=1, deployment_id="d-9"),
        entries.Exported(alerts=1, package=SIGNED, deployment_id="d-9"),
        entries.Unsent(alerts=1, package=SIGNED, deployment_id="d-9"),
    )
    made = story(tmp_path, *strays, opened())
    assert (made.seen.spans, made.alerts.alerts, made.recall, made.scores) == (0, 0, (), ())
    assert (made.upkeep.exported, made.upkeep.faces_erased) == (0, 0)
