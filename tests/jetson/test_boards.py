"""The pins of every board that a van may hold, and how a board is known."""

import re
from contextlib import suppress
from itertools import chain

import pytest
from gpiozero import PinUnknownPi
from hypothesis import given
from hypothesis import strategies as st

from appliance.jetson import boards
from appliance.jetson.boards import AGX_ORIN, BOARDS, ORIN_NX, THOR, describe, find_board

SYSTEMS = {
    "nvidia,p3768-0000+p3767-0000-super\0nvidia,p3767-0000\0nvidia,tegra234\0": ORIN_NX,
    "nvidia,p3509-0000+p3767-0004\0nvidia,tegra234\0": ORIN_NX,
    "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234\0": ORIN_NX,
    "nvidia,p3737-0000+p3701-0000\0nvidia,p3701-0000\0nvidia,tegra234\0": AGX_ORIN,
    "nvidia,p3737-0000+p3701-0008\0nvidia,tegra234\0": AGX_ORIN,
    "nvidia,p4071-0000+p3834-0008\0nvidia,p3834-0008\0nvidia,tegra264\0": THOR,
    "acme,van-carrier-2\0nvidia,p3767-0001\0nvidia,tegra234\0": ORIN_NX,
}
STRANGERS = [
    "raspberrypi,5-model-b\0brcm,bcm2712\0",
    "nvidia,p3509-0000+p3668-0001\0nvidia,tegra194\0",
    "nvidia,p3768-0000\0",
    "nvidia,xp3767-0000\0",
    "",
    "\0\0\0",
]
KNOWN = {
    # From the tables of NVIDIA's Jetson.GPIO, each line beside the pin of its carrier.
    (ORIN_NX, 29): ("tegra234-gpio", "PQ.05"),
    (ORIN_NX, 33): ("tegra234-gpio", "PH.00"),
    (ORIN_NX, 7): ("tegra234-gpio", "PAC.06"),
    (AGX_ORIN, 7): ("tegra234-gpio", "PQ.06"),
    (AGX_ORIN, 29): ("tegra234-gpio-aon", "PAA.01"),
    (AGX_ORIN, 33): ("tegra234-gpio-aon", "PAA.02"),
    (THOR, 7): ("tegra264-gpio-main", "PL.06"),
    (THOR, 29): ("tegra264-gpio-aon", "PAD.01"),
}
EVERY = pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.model)


def written(folder, text):
    file = folder / "compatible"
    file.write_bytes(text.encode("latin-1"))
    return file


@pytest.mark.parametrize(("text", "board"), SYSTEMS.items())
def test_a_module_is_known_on_any_carrier(tmp_path, text, board):
    found, name = find_board(written(tmp_path, text))
    assert found is board
    assert name in text.split("\0")


@pytest.mark.parametrize("text", STRANGERS)
def test_a_board_without_a_table_is_refused_by_its_name(tmp_path, text):
    with pytest.raises(PinUnknownPi) as refused:
        find_board(written(tmp_path, text))
    assert text.split("\0")[0] in str(refused.value)


def test_a_machine_without_a_device_tree_is_no_jetson(tmp_path):
    with pytest.raises(PinUnknownPi, match="no Jetson"):
        find_board(tmp_path / "compatible")


@given(st.binary(max_size=300))
def test_whatever_a_device_tree_says_it_is_a_board_or_a_refusal(tmp_path_factory, said):
    file = tmp_path_factory.getbasetemp() / "said"
    file.write_bytes(said)
    with suppress(PinUnknownPi):
        board, _ = find_board(file)
        assert board in BOARDS.values()


@pytest.mark.parametrize(("pin", "place"), KNOWN.items(), ids=lambda known: str(known)[-20:])
def test_a_pin_is_where_the_makers_say(pin, place):
    board, number = pin
    assert board.place(number) == place


@EVERY
def test_no_line_comes_out_twice_and_no_pin_is_power_and_a_line(board):
    pins = list(chain.from_iterable(board.chips.values()))
    lines = list(chain.from_iterable(of.values() for of in board.chips.values()))
    assert len(pins) == len(set(pins)) == len(lines) == len(set(lines)) == 22
    assert not set(pins) & set(boards.POWER)
    assert all(re.fullmatch(r"P[A-Z]{1,2}\.0[0-7]", line) for line in lines)


@EVERY
def test_gpiozero_finds_each_line_by_its_place_and_by_its_name(board):
    info = describe(board, "nvidia,board")
    for of in board.chips.values():
        for number, line in of.items():
            for name in (f"BOARD{number}", line):
                ((_, pin),) = info.find_pin(name)
                assert (pin.number, pin.name) == (number, line)
                assert "gpio" in pin.interfaces


@EVERY
def test_a_header_has_forty_pins_and_no_number_of_a_raspberry_pi(board):
    info = describe(board, "nvidia,board")
    pins = info.headers["J"].pins
    assert set(pins) == set(range(1, 41))
    for name in (*range(-1, 42), "17", "GPIO17", "BCM17", "GND", "5V", ""):
        assert list(info.find_pin(name)) == []
    assert (pins[29].row, pins[29].col, pins[30].col) == (15, 1, 2)


@EVERY
def test_gpiozero_can_draw_the_header(board):
    drawn = f"{describe(board, 'nvidia,board').headers['J']:mono full}"
    assert len(drawn.splitlines()) == 20
    assert board.place(29)[1] in drawn
