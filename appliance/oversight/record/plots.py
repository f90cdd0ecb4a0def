"""Where the marks of a plot stand; the page draws them as SVG, and says the same in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from appliance.domain.times import GROWTH, end_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

WIDTH: Final = 640.0
LEFT: Final = 250.0
"""Where labels end and intervals begin."""
RIGHT: Final = WIDTH - 16
HIGH: Final = 110.0
"""Of a histogram's columns."""
LINE: Final = 24.0
MOST_TICKS: Final = 8
COLUMNS: Final = 48
"""Of a histogram of times, about."""
HOURS: Final = 3_600_000.0
UNITS: Final = ((HOURS, "h"), (60_000.0, "min"), (1000.0, "s"), (1.0, "ms"), (0.001, "µs"))


@dataclass(frozen=True)
class Tick:
    """A place on the axis."""

    at: float
    text: str


@dataclass(frozen=True)
class Column:
    """Of a histogram."""

    left: float
    width: float
    height: float


@dataclass(frozen=True)
class Histogram:
    """How often what lies where."""

    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    """Places worth a line."""
    alt: str


@dataclass(frozen=True)
class Range:
    """A value, and within what lies what is behind it."""

    label: str
    top: float
    low: float
    at: float | None
    """None where there is a range alone."""
    high: float
    text: str


@dataclass(frozen=True)
class Ranges:
    """One below the other, on one axis."""

    rows: tuple[Range, ...]
    ticks: tuple[Tick, ...]
    height: float
    alt: str


@dataclass(frozen=True)
class Given:
    """What a range is made of."""

    label: str
    low: float
    value: float | None
    high: float
    text: str


def of_times(counts: Mapping[int, int], marks: Mapping[str, float], alt: str) -> Histogram:
    """Draw times in their buckets, several in one column, on a logarithmic axis."""
    numbers = [number for number, count in counts.items() if count]
    if not numbers:
        return Histogram((), (), (), alt)
    first, last = min(numbers), max(numbers) + 1
    step = max(1, math.ceil((last - first) / COLUMNS))
    grouped = [0] * math.ceil((last - first) / step)
    for number in numbers:
        grouped[(number - first) // step] += counts[number]
    width, scale = RIGHT / len(grouped), HIGH / max(grouped)
    columns = tuple(
        Column(place * width, width, count * scale) for place, count in enumerate(grouped)
    )
    start_ms = end_ms(first) / GROWTH
    end = start_ms * GROWTH ** (step * len(grouped))

    def at(time_ms: float) -> float:
        return RIGHT * math.log(time_ms / start_ms) / math.log(end / start_ms)

    ticks = tuple(Tick(at(value), say_ms(value)) for value in round_numbers(start_ms, end))
    lines = tuple(Tick(at(ms), name) for name, ms in marks.items() if start_ms <= ms <= end)
    return Histogram(columns, ticks, lines, alt)


def of_bins(
    edges: Sequence[float], counts: Sequence[int], marks: Mapping[str, float], alt: str
) -> Histogram:
    """Draw counts in their bins, their height by the logarithm, for the rarest matter most.

    Empty bins at both ends are left out, but for those up to a mark.
    """
    first, last = _filled(edges, counts, marks)
    edges, counts = edges[first : last + 1], counts[first:last]
    low, high = edges[0], edges[-1]

    def at(value: float) -> float:
        return RIGHT * (value - low) / (high - low)

    tall = math.log1p(max(counts, default=0)) or 1.0
    columns = tuple(
        Column(at(left), at(right) - at(left), HIGH * math.log1p(count) / tall)
        for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True)
    )
    step = max(1, math.ceil(len(edges) / MOST_TICKS))
    ticks = tuple(Tick(at(edge), f"{edge:.2f}") for edge in edges[::step])
    lines = tuple(Tick(at(value), name) for name, value in marks.items() if low <= value <= high)
    return Histogram(columns, ticks, lines, alt)


def _filled(
    edges: Sequence[float], counts: Sequence[int], marks: Mapping[str, float]
) -> tuple[int, int]:
    filled = [place for place, count in enumerate(counts) if count]
    filled += [
        place
        for place, (left, right) in enumerate(pairwise(edges))
        if any(left <= mark <= right for mark in marks.values())
    ]
    if not filled:
        return 0, len(counts)
    return max(0, min(filled) - 1), min(len(counts), max(filled) + 2)


def of_rates(given: Sequence[Given], alt: str) -> Ranges:
    """Draw rates on a logarithmic axis, of one in so many; what begins at nothing begins left."""
    known = [value for one in given for value in (one.low, one.value, one.high) if value]
    if not known:
        return Ranges((), (), 0, alt)
    low, high = 10 ** math.floor(math.log10(min(known)) - 1e-9), min(1.0, max(known) * 1.2)

    def at(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * math.log(max(value, low) / low) / math.log(high / low)

    ticks = tuple(Tick(at(value), f"1 in {1 / value:,.0f}") for value in decades(low, high))
    return Ranges(_rows(given, at), ticks, LINE * len(given), alt)


def of_shares(given: Sequence[Given], alt: str) -> Ranges:
    """Draw shares on an axis from nothing to all."""

    def at(value: float) -> float:
        return LEFT + (RIGHT - LEFT) * value

    ticks = tuple(Tick(at(value / 4), f"{25 * value} %") for value in range(5))
    return Ranges(_rows(given, at), ticks, LINE * len(given), alt)


def _rows(given: Sequence[Given], at: Callable[[float], float]) -> tuple[Range, ...]:
    return tuple(
        Range(
            label=one.label,
            top=place * LINE,
            low=at(one.low),
            at=None if one.value is None else at(one.value),
            high=at(one.high),
            text=one.text,
        )
        for place, one in enumerate(given)
    )


def decades(low: float, high: float) -> list[float]:
    """Give the powers of ten from here to there."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    return [10.0**power for power in range(first, last + 1)]


def round_numbers(low: float, high: float) -> list[float]:
    """Give 1, 2 and 5 of each power of ten from here to there; only the ones where many."""
    powers = decades(low / 10, high)
    found = [lead * power for power in powers for lead in (1, 2, 5) if low <= lead * power <= high]
    return found if len(found) <= MOST_TICKS else decades(low, high)


def say_ms(time_ms: float) -> str:
    """Say a time in the unit that makes it short."""
    for size, unit in UNITS:
        if time_ms >= size * (1 - 1e-9):
            return f"{time_ms / size:,.3g} {unit}"
    return f"{time_ms / UNITS[-1][0]:,.3g} {UNITS[-1][1]}"
