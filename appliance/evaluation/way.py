"""How a score is made of a passing's shots and a subject's images: the van's way, and others.

The others are here to be measured beside it (`lfr evaluate ablation`). Each gives higher scores to
who is more alike; only scores of one way can be compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from appliance.evaluation.norms import UNSEEN, less_runner_up, norm_of
from appliance.matching.crowding import Crowding

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.evaluation.norms import Score

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Way:
    """How a score is made."""

    shots: int = 1
    """So many of each passing are looked at."""
    fusion: Literal["template", "best", "mean", "twice", "each"] = "template"
    """Of shots: one template for all; the best of their scores; the mean of them; what the first
    and all together both reach; or what each by itself reaches (two-shot rules)."""
    images: Literal["best", "mean", "first", "scores"] = "mean"
    """Of a subject: the most alike counts; one template for all, as the desk makes it (the van's
    way); only the first; or the mean of their scores."""
    score: Score = "crowding"
    """As it is; less what is taken off for crowded entries (the van's way); less what is usual for
    entry and probe, by the list or by people set aside; less a share of the runner-up's."""
    weighs: bool = False
    """Whether shots that make one template are weighed by their quality, as the van does."""
    mirror: Literal["none", "list", "all"] = "none"
    """Whose templates are means with that of the mirror image."""

    @property
    def mirrors_list(self) -> bool:
        """Whether it does so for the list."""
        return self.mirror != "none"

    @property
    def mirrors_probe(self) -> bool:
        """Whether it does so for shots, each of which is then encoded twice."""
        return self.mirror == "all"


VAN: Final = Way()
"""With one shot; more are `Way(shots=...)`."""


class Listed:
    """A list, ready to be searched.

    Args:
        templates: (G, D), rows of length 1, or zero where there is none.
        owners: (G,), ascending.
        way: How a score is made.
        aside: (C, D), people who are neither listed nor pass.
    """

    def __init__(
        self, templates: Floats, owners: Ints, way: Way, aside: Floats | None = None
    ) -> None:
        self.way = way
        starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self.people = owners[starts]
        if way.images == "first":
            templates, owners = templates[starts], self.people
        elif way.images == "mean":
            templates, owners = unit(np.add.reduceat(templates, starts, axis=0)), self.people
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._templates = templates
        self._enrolled: Flags = np.asarray(templates.any(axis=1))
        self._norm = norm_of(way.score, templates, owners, aside)
        crowding = Crowding(templates, owners) if way.score == "crowding" else None
        every = np.arange(len(owners), dtype=np.int32)
        self._allowed = crowding(every) if crowding else np.zeros(len(owners), np.float32)

    @property
    def unenrolled(self) -> int:
        """How many subjects have no template."""
        return int((~np.logical_or.reduceat(self._enrolled, self._starts)).sum())

    def scores(self, shots: Floats) -> Floats:
        """Score passings with subjects: (R, S).

        Args:
            shots: (R, K, D), rows of length 1, or as long as they weigh; zero where there is none.
        """
        shots = shots[:, : self.way.shots]
        together = unit(shots.sum(axis=1))
        if self.way.fusion == "template":
            return self._of(together)
        if self.way.fusion == "twice":
            return np.minimum(self._of(shots[:, 0]), self._of(together))
        each = np.stack([self._of(shots[:, place]) for place in range(shots.shape[1])])
        if self.way.fusion == "best":
            return np.asarray(each.max(axis=0), np.float32)
        if self.way.fusion == "each":
            return np.asarray(each.min(axis=0), np.float32)
        seen: Flags = np.asarray(shots.any(axis=2)).T[..., None]
        mean = np.where(seen, each, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        return np.where(seen.any(axis=0), mean, UNSEEN).astype(np.float32)

    def _of(self, probes: Floats) -> Floats:
        """Score probes: (R, D) -> (R, S)."""
        scores = probes @ self._templates.T - self._allowed
        if self._norm:
            scores = self._norm(scores, probes)
        scores[~probes.any(axis=1)] = UNSEEN
        scores[:, ~self._enrolled] = UNSEEN
        scores = self._by_subject(scores)
        return less_runner_up(scores) if self.way.score == "margin" else scores

    def _by_subject(self, scores: Floats) -> Floats:
        """Make one score of those of a subject's images: (R, G) -> (R, S)."""
        if self.way.images != "scores":
            return np.asarray(np.maximum.reduceat(scores, self._starts, axis=1), np.float32)
        seen = scores > UNSEEN
        sums = np.add.reduceat(np.where(seen, scores, 0), self._starts, axis=1)
        counts = np.add.reduceat(seen.astype(np.float32), self._starts, axis=1)
        return np.where(counts > 0, sums / np.maximum(counts, 1), UNSEEN).astype(np.float32)


def unit(rows: Floats) -> Floats:
    """Bring rows to length 1; what is zero stays so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
