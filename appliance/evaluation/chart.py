"""A calibration on a page, alone or with what vans have seen of strangers laid over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.evaluation.overlay import overlay
from appliance.evaluation.page import press
from appliance.evaluation.words import acquired_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.evaluation.calibration import Calibrated
    from appliance.evaluation.plots import Plot
    from appliance.matching.calibration import Calibration
    from appliance.oversight.tail import Tail

SCOPE = (
    "How often strangers reach a score with this network on these pictures; on other streets and "
    "cameras it is another. Each rate is that of one comparison."
)
SEEN = (
    "Best scores of faces that did not alert, counted by vans in bins; nobody's face or template "
    "is kept. Listed people who were missed are among them."
)
HEADS = ("score", "one stranger in", "95 %", "pairs")
STEPS = ("score", "faces that reached it", "one comparison in", "95 %", "by the calibration")


@dataclass(frozen=True)
class Named:
    """What a page is of."""

    title: str


@dataclass(frozen=True)
class Chart:
    """What `page.html` asks of a document."""

    kind: str
    model: Named
    scope: str
    groups: tuple[()] = ()


@dataclass(frozen=True)
class Section:
    """A heading, sentences, and a table."""

    title: str
    lines: Sequence[str]
    heads: tuple[str, ...] = ()
    rows: Sequence[tuple[str, ...]] = ()


@dataclass(frozen=True)
class Laid:
    """One model's strangers, as logs tell them."""

    name: str
    calibration: Calibration | None
    """None: it is not here."""
    found: Tail
    lines: Sequence[str]
    """The same in words."""


def render(made: Calibrated) -> str:
    """Give the page of a calibration."""
    said = made.calibration
    parts = [
        f"{part.name}: too few to be calibrated by themselves."
        if part.times is None
        else f"{part.name}: {part.times:.1f} times everybody's rate."
        for part in made.parts
    ]
    sections = [
        Section("From where on", made.told()),
        Section("Within groups, at the score of one pair of everybody in 10,000", parts),
        Section("Strangers", (), HEADS, rows(made)),
    ]
    shown = [section for section in sections if section.lines or section.rows]
    plot = overlay(said, said.threshold)
    chart = Chart("calibration", Named(made.model.title), SCOPE)
    return _print(chart, shown, [plot] if plot else [], acquired_in_words(made.acquired))


def lay_over(models: Sequence[Laid]) -> str:
    """Give the page of what vans have seen."""
    sections = [Section(one.name, one.lines, STEPS, _steps(one.found)) for one in models]
    plots = [
        overlay(one.calibration, one.found.threshold, one.found.steps)
        for one in models
        if one.calibration
    ]
    chart = Chart("strangers", Named("how near they came"), SEEN)
    return _print(chart, sections, [plot for plot in plots if plot], [])


def rows(made: Calibrated) -> list[tuple[str, ...]]:
    """Give the points of the binding curve in words, as `HEADS` has them."""
    return [
        (
            f"{point.score:.4f}",
            one_in(point.rate.value),
            f"{one_in(point.rate.high)} to {one_in(point.rate.low)}",
            f"{point.counted:,}" if point.counted else "drawn on",
        )
        for point in made.binding.points
    ]


def one_in(rate: float | None) -> str:
    """Write a rate as one in so many."""
    return f"{1 / rate:,.0f}" if rate else "-"


def _steps(found: Tail) -> list[tuple[str, ...]]:
    return [
        (
            f"{step.score:.2f}",
            f"{step.faces:,}",
            one_in(step.rate),
            f"{one_in(step.interval.high)} to {one_in(step.interval.low)}",
            one_in(step.foretold),
        )
        for step in found.steps
    ]


def _print(
    chart: Chart, sections: Sequence[Section], plots: Sequence[Plot], acquired: Sequence[str]
) -> str:
    template = press().get_template("calibration.html")
    return template.render(
        document=chart, sections=sections, plots=plots, acquired=acquired, sources=""
    )
