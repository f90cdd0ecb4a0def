"""A short press says that somebody has seen the alert: its look ends, and nothing is decided."""

from __future__ import annotations

import queue

import pytest

from appliance.domain.lamp import Lamp
from appliance.lamp import ALERT_S, Alarm, open_lamp
from appliance.panel import open_panel
from appliance.tablets import say
from appliance.tablets.wire import Shown, State
from tests.panel.conftest import OWN, with_button
from tests.tablets.conftest import VAN, WAIT_S

# -- At the button


def test_let_go_before_it_counts_as_held_it_is_a_press_and_no_close(pin, held, pressed):
    with open_panel(with_button(hold_s=60), on_close=held, on_press=pressed):
        for _ in range(3):
            pin.drive_low()
            pin.drive_high()
            assert pressed.wait()
    assert pressed.never
    assert held.never


def test_held_until_the_deployment_closes_it_is_no_press(pin, held, pressed):
    with open_panel(with_button(), on_close=held, on_press=pressed):
        pin.drive_low()
        assert held.wait()
        pin.drive_high()
        pin.drive_low()
        assert held.wait()
        pin.drive_high()
    assert pressed.never


def test_one_that_is_stuck_from_the_start_and_let_go_is_no_press(pin, held, pressed):
    pin.drive_low()
    with open_panel(with_button(hold_s=60), on_close=held, on_press=pressed):
        pin.drive_high()
        assert pressed.never
        pin.drive_low()
        pin.drive_high()
        assert pressed.wait()


# -- At the lamp's own process


@pytest.fixture
def alerted(bench, listener, link):
    """The id of the state with which the van told the lamp of an alert."""
    link.state(State(lamp=Lamp.ALERT))
    return listener.next("panel", lamp="alert")["data"]["answers"]


def test_it_says_which_look_was_seen_and_again_until_the_van_shows_another(
    bench, listener, link, seconds, alerted
):
    bench.hand.pressed.set()
    assert listener.next("panel")["data"]["acknowledged"] == alerted
    seconds.turn(1)
    assert listener.next("panel")["data"]["acknowledged"] == alerted
    link.state(State(lamp=Lamp.ALERT))
    assert listener.next("panel")["data"]["acknowledged"] == alerted
    link.state(State(lamp=Lamp.LOOKING))
    assert listener.next("panel", lamp="looking")["data"]["acknowledged"] is None


def test_pressed_again_it_is_the_newest_look_that_was_seen(bench, listener, link, alerted):
    bench.hand.pressed.set()
    listener.next("panel", acknowledged=alerted)
    link.state(State(lamp=Lamp.ALERT))
    newer = listener.next("panel", lamp="alert")["data"]["answers"]
    bench.hand.pressed.set()
    assert listener.next("panel", acknowledged=newer)["data"]["answers"] == newer != alerted


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.ALERT])
def test_where_there_is_no_alert_to_be_seen_a_press_says_nothing(bench, listener, link, lamp):
    link.state(State(lamp=lamp))
    listener.next("panel", lamp=lamp.value)
    bench.hand.pressed.set()
    link.state(State(lamp=Lamp.READY))
    listener.next("panel", lamp="ready")
    link.state(State(lamp=Lamp.ALERT))
    assert listener.next("panel", lamp="alert")["data"]["acknowledged"] is None
    assert not bench.hand.pressed.is_set()


def test_what_was_seen_is_never_kept_by_the_broker(bench, broker, listener, tablet_on, alerted):
    bench.hand.pressed.set()
    listener.next("panel", acknowledged=alerted)
    with tablet_on(broker.port) as late:
        assert b'"acknowledged":null' in late.next("panel").payload


# -- At the van


def seen(event_id, lamp=Lamp.ALERT, lit=True):
    shown = Shown(lamp=lamp, lit=lit, factory="mock", answers=event_id, acknowledged=event_id)
    return say.pack_panel(shown, VAN)


@pytest.fixture
def seen_at(link, monkeypatch):
    """What the van is told of presses: up to which moment, by a clock that counts its states."""
    moments, ticks = queue.Queue(), iter(range(1, 1000))
    monkeypatch.setattr(link._witness, "_clock", lambda: float(next(ticks)))
    link.listen(print, on_acknowledge=moments.put)
    return moments


def tell(link, listener, lamp):
    link.state(State(lamp=lamp))
    return listener.next("state", lamp=lamp.value)["id"]


def test_the_van_is_told_once_and_up_to_the_moment_that_was_seen(link, listener, seen_at):
    first = tell(link, listener, Lamp.ALERT)
    second = tell(link, listener, Lamp.ALERT)
    for event_id in (first, first, second, second):
        listener.say("panel", seen(event_id))
    one, two = seen_at.get(timeout=WAIT_S), seen_at.get(timeout=WAIT_S)
    assert one < two
    third = tell(link, listener, Lamp.ALERT)
    listener.say("panel", seen(third))
    assert seen_at.get(timeout=WAIT_S) > two


def test_a_look_that_was_never_told_or_was_none_of_an_alert_is_not_acknowledged(
    link, listener, seen_at
):
    looking = tell(link, listener, Lamp.LOOKING)
    alert = tell(link, listener, Lamp.ALERT)
    for event_id in ("somebody-else-s", looking):
        listener.say("panel", seen(event_id))
    listener.say("panel", seen(alert), retain=True)
    listener.say("panel", seen(alert, lit=False))
    assert seen_at.get(timeout=WAIT_S)
    assert seen_at.empty()


def test_a_van_whose_lamp_is_its_own_hears_nobody_else_s_press(link, listener):
    listener.say("panel", seen(tell(link, listener, Lamp.ALERT)))
    link.state(State(lamp=Lamp.READY))
    assert listener.next("state", lamp="ready")
    assert link.failure is None


@pytest.mark.parametrize("process", ["own", "within"])
def test_the_whole_way_from_the_button_to_a_lamp_that_looks_on(bench, listener, link, pin, process):
    alarm, acknowledged = Alarm(), queue.Queue()

    def quiet(told_s):
        alarm.acknowledge(told_s)
        acknowledged.put(told_s)

    settings = OWN if process == "own" else with_button(hold_s=60)
    told = open_lamp(settings, link, lambda lamp: State(lamp=lamp), on_acknowledge=quiet)
    with told as lamp:
        lit = lamp.light()
        alarm.sound()
        lamp.show(Lamp.ALERT)
        if process == "own":
            listener.next("panel", lamp="alert")
            bench.hand.pressed.set()
        else:
            pin.drive_low()
            pin.drive_high()
        acknowledged.get(timeout=WAIT_S)
        assert not alarm.ringing
        lamp.show(Lamp.LOOKING)
        assert lit.shining
    assert acknowledged.empty()


# -- How long an alert is shown


def test_an_alert_is_shown_for_a_while_and_anew_for_the_next(seconds):
    alarm = Alarm(seconds)
    assert not alarm.ringing
    for _ in range(2):
        alarm.sound()
        seconds.turn(ALERT_S - 0.1)
        assert alarm.ringing
        seconds.turn(0.2)
        assert not alarm.ringing


def test_an_alert_that_was_seen_is_shown_no_longer_and_the_next_one_is(seconds):
    alarm = Alarm(seconds)
    alarm.sound()
    alarm.acknowledge(seconds())
    assert not alarm.ringing
    seconds.turn(0.1)
    alarm.sound()
    assert alarm.ringing


def test_an_alert_that_came_after_what_was_seen_is_still_shown(seconds):
    alarm = Alarm(seconds)
    alarm.sound()
    seen_s = seconds()
    seconds.turn(1)
    alarm.sound()
    alarm.acknowledge(seen_s)
    assert alarm.ringing
    alarm.acknowledge(seconds())
    alarm.acknowledge(seen_s)
    assert not alarm.ringing
