"""What a recall test says, from its counts alone: rates, gaps, and what it cannot exclude.

The true recognition rate is the share of known passes of listed volunteers that are recognised.
Passes of one volunteer resemble each other, so an interval is taken at what they are worth. A
group is named `characteristic/value`, as volunteers declare it themselves; only groups of one
characteristic are compared.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from appliance.oversight.figures import Passes
from appliance.oversight.intervals import LEVEL, Interval, Share, clopper_pearson, newcombe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from appliance.oversight.figures import Recalled

ALL: Final = "all"
"""The group of everybody."""
FEWEST_PEOPLE: Final = 5
"""Fewer volunteers say little about anybody but themselves."""
SMALL_GAP: Final = 0.05
"""What a test should be able to exclude: five points."""


@dataclass(frozen=True)
class Rate:
    """How often a group was recognised."""

    group: str
    volunteers: int
    passes: int
    recognised: int
    share: float | None
    """None where nobody passed."""
    interval: Interval
    """95 %, exact, at what the passes are worth."""
    worth: Share
    """The passes as if they were independent."""

    @property
    def few(self) -> bool:
        """Whether there are too few volunteers to say anything of the group."""
        return self.volunteers < FEWEST_PEOPLE


@dataclass(frozen=True)
class Gap:
    """By how much two groups differ: the first less the second, where the first is found more."""

    characteristic: str
    first: str
    second: str
    share: float
    interval: Interval
    """95 % for all pairs of the characteristic together (Bonferroni)."""


@dataclass(frozen=True)
class Rates:
    """All that a recall test says."""

    overall: Rate
    groups: tuple[Rate, ...]
    gaps: tuple[Gap, ...]
    """The widest of each characteristic."""
    said: tuple[str, ...]
    """Sentences that stand beside the figures wherever they are printed."""


def rates(recalled: Recalled) -> Rates:
    """Read a recall test."""
    of = {passes.group: rate(passes) for passes in recalled.passes}
    everybody = of.pop(ALL, rate(Passes(group=ALL, passes=0, recognised=0)))
    overall = replace(everybody, volunteers=recalled.volunteers)
    sorts: dict[str, list[Rate]] = {}
    for one in of.values():
        sorts.setdefault(one.group.split("/")[0], []).append(one)
    gaps, said = [], [_people(overall)]
    for characteristic, groups in sorts.items():
        pairs = _pairs(characteristic, groups)
        gaps += [max(pairs, key=lambda gap: gap.share)] if pairs else []
        said += _statement(characteristic, groups, pairs)
    return Rates(overall, tuple(of.values()), tuple(gaps), tuple(said))


def enough(share: float, level: float = LEVEL) -> int:
    """Tell how many independent passes each of two groups needs to exclude a gap of five points.

    Args:
        share: About how many are recognised.
        level: Of the interval.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    return math.ceil(2 * share * (1 - share) * (z / SMALL_GAP) ** 2)


def rate(passes: Passes) -> Rate:
    """Read one group's passes."""
    share = Share(passes.recognised, passes.passes)
    worth = share.worth(passes.effect)
    counts = passes.volunteers, passes.passes, passes.recognised
    return Rate(passes.group, *counts, share.value, clopper_pearson(worth), worth)


def _pairs(characteristic: str, groups: Iterable[Rate]) -> list[Gap]:
    pairs = [*combinations([rate for rate in groups if rate.share is not None], 2)]
    level = 1 - (1 - LEVEL) / max(1, len(pairs))
    return [_gap(characteristic, one, other, level) for one, other in pairs]


def _gap(characteristic: str, one: Rate, other: Rate, level: float) -> Gap:
    more, less = sorted((one, other), key=lambda rate: rate.share or 0.0, reverse=True)
    share = (more.share or 0.0) - (less.share or 0.0)
    interval = newcombe(more.worth, less.worth, level)
    return Gap(characteristic, more.group, less.group, share, interval)


def _people(overall: Rate) -> str:
    people = f"{overall.volunteers} volunteer{'' if overall.volunteers == 1 else 's'}"
    says = f"{people} passed {overall.passes} time{'' if overall.passes == 1 else 's'}"
    few = ": too few to say anything of anybody else" if overall.few else ""
    alike = overall.volunteers > 1 and overall.recognised in {0, overall.passes}
    return f"{says}{few}.{_ALIKE if alike else ''}"


_ALIKE: Final = " All went one way, so passes are taken for independent, which they may not be."


def _statement(characteristic: str, groups: list[Rate], pairs: list[Gap]) -> list[str]:
    if not pairs:
        return [f"Of {characteristic}, nothing can be compared: one group passed, or none."]
    said = [
        f"{gap.second} was recognised less often than {gap.first}: by {_least(gap.interval.low)} "
        f"points at least, and {_points(gap.interval.high)} at most."
        for gap in pairs
        if gap.interval.low > 0
    ]
    widest = max(gap.interval.farthest for gap in pairs)
    said.append(
        f"This data cannot exclude a gap of {_points(widest)} points between groups of "
        f"{characteristic}."
    )
    few = sorted(rate.group for rate in groups if rate.few)
    if few:
        said.append(f"Insufficient data: fewer than {FEWEST_PEOPLE} volunteers in {_list(few)}.")
    if widest > SMALL_GAP:
        said.append(_needed(groups, len(pairs)))
    return said


def _needed(groups: list[Rate], pairs: int) -> str:
    hits = sum(rate.recognised for rate in groups)
    share = (hits + 1) / (sum(rate.passes for rate in groups) + 2)
    passes = enough(share, 1 - (1 - LEVEL) / pairs)
    return (
        f"To exclude one of {_points(SMALL_GAP)} points takes some {passes} passes of each group, "
        "and more where few people pass often."
    )


def _points(share: float) -> int:
    """Say a share in whole points, and rather more than less."""
    return math.ceil(100 * share - 1e-9)


def _least(share: float) -> int:
    return math.floor(100 * share + 1e-9)


def _list(names: list[str]) -> str:
    return ", ".join(names)
