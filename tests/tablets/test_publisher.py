"""The link's own thread speaks for a van while it lives, and not for one that hangs."""

from types import SimpleNamespace

import pytest

from appliance.domain.lamp import Lamp
from appliance.tablets import publisher as room
from appliance.tablets.outbox import Outbox
from appliance.tablets.publisher import Publisher
from appliance.tablets.wire import State
from appliance.tablets.witness import Witness
from tests.tablets.conftest import VAN


class Wire:
    """Keeps what is published."""

    def __init__(self):
        self.said = []

    def publish(self, topic, payload, **_):
        self.said.append(topic.rpartition("/")[2])


@pytest.fixture
def monotonic(monkeypatch):
    """Seconds that only go on when a test says so."""
    clock = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(room.time, "monotonic", lambda: clock.now_s)
    return clock


@pytest.fixture
def said(clock, monotonic):
    """A publisher on the line, whose panel is heard, and what it says."""
    witness = Witness(VAN)
    witness.on_word = lambda _word: None
    publisher, wire = Publisher(VAN, Outbox(VAN, clock, lambda: None), witness), Wire()
    publisher.begin(wire)

    def after(seconds):
        monotonic.now_s += seconds
        wire.said.clear()
        publisher.turn()
        return wire.said

    return SimpleNamespace(publisher=publisher, after=after)


@pytest.mark.parametrize(("lamp", "goes_on"), [(Lamp.READY, True), (Lamp.LOOKING, False)])
def test_whoever_opens_cameras_is_spoken_for_and_whoever_looks_must_speak(said, lamp, goes_on):
    said.publisher.state(State(lamp=lamp))
    assert said.after(1.0) == []
    assert said.after(0.3) == ["state"]
    assert said.after(1.3) == (["state"] if goes_on else [])


def test_nothing_is_repeated_before_a_state_was_told(said):
    assert said.after(60.0) == []
