"""`lfr bench record`: how long the public record takes, from a log on the disk to the page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from appliance.bench.day import MORNING, Day, lines
from appliance.oversight import keys
from appliance.oversight.log import open_log
from appliance.oversight.proof import Proof
from appliance.oversight.record.press import publish, publish_series
from appliance.oversight.record.series import load, merge
from appliance.oversight.record.source import draw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.oversight.note import Key

BATCH: Final = 1000
NOTE: Final = (
    "record_s: the whole log proved and read, and page, table and JSON written, of its last day. "
    "series_s: as many records as there are days read again, merged and written. Times of one run."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    faces: int = 20_000
    alerts: int = 50
    days: int = 1
    """All of which stand in one log."""


def bench(wishes: Wishes) -> Mapping[str, object]:
    """Write the log of so many days, then time the record of the last and the series of all.

    Returns:
        `days, faces, alerts, entries, record_s, series_s, note`.
    """
    with TemporaryDirectory(prefix="lfr-record-") as folder:
        place = Path(folder)
        key = _write(place / "log", wishes)
        started_s = time.perf_counter()
        entries = _record(place, key, _day(wishes, wishes.days).deployment_id)
        record_s = time.perf_counter() - started_s
        for number in range(1, wishes.days):
            _record(place, key, _day(wishes, number).deployment_id)
        started_s = time.perf_counter()
        publish_series(merge([load(file) for file in sorted(place.glob("*.json"))]), place)
        series_s = time.perf_counter() - started_s
    return {
        "days": wishes.days,
        "faces": wishes.faces,
        "alerts": wishes.alerts,
        "entries": entries,
        "record_s": round(record_s, 3),
        "series_s": round(series_s, 3),
        "note": NOTE,
    }


def _day(wishes: Wishes, number: int) -> Day:
    starts_at = MORNING + timedelta(days=number - 1)
    return Day(f"day-{number}", wishes.faces, wishes.alerts, seed=number, starts_at=starts_at)


def _write(folder: Path, wishes: Wishes) -> Key:
    pen = keys.own(folder.parent / "keys", "lfr/bench")
    said = [line for number in range(wishes.days) for line in lines(_day(wishes, number + 1))]
    with open_log(folder, pen) as log:
        for first in range(0, len(said), BATCH):
            log.append(said[first : first + BATCH])
    return pen.key


def _record(place: Path, key: Key, deployment_id: str) -> int:
    told = draw(Proof(place / "log", key), deployment_id)
    publish(told, place)
    return told.log.entries
