"""The panel's button closes the deployment when it is held, and never otherwise."""

from __future__ import annotations

import queue
import threading

import pytest
from gpiozero.pins.mock import MockFactory

from appliance import panel as room
from appliance.domain.ending import End
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.lamp import open_lamp
from appliance.panel import open_panel
from appliance.settings import PanelSettings
from appliance.tablets import wire
from appliance.tablets.wire import Shown, State
from tests.jetson.bench import laid
from tests.panel.conftest import OWN
from tests.tablets.conftest import VAN, WAIT_S

PIN = "GPIO5"


def settings(hold_s=0.05, **changes):
    """Settings with a button; a test has no second to hold it."""
    return PanelSettings(button=PIN, **changes).model_copy(update={"hold_s": hold_s})


class Held:
    """Counts how often somebody was told."""

    def __init__(self):
        self.told = queue.Queue()

    def __call__(self):
        self.told.put(True)

    def wait(self):
        return self.told.get(timeout=WAIT_S)

    @property
    def never(self):
        return self.told.empty()


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def pin(monkeypatch):
    """The button's pin, before anything is opened: it rests high."""
    factory = MockFactory()
    monkeypatch.setattr(room, "_open_factory", lambda _: factory)
    pin = factory.pin(PIN)
    pin.pull = "up"
    return pin


# -- On its pin


def test_held_long_enough_it_tells_once(pin, held):
    with open_panel(settings(), on_close=held):
        pin.drive_low()
        assert held.wait()
        pin.drive_high()
        pin.drive_low()
        assert held.wait()
    assert held.never


def test_a_shorter_press_and_many_of_them_do_nothing(pin, held):
    with open_panel(settings(hold_s=60), on_close=held) as panel:
        lit = panel.light()
        for _ in range(200):
            pin.drive_low()
            pin.drive_high()
        assert lit.shining
        assert panel.state is Lamp.READY
    assert held.never


def test_while_it_is_held_the_lamp_says_what_it_said(pin, held):
    with open_panel(settings(), on_close=held) as panel:
        lit = panel.light()
        panel.show(Lamp.LOOKING)
        pin.drive_low()
        assert held.wait()
        assert panel.state is Lamp.LOOKING
        assert lit.shining


def test_one_that_is_stuck_from_the_start_counts_only_after_it_was_let_go(pin, held):
    pin.drive_low()
    with open_panel(settings(), on_close=held) as panel:
        panel.light()
        pin.drive_high()
        assert held.never
        pin.drive_low()
        assert held.wait()


@pytest.mark.parametrize(
    ("panel", "listens"),
    [(PanelSettings(), True), (settings(), False)],
    ids=["no button", "nobody"],
)
def test_without_a_button_or_anybody_to_tell_its_pin_is_left_alone(pin, held, panel, listens):
    with open_panel(panel, on_close=held if listens else None):
        assert pin.when_changed is None


def test_it_is_let_go_when_the_panel_closes(pin, held):
    with open_panel(settings(), on_close=held):
        assert pin.when_changed is not None
    assert pin.when_changed is None


@pytest.mark.parametrize("button", ["GPIO99", "GPIO17"])
def test_a_pin_that_is_none_or_the_lamps_own_is_one_clear_error(held, button):
    wrong = PanelSettings(button=button)
    with pytest.raises(MachineError) as refused, open_panel(wrong, on_close=held):
        pytest.fail("it opened")
    assert "panel.factory" in refused.value.mend
    with open_panel(PanelSettings()) as panel:
        assert panel.light().shining


def test_it_works_on_the_header_of_a_jetson(tmp_path, monkeypatch, held):
    pins = {"red": "BOARD29", "green": "BOARD31", "blue": "BOARD33", "button": "BOARD11"}
    jetson = PanelSettings(factory="jetson", **pins).model_copy(update={"hold_s": 0.05})
    with laid(tmp_path / "board", monkeypatch=monkeypatch) as desk:
        desk.drive("PR.04", high=True)
        with open_panel(jetson, on_close=held) as panel:
            panel.light()
            desk.drive("PR.04", high=False)
            assert held.wait()
        assert not desk.holds("PR.04")


# -- Of a panel in a process of its own


def looking(deployment="deployment-1", **changes):
    return State(**{"lamp": Lamp.LOOKING, "deployment_id": deployment, **changes})


@pytest.fixture
def pressed(bench, listener, link):
    """A lamp whose button was held while the van was at work; gives its first word of it."""
    link.state(looking())
    listener.next("panel", lamp="looking")
    bench.held.set()
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
    bench.held.set()
    seconds.turn(1)
    assert not listener.next("panel")["data"]["close"]
    link.state(looking())
    assert not listener.next("panel", lamp="looking")["data"]["close"]
    assert not bench.held.is_set()


def test_an_order_is_never_kept_by_the_broker(pressed, broker, tablet_on):
    with tablet_on(broker.port) as late:
        assert b'"close":false' in late.next("panel").payload


def test_held_while_the_broker_is_down_it_is_said_when_it_is_back(bench, broker, listener, link):
    link.listen(print)
    link.state(looking())
    listener.next("panel", lamp="looking")
    broker.kill()
    bench.next(Lamp.FAULT)
    bench.held.set()
    broker.start()
    listener.ready()
    assert listener.next("panel", lamp="looking", close=True)


# -- At the van


def order(answers=None, close=True, lit=True):
    shown = Shown(lamp=Lamp.LOOKING, lit=lit, factory="mock", answers=answers, close=close)
    return wire.pack_panel(shown, VAN)


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
        bench.held.set()
        assert held.wait()
        lamp.show(Lamp.OFF)
        assert not listener.next("panel", lamp="off")["data"]["close"]
    assert held.never


def test_a_lamp_within_tells_the_van_without_a_broker(pin, link, held):
    with open_lamp(settings(), link, lambda lamp: State(lamp=lamp), on_close=held):
        pin.drive_low()
        assert held.wait()


def test_the_panels_process_listens_to_its_button(pin):
    pressed = threading.Event()
    with open_panel(settings(process="own"), on_close=pressed.set):
        pin.drive_low()
        assert pressed.wait(WAIT_S)
