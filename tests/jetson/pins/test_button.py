"""A button on the header is heard, told apart by its edges, and left."""

from threading import Event
from threading import enumerate as threads

import pytest
from gpiozero import (
    Button,
)

WAIT_S = 20


# -- Buttons


def test_a_button_is_heard_and_left(header, desk):
    pressed, left = Event(), Event()
    with Button("BOARD31", pull_up=False, bounce_time=0.05, pin_factory=header) as button:
        button.when_pressed, button.when_released = pressed.set, left.set
        desk.drive("PQ.06", 1)
        assert pressed.wait(WAIT_S)
        assert button.is_pressed
        desk.drive("PQ.06", 0)
        assert left.wait(WAIT_S)
    asked = desk.told[-1][2]
    assert (asked.direction.name, asked.bias.name) == ("INPUT", "PULL_DOWN")
    assert asked.debounce_period.total_seconds() == 0.05
    assert not any(thread.name == "pin" for thread in threads())


@pytest.mark.parametrize(("edges", "levels"), [("rising", [1, 1]), ("falling", [0]), ("none", [])])
def test_only_the_edges_that_were_asked_for_are_told(header, desk, edges, levels):
    told, last = [], Event()

    def hear(_ticks, level):
        told.append(level)
        last.set()

    pin = header.pin("BOARD31")
    pin.edges = edges
    pin.when_changed = hear
    assert pin.when_changed is hear
    for level in (1, 0, 1):
        last.clear()
        desk.drive("PQ.06", level)
        if level in levels:
            assert last.wait(WAIT_S)
    pin.when_changed = None
    assert told == levels


def test_an_edge_has_the_tick_of_the_headers_own_clock(header, desk):
    ticks = []
    heard = Event()

    def hear(tick, _level):
        ticks.append(tick)
        heard.set()

    pin = header.pin("BOARD31")
    pin.when_changed = hear
    before = header.ticks()
    desk.drive("PQ.06", 1)
    assert heard.wait(WAIT_S)
    assert 0 <= header.ticks_diff(ticks[0], before) <= header.ticks_diff(header.ticks(), before)
    pin.close()


def test_a_listener_that_is_gone_ends_its_thread(header, desk):
    class Ear:
        def hear(self, ticks, level):
            pytest.fail("nobody listens")

    ear = Ear()
    pin = header.pin("BOARD31")
    pin.when_changed = ear.hear
    (thread,) = (thread for thread in threads() if thread.name == "pin")
    del ear
    assert pin.when_changed is None
    desk.drive("PQ.06", 1)
    thread.join(WAIT_S)
    assert not thread.is_alive()
    pin.close()


def test_a_listener_may_close_its_own_pin(header, desk):
    closed = Event()

    def hear(_ticks, _level):
        pin.close()
        closed.set()

    pin = header.pin("BOARD31")
    pin.when_changed = hear
    (thread,) = (thread for thread in threads() if thread.name == "pin")
    desk.drive("PQ.06", 1)
    assert closed.wait(WAIT_S)
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert not desk.holds("PQ.06")


def test_what_is_changed_while_somebody_listens_reaches_the_kernel(header, desk):
    pin = header.pin("BOARD31")
    listener = Event().wait
    pin.when_changed = listener
    pin.bounce = 0.1
    pin.edges = "rising"
    pin.pull = "up"
    asked = desk.told[-1][2]
    assert (asked.edge_detection.name, asked.bias.name) == ("RISING", "PULL_UP")
    assert asked.debounce_period.total_seconds() == pin.bounce == 0.1
    assert (pin.edges, pin.pull, pin.frequency) == ("rising", "up", None)
    pin.close()
