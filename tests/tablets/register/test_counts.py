"""The register counts what officers made of a deployment's alerts, also over a van's restart."""

import pytest

from appliance.tablets.register import LIFE, Register
from tests.tablets.conftest import make_alert
from tests.tablets.signing import LOST, OUTCOME, SAME, VERDICT, VIABLE, undo


@pytest.fixture
def say(register, decide):
    def say(*answers, alert_id="alert-1", tablet="tablet-7"):
        for number, answer in enumerate(answers):
            said = decide(answer, alert_id, f"{alert_id}-{tablet}-{number}", tablet)
            register.take(said)

    return say


def counts(register):
    return dict(register.counts("deployment-3"))


def test_an_alert_counts_once_at_each_stage_however_often_it_is_answered(register, say):
    register.note(make_alert())
    say(VIABLE, SAME, SAME, OUTCOME, OUTCOME)
    say(VIABLE, SAME, tablet="tablet-8")
    assert counts(register) == {"alert": 1, "viable": 1, "same_person": 1, OUTCOME["disposal"]: 1}


def test_a_no_counts_more_than_a_yes(register, say):
    register.note(make_alert())
    say(VIABLE)
    say(VERDICT, tablet="tablet-8")
    assert counts(register) == {"alert": 1, "not_viable": 1}


def test_what_is_taken_back_counts_as_that_alone(register, say):
    register.note(make_alert())
    say(VIABLE, LOST, undo("alert-1-tablet-7-1"), SAME)
    assert counts(register) == {"alert": 1, "viable": 1, "same_person": 1, "undo": 1}


def test_a_van_that_starts_anew_counts_on(register, folder, clock, say, decide):
    register.note(make_alert())
    register.note(make_alert("alert-2"))
    say(VIABLE)
    again = Register(folder, clock)
    assert again.counts("deployment-3") == register.counts("deployment-3")
    again.take(decide(VERDICT, "alert-2", "d-9"))
    again.note(make_alert("alert-3"))
    assert counts(again) == {"alert": 3, "viable": 1, "not_viable": 1}


def test_each_deployment_counts_for_itself_while_it_is_held(register, clock, say):
    register.note(make_alert())
    register.note(make_alert("alert-2", deployment_id="deployment-4"))
    say(VIABLE)
    assert dict(register.counts("deployment-4")) == {"alert": 1}
    clock.turn(LIFE.total_seconds())
    register.sweep()
    assert counts(register) == {}
