"""What a log says of each deployment, gathered entry by entry."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from appliance.errors import InputError
from appliance.oversight import entries, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from appliance.domain.lamp import Lamp
    from appliance.sealing import Seal


def understand(line: bytes) -> entries.Entry:
    """Read an entry of a log that is whole.

    Raises:
        InputError: it is of another version.
    """
    try:
        return entries.read(line)
    except ValueError:
        raise InputError(
            "The log holds an entry that this version does not know.",
            mend="Use the version that the van has, or a newer one.",
        ) from None


@dataclass
class Story:
    """What the log says of one deployment."""

    opened: entries.Opened
    opened_at: datetime
    openings: int = 0
    closed: entries.Closed | None = None
    closed_at: datetime | None = None
    finished: bool = False
    software: list[str] = field(default_factory=list[str])
    sealed: set[Seal] | None = None
    """What held at each start, as far as any start has told."""
    lists: dict[str, entries.Listed] = field(default_factory=dict[str, entries.Listed])
    applied: list[entries.Applied] = field(default_factory=list[entries.Applied])
    alerted: dict[str, entries.Alerted] = field(default_factory=dict[str, entries.Alerted])
    spans: dict[str, figures.Counted] = field(default_factory=dict[str, figures.Counted])
    parts: list[figures.Concluded] = field(default_factory=list[figures.Concluded])
    """What became of alerts that were erased while the deployment went on."""
    concluded: figures.Concluded | None = None
    """What became of all of them, once it is closed."""
    recalled: list[figures.Recalled] = field(default_factory=list[figures.Recalled])
    scored: dict[str, figures.Scored] = field(default_factory=dict[str, figures.Scored])
    lamps: Counter[Lamp] = field(default_factory=Counter["Lamp"])
    refused: Counter[str] = field(default_factory=Counter[str])
    erased: Counter[str] = field(default_factory=Counter[str])
    marked: dict[str, set[str]] = field(default_factory=dict[str, "set[str]"])
    """Of which alerts there is an entry of a kind."""
    taken_off: int = 0
    exported: int = 0


class Stories:
    """All deployments of a log, in the order in which they were first opened."""

    def __init__(self) -> None:
        self.known: dict[str, Story] = {}
        self.count = 0
        self.last_at: datetime | None = None
        """When the last entry was written."""
        self._now: Story | None = None
        """Under which somebody is looked for, so that what is said without a name is of it."""
        self._last: Story | None = None
        """What older logs say without a name is of it, also when nobody is looked for any more."""
        self._of: dict[str, Story] = {}
        self._started = entries.Started(version="not said")
        self._ways: dict[type, Callable[[Any, datetime], None]] = {
            entries.Started: self._start,
            entries.Opened: self._open,
            entries.Closed: self._close,
            entries.Finished: self._finish,
            entries.Alerted: self._alert,
            **dict.fromkeys((entries.Held, entries.Disclosed), self._mark),
            entries.Exported: self._export,
            entries.Unsent: self._unsend,
            entries.Forgotten: self._forget,
            figures.Counted: self._count,
            figures.Concluded: self._conclude,
            figures.Recalled: self._recall,
            figures.Scored: self._score,
        }

    def take(self, lines: Iterable[bytes]) -> None:
        """Go through entries, in their order.

        Raises:
            InputError: as of `understand`.
        """
        for line in lines:
            entry = understand(line)
            self.count, self.last_at = self.count + 1, entry.at
            way = self._ways.get(type(entry.fact), self._add)
            way(entry.fact, entry.at)

    def _start(self, fact: entries.Started, _: datetime) -> None:
        self._started, self._now = fact, None

    def _open(self, fact: entries.Opened, at: datetime) -> None:
        story, started = self.known.setdefault(fact.deployment_id, Story(fact, at)), self._started
        story.openings += 1
        if started.version not in story.software:
            story.software.append(started.version)
        if started.sealed is not None:
            held = set(started.sealed)
            story.sealed = held if story.sealed is None else story.sealed & held
        self._now = self._last = story

    def _close(self, fact: entries.Closed, at: datetime) -> None:
        story = self.known.get(fact.deployment_id)
        if story is not None and story.closed is None:
            story.closed, story.closed_at = fact, at

    def _finish(self, fact: entries.Finished, _: datetime) -> None:
        if fact.deployment_id in self.known:
            self.known[fact.deployment_id].finished = True

    def _alert(self, fact: entries.Alerted, _: datetime) -> None:
        if self._now is not None:
            self._now.alerted[fact.alert_id] = fact
            self._of[fact.alert_id] = self._now

    def _mark(self, fact: entries.Held | entries.Disclosed, _: datetime) -> None:
        story = self._of.get(fact.alert_id)
        if story is not None:
            story.marked.setdefault(fact.what, set()).add(fact.alert_id)

    def _export(self, fact: entries.Exported, _: datetime) -> None:
        story = self._named(fact.deployment_id)
        if story is not None:
            story.exported += fact.alerts

    def _unsend(self, fact: entries.Unsent, _: datetime) -> None:
        story = self._named(fact.deployment_id)
        if story is not None:
            story.exported = max(0, story.exported - fact.alerts)

    def _forget(self, fact: entries.Forgotten, _: datetime) -> None:
        story = self._named(fact.deployment_id)
        if story is not None:
            story.erased[fact.of] += fact.count

    def _named(self, deployment_id: str | None) -> Story | None:
        return self._last if deployment_id is None else self.known.get(deployment_id)

    def _count(self, fact: figures.Counted, _: datetime) -> None:
        if fact.deployment_id in self.known:
            self.known[fact.deployment_id].spans[fact.span] = fact

    def _conclude(self, fact: figures.Concluded, _: datetime) -> None:
        story = self.known.get(fact.deployment_id)
        if story is None:
            return
        if fact.part:
            story.parts.append(fact)
        else:
            story.concluded = reduce(figures.added, story.parts, fact)

    def _recall(self, fact: figures.Recalled, _: datetime) -> None:
        if fact.deployment_id in self.known:
            self.known[fact.deployment_id].recalled.append(fact)

    def _score(self, fact: figures.Scored, _: datetime) -> None:
        if fact.deployment_id in self.known:
            self.known[fact.deployment_id].scored[fact.model_id] = fact

    def _add(self, fact: entries.Anything, _: datetime) -> None:
        """Take what is said without a name: it is of the deployment that goes on."""
        story = self._now
        if story is None:
            return
        match fact:
            case entries.Listed():
                story.lists.setdefault(fact.watchlist_id, fact)
            case entries.Applied():
                story.applied += [fact] if fact not in story.applied else []
            case entries.TakenOff():
                story.taken_off += fact.subjects
            case entries.Felt():
                story.lamps[fact.lamp] += 1
            case entries.Refused():
                story.refused[fact.of] += fact.count
            case _:
                pass
