"""An answer counts where the tablet's own key has signed it."""

import json
from base64 import b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.tablets import proof, wire
from appliance.tablets.envelope import parse
from appliance.tablets.proof import Roster
from provisioning.trial import make_roster
from tests.tablets.conftest import Clock
from tests.tablets.proof.forgery import check, refused
from tests.tablets.signing import OUTCOME, Pen


def test_what_a_tablet_has_signed_counts(roster, pen):
    check(roster, pen.decide())
    check(roster, pen.decide(OUTCOME))


def test_it_counts_in_whatever_order_and_with_whatever_blanks_it_comes(roster, pen):
    message = pen.decide(id="decision-1")
    payload = json.dumps(dict(reversed(message.items())), indent=3).encode()
    roster.check(payload, parse(wire.DecisionEvent, payload), "tablet-7")


@given(officer=st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=40))
@example(officer='\u20ac$A\'B"\\\\"/\U0001f600<b>')
def test_an_officer_may_be_called_anything_in_one_line_and_the_signature_holds(
    tmp_path_factory, force, officer
):
    folder = tmp_path_factory.mktemp("force")
    made = make_roster(folder, ["tablet-7"], force)
    pen = Pen("tablet-7", made.tablets["tablet-7"].signing)
    message = pen.decide()
    message["data"]["officer"] = f"PC {officer}."
    unsigned = {k: v for k, v in message.items() if k not in {"signature", "certificate"}}
    check(Roster(made.folder, Clock()), pen.sign(unsigned))


def test_the_signed_form_is_that_of_rfc_8785():
    said = {
        "string": '\u20ac$\x0f\nA\'B"\\\\"/',
        "literals": {"n": None, "t": True, "f": False},
        "b": 1440,
        "signature": "left out",
    }
    assert (
        proof.signed_form(json.dumps(said).encode())
        == (
            '{"b":1440,"literals":{"f":false,"n":null,"t":true},'
            '"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
        ).encode()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"id": "another"},
        {"time": "2026-06-01T12:00:05.001Z"},
        {"source": "lfr/tablet/tablet-8"},
        {"signature": "A" * 86},
        {"signature": "_" * 86},
        {"data.officer": "PC 457"},
        {"data.alert_id": "alert-2"},
        {"data.decided_at": "2026-06-01T12:00:09Z"},
        {"data.answer": {"stage": "verdict", "verdict": "viable"}},
        {"data.answer": {"stage": "verdict"}},
    ],
)
def test_one_changed_field_breaks_the_signature(roster, pen, change):
    message = pen.decide()
    for name, value in change.items():
        part = message["data"] if name.startswith("data.") else message
        part[name.removeprefix("data.")] = value
    assert "not signed with its key" in refused(roster, message)


def test_any_flipped_bit_of_the_signature_breaks_it(roster, pen):
    message = pen.decide()
    for place in range(0, 86, 5):
        sign = "A" if message["signature"][place] != "A" else "Q"
        changed = message["signature"][:place] + sign + message["signature"][place + 1 :]
        assert "not signed with its key" in refused(roster, {**message, "signature": changed})


def test_nobody_answers_in_the_name_of_another_tablet(roster, pen, trial):
    assert "another's key" in refused(roster, pen.decide(), "tablet-8")
    other = Pen("tablet-7", trial.tablets["tablet-8"].signing)
    assert "another's key" in refused(roster, other.decide())


def test_another_s_certificate_does_not_help(roster, pen, trial):
    message = pen.decide()
    der = trial.tablets["tablet-8"].signing.der
    other = {**message, "certificate": b64encode(der).decode()}
    assert "not signed with its key" in refused(roster, other, "tablet-8")
