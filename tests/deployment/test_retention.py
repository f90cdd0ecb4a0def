"""What is kept of an alert after the close, for how long, and how it comes to the force."""

from datetime import timedelta

import pytest

from appliance.deployment.closing import close_ended
from appliance.domain import slip
from appliance.domain.ending import End
from appliance.errors import InputError
from appliance.oversight import entries
from appliance.tablets.refusal import RefusedError
from appliance.tablets.register import consult
from tests.deployment.conftest import DEPLOYMENT, Van
from tests.deployment.dying import crash
from tests.tablets.signing import LOST, NOT_THE_PERSON, OUTCOME, SAME, VERDICT, VIABLE

DAY = timedelta(hours=24)


def sweep(van):
    van.retention.sweep({DEPLOYMENT: End.COMMAND})


def test_a_hold_keeps_an_alert_beyond_the_close_and_ends_by_itself(van):
    van.alert("alert-1", VERDICT)
    until = van.retention.hold(slip.code("alert-1"), "A solicitor has asked.")
    assert until == van.clock() + DAY
    van.close()
    assert van.held() == ["alert-1"]
    held = next(one for one in van.said() if one.fact.what == "hold")
    assert held.why == "A solicitor has asked."
    van.clock.time = until - timedelta(seconds=1)
    sweep(van)
    assert consult(van.folder / "ledger", slip.code("alert-1"), van.clock()).stub.id == "alert-1"
    van.clock.turn(1)
    sweep(van)
    assert van.held() == []
    erased = entries.Forgotten(of="alerts", count=1, deployment_id=DEPLOYMENT)
    assert van.fact("erasure") == erased


def test_a_hold_for_days_outlives_the_day_of_its_deployment_and_nothing_else_does(van):
    van.alert("alert-1", VIABLE, LOST)
    van.alert("alert-2", VIABLE, LOST)
    van.close()
    van.retention.hold(slip.code("alert-1"), "A court has asked.", timedelta(days=3))
    van.clock.turn(25 * 3600)
    sweep(van)
    van.register.sweep()
    assert van.held() == ["alert-1"]
    assert van.register.entry("alert-1")
    van.clock.turn(48 * 3600)
    van.register.sweep()
    assert van.held() == []


def test_what_nobody_holds_cannot_be_held(van):
    with pytest.raises(InputError, match="No alert with this code"):
        van.retention.hold(slip.code("alert-1"), "Why")


def test_a_day_after_the_last_word_it_is_closed_whatever_is_lacking_and_nothing_is_left(van):
    van.alert("alert-1", VIABLE, SAME)
    van.end()
    van.clock.turn(DAY.total_seconds() - 600)
    sweep(van)
    assert van.kinds() == []
    van.clock.turn(500)
    close_ended(van.settings, van.clock())
    assert van.held() == []
    assert van.kinds() == [
        "settled", "authority_closed", "concluded", "deployment_closed", "erasure",
    ]  # fmt: skip
    assert van.said()[0].why == "Nobody has said more within its day."


def test_a_van_whose_log_takes_no_word_erases_all_the_same_when_the_day_is_over(van):
    van.alert("alert-1", VERDICT)
    van.end()
    van.clock.turn(DAY.total_seconds())
    (van.folder / "audit").touch()
    with pytest.raises(Exception, match="log"):
        close_ended(van.settings, van.clock())
    assert van.held() == []


# -- A deployment that goes on for longer than a day after an alert


def busy(van):
    """Have alerts that ended, one that nobody answered, and one that has no end."""
    van.alert("not-viable", VERDICT)
    van.alert("unanswered")
    van.alert("open", VIABLE, SAME)
    van.alert("wrong", VIABLE, NOT_THE_PERSON, {**OUTCOME, "minutes": 7})


def test_what_is_over_while_it_goes_on_is_concluded_before_it_is_erased(van):
    busy(van)
    van.clock.turn(DAY.total_seconds())
    van.retention.sweep({})
    assert van.held() == []
    assert van.kinds() == ["settled", "concluded", "erasure"]
    told = van.fact("concluded")
    assert told.part
    assert (told.answers["alert"], told.unanswered, told.settled) == (4, 1, 1)
    assert (told.stop_minutes, told.false_stop_minutes) == (7, 7)


def test_what_comes_after_is_concluded_with_its_close_and_nothing_twice(van):
    busy(van)
    van.clock.turn(DAY.total_seconds())
    van.retention.sweep({})
    van.retention.sweep({})
    van.register.sweep()
    van.alert("later", VERDICT)
    van.close()
    part, rest = [one.fact for one in van.said() if one.fact.what == "concluded"]
    assert (part.part, part.answers["alert"]) == (True, 4)
    assert (rest.part, rest.answers) == (False, {"alert": 1, "not_viable": 1})


def test_what_somebody_holds_is_concluded_when_it_goes(van):
    busy(van)
    van.retention.hold(slip.code("wrong"), "A solicitor has asked.", timedelta(days=3))
    van.clock.turn(DAY.total_seconds())
    van.retention.sweep({})
    assert van.held() == ["wrong"]
    assert van.fact("concluded").answers["alert"] == 3
    van.retention.sweep({})
    assert van.kinds().count("concluded") == 1
    van.close()
    told = [one.fact.answers["alert"] for one in van.said() if one.fact.what == "concluded"]
    assert told == [3, 1]


def test_to_an_alert_that_is_concluded_no_answer_is_taken(van):
    busy(van)
    van.register.part(["open"])
    with pytest.raises(RefusedError, match="after its deployment was closed"):
        van.answer("open", OUTCOME)
    van.answer("unanswered", VERDICT)


def test_killed_at_any_of_its_words_to_the_disk_it_counts_each_alert_once(tmp_path, pen):
    calls, dies = 0, True
    while dies:
        van = Van(tmp_path / f"{calls}", pen)
        busy(van)
        van.clock.turn(DAY.total_seconds())
        dies = crash(lambda van=van: van.retention.sweep({}), calls)
        if calls % 2:
            van.retention.sweep({})
        van.end()
        close_ended(van.settings, van.clock())
        told = [one.fact for one in van.said() if one.fact.what == "concluded"]
        assert sum(one.answers.get("alert", 0) for one in told) == 4, calls
        assert sum(one.settled for one in told) == 1, calls
        assert [one.part for one in told][-1] is False, calls
        # Who was stopped wrongly has a day to ask, where its deployment was closed meanwhile.
        assert {*van.held()} <= {"wrong"}, calls
        calls += 1
    assert calls > 15
