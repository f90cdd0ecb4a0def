"""The lamp is lit before anything looks, and when it is dark nothing looks on."""

import ast
from threading import Event

import pytest

from appliance.domain.lamp import Lamp, Word
from appliance.errors import MachineError
from appliance.host.machine import open_machine
from appliance.lamp import DistantPanel
from appliance.panel import Lit, open_panel
from appliance.settings import Appliance, CameraSettings, PanelSettings


@pytest.fixture
def panel():
    with open_panel(PanelSettings()) as panel:
        yield panel


def test_nobody_else_can_make_the_token():
    with pytest.raises(TypeError, match="only a lit panel"):
        Lit(object(), Event())


def test_no_camera_is_opened_in_the_dark(lamp):
    lamp.shining = False
    # The film is not there: had it been looked for, the error would be another one.
    settings = CameraSettings(uri="/nowhere/film.mp4")
    with pytest.raises(MachineError, match="dark"):
        open_machine().open_camera(settings, lamp).__enter__()


def test_a_token_of_a_lamp_that_went_dark_is_worth_nothing(panel):
    lit = panel.light()
    panel.show(Lamp.OFF)
    with pytest.raises(MachineError, match="dark"):
        open_machine().open_camera(CameraSettings(uri="/nowhere/film.mp4"), lit).__enter__()


@pytest.mark.parametrize("silence", ["too long", "dark"])
def test_a_token_is_worth_nothing_when_the_panel_far_away_no_longer_says_that_it_shines(silence):
    now_s = [0.0]
    panel = DistantPanel("jetson", lambda _: answer(), clock=lambda: now_s[0])

    def answer():
        panel.hear(Word(Lamp.READY, "jetson", now_s[0]))

    lit = panel.light()
    assert lit.shining
    if silence == "dark":
        panel.hear(None)
    now_s[0] += 3.1 if silence == "too long" else 0
    answer()
    with pytest.raises(MachineError, match="dark"):
        open_machine().open_camera(CameraSettings(uri="/nowhere/film.mp4"), lit).__enter__()


def test_every_opening_of_a_camera_hands_over_a_token(appliance, name_of):
    openings = [
        (source.name, call)
        for source in appliance
        for call in source.calls()
        if name_of(call) == "open_camera"
    ]
    assert openings
    for name, call in openings:
        assert len(call.args) == 2, name


def test_only_the_two_panels_make_a_token(sources, name_of):
    """The one that has the pins, and the one that has the word of a process that has them."""
    makers = {
        f"{source.name}:{owner.name}.{maker.name}"
        for source in sources
        for owner in ast.walk(source.tree)
        if isinstance(owner, ast.ClassDef)
        for maker in owner.body
        if isinstance(maker, ast.FunctionDef) and makes_lit(maker, name_of)
    }
    assert makers == {"appliance/panel.py:Panel.light", "appliance/lamp.py:DistantPanel.light"}
    calls = sum(name_of(call) == "Lit" for source in sources for call in source.calls())
    assert calls == len(makers), "somebody makes one outside of a panel"


def makes_lit(maker, name_of):
    calls = [node for node in ast.walk(maker) if isinstance(node, ast.Call)]
    return any(name_of(call) == "Lit" for call in calls)


def test_only_the_two_panels_know_the_key(sources):
    knowing = {
        source.name
        for source in sources
        for node in ast.walk(source.tree)
        if "KEY" in (getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", ""))
    }
    assert knowing == {"appliance/panel.py", "appliance/lamp.py"}


def test_only_the_process_that_has_the_pins_says_that_they_shine(sources, name_of):
    sayers = {s.name for s in sources if any(name_of(c) == "pack_panel" for c in s.calls())}
    assert sayers == {"appliance/beacon.py"}


def test_nothing_pretends_to_be_a_light(appliance):
    """A class of its own with `shining` would be a way round the lamp."""
    pretenders = {
        source.name
        for source in appliance
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef) and node.name == "shining"
    }
    assert pretenders == {"appliance/panel.py", "appliance/machine.py"}


def test_a_van_cannot_even_be_set_to_a_lamp_that_only_pretends():
    with pytest.raises(ValueError, match="a van needs a real lamp"):
        Appliance(machine="jetson")
    assert Appliance(machine="jetson", panel=PanelSettings(factory="jetson"))
