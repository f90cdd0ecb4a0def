"""How the van's computer is: heat, memory, load, power, GPU, over-current and fan.

From the kernel's files alone, as L4T 36 to 39 has them; may be asked ten times a second.
"""

from __future__ import annotations

from pathlib import Path

from appliance import sysfs
from appliance.domain.health import Health
from appliance.sysfs import number, word

CLASSES = Path("/sys/class")
CHANNELS = (1, 2, 3)
"""Of an INA3221; its fourth current is the sum, and its in4 to in7 are no rails."""
WHOLE = ("VDD_IN", "VIN")
"""Rails through which everything flows: Orin NX and Nano; Thor, through an INA238."""
NOT_CONNECTED = "NC"
WITHIN = frozenset({"VDDQ_VDD2_1V8AO"})
"""A rail of AGX Orin that VIN_SYS_5V0 feeds, and so counts already."""
GPUS = ("*.gpu", "*.ga10b", "gpu-gpc-*")
"""What Orin's GPU is called by L4T 36 and later, and by 35; Thor's."""


def read_health(classes: Path = CLASSES, memory: Path = sysfs.MEMORY) -> Health:
    """Read what the kernel tells; what it does not tell is None."""
    chips = _chips(classes / "hwmon")
    gpu = _gpu(classes / "devfreq")
    return Health(
        hottest_c=sysfs.hottest_c(classes / "thermal"),
        free_mb=sysfs.free_mb(memory),
        load=sysfs.load(),
        margin_c=sysfs.margin_c(classes / "thermal"),
        power_w=_power_w(chips),
        # In thousandths; Thor's driver tells none here.
        gpu_load=_part(gpu / "device" / "load", 1e3),
        gpu_mhz=_part(gpu / "cur_freq", 1e6),
        gpu_most_mhz=_part(gpu / "max_freq", 1e6),
        overcurrents=_overcurrents(chips),
        alarms=_alarms(chips),
        fan_rpm=sysfs.fan_rpm(classes / "hwmon"),
    )


def _chips(hwmon: Path) -> list[tuple[str, Path]]:
    """Find the sensors by name: their numbers change from one start to the next."""
    return [(word(folder / "name"), folder) for folder in sorted(hwmon.glob("hwmon*"))]


def _power_w(chips: list[tuple[str, Path]]) -> float | None:
    rails: dict[str, float | None] = {}
    for name, chip in chips:
        if name == "ina238":
            rails["VIN"] = _part(chip / "power1_input", 1e6)
        elif name == "ina3221":
            rails |= {label: _rail_w(chip, channel) for channel, label in _labels(chip).items()}
    for whole in WHOLE:
        if whole in rails:
            return rails[whole]
    parts = [watts for label, watts in rails.items() if label not in WITHIN]
    known = [watts for watts in parts if watts is not None]
    # A sum that lacks a rail would pass for the whole.
    return sum(known) if known and len(known) == len(parts) else None


def _labels(chip: Path) -> dict[int, str]:
    labels = {channel: word(chip / f"in{channel}_label") for channel in CHANNELS}
    return {channel: label for channel, label in labels.items() if label not in {"", NOT_CONNECTED}}


def _rail_w(chip: Path, channel: int) -> float | None:
    millivolts, milliamperes = (
        number(chip / f"in{channel}_input"),
        number(chip / f"curr{channel}_input"),
    )
    if millivolts is None or milliamperes is None:
        return None
    return millivolts * milliamperes / 1e6


def _overcurrents(chips: list[tuple[str, Path]]) -> int | None:
    files = [
        file for name, chip in chips if name == "soctherm_oc" for file in chip.glob("oc*_event_cnt")
    ]
    counts = [count for count in map(number, files) if count is not None]
    return sum(counts) if counts else None


def _alarms(chips: list[tuple[str, Path]]) -> tuple[str, ...]:
    found = [
        f"{label} {limit}"
        for name, chip in chips
        if name == "ina3221"
        for channel, label in {**_labels(chip), 4: "sum"}.items()
        for limit in ("max", "crit")
        if number(chip / f"curr{channel}_{limit}_alarm")
    ]
    return tuple(found)


def _gpu(devfreq: Path) -> Path:
    places = [place for pattern in GPUS for place in sorted(devfreq.glob(pattern))]
    return places[0] if places else devfreq / "none"


def _part(file: Path, whole: float) -> float | None:
    reading = number(file)
    return None if reading is None else reading / whole
