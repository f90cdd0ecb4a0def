"""What worse pictures do, in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.evaluation.spoil import KINDS
from appliance.evaluation.words import gain, percent, rate, with_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from appliance.evaluation.degradation import Row
    from appliance.evaluation.endurance import Degradation
    from appliance.evaluation.gates import Gated

TOLD = {("size", 40.0), ("size", 30.0)}
"""Levels that a card tells of: where a van is meant to look, and its least."""
REFUSED = 0.2
FUSED_HEADS = (
    "spoilt",
    "FPIR",
    "first shot alone",
    "all alike",
    "weighed, as the van does; more points than the first",
    "points by weights",
    "FPIR so spoilt",
)
HEADS = (
    "probes",
    "face / eyes, px",
    "likeness",
    "no template",
    "gate takes",
    "FNMR",
    "of those taken",
    "FMR",
)


def tables(result: Degradation) -> Iterator[tuple[str, Sequence[str], list[Sequence[str]]]]:
    """Give each table: its title, heads and rows."""
    found = [f"TPIR, FPIR {rate(one.rate)} (so spoilt)" for one in result.plain.rates]
    for curve in result.curves:
        rows = [("as they are", *_cells(result.plain))]
        rows += [(f"{row.level:g}", *_cells(row)) for row in curve.rows]
        yield curve.title, (curve.unit, *HEADS, *found), [*rows]
    if result.rejected:
        heads = ("refused by", *map(percent, result.shares))
        rows = [(one.measure, *map(with_interval, one.fnmr)) for one in result.rejected]
        yield "Mixture: FNMR of what is left when the worst is refused", heads, [*rows]
    if result.fused:
        yield _fused(result)
    for gate in result.gates:
        yield _gate(gate)


def _fused(result: Degradation) -> tuple[str, Sequence[str], list[Sequence[str]]]:
    title = f"{result.lists.shots} pictures fused as shots, TPIR in lists of {result.lists.size:,}"
    return title, FUSED_HEADS, [*fused_rows(result)]


def fused_rows(result: Degradation) -> Iterator[tuple[str, ...]]:
    """Give a row for each step and rate: what fusing the same passings' shots gives back."""
    for one in result.fused:
        of = KINDS[one.kind].title if one.kind else "As they are"
        spoilt = f"{of}, {one.level:g}" if one.kind else of
        for at in one.rates:
            yield (
                spoilt,
                rate(at.rate),
                with_interval(at.first),
                with_interval(at.alike),
                f"{with_interval(at.weighed)}{gain(at.gained)}",
                gain(at.by_weights).removeprefix(", "),
                rate(at.fpir.value),
            )


def _gate(gate: Gated) -> tuple[str, Sequence[str], list[Sequence[str]]]:
    now = " to ".join(f"{one:g}" for one in gate.now)
    title = f"{gate.measure}, gate at {now}: what comes in when it is opened and the others stay"
    rows = [
        (between(one.low, one.high), f"{one.tried:,}", with_interval(one.fnmr))
        for one in gate.bins
        if one.tried
    ]
    return title, (gate.unit, "sights", "FNMR"), [*rows]


def conditions(result: Degradation) -> Iterator[str]:
    """Say what was otherwise than in the van."""
    if result.width_px:
        yield f"Faces were brought to {result.width_px:g} px of width before all else."
    if not result.closer:
        yield "Small faces were looked at once only, where the van looks twice."
    if result.lists.score == "cosine":
        yield "Scores are plain cosines; the van takes something off for crowded entries."


def between(low: float, high: float | None) -> str:
    """Write from where to where something was counted."""
    return f"{low:g} and more" if high is None else f"{low:g} to {high:g}"


def refusals(result: Degradation) -> Iterator[str]:
    """Say of each gate whom it alone refuses, and where it would belong."""
    for gate in result.gates:
        if gate.refused:
            false = f"{rate(gate.fmr_refused.value)} against {rate(gate.fmr_taken.value)}"
            yield (
                f"{gate.measure}: this gate alone refuses {gate.refused:,} sights, FNMR "
                f"{with_interval(gate.fnmr_refused)}, FMR {false} of those taken."
            )
        if gate.half is not None:
            yield f"{gate.measure}: below {gate.half:g} a sight more likely misses than matches."


def reaches(result: Degradation) -> Iterator[str]:
    """Say from where on each way is too much."""
    for curve in result.curves:
        if curve.reach is not None:
            yield (
                f"{curve.title}: FNMR reaches {percent(result.bearable)} at {curve.reach:.2g} "
                f"{curve.unit}."
            )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        f"{row.tried:,}",
        f"{row.width_px:.0f} / {row.eyes_px:.0f}",
        spelt(row.score),
        percent(row.lost.value),
        percent(row.taken.value),
        with_interval(row.fnmr),
        with_interval(row.fnmr_taken),
        rate(row.fmr.value),
        *(f"{with_interval(one.tpir)} ({rate(one.fpir.value)})" for one in row.rates),
    )


def spelt(score: float | None) -> str:
    """Write a mean score."""
    return "-" if score is None else f"{score:.2f}"


def facts(result: Degradation) -> Iterator[str]:
    """Say in whole sentences what belongs on a model's card."""
    yield from reaches(result)
    for curve in result.curves:
        for row in curve.rows:
            if (curve.kind, row.level) in TOLD and row.rates:
                at = row.rates[-1]
                yield (
                    f"{curve.title}, {row.level:g} {curve.unit}: FNMR {with_interval(row.fnmr)} in "
                    f"operation; TPIR {with_interval(at.tpir)} in lists of {result.lists.size:,}, "
                    f"where an FPIR of {percent(at.rate)} is allowed of good pictures."
                )
    yield from _given_back(result)
    for one in result.rejected:
        first, worst = one.fnmr[0], one.fnmr[result.shares.index(REFUSED)]
        yield (
            f"Mixture of spoilt pictures: FNMR {with_interval(first)}; {with_interval(worst)} of "
            f"what is left when {percent(REFUSED)} are refused by {one.measure}."
        )
    yield from refusals(result)


def _given_back(result: Degradation) -> Iterator[str]:
    for one in result.fused:
        if one.kind and (one.kind, one.level) in TOLD:
            at, kind = one.rates[-1], KINDS[one.kind]
            yield (
                f"{kind.title}, {one.level:g} {kind.unit}, {result.lists.shots} pictures fused as "
                f"shots: TPIR {with_interval(at.weighed)} where an FPIR of {percent(at.rate)} is "
                f"allowed of good pictures; of the first alone {with_interval(at.first)}."
            )
