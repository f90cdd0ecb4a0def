"""The gallery, from a short list to a million rows: how near the search comes to the memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Generic

import numpy as np

from appliance.bench.sheet import WrongError
from appliance.bench.stand import MB, Case, several
from appliance.domain.frame import A
from appliance.errors import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from appliance.bench.sheet import Line
    from appliance.bench.stand import Stand
    from appliance.domain.face import Floats, Ints
    from appliance.machine import Gallery

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PROBES = (1, 8, 16, 64)
BYTES = {"fp16": 2, "int8": 1}
"""Of a number of a row that the search must read."""
CHECKED = 10_000
"""Rows up to which every answer is compared with NumPy's; above, the planted ones are."""
CHUNK = 2_048
NOISE = 0.4
"""How far a probe is from the row that it is planted beside: their cosine is 0.93."""
NEAR = 1e-3
"""Scores in fp16 are so near, and rows may change places where their scores are nearer."""
NEEDED = 8
"""Bytes of memory for each number: in fp32, its copy for the search, and room to make it."""
SEED = 7


def strangers(rows: int, dimension: int) -> Floats:
    """Make rows of length 1 that are alike nobody: fast, and the same every time.

    A chunk is drawn; the others are it, turned and with other signs, which changes no length.
    """
    noise = np.random.default_rng(SEED)
    chunk = noise.standard_normal((min(rows, CHUNK), dimension), np.float32)
    chunk /= np.linalg.norm(chunk, axis=1, keepdims=True)
    twice = np.concatenate([chunk, chunk], axis=1)
    every = np.empty((rows, dimension), np.float32)
    for first in range(0, rows, CHUNK):
        signs = noise.choice(np.array([-1, 1], np.float32), dimension)
        place = every[first : first + CHUNK]
        turn = int(noise.integers(dimension))
        np.multiply(twice[: len(place), turn : turn + dimension], signs, out=place)
    return every


@dataclass(frozen=True)
class Planted:
    """Probes, each of them near one row."""

    rows: Ints
    probes: Floats = field(repr=False)


def plant(templates: Floats, count: int) -> Planted:
    """Make probes of length 1, each beside a row somewhere in the list."""
    noise = np.random.default_rng(SEED + count)
    rows = noise.integers(len(templates), size=count).astype(np.int32)
    dimension = templates.shape[1]
    off = noise.standard_normal((count, dimension)) * NOISE / np.sqrt(dimension)
    probes = templates[rows] + off
    probes /= np.linalg.norm(probes, axis=1, keepdims=True)
    return Planted(rows, probes.astype(np.float32))


def require(templates: Floats, planted: Planted, found: tuple[Floats, Ints]) -> None:
    """Compare what was found with what is there.

    Raises:
        WrongError: a row is not among the best, a score is not its own, or a planted row is missed.
    """
    scores, rows = found
    if not ((rows >= 0) & (rows < len(templates))).all():
        raise WrongError("search: a row that is not in the list.")
    own = np.einsum("pkd,pd->pk", templates[rows], planted.probes)
    if not (np.abs(scores - own) <= NEAR).all():
        raise WrongError("search: a score is not that of its row.")
    if not (rows[:, 0] == planted.rows).all():
        raise WrongError("search: the best row was missed.")
    if any(len(set(best)) < len(best) for best in rows.tolist()):
        raise WrongError("search: a row was found twice.")
    if len(templates) <= CHECKED:
        best = -np.sort(-(planted.probes @ templates.T), axis=1)[:, : rows.shape[1]]
        if not (own >= best - NEAR).all():
            raise WrongError("search: a row is not among the best.")


class Rows(Generic[A]):
    """The search, in the forms that there are."""

    def __init__(self, stand: Stand[A], galleries: Mapping[str, Gallery], most: int) -> None:
        self.stand = stand
        self.galleries = galleries
        """By precision."""
        self.most = most

    def sizes(self) -> list[int]:
        """List the lengths that are measured."""
        return [size for size in SIZES if size <= self.most]

    def search(self, dimension: int, size: int) -> Iterator[Line]:
        """Measure a list of one length.

        Raises:
            MachineError: there is not enough memory for it.
        """
        self._require_memory(dimension, size)
        templates = strangers(size, dimension)
        for precision, gallery in self.galleries.items():
            gallery.load(templates)
            try:
                for count in PROBES:
                    yield self._measure(gallery, templates, count, precision)
            finally:
                gallery.erase()

    def _measure(self, gallery: Gallery, templates: Floats, count: int, precision: str) -> Line:
        planted = plant(templates, count)
        require(templates, planted, gallery.search(planted.probes))
        size, dimension = templates.shape
        name = f"{size:,} x {dimension} {precision}, {several(count, 'probe')}"
        moved = size * dimension * BYTES[precision]
        work = partial(gallery.search, planted.probes)
        return self.stand.measure(Case("search", name, count, work, moved))

    def _require_memory(self, dimension: int, size: int) -> None:
        free_mb = self.stand.machine.read_health().free_mb
        needed_mb = size * dimension * NEEDED / MB
        if free_mb is not None and needed_mb > free_mb:
            raise MachineError(
                f"{size:,} x {dimension} needs {needed_mb:,.0f} MB, and {free_mb:,.0f} are free.",
                mend="Stop what else is running.",
            )
