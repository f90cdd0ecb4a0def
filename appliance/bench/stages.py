"""Every stage of `lfr bench gpu`, in the order in which a frame goes through them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from appliance.app import open_eyes, open_machine
from appliance.bench.nets import Nets, decoding
from appliance.bench.pixels import Pixels
from appliance.bench.rows import Rows
from appliance.errors import ApplianceError
from engines.packs import load_packs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from appliance.bench.sheet import Line, Sheet
    from appliance.bench.stand import Stand
    from appliance.machine import Gallery
    from appliance.settings import Appliance, VisionSettings
    from appliance.vision.eyes import Eyes

Stage = tuple[str, "Callable[[], Iterable[Line]]"]
DIMENSION = 512
"""Of the rows that every machine is measured with, whatever its networks give."""
NETWORKS = ("detector", "encoder")
PRECISIONS = {"fp16": False, "int8": True}
"""Of the search: whether the setting `gpu.int8_search` is on."""


@dataclass(frozen=True)
class Stages:
    """What there is to be measured on a stand."""

    stand: Stand[Any]
    eyes: Eyes[Any] | None
    """None where the networks are not here or there is no plan of them."""
    galleries: Mapping[str, Gallery]
    dimensions: Iterable[int]
    """Of the lists' rows."""
    rows: int
    """The longest list."""

    def every(self) -> Iterator[Stage]:
        """List the stages; each measures only when it is called."""
        pixels = Pixels(self.stand)
        for name in ("letterbox", "warp", "gauge", "jpeg", "erase"):
            yield name, getattr(pixels, name)
        if self.eyes:
            nets = Nets(self.stand, self.eyes, pixels.frames)
            yield from ((name, getattr(nets, name)) for name in NETWORKS)
        yield "decoding", partial(decoding, self.stand)
        rows = Rows(self.stand, self.galleries, self.rows)
        for dimension in self.dimensions:
            for size in rows.sizes():
                yield f"search {size:,} x {dimension}", partial(rows.search, dimension, size)


def dimensions(settings: VisionSettings) -> list[int]:
    """List the lengths of a row: the same for every machine, and that of the pack's templates."""
    packs = load_packs()
    # Which pack `auto` is, its files tell; where they are not, it is the register's first.
    pack = packs.get(settings.pack) or next(iter(packs.values()))
    return list(dict.fromkeys((DIMENSION, pack.encoder.dimension)))


def find_eyes(stand: Stand[Any], settings: Appliance, sheet: Sheet) -> Eyes[Any] | None:
    """Load the networks, or write down why they cannot be measured."""
    try:
        return open_eyes(stand.machine, settings.vision)
    except ApplianceError as error:
        for stage in NETWORKS:
            sheet.miss(stage, error.advice())
        return None


def open_galleries(settings: Appliance) -> Mapping[str, Gallery]:
    """Open the gallery in each of its forms.

    Raises:
        MachineError: there is no GPU.
    """
    galleries: dict[str, Gallery] = {}
    for name, int8 in PRECISIONS.items():
        gpu = settings.gpu.model_copy(update={"int8_search": int8})
        galleries[name] = open_machine(settings.model_copy(update={"gpu": gpu})).gallery
    return galleries
