"""Every figure of one pack by its name and in each round, to be held beside that of another."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from appliance.evaluation.bars import figure_at
from appliance.evaluation.comparisons import compare
from appliance.evaluation.identification import RATES as ALARM_RATES
from appliance.evaluation.identification import search_lists
from appliance.evaluation.norms import UNSEEN
from appliance.evaluation.resample import Figure
from appliance.evaluation.verification import FEWEST, RATES, false_matches, missed_at, misses

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from appliance.evaluation.cohort import Cohort
    from appliance.evaluation.comparisons import Comparisons, Step
    from appliance.evaluation.identification import Plan
    from appliance.evaluation.resample import Resample
    from appliance.evaluation.search import Searched

MOST_GROUPS: Final = 24


@dataclass(frozen=True)
class Named:
    """A figure, and what it is called."""

    name: str
    """For a program: the rate, then what it is of."""
    label: str
    figure: Figure


@dataclass(frozen=True)
class Group:
    """Who is meant: everybody, or those who declare one thing."""

    name: str
    label: str
    members: npt.NDArray[np.bool_]


def figures_of(
    cohort: Cohort, threshold: float, plan: Plan, drawn: Resample, step: Step
) -> dict[str, Named]:
    """Reckon all that can be compared.

    Args:
        cohort: As the pack sees it.
        threshold: In operation.
        plan: Which lists.
        drawn: Subjects drawn anew.
        step: Is told how many blocks and lists are done, of how many.

    Raises:
        InputError: there is nothing to compare.
    """
    cells = [*product(sorted(plan.images), sorted(plan.sizes))]

    def blocks(done: int, count: int) -> None:
        step(done, count + len(cells))
        counted.append(count)

    counted: list[int] = []
    found = compare(cohort, threshold, blocks)
    told = [_acquired(cohort, drawn), *_verified(found, drawn)]
    groups = [*_groups(cohort)]
    told += [one for group in groups for one in _matched(found, threshold, drawn, group)]
    for done, (images, size) in enumerate(cells, start=counted[-1] + 1):
        searched = search_lists(cohort, (size, images), plan)
        if searched:
            told += _identified(searched, _list(size, images), drawn)
            reached = _reached(searched, threshold, cohort.subjects)
            told += _searched(reached, _list(size, images), drawn, groups)
        step(done, counted[-1] + len(cells))
    return {one.name: one for one in told}


def _groups(cohort: Cohort) -> Iterator[Group]:
    yield Group("", "", np.ones(cohort.subjects, np.bool_))
    for name, values in cohort.groups.items():
        column = np.array(values)
        for value in sorted(set(values) - {""})[:MOST_GROUPS]:
            yield Group(f":{name}:{value}", f", {name} {value}", column == value)


def _acquired(cohort: Cohort, drawn: Resample) -> Named:
    failed = np.bincount(cohort.owners[~cohort.acquired], minlength=cohort.subjects)
    every = np.bincount(cohort.owners, minlength=cohort.subjects)
    return Named("fta", "failure to acquire", drawn.share(failed, every))


def _verified(found: Comparisons, drawn: Resample) -> Iterator[Named]:
    tried, people = len(found.mated), float(len(np.unique(found.mated_of)))
    _, values = missed_at(found, np.ones((1, drawn.weights.shape[1]), np.float32))
    _, rounds = missed_at(found, drawn.weights)
    for place, rate in enumerate(RATES):
        if rate * found.non_mated >= FEWEST and tried:
            value = float(values[place, 0])
            figure = Figure(value, value * tried, tried, people, rounds[place])
            yield Named(f"fnmr_at_fmr:{rate:g}", f"FNMR at FMR {rate:g}", figure)


def _matched(
    found: Comparisons, threshold: float, drawn: Resample, group: Group
) -> Iterator[Named]:
    missed, tried = misses(found, threshold)
    fnmr = drawn.share(missed * group.members, tried * group.members)
    yield Named(f"fnmr{group.name}", f"FNMR in operation{group.label}", fnmr)
    fmr = false_matches(found, threshold, drawn, group.members)
    yield Named(f"fmr{group.name}", f"FMR in operation{group.label}", fmr)


def _list(size: int, images: int) -> Group:
    many = f"{images} image{'s' * (images > 1)}"
    return Group(f":{size}:{images}", f", list of {size:,}, {many}", np.ones(0, np.bool_))


def _identified(searched: Searched, of: Group, drawn: Resample) -> Iterator[Named]:
    for rate in ALARM_RATES:
        figure, bar = figure_at(searched, rate, drawn)
        if bar.told:
            label = f"TPIR at FPIR {100 * rate:g} %{of.label}"
            yield Named(f"tpir_at_fpir:{rate:g}{of.name}", label, figure)


@dataclass(frozen=True)
class Reached:
    """Of each subject over all lists: (S,)."""

    ranked: npt.NDArray[np.int64]
    found: npt.NDArray[np.int64]
    mated: npt.NDArray[np.int64]
    alarms: npt.NDArray[np.int64]
    strangers: npt.NDArray[np.int64]


def _reached(searched: Searched, threshold: float, subjects: int) -> Reached:
    def each(whose: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.bincount(whose, minlength=subjects)

    return Reached(
        each(searched.mated_of[searched.hits > UNSEEN]),
        each(searched.mated_of[searched.hits >= threshold]),
        each(searched.mated_of),
        each(searched.strangers_of[searched.strangers >= threshold]),
        each(searched.strangers_of),
    )


def _searched(
    reached: Reached, of: Group, drawn: Resample, groups: Sequence[Group]
) -> Iterator[Named]:
    rank_one = drawn.share(reached.ranked, reached.mated)
    yield Named(f"rank_one{of.name}", f"rank 1{of.label}", rank_one)
    for group in groups:
        label, key = f"in operation{of.label}{group.label}", f"{of.name}{group.name}"
        tpir = drawn.share(reached.found * group.members, reached.mated * group.members)
        yield Named(f"tpir{key}", f"TPIR {label}", tpir)
        fpir = drawn.share(reached.alarms * group.members, reached.strangers * group.members)
        yield Named(f"fpir{key}", f"FPIR {label}", fpir)
