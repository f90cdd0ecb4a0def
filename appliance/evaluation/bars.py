"""The score that so few strangers reach, one for all lists, and on how many people it rests.

An authority sets one threshold for whatever list there is, so FPIR is that of all lists together.
Drawn again and again, the strangers of one list are not more people than they are: a rate is told
where different strangers are taken for somebody, three at the least, and not where one is in each
of ten lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.resample import Figure
from appliance.evaluation.verification import ENOUGH, FEWEST

if TYPE_CHECKING:
    import numpy.typing as npt

    from appliance.evaluation.resample import Resample
    from appliance.evaluation.search import Searched

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

ROUNDS_AT_ONCE: Final = 64


@dataclass(frozen=True)
class Bar:
    """What lies above it is taken for somebody."""

    threshold: float
    errors: int
    """Strangers' passings above it, in all lists."""
    people: int
    """Whose they are: each stranger once, in however many lists."""

    @property
    def told(self) -> bool:
        """Whether it rests on enough people to be told at all (rule of 3)."""
        return self.people >= FEWEST

    @property
    def few(self) -> bool:
        """Whether it rests on few people (rule of 30)."""
        return self.people < ENOUGH


def bar_at(searched: Searched, rate: float) -> Bar:
    """Find the score that no greater share of strangers lies above."""
    whose = ranked(searched)
    errors = min(int(rate * len(whose)), len(whose) - 1)
    threshold = float(np.sort(searched.strangers)[::-1][errors])
    above = searched.strangers_of[searched.strangers > threshold]
    return Bar(threshold, len(above), len(np.unique(above)))


def ranked(searched: Searched) -> Ints:
    """Give whose the strangers' passings are, from the highest score down: (N,)."""
    return searched.strangers_of[np.argsort(-searched.strangers, kind="stable")]


def figure_at(searched: Searched, rate: float, drawn: Resample) -> tuple[Figure, Bar]:
    """Reckon the TPIR where so many strangers are taken for somebody."""
    bar = bar_at(searched, rate)
    above, tried = searched.hits > bar.threshold, len(searched.hits)
    people = len(np.unique(searched.mated_of))
    rounds = found_at(searched, rate, drawn.weights)
    return Figure(float(above.mean()), float(above.sum()), tried, people, rounds), bar


def found_at(searched: Searched, rate: float, weights: npt.NDArray[np.float32]) -> Floats:
    """Reckon in each round the TPIR at the threshold of a false positive rate: (B,)."""
    order = np.argsort(-searched.strangers, kind="stable")
    scores, whose = searched.strangers[order], searched.strangers_of[order]
    found = np.zeros(len(weights))
    for start in range(0, len(weights), ROUNDS_AT_ONCE):
        some = slice(start, start + ROUNDS_AT_ONCE)
        reached = np.cumsum(weights[some][:, whose], axis=1, dtype=np.float64)
        places = (reached <= rate * reached[:, -1:]).sum(axis=1).clip(max=len(scores) - 1)
        mated = weights[some][:, searched.mated_of]
        above = searched.hits > scores[places][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            found[some] = (mated * above).sum(axis=1) / mated.sum(axis=1)
    return found
