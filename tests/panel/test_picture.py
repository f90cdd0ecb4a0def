"""The README's picture of the lamp is what the lamp does."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from appliance.domain.lamp import Lamp
from appliance.panel import LOOKS, Look
from tests.panel import picture

PICTURE = Path(__file__).parents[2] / "provisioning/pictures/panel.svg"


def test_the_picture_is_up_to_date():
    again = "Draw it again: python -m tests.panel.picture provisioning/pictures/panel.svg"
    assert PICTURE.read_text("utf-8") == picture.draw(), again


def test_another_look_would_be_another_picture(monkeypatch):
    before = picture.draw()
    monkeypatch.setitem(LOOKS, Lamp.FAULT, Look((1, 0, 0), 0.3, 1.2))
    assert picture.draw() != before


def test_it_names_every_state_and_holds_nothing_that_runs():
    drawing = ET.fromstring(picture.draw())
    names = [part.text for part in drawing.iter() if part.get("class") == "name"]
    assert names[1:] == [lamp.value for lamp in Lamp]
    assert not {part.tag.rpartition("}")[2] for part in drawing.iter()} - {
        "svg", "title", "desc", "style", "rect", "text",
    }  # fmt: skip
