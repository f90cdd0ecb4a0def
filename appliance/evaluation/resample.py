"""How sure a figure is: subjects drawn anew, since pictures of one person resemble each other.

The bootstrap over subjects draws as many subjects as there are, with repetition, and reckons every
figure again; pairs of two copies of one subject are not strangers, and are left out. Where nothing
or everything went wrong it has nothing to draw from: then the interval is the exact one, each
subject counted as a single trial, which is wider than need be.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from appliance.oversight.intervals import LEVEL, Interval, Share, clopper_pearson, newcombe

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Reals = npt.NDArray[np.floating]
    Ints = npt.NDArray[np.int64]

PIECE = 4_096


@dataclass(frozen=True)
class Estimate:
    """A share with its interval of 95 %."""

    value: float | None
    """None where nothing was tried."""
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """A share, and what it was each time that subjects were drawn anew."""

    value: float | None
    hits: float
    trials: float
    worth: float
    """Trials that are independent at the least: one of each subject."""
    rounds: Floats = field(repr=False)
    """(B,); not a number where a round had nothing to try."""

    def estimate(self, level: float = LEVEL) -> Estimate:
        """Give the share with its interval."""
        if not self.trials:
            return Estimate(None, 0.0, 1.0)
        low, high = self._exact(level) if self._one_sided else _middle(self.rounds, level)
        return Estimate(self.value, low, high)

    def less(self, other: Figure, level: float) -> Interval:
        """Give the interval of this share less another."""
        if self._one_sided or other._one_sided:
            return newcombe(self.as_share(), other.as_share(), level)
        return _middle(self.rounds - other.rounds, level)

    def times(self, other: Figure, level: float) -> Interval | None:
        """Give the interval of how many times another this is; None where one of them was never."""
        if not self.hits or not other.hits:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            return _middle(self.rounds / other.rounds, level)

    @property
    def _one_sided(self) -> bool:
        return self.hits in {0, self.trials} or not self.trials

    def _exact(self, level: float) -> Interval:
        return clopper_pearson(self.as_share(), level)

    def as_share(self) -> Share:
        """Give it as so many independent trials, which are fewer than there were."""
        return Share((self.value or 0.0) * self.worth, self.worth)


class Resample:
    """Subjects drawn anew, again and again, the same for every figure.

    Args:
        subjects: How many.
        rounds: How often.
        seed: The same gives the same.
    """

    def __init__(self, subjects: int, rounds: int, seed: int) -> None:
        generator = np.random.default_rng(seed)
        drawn = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=rounds)
        self.weights = drawn.astype(np.float32)
        """(B, S): how often each subject was drawn."""

    def share(self, hits: Reals | Ints, trials: Reals | Ints) -> Figure:
        """Reckon a share.

        Args:
            hits: (S,), of each subject.
            trials: (S,).
        """
        total, tried = float(hits.sum()), float(trials.sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            rounds = (self.weights @ hits.astype(np.float64)) / (
                self.weights @ trials.astype(np.float64)
            )
        people = float((trials > 0).sum())
        value = total / tried if tried else None
        return Figure(value, total, tried, people, np.asarray(rounds, np.float64))

    def of_pairs(self, first: Ints, second: Ints, pictures: Ints) -> Figure:
        """Reckon the share of all pairs of different subjects that were hits.

        Args:
            first: (H,), one subject of each hit.
            second: (H,), the other.
            pictures: (S,): of each subject; 0 leaves one out.
        """
        hits = np.zeros(len(self.weights))
        for start in range(0, len(first), PIECE):
            some = slice(start, start + PIECE)
            hits += (self.weights[:, first[some]] * self.weights[:, second[some]]).sum(axis=1)
        every = float(pairs_between(np.ones((1, len(pictures)), np.float32), pictures)[0])
        with np.errstate(divide="ignore", invalid="ignore"):
            rounds = hits / pairs_between(self.weights, pictures)
        # Pairs that have nobody in common: half as many as there are people.
        worth = float((pictures > 0).sum() // 2)
        return Figure(len(first) / every if every else None, len(first), every, worth, rounds)


def pairs_between(weights: npt.NDArray[np.float32], pictures: Ints) -> Floats:
    """Count the pairs of pictures of different subjects: (B,)."""
    each = weights.astype(np.float64) * pictures
    return np.asarray((each.sum(axis=1) ** 2 - (each**2).sum(axis=1)) / 2, np.float64)


def _middle(rounds: Floats, level: float) -> Interval:
    """Give what the middle share of the rounds holds; where none has a number, everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a round with nobody of a small group
        tail = 50 * (1 - level)
        low, high = np.nanpercentile(rounds, (tail, 100 - tail))
    return Interval(float(low), float(high)) if np.isfinite(low) else Interval(0.0, 1.0)
