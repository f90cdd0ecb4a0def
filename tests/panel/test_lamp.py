"""A van whose lamp is another process's looks while that says that it shines, and no longer."""

from __future__ import annotations

import queue
from threading import Thread

import pytest

from appliance import lamp as room
from appliance.domain.lamp import Lamp, Word
from appliance.errors import MachineError
from appliance.lamp import TRUST_S, DistantPanel, open_lamp, try_lamp
from appliance.panel import Panel
from appliance.settings import Appliance, PanelSettings
from appliance.tablets import broker as broker_room
from appliance.tablets.wire import State
from tests.panel.conftest import OWN
from tests.tablets.conftest import VAN, WAIT_S


class Far:
    """A panel far away, that says what it was told as long as it is well."""

    def __init__(self, clock):
        self.clock = clock
        self.told = []
        self.shown = []
        self.answers = True
        self.factory = "jetson"
        self.panel = DistantPanel("jetson", self.tell, self.shown.append, clock)

    def tell(self, lamp):
        self.told.append(lamp)
        if self.answers and lamp is not Lamp.OFF:
            self.say(lamp)

    def say(self, lamp=Lamp.LOOKING, told_s=None):
        self.panel.hear(Word(lamp, self.factory, self.clock() if told_s is None else told_s))


@pytest.fixture
def far(seconds, monkeypatch):
    monkeypatch.setattr(room, "LIGHT_S", 0.05)
    return Far(seconds)


def refused(far):
    with pytest.raises(MachineError, match="does not say that its lamp is lit") as refused:
        far.panel.light()
    assert "lfr-panel" in refused.value.mend
    assert far.told[-1] is Lamp.OFF
    assert far.panel.state is Lamp.OFF
    return True


# -- Before anything looks


def test_it_is_told_ready_and_gives_its_lit_when_it_says_so(far):
    assert far.panel.state is Lamp.OFF
    assert far.panel.light().shining
    assert far.told == far.shown == [Lamp.READY]
    assert far.panel.state is Lamp.READY


def test_a_panel_that_says_nothing_gives_no_lit(far):
    far.answers = False
    assert refused(far)
    assert far.told == [Lamp.READY, Lamp.OFF]


def test_a_word_that_comes_later_is_waited_for(seconds, monkeypatch):
    monkeypatch.setattr(room, "LIGHT_S", WAIT_S)
    far = Far(seconds)
    far.answers = False
    later = Thread(target=far.say, args=(Lamp.READY,))
    later.start()
    assert far.panel.light().shining
    later.join()


def test_a_word_from_before_it_was_asked_does_not_count(far, seconds):
    far.answers = False
    far.say(Lamp.READY)
    seconds.turn(0.001)
    assert refused(far)


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.READY])
def test_a_lamp_that_shows_something_else_does_not_count(far, lamp):
    far.answers = False
    later = Thread(target=far.say, args=(lamp,))
    later.start()
    assert refused(far)
    later.join()


def test_a_lamp_whose_pins_only_pretend_gives_no_lit(far):
    far.factory = "mock"
    assert refused(far)


def test_a_lamp_that_goes_dark_while_it_is_waited_for_gives_no_lit(far):
    def tell(lamp):
        far.told.append(lamp)
        far.say(lamp)
        far.panel.hear(None)

    far.panel._tell = tell
    assert refused(far)


# -- While something looks


def test_it_shines_as_long_as_the_panel_says_so(far, seconds):
    first, second = far.panel.light(), far.panel.light()
    for _ in range(100):
        seconds.turn(TRUST_S - 0.1)
        assert first.shining
        assert second.shining
        far.say()


def test_a_panel_that_falls_silent_ends_every_lit_for_good(far, seconds):
    old, same = far.panel.light(), far.panel.light()
    seconds.turn(TRUST_S + 0.1)
    assert not old.shining
    far.say()
    assert not same.shining
    new = far.panel.light()
    assert new.shining
    assert not old.shining
    assert not same.shining


def test_a_silence_that_nobody_looked_at_counts_all_the_same(far, seconds):
    lit = far.panel.light()
    seconds.turn(TRUST_S + 0.1)
    far.say()
    assert not lit.shining


def test_a_word_counts_from_the_state_that_it_answers_not_from_its_arrival(far, seconds):
    lit = far.panel.light()
    told_s = seconds()
    for _ in range(4):
        seconds.turn(TRUST_S / 4)
        far.say(told_s=told_s)
    assert lit.shining
    seconds.turn(0.1)
    far.say(told_s=told_s)
    assert not lit.shining


def test_an_older_word_that_comes_late_takes_nothing_back(far, seconds):
    lit = far.panel.light()
    old_s = seconds()
    seconds.turn(TRUST_S - 1)
    far.say()
    far.say(told_s=old_s)
    seconds.turn(2)
    assert lit.shining


def test_darkness_ends_every_lit_for_good(far):
    lit = far.panel.light()
    far.panel.hear(None)
    far.say()
    assert not lit.shining
    assert far.panel.light().shining


def test_a_panel_that_changes_its_pins_is_dark(far):
    lit = far.panel.light()
    far.factory = "mock"
    far.say()
    assert not lit.shining


def test_showing_off_ends_every_lit_for_good(far):
    lit = far.panel.light()
    far.panel.show(Lamp.OFF)
    far.say()
    assert not lit.shining


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.OFF])
def test_every_other_state_keeps_it_shining(far, lamp):
    lit = far.panel.light()
    far.panel.show(lamp)
    assert far.panel.state is lamp
    assert lit.shining


def test_each_state_is_told_once_and_in_order(far):
    for lamp in (Lamp.LOOKING, Lamp.ALERT, Lamp.ALERT, Lamp.LOOKING):
        far.panel.show(lamp)
    assert far.told == far.shown == [Lamp.LOOKING, Lamp.ALERT, Lamp.LOOKING]


# -- Over a real broker


def say(lamp):
    return State(lamp=lamp, subjects=3)


def test_the_settings_choose_between_the_two_panels(link):
    with open_lamp(PanelSettings(), link, say) as within, open_lamp(OWN, link, say) as own:
        assert isinstance(within, Panel)
        assert isinstance(own, DistantPanel)


def test_over_the_link_it_is_lit_shows_and_ends_dark(bench, listener, link):
    with open_lamp(OWN, link, say) as lamp:
        lit = lamp.light()
        assert bench.panel.state is Lamp.READY
        lamp.show(Lamp.LOOKING)
        assert listener.next("panel", lamp="looking")
        assert listener.next("state", lamp="looking")["data"]["subjects"] == 3
        assert lit.shining
    bench.next(Lamp.OFF)
    assert not lit.shining


def test_a_panel_that_stops_ends_the_lit_of_a_van_far_away(bench, link):
    heard = queue.Queue()
    with open_lamp(OWN, link, say) as lamp:
        lit = lamp.light()
        link.listen(lambda word: heard.put(lamp.hear(word) or word))
        bench.stop.set()
        while heard.get(timeout=WAIT_S) is not None:
            pass
        assert not lit.shining


def test_a_van_that_is_on_duty_keeps_its_lamp(bench, broker, link, monkeypatch):
    settings = Appliance(van=VAN, panel=OWN, tablets=broker.settings)
    link.listen(lambda _: None)
    link.state(State(lamp=Lamp.LOOKING))
    with pytest.raises(MachineError, match="on duty"), try_lamp(settings):
        pytest.fail("it was taken")


@pytest.mark.parametrize("panel", [OWN, PanelSettings()])
def test_the_lamp_of_a_van_at_rest_can_be_tried(bench, broker, listener, monkeypatch, panel):
    monkeypatch.setattr(broker_room, "OVERHEAR_S", 0.3)
    kept = b'{"kept": "from a van that has gone"}'
    listener.say("state", kept, retain=True)
    listener.tablet.next("state")
    settings = Appliance(van=VAN, panel=panel, tablets=broker.settings)
    with try_lamp(settings) as lamp:
        assert lamp.light().shining
