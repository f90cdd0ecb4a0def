"""What is counted while a deployment lasts: in memory alone, and said or erased when it ends.

How near strangers came, for each span of looking and not finer; and a recall test. A process that
is killed loses its own span; what earlier ones came to is still there for the next.
"""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from pydantic import Field, TypeAdapter, ValidationError

from appliance import durable
from appliance.domain.scores import BINS, EDGES, LEAST_FACES, Scores
from appliance.oversight.fact import Count, Fact
from appliance.oversight.figures import Recalled, Scored
from appliance.oversight.recall.book import Book
from appliance.oversight.recall.count import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

SUFFIX: Final = ".scores"
FILE_MODE: Final = 0o600

_log = logging.getLogger(__name__)


class Sum(Fact):
    """What the spans of a deployment have come to, under one model."""

    counts: Annotated[tuple[Count, ...], Field(min_length=BINS, max_length=BINS)]
    comparisons: Count


_sums: Final = TypeAdapter(dict[str, Sum])


class Interim:
    """A folder in memory, the van's own; where there is none, nothing is counted over a restart.

    Args:
        folder: Where it is kept; it is not made here.
        clock: Gives the computer's time.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    ) -> None:
        self._folder, self._clock = folder, clock
        self.book = Book(folder, clock)

    def keep(self, model_id: str, scores: dict[str, Scores]) -> None:
        """Add what a span has counted to what its deployments have come to.

        Args:
            model_id: Whose scores they are.
            scores: By deployment; they are taken out, so that nothing counts twice.
        """
        while scores:
            deployment_id, counted = scores.popitem()
            sums = self._load(deployment_id)
            before = sums.get(model_id) or Sum(counts=(0,) * BINS, comparisons=0)
            counts = np.array(before.counts, np.int64) + counted.counts
            comparisons = before.comparisons + counted.comparisons
            sums[model_id] = Sum(counts=tuple(counts.tolist()), comparisons=comparisons)
            self._save(deployment_id, sums)

    def conclude(self, deployment_id: str) -> list[Scored | Recalled]:
        """Give what may be said of a deployment that has ended, and erase the rest unsaid."""
        sums = self._load(deployment_id)
        # Gone first: what is said twice would count twice, and what is lost is nobody's.
        self._drop(deployment_id)
        said: list[Scored | Recalled] = [*_scored(deployment_id, sums)]
        plan = self.book.plan()
        if plan is not None and plan.deployment_id == deployment_id:
            counted = count(plan, self.book.marks(), self.book.sightings(), self._clock())
            self.book.erase()
            said.append(counted.recalled)
        return said

    def conclude_others(self, deployment_id: str) -> list[Scored | Recalled]:
        """Conclude whatever has ended while nobody looked, and is not this one."""
        found = {file.name.removesuffix(SUFFIX) for file in self._folder.glob(f"*{SUFFIX}")}
        plan = self.book.plan()
        found |= {plan.deployment_id} if plan is not None else set()
        return [fact for other in sorted(found - {deployment_id}) for fact in self.conclude(other)]

    def _load(self, deployment_id: str) -> dict[str, Sum]:
        with suppress(OSError, ValidationError):
            return _sums.validate_json((self._folder / f"{deployment_id}{SUFFIX}").read_bytes())
        return {}

    def _save(self, deployment_id: str, sums: dict[str, Sum]) -> None:
        try:
            handle = os.open(self._folder, durable.FOLDER)
            try:
                if durable.in_memory(handle):
                    self._write(deployment_id, _sums.dump_json(sums))
                    return
            finally:
                os.close(handle)
        except OSError:
            pass
        _log.warning("How near strangers came is not counted over a restart.")

    def _write(self, deployment_id: str, data: bytes) -> None:
        new = self._folder / "new"
        how = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(new, how, FILE_MODE), "wb") as opened:
            opened.write(data)
        new.replace(self._folder / f"{deployment_id}{SUFFIX}")

    def _drop(self, deployment_id: str) -> None:
        with suppress(OSError):
            durable.erase(self._folder / f"{deployment_id}{SUFFIX}")


def _scored(deployment_id: str, sums: Mapping[str, Sum]) -> Iterable[Scored]:
    for model_id, each in sums.items():
        faces = sum(each.counts)
        if faces >= LEAST_FACES:
            yield Scored(
                deployment_id=deployment_id,
                model_id=model_id,
                faces=faces,
                edges=EDGES,
                counts=each.counts,
                comparisons=each.comparisons,
            )
