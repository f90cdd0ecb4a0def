"""A panel in its own process says to the van that its button was held, until that has ended."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from appliance.beacon import serve
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.lamp import open_lamp
from appliance.settings import Appliance
from appliance.tablets import say
from appliance.tablets.wire import Shown, State
from tests.panel.conftest import OWN, with_button
from tests.tablets.conftest import VAN

# -- The panel's side


def looking(deployment="deployment-1", **changes):
    return State(**{"lamp": Lamp.LOOKING, "deployment_id": deployment, **changes})


@pytest.fixture
def pressed(bench, listener, link):
    """A lamp whose button was held while the van was at work; gives its first word of it."""
    link.state(looking())
    listener.next("panel", lamp="looking")
    bench.hand.held.set()
    return listener.next("panel", close=True)["data"]


def test_it_says_so_at_once_and_again_until_the_van_has_ended(pressed, listener, link, seconds):
    assert pressed["lamp"] == "looking"
    for _ in range(3):
        seconds.turn(1)
        assert listener.next("panel")["data"]["close"]
        link.state(looking())
        assert listener.next("panel")["data"]["close"]
    link.state(State(lamp=Lamp.READY, ended=End.BUTTON))
    assert not listener.next("panel", lamp="ready")["data"]["close"]


def test_a_van_that_goes_dark_has_heard_it(pressed, listener, link):
    link.state(State(lamp=Lamp.OFF))
    assert not listener.next("panel", lamp="off")["data"]["close"]


def test_a_van_that_dies_and_goes_on_with_the_same_deployment_is_told_again(
    pressed, listener, link
):
    link.state(State(lamp=Lamp.FAULT))
    assert listener.next("panel", lamp="fault")["data"]["close"]
    link.state(looking())
    assert listener.next("panel", lamp="looking")["data"]["close"]


def test_an_order_is_not_for_the_next_deployment(pressed, listener, link):
    link.state(State(lamp=Lamp.FAULT))
    link.state(looking("deployment-2"))
    assert not listener.next("panel", lamp="looking")["data"]["close"]


def test_where_nothing_goes_on_there_is_nothing_to_close(bench, listener, link, seconds):
    link.state(State(lamp=Lamp.OFF))
    listener.next("panel", lamp="off")
    bench.hand.held.set()
    seconds.turn(1)
    assert not listener.next("panel")["data"]["close"]
    link.state(looking())
    assert not listener.next("panel", lamp="looking")["data"]["close"]
    assert not bench.hand.held.is_set()


def test_an_order_is_never_kept_by_the_broker(pressed, broker, tablet_on):
    with tablet_on(broker.port) as late:
        assert b'"close":false' in late.next("panel").payload


def test_held_while_the_broker_is_down_it_is_said_when_it_is_back(bench, broker, listener, link):
    link.listen(print)
    link.state(looking())
    listener.next("panel", lamp="looking")
    broker.kill()
    bench.next(Lamp.FAULT)
    bench.hand.held.set()
    broker.start()
    listener.ready()
    assert listener.next("panel", lamp="looking", close=True)


# -- At the van


def order(answers=None, close=True, lit=True):
    shown = Shown(lamp=Lamp.LOOKING, lit=lit, factory="mock", answers=answers, close=close)
    return say.pack_panel(shown, VAN)


@pytest.fixture
def told(link, listener, held):
    """The id of a state that the van has told."""
    link.listen(print, held)
    link.state(looking())
    return listener.next("state")["id"]


def test_the_van_is_told_once_however_often_it_is_said(told, link, listener, held):
    for _ in range(3):
        listener.say("panel", order(told))
    assert held.wait()
    listener.say("panel", order(told, close=False))
    listener.say("panel", order(told))
    assert held.wait()
    assert held.never


def test_a_lamp_that_is_broken_closes_all_the_same(told, listener, held):
    listener.say("panel", order(told, lit=False))
    assert held.wait()


@pytest.mark.parametrize("answers", [None, "another-s"])
def test_an_order_that_answers_nothing_closes_nothing(told, listener, held, answers):
    listener.say("panel", order(answers))
    listener.say("panel", order(told, close=False))
    listener.say("panel", order(told))
    assert held.wait()
    assert held.never


def test_an_order_that_the_broker_has_kept_closes_nothing(told, listener, held):
    listener.say("panel", order(told), retain=True)
    assert held.wait()


def test_the_whole_way_from_the_button_to_the_van(bench, listener, link, held):
    with open_lamp(OWN, link, lambda lamp: looking(lamp=lamp), on_close=held) as lamp:
        lamp.light()
        bench.hand.held.set()
        assert held.wait()
        lamp.show(Lamp.OFF)
        assert not listener.next("panel", lamp="off")["data"]["close"]
    assert held.never


@pytest.fixture
def signals():
    """What a command takes over is given back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals")
def test_lfr_panel_says_it_when_its_own_button_is_held(pin, broker, listener, link):
    said = []

    def hold():
        try:
            listener.next("panel", lamp="fault", lit=True)
            link.state(looking())
            listener.next("panel", lamp="looking", close=False)
            pin.drive_low()
            said.append(listener.next("panel", close=True))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    crew = threading.Thread(target=hold)
    crew.start()
    serve(Appliance(van=VAN, panel=with_button(process="own"), tablets=broker.settings))
    crew.join()
    assert said
