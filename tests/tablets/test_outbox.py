"""The outbox sends an alert until a tablet has shown it, and holds it as long as it is good."""

import pytest

from appliance.errors import InputError, MachineError
from appliance.tablets import outbox as room
from appliance.tablets.letter import AGAIN, SOON, write
from appliance.tablets.outbox import LIMIT, MOST_AGAIN, Outbox
from tests.tablets.conftest import SUBJECT, VAN


@pytest.fixture
def outbox(clock):
    return Outbox(VAN, clock)


def ids(letters):
    return [letter.stamp.id for letter in letters]


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


def test_a_shown_alert_is_said_once_and_is_not_due_again(outbox, make_alert, clock):
    outbox.put(make_alert())
    outbox.due()
    assert outbox.acknowledge("alert-1").id == "alert-1"
    assert outbox.acknowledge("alert-1") is None
    assert outbox.acknowledge("another") is None
    clock.turn(AGAIN.total_seconds())
    assert outbox.due() == []


def test_a_new_connection_gets_a_shown_alert_once_more(outbox, make_alert, clock):
    outbox.put(make_alert())
    outbox.due()
    outbox.acknowledge("alert-1")
    outbox.restart()
    assert ids(outbox.due()) == ["alert-1"]
    clock.turn(AGAIN.total_seconds())
    assert outbox.due() == []


def test_a_tablet_that_comes_gets_what_it_lacks_and_no_more(outbox, make_alert, clock):
    for alert_id in ("a", "b", "c"):
        outbox.put(make_alert(alert_id))
        outbox.due()
        outbox.acknowledge(alert_id)
    clock.turn(1)
    outbox.lacking(["b"])
    assert ids(outbox.due()) == ["a", "c"]
    clock.turn(1)
    assert outbox.due() == []


def test_however_often_tablets_ask_an_alert_goes_again_only_after_a_moment(
    outbox, make_alert, clock
):
    outbox.put(make_alert())
    outbox.due()
    outbox.acknowledge("alert-1")
    outbox.lacking([])
    assert outbox.due() == []
    outbox.lacking(["alert-1"])
    clock.turn(SOON.total_seconds())
    assert ids(outbox.due()) == ["alert-1"]


def test_the_same_bytes_go_each_time(outbox, make_alert, clock):
    outbox.put(make_alert())
    (first,) = outbox.due()
    sent = first.payload
    clock.turn(3)
    assert [letter.payload for letter in outbox.due()] == [sent]


def test_what_no_tablet_would_take_is_neither_written_down_nor_held(outbox, make_alert):
    written = []
    with pytest.raises(InputError):
        outbox.put(make_alert("a", crop_jpeg=b""), written.append)
    assert (written, outbox.due(), outbox.unseen) == ([], [], 1)


def test_what_cannot_be_written_down_is_not_held(outbox, make_alert):
    def refuse(_alert):
        raise MachineError("The disk is full.", mend="Make room.")

    with pytest.raises(MachineError):
        outbox.put(make_alert("a"), refuse)
    assert (outbox.due(), outbox.unseen) == ([], 0)


def test_who_is_withdrawn_while_it_is_written_down_is_not_held(outbox, make_alert):
    outbox.put(make_alert("a"), lambda _alert: outbox.withdraw({SUBJECT.reference}))
    assert outbox.due() == []


def test_what_was_held_before_is_not_written_down_again(outbox, make_alert):
    written = []
    for _ in range(2):
        outbox.put(make_alert("a"), lambda alert: written.append(alert.id))
    assert written == ["a"]


def test_an_alert_that_is_over_does_not_come_back_under_its_id(outbox, make_alert, clock):
    outbox.put(make_alert(life_s=10))
    clock.turn(10)
    assert outbox.due() == []
    outbox.put(make_alert(life_s=60))
    assert outbox.due() == []


def test_a_shown_alert_that_expires_is_not_missed(outbox, make_alert, clock):
    outbox.put(make_alert(life_s=10))
    outbox.acknowledge("alert-1")
    clock.turn(10)
    outbox.sweep()
    assert len(outbox) == 0
    assert outbox.unseen == 0


def test_of_an_alert_long_forgotten_a_late_word_does_no_harm(outbox, make_alert, clock):
    outbox.put(make_alert())
    clock.turn(3600)
    assert outbox.withdrawn == ()
    assert outbox.acknowledge("alert-1").id == "alert-1"


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
    assert ids(outbox.due())[0] == "alert-2"
    assert outbox.unseen == 2


def test_what_was_shown_makes_room_for_what_was_not(outbox, make_alert):
    for number in range(LIMIT):
        outbox.put(make_alert(f"alert-{number}"))
    outbox.acknowledge("alert-5")
    outbox.put(make_alert("newest"))
    assert len(outbox) == LIMIT
    assert "alert-5" not in ids(outbox.due())
    assert outbox.unseen == 0


def test_large_alerts_push_out_what_their_bytes_need(outbox, make_alert, monkeypatch):
    outbox.put(make_alert("a"))
    (letter,) = outbox.due()
    monkeypatch.setattr(room, "MOST_BYTES", 2 * len(letter.payload))
    outbox.put(make_alert("b"))
    assert len(outbox) == 2
    outbox.put(make_alert("c"))
    assert ids(outbox.due()) == ["b", "c"]
    assert outbox.unseen == 1


def test_what_is_new_goes_before_what_goes_again(outbox, make_alert):
    outbox.put(make_alert("old"))
    outbox.restart()
    outbox.put(make_alert("new"))
    assert ids(outbox.due()) == ["new", "old"]


def test_many_go_again_a_few_at_a_time_and_each_in_its_turn(outbox, make_alert, clock):
    wanted = [f"alert-{number}" for number in range(2 * MOST_AGAIN + 1)]
    for alert_id in wanted:
        outbox.put(make_alert(alert_id))
    outbox.restart()
    for begin in range(0, len(wanted), MOST_AGAIN):
        assert ids(outbox.due()) == wanted[begin : begin + MOST_AGAIN]
        assert outbox.due() == []
        clock.turn(SOON.total_seconds())
    assert outbox.due() == []


def test_while_many_go_again_a_new_one_goes_at_once(outbox, make_alert):
    for number in range(MOST_AGAIN + 1):
        outbox.put(make_alert(f"alert-{number}"))
    outbox.restart()
    outbox.due()
    outbox.put(make_alert("new"))
    assert ids(outbox.due()) == ["new"]


def test_after_a_lost_connection_what_no_tablet_has_shown_goes_first(outbox, make_alert):
    for alert_id in ("shown", "not-yet"):
        outbox.put(make_alert(alert_id))
    outbox.acknowledge("shown")
    outbox.restart()
    assert ids(outbox.due()) == ["not-yet", "shown"]


def test_after_a_lost_connection_what_ends_soonest_goes_first(outbox, make_alert):
    outbox.put(make_alert("long"))
    outbox.put(make_alert("short", life_s=4))
    outbox.restart()
    assert ids(outbox.due()) == ["short", "long"]


def test_an_alert_that_was_never_sent_is_not_held_for_sending_when_it_is_over(
    outbox, make_alert, clock
):
    outbox.put(make_alert(life_s=10))
    clock.turn(10)
    outbox.sweep()
    assert outbox._new == {}
    outbox.put(make_alert("b", life_s=60))
    outbox.finish()
    assert outbox._new == {}


def test_a_letter_tells_nobody_whom_it_is_about(outbox, make_alert):
    outbox.put(make_alert())
    (letter,) = outbox.due()
    for secret in (SUBJECT.reference, SUBJECT.reason, "crop"):
        assert secret not in repr(letter)


@pytest.mark.parametrize(("left_s", "said"), [(60.0, 60), (1.2, 2), (0.0, 1), (-5.0, 1)])
def test_what_is_left_of_an_alert_is_said_in_whole_seconds(outbox, make_alert, left_s, said):
    letter = write(make_alert(life_s=left_s), VAN)
    assert outbox.life_s(letter) == said
