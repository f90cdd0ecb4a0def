"""A line of the log holds a constant message and allowed fields, and never a person."""

import io
import json
import logging
import sys

import pytest

from appliance import log
from appliance.errors import MachineError
from appliance.log import fields
from appliance.panel import Lamp
from appliance.sources import load

PERSON = "Jane Doe"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def started(monkeypatch):
    """Start the log on a fake stderr; put everything back afterwards."""
    root = logging.getLogger()
    handlers, level, loud = root.handlers[:], root.level, logging.raiseExceptions
    ours = {name: logging.getLogger(name).level for name in log.OURS}
    for handler in handlers:
        root.removeHandler(handler)

    def start(stream, level="info"):
        monkeypatch.setattr(sys, "stderr", stream)
        log.start(level)
        return stream

    yield start
    root.handlers[:], logging.raiseExceptions = handlers, loud
    root.setLevel(level)
    for name, before in ours.items():
        logging.getLogger(name).setLevel(before)


def event(stream):
    (line,) = stream.getvalue().splitlines()
    return json.loads(line)


def test_an_event_is_one_line_of_json(started):
    out = started(io.StringIO())
    logging.getLogger("appliance.host").info("the camera is back", extra=fields(camera="mast-1"))
    got = event(out)
    assert got.pop("time").endswith("+00:00")
    assert got == {
        "level": "info",
        "logger": "appliance.host",
        "message": "the camera is back",
        "camera": "mast-1",
    }


@pytest.mark.parametrize(
    "value",
    [b"\xff\xd8", [1], {"a": 1}, object(), (1,), float("nan"), float("inf"), "x" * 300, "a\nb"],
)
def test_what_is_not_a_short_plain_value_is_withheld_and_counted(started, value):
    out = started(io.StringIO())
    logging.getLogger("appliance").info("seen", extra=fields(camera=value, frames=3))
    got = event(out)
    assert "camera" not in got
    assert (got["frames"], got["withheld"]) == (3, 1)


def test_a_field_that_is_not_on_the_list_is_withheld(started):
    out = started(io.StringIO())
    logging.getLogger("appliance").info("seen", extra=fields(subject=PERSON))
    assert event(out)["withheld"] == 1
    assert PERSON not in out.getvalue()


def test_a_field_cannot_take_the_place_of_the_level(started):
    out = started(io.StringIO())
    logging.getLogger("appliance").info("seen", extra=fields(level="calm", message=PERSON))
    assert (event(out)["level"], event(out)["message"]) == ("info", "seen")


def test_a_word_of_ours_is_a_plain_value(started):
    out = started(io.StringIO())
    logging.getLogger("appliance").info("shown", extra=fields(lamp=Lamp.ALERT, count=None))
    assert (event(out)["lamp"], event(out)["count"]) == ("alert", None)


def test_the_message_of_a_library_is_withheld(started):
    out = started(io.StringIO())
    logging.getLogger("libav.rtsp").warning("cannot open rtsp://van:secret@mast")
    assert "secret" not in out.getvalue()
    assert event(out)["logger"] == "libav.rtsp"


def test_a_message_that_is_filled_in_is_withheld(started):
    out = started(io.StringIO())
    logging.getLogger("appliance").warning("seen %s", PERSON)
    assert PERSON not in out.getvalue()


def test_an_error_of_somebody_else_is_told_by_its_family_only(started):
    out = started(io.StringIO())
    try:
        {}[PERSON]
    except KeyError:
        logging.getLogger("appliance").exception("it failed")
    assert event(out)["error"] == "KeyError"
    assert PERSON not in out.getvalue()
    assert "Traceback" not in out.getvalue()


def test_an_error_of_ours_is_told_with_its_advice_and_place(started):
    out = started(io.StringIO())
    try:
        load("not a path")
    except AttributeError:
        logging.getLogger("appliance").exception("it failed")
    assert event(out)["where"].startswith("appliance.sources:")
    out.truncate(0)
    out.seek(0)
    error = MachineError("The camera is lost.", mend="Plug it in.")
    logging.getLogger("appliance").error("it failed", exc_info=error)
    assert event(out)["advice"] == "The camera is lost. Plug it in."
    assert event(out)["where"] is None


def test_a_person_at_a_terminal_gets_text(started):
    out = started(Terminal())
    logging.getLogger("appliance").warning("the camera is lost", extra=fields(camera="mast-1"))
    assert out.getvalue().endswith(
        'warning  the camera is lost logger="appliance" camera="mast-1"\n'
    )


def test_the_level_is_kept(started):
    out = started(io.StringIO(), "error")
    logging.getLogger("appliance").warning("seen")
    assert out.getvalue() == ""
    logging.getLogger("appliance").error("failed")
    assert event(out)["level"] == "error"


def test_a_line_that_cannot_be_written_is_no_traceback(started):
    out = started(io.StringIO())
    logging.getLogger("appliance").info("seen", extra={"fields": PERSON})
    assert out.getvalue() == ""
