"""What the van makes of the tablets' words: on the disk first, told once, and never by anybody."""

import os

import pytest

from appliance.domain.decision import Engagement, Ethnicity, Outcome, Undo, Verdict
from tests.tablets.answers.conftest import WHITE
from tests.tablets.bureau import Bureau
from tests.tablets.events import as_bytes
from tests.tablets.signing import LOST, NOT_THE_PERSON, OUTCOME, SAME, VERDICT, VIABLE, undo
from tests.tablets.talk import say_ack, say_hello


def test_the_van_listens_where_each_tablet_speaks_and_nowhere_else(bureau):
    assert sorted(bureau.line.asked) == [
        ("lfr/1/van-1/alert/ack/+", 1),
        ("lfr/1/van-1/decision/+", 1),
        ("lfr/1/van-1/hello/+", 1),
    ]


def test_an_answer_is_on_the_disk_and_told_before_its_tablet_hears_so(bureau, pens, tmp_path):
    kept = []
    bureau.answers._on_decision = lambda _: kept.append(
        (tmp_path / "ledger" / "deployment-3.jsonl").read_bytes().count(b"\n")
    )
    bureau.line.bring("decision", pens.seven.decide(VIABLE, id="d-1"))
    assert kept == [2]
    assert bureau.line.said == [
        ("decision/ack/tablet-7", {"decision_id": "d-1", "alert_id": "alert-1", "refused": None}, 0)
    ]
    assert bureau.answers.refused == 0


def test_the_disk_has_it_for_good_before_its_tablet_hears_so(bureau, pens, monkeypatch):
    order, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("disk"), sync(handle)))
    monkeypatch.setattr(bureau.line, "publish", lambda *_, **__: order.append("tablet"))
    bureau.answers._on_decision = lambda _: order.append("van")
    bureau.line.bring("decision", pens.seven.decide())
    assert order == ["disk", "van", "tablet"]


def test_an_answer_that_is_held_is_confirmed_however_often_it_is_said(bureau, pens, tmp_path):
    message = pens.seven.decide(VIABLE, id="d-1")
    bureau.line.bring("decision", message)
    # In the same bytes it was believed before, whoever may sign by now.
    (tmp_path / "van" / "crl.pem").unlink()
    bureau.line.bring("decision", message)
    assert [data["refused"] for _, data, _ in bureau.line.said] == [None, None]
    assert len(bureau.decisions) == 1
    changed = {**message, "data": {**message["data"], "officer": "PC 457"}}
    bureau.line.bring("decision", changed)
    assert bureau.answers.refused == 1


def test_a_decision_says_who_on_which_tablet_and_holds_the_signed_word(bureau, pens):
    message = pens.seven.decide(VIABLE, id="d-1")
    bureau.line.bring("decision", message)
    (decision,) = bureau.decisions
    assert (decision.answer, decision.officer, decision.tablet, decision.id) == (
        Verdict.VIABLE,
        "PC 456",
        "tablet-7",
        "d-1",
    )
    assert decision.event == as_bytes(message)


def test_an_answer_that_comes_again_counts_once_and_is_confirmed_again(bureau, pens):
    message = pens.seven.decide(id="d-1")
    for again in (message, message, pens.seven.decide(id="d-1")):
        bureau.line.bring("decision", again)
    assert len(bureau.decisions) == 1
    assert len(bureau.line.said) == 3
    assert len(bureau.outbox.withdrawn) == 1


def test_another_answer_under_the_same_id_is_none(bureau, pens):
    bureau.line.bring("decision", pens.seven.decide(VIABLE, id="d-1"))
    bureau.line.bring("decision", pens.seven.decide(VERDICT, id="d-1"))
    assert [one.answer for one in bureau.decisions] == [Verdict.VIABLE]
    assert bureau.answers.refused == 1


def test_an_answer_and_what_became_of_it_go_their_whole_way(bureau, pens):
    for number, answer in enumerate([VIABLE, SAME, WHITE]):
        bureau.line.bring("decision", pens.seven.decide(answer, id=f"d-{number}"))
    assert [one.answer for one in bureau.decisions][:2] == [
        Verdict.VIABLE,
        Engagement.SAME_PERSON,
    ]
    assert bureau.decisions[2].answer.ethnicity is Ethnicity.WHITE
    assert isinstance(bureau.decisions[2].answer, Outcome)


def test_the_other_tablets_hear_of_an_answer_and_of_its_undoing(bureau, pens, clock):
    bureau.line.bring("decision", pens.seven.decide(id="d-1"))
    (word,) = bureau.outbox.withdrawn
    assert (word.tablet, word.decision_id, word.answer) == ("tablet-7", "d-1", Verdict.NOT_VIABLE)
    clock.turn(3)
    assert bureau.outbox.due() == []
    bureau.line.bring("decision", pens.seven.decide(undo("d-1"), id="d-2", at_s=3))
    assert bureau.decisions[1].answer == Undo("d-1")
    assert [letter.stamp.id for letter in bureau.outbox.due()] == ["alert-1"]


def test_a_van_that_starts_anew_confirms_what_it_knew_and_counts_it_once(
    bureau, pens, tmp_path, clock
):
    message = pens.seven.decide(id="d-1")
    bureau.line.bring("decision", message)
    anew = Bureau(tmp_path, clock)
    anew.line.bring("decision", message)
    assert anew.decisions == []
    assert len(anew.line.said) == 1
    # The others hear of it all the same: the first van may not have come to that.
    assert [word.decision_id for word in anew.outbox.withdrawn] == ["d-1"]


@pytest.mark.parametrize("known", [[], [VIABLE], [VIABLE, LOST]])
@pytest.mark.parametrize("outcome", [OUTCOME, WHITE])
def test_ethnicity_is_taken_of_people_who_were_stopped_and_of_nobody_else(
    bureau, pens, known, outcome
):
    for answer in known:
        bureau.line.bring("decision", pens.seven.decide(answer))
    before = bureau.state()
    early = pens.seven.decide(outcome)
    bureau.line.bring("decision", early)
    assert bureau.state() == before
    assert bureau.answers.refused == 1
    bureau.line.bring("decision", pens.eight.decide(NOT_THE_PERSON), "tablet-8")
    bureau.line.bring("decision", early)
    assert bureau.decisions[-1].id == early["id"]


def test_an_alert_is_seen_when_it_is_shown_and_not_when_a_hidden_page_has_it(bureau):
    bureau.line.bring("alert/ack", say_ack(shown=False))
    assert bureau.seen == []
    bureau.line.bring("alert/ack", say_ack())
    bureau.line.bring("alert/ack", say_ack(tablet="tablet-8"), "tablet-8")
    ((alert_id, seconds),) = bureau.seen
    assert alert_id == "alert-1"
    assert 0 <= seconds < 60
    assert bureau.answers.refused == 0


def test_a_tablet_that_comes_later_gets_what_it_lacks(bureau, clock):
    bureau.send("alert-2")
    for alert_id in ("alert-1", "alert-2"):
        bureau.line.bring("alert/ack", say_ack(alert_id))
    clock.turn(1)
    bureau.line.bring("hello", say_hello("alert-2", tablet="tablet-8"), "tablet-8")
    assert [letter.stamp.id for letter in bureau.outbox.due()] == ["alert-1"]
