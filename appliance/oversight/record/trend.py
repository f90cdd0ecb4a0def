"""A series as lines of a table and as plots: each deployment beside the others, and all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from appliance.oversight.record import plots
from appliance.oversight.record.draw import Drawn, given, times
from appliance.oversight.record.labels import TIMES
from appliance.oversight.record.plots import Given
from appliance.oversight.record.row import Row, Section, one_in, rate_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from appliance.oversight.record.series import Member, Series

NEWEST: Final = 60
"""Deployments that a plot shows."""
TOGETHER: Final = (
    "Added up as if all deployments were alike. Where cells are hidden, a sum lies within the "
    "range that is given."
)


def sections(told: Series) -> list[Section]:
    """Put a series into lines."""
    return [
        Section("totals", "Totals", tuple(_totals(told)), TOGETHER, "range"),
        Section("rates", "False alerts", tuple(_rates(told))),
        Section("recall", "Recall with volunteers", tuple(_recall(told))),
        Section("times", "How long it took", tuple(_times(told))),
    ]


def drawn(told: Series) -> list[Drawn]:
    """Draw the trend."""
    return [*_trend(told), *_tests(told), *_hours(told)]


def headline(told: Series) -> dict[str, str]:
    """Say the most important in few words."""
    totals = {total.name: total.low for total in told.totals}
    per_face = told.per_face
    return {
        "deployments": f"{len(told.members):,}",
        "faces": f"{totals['faces_seen']:,}",
        "alerts": f"{totals['alerts']:,}",
        "false alerts": f"{per_face.hits:,}" if per_face else "not measured",
        "false per face, at most (95 %)": one_in(per_face.high) if per_face else "not measured",
    }


def label(member: Member) -> str:
    """Name a deployment in a plot."""
    return f"{member.opened_at:%Y-%m-%d} {member.deployment_id}"[:26]


def _totals(told: Series) -> Iterator[Row]:
    yield Row("deployments", "Deployments", len(told.members))
    yield Row("looked", "Looked for", round(told.looked_s / 3600, 3), "hours")
    yield Row("uptime", "Uptime, of deployments that are closed", told.uptime)
    for total in told.totals:
        name, exact = total.name.replace("_", " ").replace(":", ", "), total.low == total.high
        missing = len(told.members) - total.records
        note = f"Not measured in {missing}." if missing else ""
        value = total.low if exact else f"{total.low:,} to {total.high:,}"
        low, high = (None, None) if exact else (total.low, total.high)
        yield Row(total.name, name.capitalize(), value, "", low, high, note)


def _rates(told: Series) -> Iterator[Row]:
    yield rate_row("false_alerts_per_face", "False alerts per face", told.per_face)
    yield rate_row("false_alerts_per_alert", "False alerts per alert", told.per_alert)
    confirmed = told.confirmed_per_face, told.confirmed_per_alert
    yield rate_row("confirmed_false_per_face", "Confirmed false alerts per face", confirmed[0])
    yield rate_row("confirmed_false_per_alert", "Confirmed false alerts per alert", confirmed[1])


def _recall(told: Series) -> Iterator[Row]:
    for pooled in told.recall.groups:
        share = pooled.recognised / pooled.passes if pooled.passes else None
        yield Row(
            f"true_recognition_rate:{pooled.group}", f"True recognition rate, {pooled.group}",
            share, "share", pooled.low, pooled.high,
            f"{pooled.recognised:,} of {pooled.passes:,} passes.",
        )  # fmt: skip
    for gap in told.recall.gaps:
        yield Row(
            f"gap:{gap.first}:{gap.second}", f"Gap between {gap.first} and {gap.second}",
            gap.points, "points", gap.low, gap.high,
        )  # fmt: skip
    for place, sentence in enumerate(told.recall.said, 1):
        yield Row(f"said:{place}", "What it says", sentence)
    if not told.recall.groups:
        yield Row("true_recognition_rate", "True recognition rate", None, note="No test was made.")


def _times(told: Series) -> Iterator[Row]:
    for name, title, measured in (
        ("seen_to_tablet", "From the camera to an officer's tablet", told.seen_to_tablet_ms),
        ("deletion", "From a passing's decision to its erasure", told.deletion_ms),
    ):
        for place, words in TIMES.items():
            yield Row(f"{name}_{place}_ms", f"{title}: {words}", measured.places[place], "ms")


def _trend(told: Series) -> Iterator[Drawn]:
    rows = [
        given(label(member), member.per_face)
        for member in told.members[-NEWEST:]
        if member.per_face is not None
    ]
    if rows and told.per_face is not None:
        rows.append(given("All together", told.per_face))
        alt = "; ".join(f"{row.label}: {row.text}" for row in rows)
        caption = f"The newest {NEWEST} deployments at most, oldest first, with 95 % intervals."
        yield Drawn("rates", "False alerts per face", caption, plots.of_rates(rows, alt))


def _tests(told: Series) -> Iterator[Drawn]:
    tests = [(label(each), each.recall) for each in told.members[-NEWEST:] if each.recall]
    groups = [(each.group, each) for each in told.recall.groups]
    for title, passed in (
        ("True recognition rate by deployment", tests),
        ("True recognition rate by group, over all tests", groups),
    ):
        rows = [
            Given(name, one.low, one.recognised / one.passes, one.high, f"{one.passes:,}")
            for name, one in passed
            if one.passes
        ]
        if rows:
            alt = ", ".join(f"{row.label}: {row.text} passes" for row in rows)
            caption = "Passes of volunteers that were recognised, with 95 % intervals."
            yield Drawn("recall", title, caption, plots.of_shares(rows, alt))


def _hours(told: Series) -> Iterator[Drawn]:
    yield from times("From the camera to an officer's tablet", told.seen_to_tablet_ms)
    yield from times("From a passing's decision to its erasure", told.deletion_ms)
