"""What became of every alert and of every decision, by the word of all who saw it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.bench.likeness import taken_ns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

OUTLASTS_S = 30.0
"""An alert that lives so long outlasts every outage of the bench, so that it must be shown."""
LIVE = ("new", "again")
"""Looks of an alert on a screen that an officer may act on."""


@dataclass
class Account:
    """Keeps what van and tablets say, from any thread."""

    lives_s: dict[str, float] = field(default_factory=dict[str, float])
    """The alerts that the van has taken, and how long each is worth showing."""
    sights: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)
    """Of which tablet, of which alert, and what was said of it."""
    made: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """The decisions that were tapped: of which tablet, on which alert."""
    undelivered: dict[str, int] = field(default_factory=dict[str, int])
    rings: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    """The pages that called their officer, and to which alert."""
    repeats: int = 0
    """Calls to an alert that the page had called to before, or had said to be in sight."""
    ready: set[str] = field(default_factory=set[str])
    seen_ms: list[float] = field(default_factory=list[float])
    """From the capture stamp to the first tablet's word, by the van's own clock."""
    _lock: Lock = field(default_factory=Lock)

    def hear(self, name: str, told: Mapping[str, Any]) -> None:
        """Take one word of the van or of a tablet."""
        with self._lock:
            if "sight" in told:
                self.sights.append((name, told["sight"], told))
            elif "made" in told:
                self.made[told["made"]] = (name, told["alert"])
            elif "undelivered" in told:
                self.undelivered[name] = told["undelivered"]
            else:
                self._hear_more(name, told)

    def _hear_more(self, name: str, told: Mapping[str, Any]) -> None:
        if "put" in told:
            self.lives_s[told["put"]] = told["life_s"]
        elif "ring" in told:
            called = name, told["ring"]
            self.repeats += told["again"] or called in self._in_sight()
            self.rings.add(called)
        elif "seen_ms" in told:
            self.seen_ms.append(told["seen_ms"])
        elif "ready" in told:
            self.ready.add(name)

    def shown(self) -> set[str]:
        """Name the alerts that some tablet has shown as live."""
        with self._lock:
            return {alert for _, alert, told in self.sights if told["look"] in LIVE}

    def figures(self, tablets: Collection[str]) -> dict[str, int]:
        """Count what went wrong with alerts.

        Args:
            tablets: All that were there, apart from being killed for a while.

        Returns:
            `alerts`; `lost`: shown live by no tablet; `missed`: of all tablets and all alerts that
            nobody has answered, those that a tablet did not show while the alert lived;
            `too_short`: shown live by no tablet, but over within what an outage may last;
            `duplicates`: shown as new more than once by one tablet, or called to again (but a page
            that died over its call calls again: nobody may have seen the alert);
            `expired_shown`: shown as live after its end; `sent_again`: told silently to a tablet
            that had it.
        """
        with self._lock:
            return self._figures(tablets)

    def _figures(self, tablets: Collection[str]) -> dict[str, int]:
        # A page whose word on an alert was lost with its line has shown it all the same.
        live = self._in_sight() | self.rings
        new = Counter((name, alert) for name, alert, told in self.sights if told["look"] == "new")
        answered = {alert for _, alert in self.made.values()}
        lasting = {alert for alert, life_s in self.lives_s.items() if life_s >= OUTLASTS_S}
        unseen = self.lives_s.keys() - {alert for _, alert in live}
        return {
            "alerts": len(self.lives_s),
            "lost": len(unseen & lasting),
            "too_short": len(unseen - lasting),
            "missed": len({(name, a) for name in tablets for a in lasting - answered} - live),
            "duplicates": sum(times - 1 for times in new.values()) + self.repeats,
            "expired_shown": sum(self._late(alert, told) for _, alert, told in self.sights),
            "sent_again": sum(told["look"] == "again" for _, _, told in self.sights),
        }

    def _in_sight(self) -> set[tuple[str, str]]:
        return {(name, alert) for name, alert, told in self.sights if told["look"] in LIVE}

    def _late(self, alert: str, told: Mapping[str, Any]) -> bool:
        life_s = self.lives_s.get(alert)
        if life_s is None or told["look"] not in LIVE:
            return False
        return float(told["shown_ns"]) - taken_ns(alert) > life_s * 1e9

    def settle(self, held: Sequence[str]) -> dict[str, int]:
        """Compare the decisions that were tapped with those that the van holds on its disk.

        Args:
            held: Ids, one for each time that a decision stands in the van's ledger.
        """
        times = Counter(held)
        return {
            "decisions": len(self.made),
            "decisions_lost": sum(times[decision] == 0 for decision in self.made),
            "decisions_twice": sum(count - 1 for count in times.values()),
        }

    def spans_ms(self, until: str, tablet: str | None = None) -> list[float]:
        """Give the times from the capture stamp to `heard_ns` or `shown_ns`, each tablet's."""
        return [
            (told[until] - taken_ns(alert)) / 1e6
            for name, alert, told in self.sights
            if told["look"] == "new" and tablet in {None, name}
        ]


def spread(spans_ms: Sequence[float]) -> dict[str, float]:
    """Sum up times: `p50, p95, p99, max`, in ms, and how many they are."""
    if not spans_ms:
        return {"count": 0}
    middle, most, nearly = np.percentile(spans_ms, (50, 95, 99))
    told = {"p50": middle, "p95": most, "p99": nearly, "max": max(spans_ms)}
    return {"count": len(spans_ms), **{name: round(float(v), 2) for name, v in told.items()}}


def held(ledger: Path) -> list[str]:
    """Read the ids of the decisions that stand on the van's disk, each as often as it does."""
    lines = [line for file in ledger.glob("*.jsonl") for line in file.read_bytes().splitlines()]
    rows = [json.loads(line) for line in lines]
    return [json.loads(row["said"]["event"])["id"] for row in rows if row.get("said")]
