"""What a pin does not do is one clear error, and what is missing says so."""

import sys
from types import ModuleType

import pytest
from gpiozero import (
    PWMLED,
    BadPinFactory,
    PinEdgeDetectUnsupported,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMUnsupported,
    PinSetInput,
    PinUnknownPi,
    PinUnsupported,
)

from appliance.errors import MachineError
from appliance.jetson import boards
from appliance.jetson.pins import open_pins
from appliance.panel import open_panel
from tests.jetson.pins.board import LAMP

# -- The library


def test_version_1_of_the_library_is_told_from_version_2(desk, monkeypatch):
    """Debian's python3-libgpiod has the same name: these are some of its words."""
    old = ModuleType("gpiod")
    old.Chip, old.find_line, old.LINE_REQ_DIR_OUT, old.version_string = object, object, 3, "1.6.3"
    monkeypatch.setitem(sys.modules, "gpiod", old)
    with pytest.raises(BadPinFactory, match="not version 2"):
        open_pins()
    with pytest.raises(MachineError, match="BadPinFactory"), open_panel(LAMP):
        pytest.fail("it opened")


def test_without_the_library_the_panel_says_so(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "gpiod", None)
    with pytest.raises(MachineError, match="ModuleNotFoundError"), open_panel(LAMP):
        pytest.fail("it opened")


def test_what_is_no_jetson_is_refused(desk, monkeypatch):
    monkeypatch.setattr(boards, "COMPATIBLE", desk.folder / "nothing")
    with pytest.raises(PinUnknownPi):
        open_pins()
    with pytest.raises(MachineError, match="PinUnknownPi"), open_panel(LAMP):
        pytest.fail("it opened")


# -- What a pin does not do


def test_pins_do_not_dim(header):
    with pytest.raises(PinPWMUnsupported, match="only switches"):
        PWMLED("BOARD33", pin_factory=header)


WRONG = {
    "state of an input": (PinSetInput, lambda pin: setattr(pin, "state", 1)),
    "function": (PinInvalidFunction, lambda pin: setattr(pin, "function", "spi")),
    "pull": (PinInvalidPull, lambda pin: setattr(pin, "pull", "sideways")),
    "edges": (PinInvalidEdges, lambda pin: setattr(pin, "edges", "all")),
    "a bounce below none": (PinInvalidBounce, lambda pin: setattr(pin, "bounce", -0.1)),
    "a bounce longer than Tegra's": (PinInvalidBounce, lambda pin: setattr(pin, "bounce", 0.256)),
}
WRONG_OUTPUT = {
    "half a level": (PinInvalidState, lambda pin: setattr(pin, "state", 0.5)),
    "a level above": (PinInvalidState, lambda pin: setattr(pin, "state", 2)),
    "a pull": (PinFixedPull, lambda pin: setattr(pin, "pull", "up")),
    "listening": (PinEdgeDetectUnsupported, lambda pin: setattr(pin, "when_changed", print)),
}


@pytest.mark.parametrize(("error", "do"), WRONG.values(), ids=WRONG)
def test_an_input_refuses(header, error, do):
    with pytest.raises(error, match="BOARD29"):
        do(header.pin("BOARD29"))


@pytest.mark.parametrize(("error", "do"), WRONG_OUTPUT.values(), ids=WRONG_OUTPUT)
def test_an_output_refuses(header, desk, error, do):
    pin = header.pin("BOARD29")
    pin.output_with_state(1)
    with pytest.raises(error, match="BOARD29"):
        do(pin)
    assert desk.level("PQ.05") == pin.state == 1


def test_what_the_kernel_refuses_is_no_python_riddle(header, monkeypatch):
    pin = header.pin("BOARD29")
    monkeypatch.setattr("appliance.jetson.lines.LONGEST_BOUNCE_S", 9)
    pin.bounce = 1
    with pytest.raises(PinUnsupported, match="the kernel does not let"):
        pin.input_with_pull("up")


def test_an_output_that_is_made_one_again_stays_as_it_is(header, desk):
    pin = header.pin("BOARD29")
    pin.output_with_state(1)
    pin.function = "output"
    assert pin.function == "output"
    assert desk.level("PQ.05") == 1
