"""The log says who, when, what and why, in words that have no room for a person."""

from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest
from pydantic import ValidationError

from appliance.domain.candidate import Band
from appliance.domain.decision import Disposal, Engagement, Ethnicity
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, figures
from appliance.sealing import Seal

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
SIGNED = "ab" * 32
FACTS = [
    entries.Started(version="1.0", sealed=tuple(Seal)),
    entries.Stopped(),
    entries.Opened(
        deployment_id="d-1",
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=4),
        notice_published_at=NOON - timedelta(days=7),
        purpose="Find people who are wanted by a court.",
        authorising_officer="Superintendent",
        place="High Street",
        maximum_subjects=2_000,
    ),
    entries.Asked(deployment_id="d-1"),
    entries.Closed(deployment_id="d-1", end=End.BUTTON),
    entries.Listed(watchlist_id="l-1", bundle=SIGNED, subjects=3, grounds={Ground.VOLUNTEER: 3}),
    entries.TakenOff(watchlist_id="l-1", subjects=1),
    entries.Erased(watchlist_id="l-1"),
    entries.Applied(model_id="sha256-0", threshold=0.5, floor=0.45),
    entries.Alerted(
        alert_id="a-1",
        camera="mast-1",
        watchlist_id="l-1",
        ground=Ground.VOLUNTEER,
        band=Band.LIKELY,
    ),
    entries.Decided(
        alert_id="a-1", decision_id="d-1", answer=Engagement.SAME_PERSON, signed=SIGNED
    ),
    entries.Told(alert_id="a-1", decision_id="d-2", disposal=Disposal.NO_ACTION, signed=SIGNED),
    entries.Disclosed(alert_id="a-1"),
    entries.Exported(alerts=2, package=SIGNED, deployment_id="d-1"),
    entries.Unsent(alerts=2, package=SIGNED, deployment_id="d-1"),
    entries.Forgotten(of="faces", count=40, deployment_id="d-1"),
    entries.Felt(lamp=Lamp.DEGRADED),
    entries.Refused(of="tablets"),
    entries.Held(alert_id="a-1", until=NOON),
    entries.Settled(alert_id="a-1"),
    entries.Finished(deployment_id="d-1"),
    figures.Counted(
        deployment_id="d-1",
        span="s-1",
        looked_s=7_200.5,
        frames=100_000,
        dropped_frames=3,
        bad_frames=0,
        detections=60_000,
        faces_seen=1_200,
        erased=1_200,
        unencoded=2,
        overflow=0,
        alerts=1,
        seen_to_tablet_ms={120: 1},
        deletion_ms={3: 1_200},
    ),
    figures.Concluded(
        deployment_id="d-1",
        answers={"alert": 1, "viable": 1, "same_person": 1, "arrest": 1},
        unanswered=0,
        settled=0,
        stop_minutes=20,
        false_stop_minutes=0,
        force_used=0,
        leaflets=1,
        groups=(
            figures.Grouped(
                ethnicity=Ethnicity.NOT_STATED,
                engagement=Engagement.SAME_PERSON,
                disposal=Disposal.ARREST,
                count=1,
            ),
        ),
    ),
    figures.Recalled(
        deployment_id="d-1",
        volunteers=6,
        passes=(figures.Passes(group="all", passes=30, recognised=27),),
    ),
    figures.Scored(
        deployment_id="d-1", model_id="0a", faces=1_200, edges=(-1, 0, 1), counts=(900, 300)
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.what)
def test_every_kind_of_entry_reads_back_as_itself(fact):
    said = entries.entry("tablet/tablet-7", fact, "A reason.", NOON)
    assert entries.read(said.line) == said
    assert said.line.isascii()
    assert b"\n" not in said.line


def test_there_is_an_entry_for_each_kind_and_no_other():
    kinds = get_args(get_args(entries.Anything)[0])
    assert {type(fact) for fact in FACTS} == set(kinds)
    assert len({fact.what for fact in FACTS}) == len(kinds)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.what)
@pytest.mark.parametrize("more", ["officer", "name", "subject", "image", "ethnicity"])
def test_no_entry_has_room_for_a_person(fact, more):
    line = entries.entry("van", fact, at=NOON).line
    for place in (b'"what"', b'"who"'):
        with pytest.raises(ValidationError):
            entries.read(line.replace(place, f'"{more}":"somebody",'.encode() + place))


@pytest.mark.parametrize("who", ["PC 456", "", "van\n", "Ann", "tablet:7", "x" * 81])
def test_whoever_acts_is_a_part_of_the_van_or_a_tablet(who):
    with pytest.raises(ValidationError):
        entries.entry(who, entries.Stopped())


@pytest.mark.parametrize("why", ["", "two\nlines", "\u202ereversed", "x" * 201])
def test_a_reason_is_one_plain_sentence(why):
    with pytest.raises(ValidationError):
        entries.entry("van", entries.Stopped(), why)
