"""A pipeline and a gallery that do what others do, and write down when."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from typing_extensions import override

from appliance.bench.gaps import Searched, Turn
from appliance.domain.frame import A
from appliance.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.bench.gaps import Gaps
    from appliance.domain.face import Floats, Ints
    from appliance.domain.frame import Frame
    from appliance.machine import Gallery, Listed


class NotedGallery:
    """Notes every search, and of which list it was: the first, or the one after a swap."""

    def __init__(self, gallery: Gallery, gaps: Gaps) -> None:
        self._gallery = gallery
        self._gaps = gaps
        self._number = 0

    def load(self, templates: Listed) -> None:
        """See `machine.Gallery`."""
        self._gallery.load(templates)
        self._number += 1

    def stage(self, templates: Listed) -> Iterator[None]:
        """See `machine.Gallery`."""
        return self._gallery.stage(templates)

    def swap(self) -> None:
        """See `machine.Gallery`."""
        self._gallery.swap()
        self._number += 1

    def sweep(self) -> Iterator[None]:
        """See `machine.Gallery`."""
        yield from self._gallery.sweep()
        self._gaps.swept = self._number

    def strike(self, rows: Ints) -> None:
        """See `machine.Gallery`."""
        self._gallery.strike(rows)

    def search(self, probes: Floats) -> tuple[Floats, Ints]:
        """See `machine.Gallery`."""
        began_s = time.monotonic()
        found = self._gallery.search(probes)
        done_s = time.monotonic()
        self._gaps.searches.append(Searched(self._number, done_s, done_s - began_s))
        return found

    def erase(self) -> None:
        """See `machine.Gallery`."""
        self._gallery.erase()


@dataclass
class NotedPipeline(Pipeline[A]):
    """Notes when frames are taken up, and what is worked on a list between two of them."""

    gaps: Gaps

    @classmethod
    def of(cls, pipeline: Pipeline[A], gaps: Gaps) -> NotedPipeline[A]:
        """Take the place of a pipeline that was not used yet."""
        stages = {part.name: getattr(pipeline, part.name) for part in fields(pipeline) if part.init}
        return cls(**stages, gaps=gaps)

    @override
    def step(self, frames: Sequence[Frame[A]]) -> None:
        self.gaps.frames_s.append(time.monotonic())
        super().step(frames)

    @override
    def between(self, spare_s: float) -> None:
        began_s, idle_s = time.monotonic(), time.thread_time()
        super().between(spare_s)
        done_s = time.monotonic()
        self.gaps.turns.append(Turn(done_s, done_s - began_s, time.thread_time() - idle_s))
