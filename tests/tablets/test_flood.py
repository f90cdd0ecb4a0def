"""What a tablet says too often is not read, changes nothing, is counted, and fills no log."""

import logging

import pytest

from appliance.log import Lines
from appliance.tablets.ration import LINES, WORDS, Ration
from provisioning.trial import make_roster
from tests.tablets.bureau import Bureau
from tests.tablets.signing import VIABLE, Pen
from tests.tablets.talk import say_ack, say_hello

LEAVES = ("alert/ack", "hello", "decision")
TOO_MUCH = "A tablet says too much to be heard out."
REFUSED = "A message from a tablet was refused."


@pytest.fixture
def trial(tmp_path, force):
    return make_roster(tmp_path, ["tablet-7", "tablet-8"], force)


@pytest.fixture
def bureau(tmp_path, clock, trial, seconds):
    bureau = Bureau(tmp_path, clock)
    answers = bureau.answers
    answers._words, answers._floods, answers._faults = (
        Ration(measure, seconds) for measure in (WORDS, LINES, LINES)
    )
    bureau.send()
    return bureau


@pytest.fixture
def pen(trial):
    return Pen("tablet-7", trial.tablets["tablet-7"].signing)


@pytest.fixture
def flooded(bureau):
    """A bureau to which a tablet has said all that it may."""
    for _ in range(int(WORDS.at_once)):
        bureau.line.bring("hello", say_hello("alert-1"))
    assert (bureau.answers.unheard, bureau.answers.refused) == (0, 0)
    return bureau


@pytest.mark.parametrize("leaf", LEAVES)
def test_what_is_over_changes_nothing_whatever_it_says(flooded, pen, clock, leaf):
    clock.turn(3)
    before = flooded.state()
    clock.turn(3)
    said = {"alert/ack": say_ack(), "hello": say_hello(), "decision": pen.decide(VIABLE)}[leaf]
    for message in (said, b"[" * 60_000):
        flooded.line.bring(leaf, message)
    assert (flooded.answers.unheard, flooded.answers.refused, flooded.seen) == (2, 0, [])
    assert flooded.state()[1:] == before[1:]


def test_the_others_are_heard_meanwhile(flooded, trial):
    other = Pen("tablet-8", trial.tablets["tablet-8"].signing)
    flooded.line.bring("decision", other.decide(VIABLE, id="d-1"), "tablet-8")
    assert [one.tablet for one in flooded.decisions] == ["tablet-8"]


def test_an_answer_that_was_dropped_counts_when_it_is_said_again(flooded, pen, seconds):
    answer = pen.decide(VIABLE, id="d-1")
    flooded.line.bring("decision", answer)
    assert flooded.decisions == []
    seconds.now_s += 3
    flooded.line.bring("decision", answer)
    assert [one.id for one in flooded.decisions] == ["d-1"]
    assert [data["decision_id"] for _, data, _ in flooded.line.said] == ["d-1"]


def test_an_hour_of_answers_comes_at_once_and_is_heard_whole(bureau, pen):
    bureau.line.bring("hello", say_hello())
    for number in range(64):
        bureau.send(f"alert-{number}")
        bureau.line.bring("alert/ack", say_ack(f"alert-{number}"))
    for number in range(64):
        bureau.line.bring("decision", pen.decide(VIABLE, f"alert-{number}"))
    assert len(bureau.decisions) == 64
    assert (bureau.answers.unheard, bureau.answers.refused) == (0, 0)


def test_a_flood_writes_a_line_a_minute_that_names_its_tablet(flooded, seconds, caplog):
    caplog.set_level(logging.WARNING)
    for minute in range(3):
        for _ in range(10_000):
            flooded.line.bring("hello", b"Secret")
        assert [r.getMessage() for r in caplog.records].count(TOO_MUCH) == minute + 1
        seconds.now_s += 60
    loud = next(record for record in caplog.records if record.getMessage() == TOO_MUCH)
    assert loud.fields == {"tablet": "tablet-7"}
    assert "Secret" not in Lines().format(loud)


def test_rubbish_within_the_ration_writes_a_line_a_minute_too(bureau, seconds, caplog):
    for _ in range(100):
        bureau.line.bring("decision", b"{}")
        bureau.line.bring("decision", b"{}", "tablet-8")
    assert bureau.answers.refused == 200
    assert [record.getMessage() for record in caplog.records] == [REFUSED] * 2
    seconds.now_s += 60
    bureau.line.bring("decision", b"{}")
    assert len(caplog.records) == 3


def test_a_van_tells_how_much_it_has_not_heard_and_answers_the_others(
    link, tablet, pens, make_alert
):
    link.alert(make_alert())
    for _ in range(1000):
        tablet.greet()
    answer = pens["tablet-8"].decide(VIABLE)
    tablet.decide(answer)
    assert tablet.read("decision/ack/tablet-8")["data"]["decision_id"] == answer["id"]
    assert link.unheard > 0
