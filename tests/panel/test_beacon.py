"""The lamp in its own process shows what the van says, and a fault when it hears of none."""

import logging

import pytest
from gpiozero.pins.mock import MockPin

from appliance.beacon import SEEN_S, SILENCE_S, Beacon, Hand, serve
from appliance.domain.lamp import Lamp
from appliance.errors import MachineError, SettingsError
from appliance.lamp import TRUST_S
from appliance.panel import LOOKS, open_panel
from appliance.settings import Appliance, PanelSettings
from appliance.tablets import say, wire
from appliance.tablets.envelope import parse
from appliance.tablets.wire import State
from tests.panel.conftest import OWN, DeadPin
from tests.tablets.conftest import VAN

LIVE = [lamp for lamp in Lamp if lamp not in (Lamp.OFF, Lamp.FAULT)]


def packed(lamp, event_id="state-1"):
    return say.pack_state(State(lamp=lamp), VAN, event_id)


# -- What it shows


def test_until_it_has_heard_of_the_van_it_says_fault_and_answers_nobody(bench, listener):
    assert bench.panel.state is Lamp.FAULT
    listener.say("state", b"{}")
    listener.say("state", packed(Lamp.READY))
    assert listener.next("panel", lamp="ready")["data"]["answers"] == "state-1"


@pytest.mark.parametrize("lamp", Lamp)
def test_each_state_is_shown_and_answered_by_its_id(bench, listener, link, lamp):
    link.state(State(lamp=Lamp.READY))
    listener.next("panel", lamp="ready")
    link.state(State(lamp=lamp))
    told = listener.next("state", lamp=lamp.value)
    word = listener.next("panel", answers=told["id"])["data"]
    assert word == {
        "lamp": lamp.value,
        "lit": lamp is not Lamp.OFF,
        "factory": "mock",
        "answers": told["id"],
        "close": False,
        "acknowledged": None,
    }
    assert bench.panel.state is lamp


def test_a_van_that_falls_silent_is_a_fault_and_may_come_back(bench, listener, link, seconds):
    link.state(State(lamp=Lamp.LOOKING))
    listener.next("panel", lamp="looking")
    seconds.turn(SILENCE_S + 0.1)
    assert listener.next("panel", lamp="fault")["data"]["lit"]
    link.state(State(lamp=Lamp.LOOKING))
    assert listener.next("panel", lamp="looking")


def test_the_lamp_leaves_looking_no_sooner_than_the_van_has_stopped():
    """The van counts from when it told its state, the lamp from when it came."""
    assert SILENCE_S >= TRUST_S


def test_a_van_that_was_stopped_in_good_order_stays_dark(bench, listener, link, seconds):
    link.state(State(lamp=Lamp.OFF))
    listener.next("panel", lamp="off", lit=False)
    seconds.turn(100 * SILENCE_S)
    assert listener.next("panel")["data"]["lamp"] == "off"
    assert bench.panel.state is Lamp.OFF


def test_the_last_will_of_a_van_is_shown(bench, listener, link):
    link.state(State(lamp=Lamp.LOOKING))
    listener.next("panel", lamp="looking")
    link._says._client.socket().close()
    told = listener.next("state", lamp="fault")
    assert listener.next("panel", lamp="fault", answers=told["id"])


@pytest.mark.parametrize("lamp", LIVE)
def test_what_the_broker_has_kept_is_no_sign_of_life(broker, listener, seconds, beacon_at, lamp):
    listener.say("state", packed(lamp, "kept"), retain=True)
    listener.next("state")
    with beacon_at(broker, seconds):
        words = [listener.next("panel")["data"]]
        # It has subscribed before it spoke, so what was kept reaches it before what comes now.
        listener.say("state", packed(Lamp.READY, "live"))
        while words[-1]["answers"] != "live":
            words.append(listener.next("panel")["data"])
    assert {(word["lamp"], word["answers"]) for word in words[:-1]} == {("fault", None)}


@pytest.mark.parametrize("lamp", [Lamp.OFF, Lamp.FAULT])
def test_the_last_word_of_a_van_that_has_gone_is_shown(broker, listener, seconds, beacon_at, lamp):
    listener.say("state", packed(lamp, "kept"), retain=True)
    listener.next("state")
    with beacon_at(broker, seconds) as bench:
        assert listener.next("panel", answers="kept")["data"]["lamp"] == lamp.value
        assert bench.panel.state is lamp


def test_rubbish_changes_nothing_and_is_counted(bench, listener, caplog):
    listener.say("state", packed(Lamp.READY))
    listener.next("panel", lamp="ready")
    caplog.set_level(logging.WARNING, logger="appliance")
    for rubbish in (b"", b"\xff", b"{}", b"x" * 70_000, packed(Lamp.OFF).replace(b"off", b"out")):
        listener.say("state", rubbish)
    listener.say("state", packed(Lamp.READY, "state-2"))
    assert listener.next("panel", answers="state-2")["data"]["lamp"] == "ready"
    assert bench.beacon.refused == 5
    assert {record.getMessage() for record in caplog.records} == {
        "A message from the van was refused."
    }


# -- Without a broker


def test_without_a_broker_it_says_fault_and_goes_on_trying(broker, listener, seconds, beacon_at):
    broker.kill()
    with beacon_at(broker, seconds) as bench:
        bench.next(Lamp.FAULT)
        broker.start()
        listener.ready()
        assert listener.next("panel", lamp="fault")


def test_a_broker_that_dies_is_a_fault_at_once_and_may_come_back(bench, broker, link):
    link.listen(lambda _: None)
    link.state(State(lamp=Lamp.LOOKING))
    bench.next(Lamp.LOOKING)
    broker.kill()
    bench.next(Lamp.FAULT)
    broker.start()
    bench.next(Lamp.LOOKING)


# -- What it says of its pins


def test_it_speaks_once_a_second_by_itself(bench, listener, seconds):
    for _ in range(3):
        seconds.turn(1)
        assert listener.next("panel")["data"] == {
            "lamp": "fault",
            "lit": True,
            "factory": "mock",
            "answers": None,
            "close": False,
            "acknowledged": None,
        }


def test_a_broken_lamp_is_said_to_be_dark_whatever_it_was_told(
    broker, listener, seconds, beacon_at
):
    with beacon_at(broker, seconds, DeadPin):
        assert listener.next("panel", lamp="fault")["data"]["lit"] is False
        listener.say("state", packed(Lamp.READY))
        assert listener.next("panel", lamp="ready")["data"]["lit"] is False


class Flashing:
    """A lamp that is between two flashes, or broken: nobody can tell yet."""

    def __init__(self):
        self.state = Lamp.OFF
        self.shines = True

    def show(self, lamp):
        self.state = lamp


class Wire:
    """A client that keeps what is published."""

    def __init__(self):
        self.said = []

    def publish(self, _topic, payload, **_how):
        self.said.append(parse(wire.PanelEvent, payload).data)


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.OFF])
def test_a_lamp_may_be_dark_between_flashes_and_no_longer(seconds, lamp):
    panel, client = Flashing(), Wire()
    beacon = Beacon(VAN, panel, OWN, Hand(), seconds)
    beacon._show(lamp)
    panel.shines = False
    for wait_s in (SEEN_S + LOOKS[lamp].off_s - 0.1, 0.2):
        seconds.turn(wait_s)
        beacon._look()
        beacon._say(client)
    assert [shown.lit for shown in client.said] == [True, False]


# -- The end


def test_told_to_stop_it_is_dark_and_its_last_word_says_so(bench, listener):
    listener.say("state", packed(Lamp.LOOKING))
    listener.next("panel", lamp="looking")
    bench.stop.set()
    bench.next(Lamp.OFF)
    assert listener.next("panel", lamp="off")["data"]["lit"] is False


def test_states_that_come_while_it_leaves_do_not_light_it_again(
    broker, listener, seconds, beacon_at, tablet_on
):
    with beacon_at(broker, seconds) as bench:
        listener.next("panel")
        for number in range(300):
            listener.say("state", packed(Lamp.LOOKING, f"state-{number}"))
        bench.stop.set()
        bench.next(Lamp.OFF)
    with tablet_on(broker.port) as late:
        kept = late.next("panel")
        assert kept.retain
        assert parse(wire.PanelEvent, kept.payload).data.lit is False
    assert bench.panel.state is Lamp.OFF


# -- The start


def test_a_lamp_that_the_van_drives_itself_is_left_to_it():
    with pytest.raises(SettingsError, match=r"panel\.process") as refused:
        serve(Appliance())
    assert refused.value.exit_code == 78


class Wait:
    """Lets no time pass, and notes how the pins stood meanwhile."""

    def __init__(self, panel, stop_after=None):
        self.panel, self.stop_after, self.seen = panel, stop_after, []

    def __call__(self, _wait_s):
        self.seen.append(tuple(map(int, self.panel._led.value)))
        return len(self.seen) == self.stop_after


def test_the_test_of_the_lamp_shows_each_colour_once_and_leaves_it_dark():
    with open_panel(PanelSettings()) as panel:
        wait = Wait(panel)
        panel.test(wait)
        assert wait.seen == [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
        assert tuple(panel._led.value) == (0, 0, 0)
        assert panel.state is Lamp.OFF


def test_the_test_of_the_lamp_can_be_interrupted():
    with open_panel(PanelSettings()) as panel:
        wait = Wait(panel, stop_after=1)
        panel.test(wait)
        assert wait.seen == [(1, 0, 0)]
        assert tuple(panel._led.value) == (0, 0, 0)


def test_the_test_of_a_broken_lamp_fails_and_leaves_it_dark(wired):
    panel = wired(DeadPin)
    with pytest.raises(MachineError, match="read back lit"):
        panel.test(lambda _: False)
    assert panel.state is Lamp.OFF


@pytest.mark.parametrize("lamp", Lamp)
def test_the_pins_tell_whether_the_lamp_shines(wired, lamp):
    panel = wired(MockPin)
    panel.show(lamp)
    panel._led.value = LOOKS[lamp].colour
    assert panel.shines is (lamp is not Lamp.OFF)
    panel._led.value = (0, 0, 0)
    assert not panel.shines
