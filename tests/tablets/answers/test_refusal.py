"""What can never be taken is answered with why; what may yet be taken is not answered at all."""

import pytest

from appliance.tablets import course
from provisioning.desk.certificates import Authority
from tests.tablets.conftest import NOON
from tests.tablets.signing import LOST, OUTCOME, SAME, VERDICT, VIABLE, Pen, undo


def bring(bureau, message, tablet="tablet-7"):
    """Bring an answer; give what its tablet hears, None where it hears nothing."""
    heard = len(bureau.line.said)
    bureau.line.bring("decision", message, tablet)
    fresh = bureau.line.said[heard:]
    if not fresh:
        return None
    ((leaf, data, qos),) = fresh
    assert (leaf, qos) == (f"decision/ack/{tablet}", 0)
    assert (data["decision_id"], data["alert_id"]) == (message["id"], message["data"]["alert_id"])
    return data["refused"] or "taken"


def unchanged(bureau, message, tablet="tablet-7"):
    """Bring an answer that must change nothing but be counted; give what its tablet hears."""
    before, counted = bureau.state()[:-1], bureau.answers.refused
    heard = bring(bureau, message, tablet)
    assert bureau.state()[:-1] == before
    assert bureau.answers.refused == counted + 1
    return heard


@pytest.mark.parametrize("field", ["officer", "decided_at", "answer"])
def test_an_answer_that_was_tampered_with_is_unproven_and_changes_nothing(bureau, pens, field):
    changed = {"officer": "PC 457", "decided_at": "2026-06-01T12:00:09Z", "answer": VIABLE}
    message = pens.seven.decide(VERDICT)
    message["data"][field] = changed[field]
    assert unchanged(bureau, message) == "unproven"
    assert bring(bureau, pens.seven.decide(VERDICT)) == "taken"


def test_a_key_that_is_revoked_or_another_s_is_unproven(bureau, pens):
    other = Pen("tablet-7", pens.eight.issued)
    assert unchanged(bureau, other.decide()) == "unproven"
    pens.trial.revoke("tablet-7")
    assert unchanged(bureau, pens.seven.decide()) == "unproven"


def test_the_key_that_connects_a_tablet_proves_no_answer(bureau, pens):
    connecting = Pen("tablet-7", pens.trial.tablets["tablet-7"].tls)
    assert unchanged(bureau, connecting.decide()) == "unproven"


def test_an_alert_that_the_van_never_wrote_down_is_unknown_to_it_for_good(bureau, pens):
    assert unchanged(bureau, pens.seven.decide(alert_id="alert-9")) == "unknown_alert"


def test_another_deployment_s_alert_is_known_until_its_register_is_erased(bureau, pens, clock):
    clock.turn(24 * 3600 - 1)
    bureau.register.sweep()
    assert bring(bureau, pens.seven.decide(id="d-1")) == "taken"
    clock.turn(24 * 3600)
    bureau.register.sweep()
    assert unchanged(bureau, pens.seven.decide(id="d-1")) == "unknown_alert"


def test_another_answer_under_the_same_id_is_told_that_the_first_is_held(bureau, pens):
    assert bring(bureau, pens.seven.decide(VIABLE, id="d-1")) == "taken"
    assert unchanged(bureau, pens.seven.decide(VERDICT, id="d-1")) == "other_answer"
    assert bring(bureau, pens.seven.decide(VIABLE, id="d-1")) == "taken"


def test_what_stands_cannot_be_taken_back_and_nothing_twice(bureau, pens):
    bring(bureau, pens.seven.decide(VIABLE, id="d-1"))
    assert unchanged(bureau, pens.seven.decide(undo("d-1"), at_s=16)) == "does_not_fit"
    assert bring(bureau, pens.seven.decide(undo("d-1"), at_s=9)) == "taken"
    assert unchanged(bureau, pens.seven.decide(undo("d-1"), at_s=9)) == "does_not_fit"


def test_more_answers_than_a_shift_gives_do_not_fit(bureau, pens, monkeypatch):
    monkeypatch.setattr(course, "MOST_ANSWERS", 2)
    for _ in range(2):
        assert bring(bureau, pens.seven.decide(VIABLE)) == "taken"
    assert unchanged(bureau, pens.seven.decide(VIABLE)) == "does_not_fit"


def test_what_an_answer_follows_may_be_late_so_its_tablet_goes_on(bureau, pens):
    outcome, taken_back = pens.seven.decide(OUTCOME), pens.seven.decide(undo("d-1"), at_s=3)
    assert unchanged(bureau, outcome) is None
    assert unchanged(bureau, taken_back) is None
    assert bring(bureau, pens.seven.decide(LOST, id="d-1")) == "taken"
    assert bring(bureau, taken_back) == "taken"
    assert bring(bureau, pens.eight.decide(SAME), "tablet-8") == "taken"
    assert bring(bureau, outcome) == "taken"


@pytest.mark.parametrize("name", ["ca.pem", "crl.pem"])
def test_without_the_force_s_word_an_answer_waits_until_it_is_there(bureau, pens, name):
    message, file = pens.seven.decide(), pens.trial.folder / name
    kept = file.read_bytes()
    file.unlink()
    assert unchanged(bureau, message) is None
    file.write_bytes(kept)
    assert bring(bureau, message) == "taken"


def test_a_list_of_revoked_keys_that_is_out_of_date_makes_no_tablet_drop_an_answer(
    bureau, pens, force, clock
):
    (pens.trial.folder / "crl.pem").write_bytes(force.crl(days=1))
    message = pens.seven.decide()
    clock.turn(24 * 3600)
    assert unchanged(bureau, message) is None
    (pens.trial.folder / "crl.pem").write_bytes(force.crl(days=9))
    assert bring(bureau, message) == "taken"


def test_a_key_of_another_authority_may_be_right_once_the_van_has_its_files(bureau, pens):
    newer = Authority.create(clock=lambda: NOON)
    message = Pen("tablet-7", newer.issue_signing("tablet-7")).decide()
    assert unchanged(bureau, message) is None
    (pens.trial.folder / "ca.pem").write_bytes(newer.pem)
    (pens.trial.folder / "crl.pem").write_bytes(newer.crl())
    assert bring(bureau, message) == "taken"


def test_nobody_is_answered_who_speaks_for_another_or_says_no_event(bureau, pens):
    assert unchanged(bureau, pens.seven.decide(), "tablet-8") is None
    spoilt = pens.seven.decide()
    del spoilt["signature"]
    assert unchanged(bureau, spoilt) is None
