"""A first look at the watchlist as int8, which tells where the best rows can be and no more.

How far an int8 score may be off is proved in search.cuh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from appliance.jetson.rows import (
    CHUNK_ROWS,
    MOST_PROBES,
    THREADS,
    TILE_ROWS,
    Rows,
    pad,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from appliance.domain.face import Ints
    from appliance.jetson.array import DeviceView
    from appliance.jetson.gpu import Gpu
    from appliance.jetson.rows import Halves, Sweep

    Bytes = npt.NDArray[np.int8]
    Doubles = npt.NDArray[np.float64]

MOST = 127
"""Symmetric: -128 is not used."""
ROUNDING = 2.0**-21
"""What each term may add to the error of a sum in float32, as a part of the lengths' product: four
times what rounding to nearest could, since tensor cores may cut off instead."""
ANY = 2**30
"""More than two products can differ by, up to 33,000 numbers a template: any row may be best."""


def find_scale(largest: npt.NDArray[Any]) -> Doubles:
    """Find of what int8 must be a multiple to reach so far; 1 where all is zero."""
    return np.where(largest > 0, np.asarray(largest, np.float64) / MOST, 1.0)


def quantise(values: Halves, scale: Doubles) -> tuple[Bytes, Doubles, Doubles]:
    """Round to multiples of `scale`.

    Args:
        values: (N, D).
        scale: One, or (N, 1); from `find_scale`.

    Returns:
        The multiples, (N, D), and the lengths of what was kept and of what was lost, both (N,).
    """
    exact = values.astype(np.float64)
    steps = np.rint(exact / scale)
    kept = steps * scale
    return steps.astype(np.int8), measure(kept), measure(exact - kept)


def measure(values: npt.NDArray[Any]) -> Doubles:
    """Give the length of each row."""
    lengths: Doubles = np.linalg.norm(values.astype(np.float64), axis=1)
    return lengths


@dataclass
class Bound:
    """What is known of a list's rows as int8."""

    scale: Doubles
    """Of every row."""
    length: float = 0.0
    """Of the longest row."""
    kept: float = 0.0
    """Of the longest row as int8."""
    lost: float = 0.0
    """The length of the most that a row lost."""

    def take(self, rows: Halves) -> Bytes:
        """Round rows, and remember the worst of them."""
        steps, kept, lost = quantise(rows, self.scale)
        self.length = max(self.length, measure(rows).max())
        self.kept, self.lost = max(self.kept, kept.max()), max(self.lost, lost.max())
        return steps

    def ask(self, probes: Halves) -> tuple[Bytes, Ints]:
        """Round probes, each by its own scale.

        Returns:
            The probes, (P, D), and how far below the fourth best int8 product the product of a row
            may lie that is among the four best all the same, (P,).
        """
        scale = find_scale(np.abs(probes).max(axis=1, keepdims=True))
        steps, _, lost = quantise(probes, scale)
        length = measure(probes)
        rounding = probes.shape[1] * ROUNDING * length * self.length
        most = length * self.lost + lost * self.kept + rounding
        margin = np.ceil(2 * most / (scale[:, 0] * self.scale)) + 1
        return steps, np.minimum(margin, ANY).astype(np.int32)


@dataclass
class Survey:
    """What has to be known of all rows before the first of them is made int8."""

    largest: float = 0.0
    sound: bool = True
    """Whether all are numbers. Of a row that is none int8 would make one that wins."""

    def see(self, parts: Iterable[Halves]) -> Iterator[Halves]:
        """Look at each part that goes by."""
        for part in parts:
            most = float(np.abs(part).max())
            self.sound = self.sound and bool(np.isfinite(most))
            self.largest = max(self.largest, most)
            yield part


class Preview:
    """The int8 rows, and what one look at them leaves for the search that follows.

    Args:
        gpu: Where they are held.
        shape: Rows and numbers of each.
        largest: Of all their numbers, whatever the sign.

    Raises:
        MachineError: the GPU has no room for them.
    """

    def __init__(self, gpu: Gpu, shape: tuple[int, int], largest: float) -> None:
        self._gpu = gpu
        self._bound = Bound(find_scale(np.array(largest)))
        self._rows = Rows(gpu, shape, np.int8)
        self._tiles = pad(shape[0], CHUNK_ROWS) // TILE_ROWS
        self._most = gpu.allocate((self._tiles * MOST_PROBES,), np.int32)
        self._fourth = gpu.allocate((MOST_PROBES, 4), np.uint64)
        self._margin = gpu.pinned((MOST_PROBES,), np.int32)

    def fill(self, parts: Iterable[Halves]) -> Iterator[None]:
        """Take the rows, half a part at each step: rounding takes long."""
        halves = (some for part in parts for some in np.array_split(part, 2) if len(some))
        return self._rows.fill(self._bound.take(some) for some in halves)

    def strike(self, rows: Ints) -> None:
        """Zero some rows, in the stream. What is known of the others holds for zeros too."""
        self._rows.strike(rows)

    def look(self, probes: Halves, sweep: Sweep, found: DeviceView) -> tuple[DeviceView, ...]:
        """Compare all rows with some probes, in the stream.

        Args:
            probes: (P, D), all of them numbers.
            sweep: How the blocks share the list.
            found: Room for what they find.

        Returns:
            What `rescore` wants besides: the best product of each tile, the best four of each
            probe, the margins. Whoever asked zeroes them.
        """
        steps, margin = self._bound.ask(probes)
        # A probe that only fills the group up wants no row.
        self._margin.host.fill(-ANY)
        self._margin.host[: len(margin)] = margin
        asked = self._rows.ask(steps, sweep.probes)
        most = self._most.view((sweep.groups, self._tiles, sweep.width))
        size = np.int32(self._rows.count), np.int32(self._rows.stride)
        kernel = f"search_i8_{sweep.width}"
        self._gpu.launch(kernel, sweep.grid, THREADS, self._rows.device, asked, found, most, *size)
        lists = np.int32(sweep.blocks)
        self._gpu.launch("merge", (sweep.probes, 1, 1), THREADS, found, self._fourth, lists)
        self._gpu.zero([asked])
        return most, self._fourth, self._margin.view

    def forget_probes(self) -> None:
        """Zero the probes here, once the stream has done with them."""
        self._rows.forget_probes()

    def sweep(self) -> Iterator[None]:
        """Zero everything, the GPU's in the stream, a piece at each step."""
        return self._rows.sweep()
