"""`lfr bench log`: how fast entries come to the disk, and how long their proof takes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from appliance.domain.candidate import Band
from appliance.domain.watchlist import Ground
from appliance.oversight import entries, keys
from appliance.oversight.log import open_log
from appliance.oversight.proof import Proof
from appliance.oversight.scribe import open_scribe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from appliance.oversight.note import Pen

ALERT: Final = entries.Alerted(
    alert_id="0" * 32, camera="mast-1", watchlist_id="list-1", ground=Ground.COURT, band=Band.LIKELY
)
NOTE: Final = (
    "appends_per_s: as the van says them, one by one, until the last is on the disk. alone_per_s: "
    "each waited for before the next is said. verify_s: all of the first proved. Times of one run."
)


@dataclass(frozen=True)
class Wishes:
    """What is to be measured."""

    appends: int = 100_000
    alone: int = 200


def bench(wishes: Wishes) -> Mapping[str, object]:
    """Fill a log in the computer's folder for temporary files, and prove it.

    Returns:
        `entries, appends_per_s, alone_per_s, verify_s, bytes, note`.
    """
    with TemporaryDirectory(prefix="lfr-log-") as folder:
        place = Path(folder)
        pen = keys.own(place, "lfr/bench")
        append_s = _append(place / "log", pen, wishes.appends)
        alone_s = _alone(place / "alone", pen, wishes.alone)
        started_s = time.perf_counter()
        proved = sum(1 for _ in Proof(place / "log", pen.key).entries())
        verify_s = time.perf_counter() - started_s
        size = sum(file.stat().st_size for file in (place / "log").rglob("*") if file.is_file())
    return {
        "entries": proved,
        "appends_per_s": round(wishes.appends / append_s),
        "alone_per_s": round(wishes.alone / alone_s),
        "verify_s": round(verify_s, 3),
        "bytes": size,
        "note": NOTE,
    }


def _append(folder: Path, pen: Pen, count: int) -> float:
    with open_scribe(folder, pen) as scribe:
        started_s = time.perf_counter()
        for _ in range(count):
            scribe.say("van", ALERT)
        scribe.settle()
        return time.perf_counter() - started_s


def _alone(folder: Path, pen: Pen, count: int) -> float:
    lines = [entries.entry("van", ALERT).line for _ in range(count)]
    with open_log(folder, pen) as log:
        started_s = time.perf_counter()
        for line in lines:
            log.append([line])
        return time.perf_counter() - started_s
