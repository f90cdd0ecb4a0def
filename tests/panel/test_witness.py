"""The van believes of its panel only what answers its own words, and every darkness."""

import queue

import pytest

from appliance.domain.lamp import Lamp
from appliance.tablets import say
from appliance.tablets.broker import open_link
from appliance.tablets.wire import Shown, State
from tests.tablets.conftest import VAN, WAIT_S


def packed(lamp=Lamp.LOOKING, lit=True, answers=None):
    return say.pack_panel(Shown(lamp=lamp, lit=lit, factory="mock", answers=answers), VAN)


class Heard:
    """What the van was told of its panel."""

    def __init__(self):
        self.words = queue.Queue()

    def next(self):
        return self.words.get(timeout=WAIT_S)


@pytest.fixture
def heard(link):
    heard = Heard()
    link.listen(heard.words.put)
    return heard


@pytest.fixture
def told(link, listener, heard):
    """The id of a state that the van has told: it looks."""
    link.state(State(lamp=Lamp.LOOKING))
    return listener.next("state")["id"]


def test_an_answer_is_a_word_that_counts_from_when_the_state_was_told(
    link, listener, heard, told, monkeypatch
):
    monkeypatch.setattr(link._witness, "_clock", lambda: 7.0)
    link.state(State(lamp=Lamp.ALERT))
    listener.say("panel", packed(Lamp.ALERT, answers=listener.next("state", lamp="alert")["id"]))
    word = heard.next()
    assert (word.lamp, word.factory, word.told_s) == (Lamp.ALERT, "mock", 7.0)


@pytest.mark.parametrize(
    "lie",
    [
        packed(),
        packed(answers="another-van-s-state"),
        packed(lamp=Lamp.READY, answers="TOLD"),
        b"{}",
        b"x" * 70_000,
        packed().replace(b'"lit":true', b'"lit":true,"lit":true'),
    ],
    ids=["no answer", "another's", "another lamp", "rubbish", "too long", "twice"],
)
def test_whatever_is_no_answer_is_no_word(listener, heard, told, lie):
    listener.say("panel", lie.replace(b"TOLD", told.encode()))
    listener.say("panel", packed(answers=told))
    listener.say("panel", packed(lit=False))
    assert heard.next().lamp is Lamp.LOOKING
    assert heard.next() is None


def test_rubbish_is_counted(link, listener, heard, told):
    for rubbish in (b"", b"\xff", b"[]"):
        listener.say("panel", rubbish)
    listener.say("panel", packed(answers=told))
    heard.next()
    assert link.refused == 3


def test_what_the_broker_has_kept_of_a_panel_is_no_word(broker, listener):
    listener.say("panel", packed(answers="state-1"), retain=True)
    listener.say("panel", packed(lit=False), retain=True)
    listener.next("panel", lit=False)
    with open_link(broker.settings, VAN, print, print) as link:
        heard = Heard()
        link.listen(heard.words.put)
        link.state(State(lamp=Lamp.LOOKING))
        told = listener.next("state", lamp="looking")["id"]
        listener.say("panel", packed(answers=told))
        assert heard.next() is not None


@pytest.mark.parametrize(
    "dark", [packed(lit=False), packed(lit=False, answers="TOLD"), packed(lamp=Lamp.OFF)]
)
def test_darkness_is_believed_whomever_it_answers(listener, heard, told, dark):
    listener.say("panel", dark.replace(b"TOLD", told.encode()))
    assert heard.next() is None


def test_an_old_answer_may_be_said_again_and_says_nothing_new(listener, heard, told):
    for _ in range(2):
        listener.say("panel", packed(answers=told))
    assert heard.next() == heard.next()


def test_a_line_that_breaks_is_darkness(broker, heard, told):
    broker.kill()
    assert heard.next() is None
    broker.start()


def test_a_van_that_opens_its_cameras_repeats_its_state_by_itself(link, listener, told):
    link.state(State(lamp=Lamp.READY))
    again = [listener.next("state", lamp="ready")["id"] for _ in range(3)]
    assert len({told, *again}) == 4


def test_a_van_with_a_lamp_of_its_own_hears_nobody(link, listener):
    link.state(State(lamp=Lamp.LOOKING))
    listener.say("panel", packed(answers=listener.next("state")["id"]))
    link.state(State(lamp=Lamp.READY))
    assert listener.next("state", lamp="ready")
    assert link.failure is None
