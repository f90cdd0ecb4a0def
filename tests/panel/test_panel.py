"""The lamp says what the van does, and nothing may look before it shines."""

import copy
import dataclasses
from importlib.metadata import EntryPoint
from threading import Event

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockPin

from appliance import panel as room
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.panel import LOOKS, Lit, open_panel
from appliance.settings import PanelSettings
from tests.panel.conftest import DeadPin

DAMAGED = ["", "GPIO99", "17 or so", "\N{SNOWMAN}", "GPIO17"]


class CountingPin(MockPin):
    """A pin that tells when it has blinked."""

    blinked = Event()

    def _change_state(self, value):
        changed = super()._change_state(value)
        if [state.state for state in self.states][-3:] == [True, False, True]:
            self.blinked.set()
        return changed


@pytest.fixture(autouse=True)
def gpiozero_stays_untouched():
    yield
    left, Device.pin_factory = Device.pin_factory, None
    assert left is None


def test_it_is_dark_until_it_is_lit():
    with open_panel(PanelSettings()) as panel:
        assert panel.state is Lamp.OFF
        lit = panel.light()
        assert panel.state is Lamp.READY
        assert lit.shining


def test_a_lamp_whose_pins_stay_low_gives_no_lit_and_is_dark_again(wired):
    panel = wired(DeadPin)
    with pytest.raises(MachineError) as refused:
        panel.light()
    assert "[panel]" in refused.value.mend
    assert panel.state is Lamp.OFF


def test_leaving_darkens_and_ends_every_lit():
    shown = []
    with open_panel(PanelSettings(), shown.append) as panel:
        lit = panel.light()
    assert shown == [Lamp.READY, Lamp.OFF]
    assert panel.state is Lamp.OFF
    assert not lit.shining


def test_leaving_by_an_error_darkens_too():
    shown = []

    def burn():
        with open_panel(PanelSettings(), shown.append) as panel:
            panel.light()
            {}["the camera burnt"]

    with pytest.raises(KeyError):
        burn()
    assert shown == [Lamp.READY, Lamp.OFF]


def test_showing_off_ends_every_lit_for_good():
    with open_panel(PanelSettings()) as panel:
        old, same = panel.light(), panel.light()
        assert old.shining
        assert same.shining
        panel.show(Lamp.OFF)
        assert not old.shining
        assert not same.shining
        new = panel.light()
        assert new.shining
        assert not old.shining


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.OFF])
def test_every_other_state_keeps_it_shining(lamp):
    with open_panel(PanelSettings()) as panel:
        lit = panel.light()
        panel.show(lamp)
        assert panel.state is lamp
        assert lit.shining


def test_nobody_else_can_make_a_lit():
    with pytest.raises(TypeError):
        Lit(object(), Event())
    with pytest.raises(TypeError):
        Lit(None, Event())


def test_a_lit_cannot_be_changed_or_revived():
    with open_panel(PanelSettings()) as panel:
        lit = panel.light()
        with pytest.raises(dataclasses.FrozenInstanceError):
            lit._dark = Event()
        with pytest.raises((TypeError, ValueError)):
            dataclasses.replace(lit, _dark=Event())
        twin = copy.copy(lit)
    assert not twin.shining


def test_each_state_is_told_once_and_in_order():
    shown = []
    with open_panel(PanelSettings(), shown.append) as panel:
        for lamp in (Lamp.LOOKING, Lamp.ALERT, Lamp.ALERT, Lamp.LOOKING):
            panel.show(lamp)
    assert shown == [Lamp.LOOKING, Lamp.ALERT, Lamp.LOOKING, Lamp.OFF]


def test_every_state_has_a_look_that_differs_without_colour():
    rhythms = [
        (any(look.colour), look.on_s if look.off_s else 0, look.off_s) for look in LOOKS.values()
    ]
    assert set(LOOKS) == set(Lamp)
    assert len(set(rhythms)) == len(Lamp)


def test_no_state_flashes_more_than_three_times_a_second():
    assert all(look.on_s + look.off_s >= 1 / 3 for look in LOOKS.values())


def test_an_alert_really_blinks(wired):
    CountingPin.blinked.clear()
    wired(CountingPin).show(Lamp.ALERT)
    assert CountingPin.blinked.wait(timeout=20)


def test_a_steady_state_after_a_blinking_one_is_steady(wired):
    panel = wired(MockPin)
    panel.show(Lamp.FAULT)
    panel.show(Lamp.READY)
    assert panel._led.value == LOOKS[Lamp.READY].colour
    assert panel._led._blink_thread is None


def test_a_closed_panel_says_so():
    with open_panel(PanelSettings()) as panel:
        pass
    with pytest.raises(MachineError, match="closed"):
        panel.show(Lamp.READY)
    with pytest.raises(MachineError, match="closed"):
        panel.light()
    panel.show(Lamp.OFF)


@pytest.mark.parametrize("pin", DAMAGED)
def test_pins_that_are_none_or_stand_twice_are_one_clear_error(pin):
    wrong = PanelSettings.model_construct(factory="mock", red="GPIO17", green=pin, blue="GPIO27")
    with pytest.raises(MachineError) as refused, open_panel(wrong):
        pytest.fail("it opened")
    assert "panel.factory" in refused.value.mend


def test_the_pins_are_free_again_after_a_wrong_one():
    with pytest.raises(MachineError), open_panel(PanelSettings(green="GPIO17")):
        pytest.fail("it opened")
    with open_panel(PanelSettings()) as panel:
        assert panel.light().shining


def test_a_machine_without_the_factory_says_so(monkeypatch):
    monkeypatch.setattr(room, "entry_points", lambda **_: ())
    with (
        pytest.raises(MachineError, match="no pin factory 'jetson'"),
        open_panel(PanelSettings(factory="jetson")),
    ):
        pytest.fail("it opened")


def test_a_factory_whose_library_is_missing_says_so(monkeypatch):
    broken = EntryPoint(name="jetson", value="no_such_library:Factory", group=room.FACTORIES)
    monkeypatch.setattr(room, "entry_points", lambda **_: (broken,))
    with (
        pytest.raises(MachineError, match="ModuleNotFoundError"),
        open_panel(PanelSettings(factory="jetson")),
    ):
        pytest.fail("it opened")
