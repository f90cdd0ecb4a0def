"""How a score is made of a passing's shots and a subject's images: the van's way, and others.

The others are here to be measured beside it (`lfr evaluate ablation`). Each gives higher scores to
who is more alike; only scores of one way can be compared with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from appliance.matching.crowding import NEAREST, Crowding

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]
    Flags = npt.NDArray[np.bool_]

UNSEEN: Final = np.float32(-2.0)
"""Below every score: a failure to acquire or to enrol finds nobody, and is found by nobody."""
LOWEST: Final = -1.9
"""What is divided by a spread is nobody's before that."""
LOWEST_SPREAD: Final = 1e-3
MARGIN_SHARE: Final = 0.3
"""Of the runner-up's score, taken off where the margin counts."""


@dataclass(frozen=True)
class Way:
    """How a score is made."""

    shots: int = 1
    """So many of each passing are looked at."""
    fusion: Literal["template", "best", "mean", "twice"] = "template"
    """Of shots: one template for all; the best of their scores; the mean of them; or what the first
    and all together both reach (the two-shot rule)."""
    images: Literal["best", "mean", "first"] = "mean"
    """Of a subject: the most alike counts; one template for all, as the desk makes it (the van's
    way); or only the first."""
    score: Literal["cosine", "crowding", "both", "s-norm", "margin"] = "crowding"
    """As it is; less what is taken off for crowded entries (the van's way); less what is usual for
    entry and probe, both ways; that divided by the spread (adaptive s-norm); less a share of the
    runner-up's."""
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
    """

    def __init__(self, templates: Floats, owners: Ints, way: Way) -> None:
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
        self._usual = _Usual(templates, owners) if way.score in {"both", "s-norm"} else None
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
            shots: (R, K, D), rows of length 1, or zero where there is none.
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
        seen: Flags = np.asarray(shots.any(axis=2)).T[..., None]
        mean = np.where(seen, each, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        return np.where(seen.any(axis=0), mean, UNSEEN).astype(np.float32)

    def _of(self, probes: Floats) -> Floats:
        """Score probes: (R, D) -> (R, S)."""
        scores = probes @ self._templates.T - self._allowed
        if self._usual:
            scores = self._usual.apply(scores, probes, spread=self.way.score == "s-norm")
        scores[~probes.any(axis=1)] = UNSEEN
        scores[:, ~self._enrolled] = UNSEEN
        scores = np.asarray(np.maximum.reduceat(scores, self._starts, axis=1), np.float32)
        return _less_runner_up(scores) if self.way.score == "margin" else scores


class _Usual:
    """How near the nearest of the list are to each entry, and to each probe."""

    def __init__(self, templates: Floats, owners: Ints) -> None:
        self._templates = templates
        scores = templates @ templates.T
        scores[owners[:, None] == owners] = UNSEEN
        self._mean, self._spread = _top(scores)
        self._average = self._mean.mean()

    def apply(self, scores: Floats, probes: Floats, *, spread: bool) -> Floats:
        """Take what is usual off from both sides, halved."""
        # The best of the list may be the person: it is not what is usual for the probe.
        others = np.sort(probes @ self._templates.T, axis=1)[:, :-1]
        mean, width = (part[:, None] for part in _top(others))
        if spread:
            spread_apart = ((scores - self._mean) / self._spread + (scores - mean) / width) / 2
            return np.asarray(np.maximum(spread_apart, LOWEST), np.float32)
        return np.asarray(scores - (self._mean + mean) / 2 + self._average, np.float32)


def _top(scores: Floats) -> tuple[Floats, Floats]:
    """Give mean and spread of the highest of each row."""
    highest = np.sort(scores, axis=1)[:, -NEAREST:]
    return highest.mean(axis=1), np.maximum(highest.std(axis=1), LOWEST_SPREAD)


def _less_runner_up(scores: Floats) -> Floats:
    """Take a share of the next best subject's score off from each."""
    if scores.shape[1] < 2:  # noqa: PLR2004 - there is no other
        return scores
    second, best = np.sort(scores, axis=1)[:, -2:].T
    other = np.where(scores >= best[:, None], second[:, None], best[:, None])
    return np.where(scores > UNSEEN, scores - MARGIN_SHARE * other, UNSEEN).astype(np.float32)


def unit(rows: Floats) -> Floats:
    """Bring rows to length 1; what is zero stays so."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), np.float32)
