"""The panel's button closes the deployment when it is held, and never otherwise."""

from __future__ import annotations

import pytest

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.lamp import open_lamp
from appliance.panel import open_panel
from appliance.settings import PanelSettings
from appliance.tablets.wire import State
from tests.jetson.bench import laid
from tests.panel.conftest import with_button


def test_held_long_enough_it_tells_once(pin, held):
    with open_panel(with_button(), on_close=held):
        pin.drive_low()
        assert held.wait()
        pin.drive_high()
        pin.drive_low()
        assert held.wait()
    assert held.never


def test_a_shorter_press_and_many_of_them_do_nothing(pin, held):
    with open_panel(with_button(hold_s=60), on_close=held) as panel:
        lit = panel.light()
        for _ in range(200):
            pin.drive_low()
            pin.drive_high()
        assert lit.shining
        assert panel.state is Lamp.READY
    assert held.never


def test_while_it_is_held_the_lamp_says_what_it_said(pin, held):
    with open_panel(with_button(), on_close=held) as panel:
        lit = panel.light()
        panel.show(Lamp.LOOKING)
        pin.drive_low()
        assert held.wait()
        assert panel.state is Lamp.LOOKING
        assert lit.shining


def test_one_that_is_stuck_from_the_start_counts_only_after_it_was_let_go(pin, held):
    pin.drive_low()
    with open_panel(with_button(), on_close=held) as panel:
        panel.light()
        pin.drive_high()
        assert held.never
        pin.drive_low()
        assert held.wait()


@pytest.mark.parametrize(
    ("panel", "listens"),
    [(PanelSettings(), True), (with_button(), False)],
    ids=["no button", "nobody"],
)
def test_without_a_button_or_anybody_to_tell_its_pin_is_left_alone(pin, held, panel, listens):
    with open_panel(panel, on_close=held if listens else None):
        assert pin.when_changed is None


def test_it_is_let_go_when_the_panel_closes(pin, held):
    with open_panel(with_button(), on_close=held):
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


def test_a_lamp_within_tells_the_van_without_a_broker(pin, link, held):
    with open_lamp(with_button(), link, lambda lamp: State(lamp=lamp), on_close=held):
        pin.drive_low()
        assert held.wait()
