"""How far a count can be trusted: intervals of shares, and of what two shares differ by.

A share without its interval is not published here. "Cannot exclude" is the word for what an
interval still holds; that something is absent is never said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL: Final = 0.95
TINY: Final = 1e-300
NEAR: Final = 1e-15
"""As near to 1 as a float can tell."""


class Interval(NamedTuple):
    """From where to where something may lie, both ends included."""

    low: float
    high: float

    @property
    def farthest(self) -> float:
        """How far from nothing it reaches: what the data cannot exclude."""
        return max(abs(self.low), abs(self.high))


@dataclass(frozen=True)
class Share:
    """So many of so many.

    Trials that are not independent, like several passes of one volunteer, count for fewer: then
    both numbers are what they are worth, and need not be whole.
    """

    hits: float
    trials: float

    @property
    def value(self) -> float | None:
        """The share; None where nothing was tried."""
        return self.hits / self.trials if self.trials else None

    def worth(self, effect: float) -> Share:
        """Give what is left of it where so many trials tell no more than one.

        Args:
            effect: A `design_effect`.
        """
        return Share(self.hits / effect, self.trials / effect)


def clopper_pearson(share: Share, level: float = LEVEL) -> Interval:
    """Give the exact interval: never narrower than it says (Clopper and Pearson 1934).

    At what is not whole it is the interval of Korn and Graubard (1998).
    """
    hits, misses, tail = share.hits, share.trials - share.hits, (1 - level) / 2
    low = _quantile(hits, misses + 1, tail) if hits > 0 else 0.0
    high = _quantile(hits + 1, misses, 1 - tail) if misses > 0 else 1.0
    return Interval(low, high)


def wilson(share: Share, level: float = LEVEL) -> Interval:
    """Give the score interval (Wilson 1927), of which `newcombe` is made."""
    if not share.trials:
        return Interval(0.0, 1.0)
    z, n = NormalDist().inv_cdf((1 + level) / 2), share.trials
    p = share.hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def newcombe(first: Share, second: Share, level: float = LEVEL) -> Interval:
    """Give the interval of the first share less the second (Newcombe 1998, his method 10).

    Where one of them was never tried, nothing is excluded.
    """
    if first.value is None or second.value is None:
        return Interval(-1.0, 1.0)
    one, other = wilson(first, level), wilson(second, level)
    apart = first.value - second.value
    below = math.hypot(first.value - one.low, other.high - second.value)
    above = math.hypot(one.high - first.value, second.value - other.low)
    return Interval(max(-1.0, apart - below), min(1.0, apart + above))


def design_effect(clusters: Sequence[Share]) -> float:
    """Tell how many trials are worth one, where those of one person resemble each other.

    By the variance of a ratio of sums (Cochran 1977, section 3.12), and never below 1: chance alone
    may make people look more alike than coins. One person's trials are worth one together. Where
    all trials went one way they are taken for independent: nothing tells how alike they are.

    Args:
        clusters: Of each person, hits and trials.
    """
    tried = [cluster for cluster in clusters if cluster.trials]
    trials, hits = sum(one.trials for one in tried), sum(one.hits for one in tried)
    if len(tried) <= 1:
        return max(1.0, trials)
    if hits in {0, trials}:
        return 1.0
    p, people = hits / trials, len(tried)
    spread = sum((one.hits - p * one.trials) ** 2 for one in tried) * people / (people - 1)
    return max(1.0, spread / (trials * p * (1 - p)))


def _quantile(a: float, b: float, share: float) -> float:
    """Find where the beta distribution reaches a share; by halving, which cannot go astray."""
    low, high = 0.0, 1.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (low, middle) if _beta(a, b, middle) >= share else (middle, high)
    return high


def _beta(a: float, b: float, x: float) -> float:
    """Give the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _front(b, a, 1 - x) / _fraction(b, a, 1 - x)
    return _front(a, b, x) / _fraction(a, b, x)


def _front(a: float, b: float, x: float) -> float:
    gamma = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(gamma + a * math.log(x) + b * math.log1p(-x)) / a


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), by the modified method of Lentz."""
    value, c, d, step, n = 1.0, 1.0, 0.0, 0.0, 0
    while abs(step - 1) > NEAR:
        n += 1
        term = _term(a, b, x, n)
        d = 1 / (1 + term * d or TINY)
        c = 1 + term / c or TINY
        step = c * d
        value *= step
    return value


def _term(a: float, b: float, x: float, n: int) -> float:
    m, odd = divmod(n, 2)
    if odd:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
