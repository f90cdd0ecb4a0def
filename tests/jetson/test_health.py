"""The health of three boards, read from files such as their kernels show, and from hostile ones."""

from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.health import Health
from appliance.jetson.health import read_health
from tests.jetson.sysfs import AGX_ORIN, MEMINFO, ORIN_NX, THOR, ZONES


class Board:
    """A kernel's files, which a test may change."""

    def __init__(self, folder):
        self.classes, self.memory = folder / "class", folder / "meminfo"

    def write(self, files):
        for name, text in files.items():
            file = self.classes / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else f"{text}\n".encode())
        self.memory.write_text(MEMINFO)
        return self

    def forget(self, name):
        (self.classes / name).unlink()

    def health(self):
        return read_health(self.classes, self.memory)


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path)


# -- Three boards


def test_an_orin_nx_tells_all_of_itself(board):
    health = board.write(ORIN_NX).health()
    assert health.hottest_c == 51.5
    assert health.margin_c == 42.0
    assert health.free_mb == 10_240
    assert health.power_w == pytest.approx(4.976 * 2.272)
    assert health.gpu_load == pytest.approx(0.342)
    assert (health.gpu_mhz, health.gpu_most_mhz) == (918, 1173)
    assert health.overcurrents == 821
    assert health.alarms == ()
    assert health.fan_rpm == 2429
    assert health.load >= 0


def test_an_agx_orin_has_the_sum_of_its_rails_and_counts_none_twice(board):
    """VDDQ_VDD2_1V8AO is fed by VIN_SYS_5V0."""
    health = board.write(AGX_ORIN).health()
    assert health.power_w == pytest.approx(5 + 10 + 3)
    assert health.gpu_mhz == 306
    assert health.gpu_most_mhz is None


def test_a_thor_has_what_comes_in_at_its_plug(board):
    health = board.write(THOR).health()
    assert health.power_w == pytest.approx(61.5)
    assert health.gpu_mhz == 1575
    assert health.gpu_load is None


def test_a_thor_without_that_sensor_has_the_sum_of_its_rails(board):
    board.write(THOR).forget("hwmon/hwmon2/name")
    assert board.health().power_w == pytest.approx(19.7 + 6.5 + 6.5)


def test_sensors_may_change_their_numbers(board):
    moved = {name.replace("hwmon1/", "hwmon17/"): text for name, text in ORIN_NX.items()}
    assert board.write(moved).health().power_w == pytest.approx(4.976 * 2.272)


# -- What is left out


def test_a_sum_that_lacks_a_rail_is_no_sum(board):
    board.write(AGX_ORIN).forget("hwmon/hwmon3/curr2_input")
    assert board.health().power_w is None


def test_a_main_rail_that_says_nothing_is_not_replaced_by_a_part_of_it(board):
    board.write(ORIN_NX).forget("hwmon/hwmon1/in1_input")
    assert board.health().power_w is None


def test_a_zone_that_is_off_and_a_trip_that_is_not_set_do_not_count(board):
    board.write({"thermal/thermal_zone2/temp": "-256000"})
    assert board.health() == Health(None, 10_240, board.health().load)
    board.write(
        {
            "thermal/thermal_zone2/temp": "50000",
            "thermal/thermal_zone2/trip_point_0_type": "passive",
            "thermal/thermal_zone2/trip_point_0_temp": "0",
        }
    )
    assert (board.health().hottest_c, board.health().margin_c) == (50.0, None)


def test_the_margin_is_that_of_the_zone_which_has_least(board):
    board.write(ZONES | {"thermal/thermal_zone1/temp": "89000"})
    assert (board.health().hottest_c, board.health().margin_c) == (89.0, 1.0)


def test_a_zone_past_its_trip_has_less_than_none(board):
    board.write(ZONES | {"thermal/thermal_zone1/temp": "93000"})
    assert board.health().margin_c == -3.0


def test_a_rail_over_its_limit_is_named(board):
    board.write(
        ORIN_NX
        | {
            "hwmon/hwmon1/curr1_crit_alarm": "1",
            "hwmon/hwmon1/curr2_max_alarm": "1",
            "hwmon/hwmon1/curr4_crit_alarm": "1",
        }
    )
    assert board.health().alarms == ("VDD_IN crit", "VDD_CPU_GPU_CV max", "sum crit")


def test_of_two_fans_the_slower_is_told(board):
    board.write({"hwmon/hwmon5/fan1_input": "0", "hwmon/hwmon5/fan2_input": "1800"})
    assert board.health().fan_rpm == 0


def test_a_board_that_tells_nothing_is_no_error(tmp_path):
    health = read_health(tmp_path / "nowhere", tmp_path / "nothing")
    assert health == Health(None, None, health.load)


def test_a_name_is_printable_whatever_the_kernel_says(board):
    board.write(
        {
            "hwmon/hwmon1/name": "ina3221",
            "hwmon/hwmon1/in1_label": b"VDD\x1b[31m\xff_IN\0\n",
            "hwmon/hwmon1/curr1_crit_alarm": "1",
        }
    )
    assert board.health().alarms == ("VDD[31m_IN crit",)


# -- Hostile files


HOSTILE = [
    b"",
    b"\n",
    b"hot",
    b"1_000",
    b"+5",
    b"0x10",
    b"1e3",
    b"1" * 5_000,
    b"\xff\xfe",
    b"\0",
    b"-",
    b"9" * 16,
]


@pytest.mark.parametrize("said", HOSTILE, ids=lambda said: repr(said[:8]))
def test_nonsense_in_any_file_raises_nothing(board, said):
    every = ORIN_NX | AGX_ORIN | THOR
    board.write(every)
    for name, text in every.items():
        board.write({name: said})
        assert isinstance(board.health(), Health), name
        board.write({name: text})


def test_a_folder_or_a_dead_link_in_place_of_any_file_raises_nothing(board):
    board.write(ORIN_NX)
    for name, text in ORIN_NX.items():
        board.forget(name)
        (board.classes / name).mkdir()
        assert isinstance(board.health(), Health), name
        (board.classes / name).rmdir()
        (board.classes / name).symlink_to("/nowhere")
        assert isinstance(board.health(), Health), name
        board.forget(name)
        board.write({name: text})


@pytest.mark.parametrize(
    "name", ["thermal", "hwmon", "devfreq", "hwmon/hwmon1", "thermal/thermal_zone0"]
)
def test_a_file_in_place_of_any_folder_raises_nothing(board, tmp_path, name):
    board.write(ORIN_NX)
    copytree(board.classes, tmp_path / "copy")
    other = Board(tmp_path / "copy")
    other.classes, other.memory = tmp_path / "spoilt", board.memory
    copytree(
        board.classes,
        other.classes,
        ignore=lambda folder, names: [
            one for one in names if (Path(folder) / one) == board.classes / name
        ],
    )
    (other.classes / name).write_text("no folder")
    assert isinstance(other.health(), Health)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    st.dictionaries(st.sampled_from(sorted(ORIN_NX | THOR)), st.binary(max_size=80), max_size=12)
)
def test_any_bytes_anywhere_give_numbers_or_nothing(board, said):
    health = board.write(ORIN_NX | THOR | said).health()
    for value in (
        health.hottest_c,
        health.margin_c,
        health.power_w,
        health.gpu_load,
        health.fan_rpm,
    ):
        assert value is None or abs(value) < 1e30
