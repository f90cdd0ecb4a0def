"""Many records as one: sums, with hidden cells as ranges, and intervals worked out anew."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import AwareDatetime  # noqa: TC002  # it reads it at run time

from appliance import durable
from appliance.domain.watchlist import Reference  # noqa: TC001  # pydantic reads it at run time
from appliance.errors import InputError
from appliance.oversight.fact import Fact
from appliance.oversight.record.measures import Amount, Measured, Passed, Portion, Rate
from appliance.oversight.record.pooled import Pool, Sum, pool
from appliance.oversight.record.record import Answers, Origin, Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from appliance.oversight.record.cells import Few

FILE_BYTES: Final = 4_000_000
"""A record of a day has some 20 kB."""
MOST_FILES: Final = 10_000
SEEN: Final = (
    "faces_seen", "detections", "erased", "unencoded", "overflow", "frames", "dropped_frames",
    "bad_frames", "spans", "cut_short",
)  # fmt: skip
SMALLEST, LARGEST = 1, 4
"""Of what is said to be "1 to 4"."""


class Total(Fact):
    """A sum over the records that have the figure."""

    name: str
    low: Sum
    """As low as the hidden cells allow."""
    high: Sum
    records: Sum


class Member(Fact):
    """One deployment of the series."""

    deployment_id: Reference
    origin: Origin
    opened_at: AwareDatetime
    faces: Sum
    alerts: Sum
    false_alerts: Sum | None
    per_face: Rate | None
    recall: Passed | None
    """Of all volunteers; where there were several tests, of the last."""
    uptime: Portion | None
    deletion_p999_ms: Amount | None
    seen_to_tablet_p99_ms: Amount | None


class Series(Fact):
    """The whole series, in the order in which its deployments were opened."""

    kind: Literal["lfr.series/1"] = "lfr.series/1"
    members: tuple[Member, ...]
    totals: tuple[Total, ...]
    looked_s: float
    open_s: float
    """Of deployments that are closed."""
    uptime: Portion | None
    per_face: Rate | None
    per_alert: Rate | None
    confirmed_per_face: Rate | None
    confirmed_per_alert: Rate | None
    seen_to_tablet_ms: Measured
    deletion_ms: Measured
    recall: Pool


def load(file: Path) -> Record:
    """Read a record that somebody has given.

    Raises:
        InputError: it cannot be read, is too large, or is none.
    """
    try:
        data = durable.read(file, FILE_BYTES)
    except OSError as error:
        raise InputError(
            f"{file.name} cannot be read: {error.strerror}.", mend="Name the records' JSON files."
        ) from None
    try:
        if len(data) <= FILE_BYTES:
            return Record.model_validate_json(data, strict=True)
    except (ValueError, OverflowError):
        pass
    raise InputError(
        f"{file.name} is no record of this version, or its figures contradict each other.",
        mend="Get the JSON file again that `lfr deployment record` wrote.",
    ) from None


def merge(records: Sequence[Record]) -> Series:
    """Merge records.

    Raises:
        InputError: there is none, one is there twice, or they count more than can be.
    """
    if not 0 < len(records) <= MOST_FILES:
        raise InputError(
            f"A series is of 1 to {MOST_FILES} records.", mend="Name the records' JSON files."
        )
    _require_different(records)
    told = sorted(records, key=lambda each: (each.deployment.opened_at, each.log.origin))
    try:
        return _merge(told)
    except ValueError:
        raise InputError(
            "Together the records count more than can be.", mend="Merge fewer of them."
        ) from None


def _merge(told: Sequence[Record]) -> Series:
    closed = [each.seen for each in told if each.seen.open_s]
    open_s = sum(seen.open_s or 0.0 for seen in closed)
    answered = [each for each in told if each.alerts.false_alerts is not None]
    faces = sum(each.seen.faces_seen for each in answered)
    others = sum(each.alerts.alerts - each.alerts.volunteers for each in answered)
    wrong = sum(each.alerts.false_alerts or 0 for each in answered)
    confirmed = sum(_confirmed(each) for each in answered)
    return Series(
        members=tuple(_member(each) for each in told),
        totals=tuple(_totals(told)),
        looked_s=sum(each.seen.looked_s for each in told),
        open_s=open_s,
        uptime=min(1.0, sum(seen.looked_s for seen in closed) / open_s) if open_s else None,
        per_face=_rate(wrong, faces),
        per_alert=_rate(wrong, others),
        confirmed_per_face=_rate(confirmed, faces),
        confirmed_per_alert=_rate(confirmed, others),
        seen_to_tablet_ms=_times(each.seen_to_tablet_ms for each in told),
        deletion_ms=_times(each.deletion_ms for each in told),
        recall=pool(test.passed for each in told for test in each.recall),
    )


def _require_different(records: Iterable[Record]) -> None:
    known = Counter((each.log.origin, each.deployment.deployment_id) for each in records)
    twice = [deployment for (_, deployment), count in known.items() if count > 1]
    if twice:
        raise InputError(
            f"There are two records of {twice[0]}, of one van.", mend="Give the newer one alone."
        )


def _rate(hits: int, trials: int) -> Rate | None:
    return Rate.of(hits, trials) if hits <= trials else None


def _confirmed(told: Record) -> int:
    rate = told.alerts.confirmed_per_alert
    return rate.hits if rate else 0


def _member(told: Record) -> Member:
    return Member(
        deployment_id=told.deployment.deployment_id,
        origin=told.log.origin,
        opened_at=told.deployment.opened_at,
        faces=told.seen.faces_seen,
        alerts=told.alerts.alerts,
        false_alerts=told.alerts.false_alerts,
        per_face=told.alerts.per_face,
        recall=told.recall[-1].passed[0] if told.recall and told.recall[-1].passed else None,
        uptime=told.seen.uptime,
        deletion_p999_ms=told.deletion_ms.p999,
        seen_to_tablet_p99_ms=told.seen_to_tablet_ms.p99,
    )


def _totals(told: Sequence[Record]) -> Iterator[Total]:
    ranges: dict[str, list[tuple[int, int]]] = {}
    for each in told:
        for name, low, high in _figures(each):
            ranges.setdefault(name, []).append((low, high))
    for name, found in ranges.items():
        yield Total(
            name=name,
            low=sum(low for low, _ in found),
            high=sum(high for _, high in found),
            records=len(found),
        )


def _figures(told: Record) -> Iterator[tuple[str, int, int]]:
    """Give each figure of a record that can be added up, and within what it lies."""
    exact: dict[str, Any] = {name: getattr(told.seen, name) for name in SEEN}
    exact |= {"alerts": told.alerts.alerts, "volunteer_alerts": told.alerts.volunteers}
    if told.alerts.answers is not None:
        exact |= {name: getattr(told.alerts.answers, name) for name in Answers.model_fields}
        exact["false_alerts"] = told.alerts.false_alerts
    for name, count in exact.items():
        yield name, count, count
    for name, (low, high) in told.alerts.grounds.ranges().items():
        yield f"alert_ground:{name}", low, high
    for stops in told.alerts.ethnicity or ():
        came = f"{stops.engagement.value}:{stops.disposal.value}"
        yield f"stops:{came}", stops.people.total, stops.people.total
        for name, (low, high) in stops.people.ranges().items():
            yield f"ethnicity:{came}:{name}", low, high
    for name in ("taken_off", "held", "disclosed"):
        yield name, *_few(getattr(told.upkeep, name))


def _few(count: Few) -> tuple[int, int]:
    return (SMALLEST, LARGEST) if isinstance(count, str) else (count, count)


def _times(measured: Iterable[Measured]) -> Measured:
    counts: Counter[int] = Counter()
    for each in measured:
        counts.update(each.counts)
    return Measured.of(counts)
