"""What is usual for an entry and for a probe, taken off a score: none of these is the van's way.

What is usual comes of the list itself, or of a set of people who are neither listed nor pass (a
fixed non-mated cohort): z-norm takes the entry's side, t-norm the probe's, s-norm the mean of both;
adaptive is what looks at the nearest of the set alone (Auckenthaler, Carey and Lloyd-Thomas, 2000;
Karam, Campbell and Dehak, 2011; Matejka et al., 2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np

from appliance.matching.crowding import NEAREST

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

Score = Literal[
    "cosine",
    "crowding",
    "both",
    "list s-norm",
    "z-norm",
    "t-norm",
    "s-norm",
    "adaptive s-norm",
    "adaptive means",
    "margin",
]
UNSEEN: Final = np.float32(-2.0)
"""Below every score: a failure to acquire or to enrol finds nobody, and is found by nobody."""
LOWEST: Final = -1.9
"""What is divided by a spread is nobody's before that."""
LOWEST_SPREAD: Final = 1e-3
MARGIN_SHARE: Final = 0.3
"""Of the runner-up's score, taken off where the margin counts."""
ADAPTIVE_SHARE: Final = 0.1
"""Of the set, the nearest, that adaptive ones look at; chosen beforehand, not tuned."""


class Norm(Protocol):
    """Takes off cosines what is usual."""

    def __call__(self, scores: Floats, probes: Floats) -> Floats:
        """Give scores for cosines: (R, G), of probes (R, D)."""
        ...


def norm_of(score: Score, templates: Floats, owners: Ints, aside: Floats | None) -> Norm | None:
    """Choose what is taken off.

    Args:
        score: How a score is made.
        templates: (G, D), the list.
        owners: (G,), ascending.
        aside: (C, D), people who are neither listed nor pass.

    Returns:
        None where it is nothing, or nobody was set aside whom it needs.
    """
    match score:
        case "both" | "list s-norm":
            return Usual(templates, owners, spread=score == "list s-norm")
        case "z-norm" | "t-norm" | "s-norm" | "adaptive s-norm" | "adaptive means":
            return None if aside is None else Fixed(templates, aside, score)
        case _:
            return None


class Usual:
    """How near the nearest of the list are to each entry, and to each probe."""

    def __init__(self, templates: Floats, owners: Ints, *, spread: bool) -> None:
        self._templates = templates
        self._divides = spread
        scores = templates @ templates.T
        scores[owners[:, None] == owners] = UNSEEN
        self._mean, self._spread = _top(scores, NEAREST)
        self._average = self._mean.mean()

    def __call__(self, scores: Floats, probes: Floats) -> Floats:
        """Take what is usual off from both sides, halved."""
        # The best of the list may be the person: it is not what is usual for the probe.
        others = np.sort(probes @ self._templates.T, axis=1)[:, :-1]
        mean, width = (part[:, None] for part in _top(others, NEAREST))
        if self._divides:
            spread_apart = ((scores - self._mean) / self._spread + (scores - mean) / width) / 2
            return np.asarray(np.maximum(spread_apart, LOWEST), np.float32)
        return np.asarray(scores - (self._mean + mean) / 2 + self._average, np.float32)


class Fixed:
    """How near people who are set aside are to each entry, and to each probe."""

    def __init__(self, templates: Floats, aside: Floats, score: Score) -> None:
        self._aside = aside
        self._score = score
        adaptive = score.startswith("adaptive")
        self._most = max(round(ADAPTIVE_SHARE * len(aside)), 2) if adaptive else len(aside)
        self._mean, self._spread = _top(templates @ aside.T, self._most)

    def __call__(self, scores: Floats, probes: Floats) -> Floats:
        """Take what is usual off from one side or both."""
        if self._score == "z-norm":
            return _floored((scores - self._mean) / self._spread)
        mean, width = (part[:, None] for part in _top(probes @ self._aside.T, self._most))
        if self._score == "t-norm":
            return _floored((scores - mean) / width)
        if self._score == "adaptive means":
            return _floored(scores - (self._mean + mean) / 2)
        return _floored(((scores - self._mean) / self._spread + (scores - mean) / width) / 2)


def _floored(scores: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(np.maximum(scores, LOWEST), np.float32)


def _top(scores: Floats, most: int) -> tuple[Floats, Floats]:
    """Give mean and spread of the highest of each row."""
    some = min(most, scores.shape[1])
    highest = np.partition(scores, scores.shape[1] - some, axis=1)[:, -some:]
    return highest.mean(axis=1), np.maximum(highest.std(axis=1), LOWEST_SPREAD)


def less_runner_up(scores: Floats) -> Floats:
    """Take a share of the next best subject's score off from each."""
    if scores.shape[1] < 2:  # noqa: PLR2004 - there is no other
        return scores
    second, best = np.sort(scores, axis=1)[:, -2:].T
    other = np.where(scores >= best[:, None], second[:, None], best[:, None])
    return np.where(scores > UNSEEN, scores - MARGIN_SHARE * other, UNSEEN).astype(np.float32)
