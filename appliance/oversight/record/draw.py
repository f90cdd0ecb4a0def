"""Which plots a record has; each says in words what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from appliance.oversight.record import plots
from appliance.oversight.record.plots import Given
from appliance.oversight.record.row import one_in, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.oversight.record.measures import Measured, Rate
    from appliance.oversight.record.record import Alerts, Record


@dataclass(frozen=True)
class Drawn:
    """A plot and what stands below it."""

    section: str
    """Beside which figures."""
    title: str
    caption: str
    ranges: plots.Ranges | None = None
    histogram: plots.Histogram | None = None


def drawn(told: Record) -> list[Drawn]:
    """Draw whatever has been measured."""
    return [
        *_answers(told.alerts),
        *_false(told),
        *_recall(told),
        *times("From the camera to an officer's tablet", told.seen_to_tablet_ms),
        *times("From a passing's decision to its erasure", told.deletion_ms),
        *_scores(told),
    ]


def given(label: str, rate: Rate) -> Given:
    """Give a rate to be drawn."""
    text = f"{rate.hits:,} of {rate.trials:,}"
    return Given(label, rate.low, rate.value if rate.hits else None, rate.high, text)


def times(title: str, measured: Measured) -> Iterator[Drawn]:
    """Draw how long something took, where it was measured."""
    if measured.max is None:
        return
    marks = {name: measured.places[name] or 0.0 for name in ("p50", "p99", "max")}
    within = {"p50": "half", "p99": "99 %", "max": "all"}
    caption = ", ".join(f"{within[name]} {plots.say_ms(ms)}" for name, ms in marks.items())
    histogram = plots.of_times(measured.counts, marks, f"{title}: {caption}")
    caption = f"How many took how long: {caption} at the most."
    yield Drawn("times", title, caption, histogram=histogram)


def _answers(told: Alerts) -> Iterator[Drawn]:
    answers = told.answers
    if answers is None or not told.alerts:
        return
    counts = {
        "Not viable": answers.not_viable,
        "Unanswered": answers.unanswered,
        "Viable": answers.viable,
        "Confirmed true": answers.confirmed_true,
        "Confirmed false": answers.confirmed_false,
        "No longer wanted": answers.stale,
        "Lost": answers.lost,
        "Arrests": answers.arrests,
    }
    rows = [
        Given(label, 0.0, None, min(1.0, count / told.alerts), f"{count:,}")
        for label, count in counts.items()
    ]
    alt = ", ".join(f"{label}: {count:,}" for label, count in counts.items())
    caption = (
        f"Of {told.alerts:,} alerts. Officers answer first by the pictures, then face to face."
    )
    yield Drawn("alerts", "What became of the alerts", caption, plots.of_shares(rows, alt))


def _false(told: Record) -> Iterator[Drawn]:
    alerts, faces = told.alerts, told.seen.faces_seen
    rates = {
        "False alerts": alerts.per_face,
        "Confirmed false alerts": alerts.confirmed_per_face,
    }
    rows = [given(label, rate) for label, rate in rates.items() if rate]
    if alerts.predicted and faces and rows:
        low, high = (min(1.0, count / faces) for count in alerts.predicted)
        rows.append(Given("Predicted", low, high, high, f"{alerts.predicted[1]:,.3g} predicted"))
    if rows:
        said = "; ".join(f"{label}: {spoken(rate)}" for label, rate in rates.items() if rate)
        caption = (
            "A dot is what was counted; a bar is what these data cannot exclude (95 %, exact)."
        )
        drawn = plots.of_rates(rows, said)
        yield Drawn("false_alerts", "False alerts per face", caption, drawn)


def _recall(told: Record) -> Iterator[Drawn]:
    for test in told.recall:
        rows = [
            Given(
                passed.group,
                passed.low,
                passed.recognised / passed.passes,
                passed.high,
                f"{passed.recognised:,} of {passed.passes:,}",
            )
            for passed in test.passed
            if passed.passes
        ]
        if rows:
            alt = ", ".join(f"{row.label}: {row.text}" for row in rows)
            caption = "Passes of volunteers that were recognised, with 95 % intervals."
            shares = plots.of_shares(rows, alt)
            yield Drawn("recall", "True recognition rate", caption, shares)


def _scores(told: Record) -> Iterator[Drawn]:
    for scores in told.scores:
        lines = [each.threshold for each in told.in_force if each.model_id == scores.model_id]
        marks = {"threshold": max(lines)} if lines else {}
        most = max(scores.counts, default=0)
        alt = f"{scores.faces:,} faces in {len(scores.counts)} bins, {most:,} in the fullest"
        caption = (
            f"The best score of each of {scores.faces:,} faces that were not alerted, on a "
            "logarithmic scale: counts alone, of nobody, from which rare false matches can be "
            "foreseen."
        )
        histogram = plots.of_bins(scores.edges, scores.counts, marks, alt)
        yield Drawn("strangers", "Best scores", caption, histogram=histogram)


def headline(told: Record) -> dict[str, str]:
    """Say the most important in few words."""
    per_face = told.alerts.per_face
    false = "not measured"
    if per_face is not None:
        false = f"{per_face.hits:,}"
    deleted, seen = told.deletion_ms.p999, told.seen_to_tablet_ms.p99
    return {
        "faces": f"{told.seen.faces_seen:,}",
        "alerts": f"{told.alerts.alerts:,}",
        "false alerts": false,
        "false per face, at most (95 %)": one_in(per_face.high) if per_face else "not measured",
        "99.9 % erased within": plots.say_ms(deleted) if deleted is not None else "not measured",
        "99 % on a tablet within": plots.say_ms(seen) if seen is not None else "not measured",
    }
