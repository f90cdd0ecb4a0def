"""Nothing that a hostile tablet says changes anything, and all of it is counted."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.tablets.envelope import LIMIT_BYTES
from tests.tablets.answers.conftest import WHITE
from tests.tablets.signing import LOST, SAME, VERDICT, undo
from tests.tablets.talk import say_ack, say_hello

HTML = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize("leaf", ["alert/ack", "hello", "decision"])
def test_no_tablet_speaks_for_another(bureau, pens, clock, leaf):
    clock.turn(3)
    before = bureau.state()
    clock.turn(1)
    said = {"alert/ack": say_ack(), "hello": say_hello(), "decision": pens.seven.decide()}[leaf]
    bureau.line.bring(leaf, said, "tablet-8")
    assert (bureau.answers.refused, bureau.seen) == (1, [])
    assert bureau.state() == ([], *before[1:])


def test_a_revoked_tablet_decides_nothing(bureau, pens):
    pens.trial.revoke("tablet-7")
    bureau.line.bring("decision", pens.seven.decide())
    bureau.line.bring("decision", pens.eight.decide(), "tablet-8")
    assert [one.tablet for one in bureau.decisions] == ["tablet-8"]
    assert bureau.answers.refused == 1


def test_an_answer_to_an_alert_that_was_never_sent_is_refused(bureau, pens):
    bureau.line.bring("decision", pens.seven.decide(alert_id="alert-9"))
    assert bureau.decisions == []
    assert bureau.answers.refused == 1


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe\x00",
    b"[" * 60_000,
    b'{"data":' * 7_000,
    b'"' + b"x" * (10 * 1024 * 1024) + b'"',
    b" " * LIMIT_BYTES + b"{}",
]


@pytest.mark.parametrize("leaf", ["alert/ack", "hello", "decision"])
@pytest.mark.parametrize("payload", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_changes_nothing_and_is_counted(bureau, clock, leaf, payload):
    before = bureau.state()
    bureau.line.bring(leaf, payload)
    assert bureau.answers.refused == 1
    assert bureau.state() == before


def fields(message, path=()):
    for name, value in message.items():
        yield (*path, name)
        if isinstance(value, dict):
            yield from fields(value, (*path, name))


def with_html(message, path):
    copy = json.loads(json.dumps(message))
    part = copy
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = HTML
    return copy


@pytest.mark.parametrize("leaf", ["alert/ack", "hello", "decision"])
def test_html_in_any_field_changes_nothing_and_is_counted(bureau, pens, leaf):
    said = {"alert/ack": say_ack(), "hello": say_hello(), "decision": pens.seven.decide()}[leaf]
    before, paths = bureau.state(), list(fields(said))
    for path in paths:
        bureau.line.bring(leaf, with_html(said, path))
    assert bureau.answers.refused == len(paths)
    assert bureau.state()[:-1] == before[:-1]
    assert bureau.seen == []


def test_html_that_an_officer_has_signed_as_a_name_is_a_name_and_nothing_else(bureau, pens):
    unsigned = pens.seven.decide()
    unsigned["data"]["officer"] = HTML
    del unsigned["signature"]
    bureau.line.bring("decision", pens.seven.sign(unsigned))
    assert [one.officer for one in bureau.decisions] == [HTML]


def test_html_in_any_other_signed_field_is_refused(bureau, pens):
    message = pens.seven.decide(WHITE)
    own = ("signature", "certificate", "officer")
    paths = [path for path in fields(message) if path[-1] not in own]
    for path in paths:
        changed = with_html(message, path)
        del changed["signature"]
        bureau.line.bring("decision", pens.seven.sign(changed))
    assert bureau.answers.refused == len(paths)
    assert bureau.decisions == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), value=JSON)
def test_any_value_in_any_signed_field_is_taken_for_an_answer_or_counted(bureau, pens, data, value):
    message = pens.seven.decide(data.draw(st.sampled_from([VERDICT, SAME, LOST, undo("d-1")])))
    parts = [message, message["data"], message["data"]["answer"]]
    part = data.draw(st.sampled_from(parts))
    part[data.draw(st.sampled_from(sorted(part)))] = value
    message.pop("signature", None)
    counted = bureau.answers.refused, len(bureau.line.said)
    bureau.line.bring("decision", pens.seven.sign(message))
    assert (bureau.answers.refused, len(bureau.line.said)) in {
        (counted[0] + 1, counted[1]),
        (counted[0] + 1, counted[1] + 1),
        (counted[0], counted[1] + 1),
    }


def test_a_refusal_is_logged_without_a_word_of_the_message(bureau, pens, caplog):
    message = pens.seven.decide()
    message["data"]["officer"] = "PC Secret"
    bureau.line.bring("decision", message)
    (record,) = caplog.records
    told = f"{record.getMessage()} {record.exc_info[1].advice()}"
    assert "Secret" not in told
    assert "tablet-7" not in told
