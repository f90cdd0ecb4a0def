"""What the networks of a pack cost: from the committed table, else counted in their files."""

from __future__ import annotations

import importlib
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineError, SettingsError
from engines.macs import Cost, count
from engines.packs import MEND, find, load_packs, search_path
from engines.roofline import DETECT, Work

if TYPE_CHECKING:
    from appliance.vision.models import NetworkFile, Pack
    from engines.macs import Shape

toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TABLE = Path(__file__).with_name("costs.toml")
HEAVY = "heavy"
"""No pack: networks of the size that an independently tested product is likely to have."""
HEAVY_SIDE, HEAVY_DIMENSION = 112, 512
USUAL = ("retail", "mbf", HEAVY)


@cache
def table() -> dict[str, Any]:
    """Read what was counted and committed."""
    read: dict[str, Any] = toml.loads(TABLE.read_text("utf-8"))
    return read


def work_of(name: str, folder: Path | None = None) -> Work:
    """Say what the networks of a pack cost.

    Args:
        name: Of a pack, or `heavy`.
        folder: That may hold the files, if they have to be counted.

    Raises:
        SettingsError: there is no such pack.
        MachineError: its cost is in no table, and its files are in no folder.
        InputError: a file cannot be counted.
    """
    if name == HEAVY:
        heavy = table()[HEAVY]
        costs = Cost(**heavy["detector"]), Cost(**heavy["encoder"])
        return Work(HEAVY, *costs, HEAVY_SIDE, HEAVY_DIMENSION)
    packs = load_packs()
    if name not in packs:
        raise SettingsError("There is no such pack.", mend=f"Choose {', '.join((*packs, HEAVY))}.")
    pack = packs[name]
    detector, encoder = _listed(pack) or _counted(pack, folder)
    return Work(name, detector, encoder, pack.encoder.side, pack.encoder.dimension)


def shapes(pack: Pack) -> tuple[Shape, Shape]:
    """Say what the detector and the encoder are fed: one picture, one face."""
    width, height = pack.detector.fixed or DETECT[::-1]
    side = pack.encoder.side
    return (1, 3, height, width), (1, 3, side, side)


def _listed(pack: Pack) -> tuple[Cost, Cost] | None:
    files = (pack.detector.tensorrt, pack.encoder.tensorrt)
    detector, encoder = (
        _entry(file, shape) for file, shape in zip(files, shapes(pack), strict=True)
    )
    return (detector, encoder) if detector and encoder else None


def _entry(file: NetworkFile, shape: Shape) -> Cost | None:
    for entry in table()["counted"]:
        if entry["sha256"] == file.sha256 and tuple(entry["shape"]) == shape:
            return Cost(**{field: entry[field] for field in asdict(Cost(0, 0, 0, 0))})
    return None


def _counted(pack: Pack, folder: Path | None) -> tuple[Cost, Cost]:
    found = find(pack, search_path(folder), "tensorrt")
    if found is None:
        raise MachineError(f"The files of the pack {pack.name} are in no folder.", mend=MEND)
    detector, encoder = shapes(pack)
    return count(found.detector, detector), count(found.encoder, encoder)
