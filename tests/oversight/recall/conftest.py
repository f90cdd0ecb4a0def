"""Volunteers who pass, a clock that stands, and a book of the test in memory."""

import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from appliance.oversight.recall.book import Book
from appliance.oversight.recall.count import count
from appliance.oversight.recall.plan import Plan, Volunteer

NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Street:
    """A test that runs, with its volunteers by name."""

    book: Book
    clock: Clock
    codes: dict[str, str] = field(default_factory=dict)

    def begin(self, plan):
        self.codes = {one.reference: one.code for one in plan.volunteers}
        self.book.begin(plan)

    def walk(self, name, *, recognised):
        """Let somebody tap and pass, and wait until their pass is over."""
        self.book.mark(self.codes[name])
        self.clock.pass_by(5)
        if recognised:
            self.book.note(name)
        self.clock.pass_by(60)

    def count(self):
        return count(self.book.require(), self.book.marks(), self.book.sightings(), self.clock())


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def memory():
    """A folder that lies in memory, as every Linux has one."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def street(memory, clock):
    return Street(Book(memory, clock), clock)


@pytest.fixture
def plan():
    """A test with some volunteers, each of the groups that are named."""

    def make(*names, schedule=(), deployment_id="d-1", **groups):
        volunteers = [
            Volunteer(code=f"CODE-{name}", reference=name, groups=groups.get(name, ()))
            for name in names
        ]
        return Plan(
            deployment_id=deployment_id,
            began_at=NOON,
            before=timedelta(seconds=2),
            window=timedelta(seconds=20),
            volunteers=volunteers,
            schedule=schedule,
        )

    return make
