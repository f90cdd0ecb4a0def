"""gpiozero's devices run over the header of a Jetson, and whatever fails says what and why."""

import sys
from threading import Event
from threading import enumerate as threads
from types import ModuleType

import pytest
from gpiozero import (
    LED,
    PWMLED,
    RGBLED,
    BadPinFactory,
    Button,
    GPIOPinInUse,
    PinEdgeDetectUnsupported,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPin,
    PinInvalidPull,
    PinInvalidState,
    PinPWMUnsupported,
    PinSetInput,
    PinUnknownPi,
    PinUnsupported,
    TrafficLights,
)

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.jetson import boards
from appliance.jetson.boards import AGX_ORIN
from appliance.jetson.pins import open_pins
from appliance.panel import open_panel
from appliance.settings import PanelSettings
from tests.jetson.bench import laid

WAIT_S = 20
STRANGE = [29, 5, 0, "5", "29", "GPIO5", "BCM5", "BOARD0", "BOARD41", "board29", "PQ.5", "", "GND"]
LAMP = PanelSettings(factory="jetson", red="BOARD29", green="BOARD31", blue="BOARD33")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    with laid(tmp_path / "board", monkeypatch=monkeypatch) as desk:
        yield desk


@pytest.fixture
def header(desk):
    with open_pins() as header:
        yield header


# -- The lamp


def test_the_panel_lights_and_reads_back(desk):
    with open_panel(LAMP) as panel:
        lit = panel.light()
        assert lit.shining
        assert [desk.level(line) for line in ("PQ.05", "PQ.06", "PH.00")] == [0, 1, 0]
        panel.show(Lamp.READY)
    assert not any(desk.level(line) for line in ("PQ.05", "PQ.06", "PH.00"))
    assert not any(desk.holds(line) for line in ("PQ.05", "PQ.06", "PH.00"))


def test_the_panel_runs_over_the_always_on_chip_of_an_agx_orin(tmp_path, monkeypatch):
    system = "nvidia,p3737-0000+p3701-0005 nvidia,tegra234"
    board = tmp_path / "board"
    with laid(board, system, AGX_ORIN, monkeypatch) as desk, open_panel(LAMP) as panel:
        panel.light()
        assert desk.level("PAA.00") == 1


def test_a_lamp_whose_pin_somebody_else_holds_is_one_clear_error(desk):
    desk.give_away("PH.00")
    with pytest.raises(MachineError, match="GPIOPinInUse") as refused, open_panel(LAMP):
        pytest.fail("it opened")
    assert "nobody else holds them" in refused.value.mend
    assert not any(desk.holds(line) for line in ("PQ.05", "PQ.06"))


def test_a_lamp_is_switched_on_at_once_without_a_blip(header, desk):
    """A relay that is on at low level would click at every other order."""
    led = LED("BOARD29", active_high=False, initial_value=False, pin_factory=header)
    ((verb, line, asked),) = desk.told
    assert (verb, line) == ("request", "PQ.05")
    assert (asked.direction.name, asked.output_value.name) == ("OUTPUT", "ACTIVE")
    led.on()
    assert desk.level("PQ.05") == 0


def test_a_lamp_that_is_to_stay_as_it_is_stays_so(header, desk):
    desk.drive("PQ.05", 1)
    led = LED("BOARD29", initial_value=None, pin_factory=header)
    assert desk.level("PQ.05") == led.value == 1
    words = [(verb, asked.direction.name) for verb, _, asked in desk.told]
    assert words == [("request", "AS_IS"), ("reconfigure", "OUTPUT")]


@pytest.mark.parametrize("device", [RGBLED, TrafficLights])
def test_devices_of_three_lamps_run(header, desk, device):
    lamps = device("BOARD29", "BOARD31", "BOARD33", pwm=False, pin_factory=header)
    lamps.value = (1, 0, 1)
    assert [desk.level(line) for line in ("PQ.05", "PQ.06", "PH.00")] == [1, 0, 1]
    assert tuple(lamps.value) == (1, 0, 1)
    lamps.close()
    assert not desk.holds("PQ.05")


def test_a_lamp_blinks(header, desk):
    led = LED("BOARD29", pin_factory=header)
    desk.told.clear()
    led.blink(0.01, 0.01, n=2, background=False)
    assert [value.name for _, _, value in desk.told] == ["ACTIVE", "INACTIVE"] * 2


def test_a_lamp_is_taken_again_after_it_was_given_back(header, desk):
    LED("BOARD29", pin_factory=header).close()
    assert not desk.holds("PQ.05")
    with LED("PQ.05", initial_value=True, pin_factory=header):
        assert desk.level("PQ.05") == 1
    desk.give_away("PQ.05")


def test_closing_the_header_gives_every_line_back(header, desk):
    kept = [LED(f"BOARD{number}", pin_factory=header) for number in (29, 31, 33)]
    header.close()
    assert not any(desk.holds(led.pin.info.name) for led in kept)


# -- Names


def test_a_place_and_a_line_are_the_same_pin(header):
    assert header.pin("BOARD29") is header.pin("PQ.05")
    with LED("BOARD29", pin_factory=header), pytest.raises(GPIOPinInUse):
        LED("PQ.05", pin_factory=header)


@pytest.mark.parametrize(
    "name",
    [29, 5, 0, "5", "29", "GPIO5", "BCM5", "BOARD0", "BOARD41", "board29", "PQ.5", "", "GND"],
)
def test_a_number_of_another_board_is_refused_with_advice(header, desk, name):
    with pytest.raises(PinInvalidPin, match=r"BOARD29.*Raspberry Pi"):
        LED(name, pin_factory=header)
    assert desk.told == []


@pytest.mark.parametrize("name", ["BOARD1", "BOARD2", "BOARD6", "BOARD3", "BOARD8", "BOARD28"])
def test_power_and_buses_are_refused(header, desk, name):
    with pytest.raises(PinInvalidPin, match="cannot switch a lamp"):
        LED(name, pin_factory=header)
    assert desk.told == []


# -- Chips


def test_the_chip_is_known_by_its_label_whatever_its_number(header, desk):
    for number, label in enumerate(("tegra234-gpio", "tegra234-gpio-other")):
        old = desk.folder / f"gpiochip{number}"
        _, *lines = next(
            text
            for text in (f.read_text().split("\n") for f in desk.folder.glob("gpiochip*"))
            if text[0] == label
        )
        old.with_suffix(".new").write_text("\n".join([label, *lines]))
    for number in range(2):
        (desk.folder / f"gpiochip{number}.new").replace(desk.folder / f"gpiochip{number}")
    with open_pins() as renumbered, LED("BOARD29", initial_value=True, pin_factory=renumbered):
        assert desk.bench.find(desk.folder, "PQ.05")[0].endswith("gpiochip0")
        assert desk.level("PQ.05") == 1


def test_a_chip_that_is_not_there_is_named(desk):
    (desk.folder / "gpiochip1").unlink()
    with open_pins() as header, pytest.raises(PinUnsupported, match=r"tegra234-gpio.*group gpio"):
        LED("BOARD29", pin_factory=header)


def test_a_chip_that_may_not_be_opened_is_named(desk):
    desk.bench.locked.add(str(desk.folder / "gpiochip1"))
    with open_pins() as header, pytest.raises(PinUnsupported, match="group gpio"):
        LED("BOARD29", pin_factory=header)


def test_somebody_elses_chip_that_may_not_be_opened_does_not_matter(desk):
    desk.bench.locked.add(str(desk.folder / "gpiochip0"))
    (desk.folder / "gpiochip7").write_text("no chip at all")
    with open_pins() as header, LED("BOARD29", initial_value=True, pin_factory=header):
        assert desk.level("PQ.05") == 1


def test_a_kernel_that_names_its_lines_otherwise_is_a_clear_error(desk):
    (desk.folder / "gpiochip1").write_text("tegra234-gpio\ngpio-105\ngpio-106")
    with open_pins() as header, pytest.raises(PinInvalidPin, match=r"no line PQ\.05"):
        LED("BOARD29", pin_factory=header)


def test_whoever_holds_a_line_is_named(header, desk):
    desk.give_away("PQ.05", "camera-reset")
    with pytest.raises(GPIOPinInUse, match=r"BOARD29.*camera-reset"):
        LED("BOARD29", pin_factory=header)
    desk.give_away("PQ.06", "")
    with pytest.raises(GPIOPinInUse, match="the kernel"):
        LED("BOARD31", pin_factory=header)


def test_a_chip_that_breaks_is_the_kernels_own_error(header, desk):
    led = LED("BOARD29", pin_factory=header)
    (desk.folder / "gpiochip1").unlink()
    with pytest.raises(PinInvalidPin, match="knows no line"):
        LED("BOARD31", pin_factory=header)
    led.close()


def test_a_kernel_that_fails_otherwise_is_heard_as_it_is(header, desk):
    desk.bench.locked.add(str(desk.folder / "gpiochip1"))
    with pytest.raises(PermissionError):
        LED("BOARD29", pin_factory=header)


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


# -- Buttons


def test_a_button_is_heard_and_left(header, desk):
    pressed, left = Event(), Event()
    with Button("BOARD31", pull_up=False, bounce_time=0.05, pin_factory=header) as button:
        button.when_pressed, button.when_released = pressed.set, left.set
        desk.drive("PQ.06", 1)
        assert pressed.wait(WAIT_S)
        assert button.is_pressed
        desk.drive("PQ.06", 0)
        assert left.wait(WAIT_S)
    asked = desk.told[-1][2]
    assert (asked.direction.name, asked.bias.name) == ("INPUT", "PULL_DOWN")
    assert asked.debounce_period.total_seconds() == 0.05
    assert not any(thread.name == "pin" for thread in threads())


@pytest.mark.parametrize(("edges", "levels"), [("rising", [1, 1]), ("falling", [0]), ("none", [])])
def test_only_the_edges_that_were_asked_for_are_told(header, desk, edges, levels):
    told, last = [], Event()

    def hear(_ticks, level):
        told.append(level)
        last.set()

    pin = header.pin("BOARD31")
    pin.edges = edges
    pin.when_changed = hear
    assert pin.when_changed is hear
    for level in (1, 0, 1):
        last.clear()
        desk.drive("PQ.06", level)
        if level in levels:
            assert last.wait(WAIT_S)
    pin.when_changed = None
    assert told == levels


def test_an_edge_has_the_tick_of_the_headers_own_clock(header, desk):
    ticks = []
    heard = Event()

    def hear(tick, _level):
        ticks.append(tick)
        heard.set()

    pin = header.pin("BOARD31")
    pin.when_changed = hear
    before = header.ticks()
    desk.drive("PQ.06", 1)
    assert heard.wait(WAIT_S)
    assert 0 <= header.ticks_diff(ticks[0], before) <= header.ticks_diff(header.ticks(), before)
    pin.close()


def test_a_listener_that_is_gone_ends_its_thread(header, desk):
    class Ear:
        def hear(self, ticks, level):
            pytest.fail("nobody listens")

    ear = Ear()
    pin = header.pin("BOARD31")
    pin.when_changed = ear.hear
    (thread,) = (thread for thread in threads() if thread.name == "pin")
    del ear
    assert pin.when_changed is None
    desk.drive("PQ.06", 1)
    thread.join(WAIT_S)
    assert not thread.is_alive()
    pin.close()


def test_a_listener_may_close_its_own_pin(header, desk):
    closed = Event()

    def hear(_ticks, _level):
        pin.close()
        closed.set()

    pin = header.pin("BOARD31")
    pin.when_changed = hear
    (thread,) = (thread for thread in threads() if thread.name == "pin")
    desk.drive("PQ.06", 1)
    assert closed.wait(WAIT_S)
    thread.join(WAIT_S)
    assert not thread.is_alive()
    assert not desk.holds("PQ.06")


def test_what_is_changed_while_somebody_listens_reaches_the_kernel(header, desk):
    pin = header.pin("BOARD31")
    listener = Event().wait
    pin.when_changed = listener
    pin.bounce = 0.1
    pin.edges = "rising"
    pin.pull = "up"
    asked = desk.told[-1][2]
    assert (asked.edge_detection.name, asked.bias.name) == ("RISING", "PULL_UP")
    assert asked.debounce_period.total_seconds() == pin.bounce == 0.1
    assert (pin.edges, pin.pull, pin.frequency) == ("rising", "up", None)
    pin.close()
