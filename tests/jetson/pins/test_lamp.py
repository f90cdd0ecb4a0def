"""gpiozero's devices run over the header of a Jetson, by whichever name and chip."""

import pytest
from gpiozero import (
    LED,
    RGBLED,
    GPIOPinInUse,
    PinInvalidPin,
    PinUnsupported,
    TrafficLights,
)

from appliance.domain.lamp import Lamp
from appliance.errors import MachineError
from appliance.jetson.boards import AGX_ORIN
from appliance.jetson.pins import open_pins
from appliance.panel import open_panel
from tests.jetson.bench import laid
from tests.jetson.pins.board import LAMP

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
