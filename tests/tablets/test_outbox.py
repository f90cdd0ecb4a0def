"""The outbox holds an alert until a tablet has it, and never longer than it is good for."""

import pytest

from appliance.tablets.outbox import AGAIN, LIMIT, Outbox


@pytest.fixture
def outbox(clock):
    return Outbox(clock)


def ids(alerts):
    return [alert.id for alert in alerts]


def test_a_new_alert_is_due_at_once_and_not_twice(outbox, make_alert):
    outbox.put(make_alert())
    assert ids(outbox.due()) == ["alert-1"]
    assert outbox.due() == []


def test_the_same_alert_put_twice_is_held_and_sent_once(outbox, make_alert):
    outbox.put(make_alert())
    assert ids(outbox.due()) == ["alert-1"]
    outbox.put(make_alert())
    assert len(outbox) == 1
    assert outbox.due() == []


def test_silence_of_the_tablets_makes_an_alert_due_again(outbox, make_alert, clock):
    outbox.put(make_alert())
    outbox.due()
    clock.turn(AGAIN.total_seconds() - 0.001)
    assert outbox.due() == []
    clock.turn(0.001)
    assert ids(outbox.due()) == ["alert-1"]


def test_a_lost_connection_makes_every_held_alert_due_again(outbox, make_alert):
    outbox.put(make_alert("a"))
    outbox.put(make_alert("b"))
    outbox.due()
    outbox.restart()
    assert ids(outbox.due()) == ["a", "b"]


def test_an_acknowledged_alert_is_given_back_once_and_never_due_again(outbox, make_alert):
    outbox.put(make_alert())
    assert outbox.acknowledge("alert-1").id == "alert-1"
    assert outbox.acknowledge("alert-1") is None
    outbox.restart()
    assert outbox.due() == []
    assert outbox.unseen == 0


def test_an_alert_that_expires_is_let_go_and_counted(outbox, make_alert, clock):
    outbox.put(make_alert(life_s=10))
    clock.turn(10)
    assert outbox.due() == []
    assert len(outbox) == 0
    assert outbox.unseen == 1


def test_an_alert_that_comes_expired_is_never_held(outbox, make_alert):
    outbox.put(make_alert(life_s=-1))
    assert len(outbox) == 0
    assert outbox.unseen == 1


def test_too_many_alerts_push_out_the_oldest(outbox, make_alert):
    for number in range(LIMIT + 2):
        outbox.put(make_alert(f"alert-{number}"))
    assert len(outbox) == LIMIT
    assert outbox.due()[0].id == "alert-2"
    assert outbox.unseen == 2


@pytest.mark.parametrize(("left_s", "said"), [(60.0, 60), (1.2, 2), (0.0, 1), (-5.0, 1)])
def test_what_is_left_of_an_alert_is_said_in_whole_seconds(outbox, make_alert, left_s, said):
    assert outbox.life_s(make_alert(life_s=left_s)) == said
