"""The log says who, when, what and why, in words that have no room for a person."""

from datetime import datetime, timedelta, timezone
from typing import get_args

import pytest
from pydantic import ValidationError

from appliance.domain.candidate import Band
from appliance.domain.decision import Disposal, Engagement
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.domain.watchlist import Ground
from appliance.oversight import entries

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
SIGNED = "ab" * 32
FACTS = [
    entries.Started(version="1.0"),
    entries.Stopped(),
    entries.Opened(
        deployment_id="d-1",
        starts_at=NOON,
        ends_at=NOON + timedelta(hours=4),
        notice_published_at=NOON - timedelta(days=7),
    ),
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
    entries.Exported(alerts=2, package=SIGNED),
    entries.Forgotten(of="faces", count=40),
    entries.Felt(lamp=Lamp.DEGRADED),
    entries.Refused(of="tablets"),
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
