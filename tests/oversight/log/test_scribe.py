"""Whoever says something waits for no disk, and at the end all of it is there, in order."""

from threading import Thread

import pytest

from appliance.errors import MachineError
from appliance.oversight import entries, log
from appliance.oversight.scribe import open_scribe
from tests.oversight.log.conftest import look, make_pen


def counted(number):
    return entries.Forgotten(of="faces", count=number)


def held(folder):
    return [entries.read(line).fact for line in look(folder)]


def test_what_was_said_is_on_the_disk_in_the_order_in_which_it_was_said(folder):
    with open_scribe(folder, make_pen()) as scribe:
        for number in range(3000):
            scribe.say("van", counted(number))
        assert scribe.settle().size == 3000
        assert scribe.failure is None
    assert held(folder) == [counted(number) for number in range(3000)]


def test_nothing_that_was_said_is_lost_at_the_end(folder):
    with open_scribe(folder, make_pen()) as scribe:
        scribe.say("van", entries.Started(version="1"), "It is time.")
        scribe.say("tablet/tablet-7", entries.Stopped())
    first, last = map(entries.read, look(folder))
    assert (first.who, first.why, last.who, last.why) == (
        "van",
        "It is time.",
        "tablet/tablet-7",
        None,
    )


def test_several_may_speak_at_once(folder):
    with open_scribe(folder, make_pen()) as scribe:
        speakers = [
            Thread(target=lambda: [scribe.say("van", counted(n)) for n in range(200)])
            for _ in range(4)
        ]
        for speaker in speakers:
            speaker.start()
        for speaker in speakers:
            speaker.join()
    assert sorted(fact.count for fact in held(folder)) == sorted([*range(200)] * 4)


def test_a_disk_that_refuses_is_said_to_whoever_asks(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    writing = open_scribe(folder, make_pen())
    scribe = writing.__enter__()
    scribe.say("van", counted(1))
    scribe.settle()
    monkeypatch.setattr(log, "_write", full)
    scribe.say("van", counted(2))
    with pytest.raises(MachineError, match="No space left"):
        scribe.settle()
    assert isinstance(scribe.failure, MachineError)
    with pytest.raises(MachineError, match="No space left"):
        writing.__exit__(None, None, None)
    monkeypatch.undo()
    assert held(folder) == [counted(1)]
