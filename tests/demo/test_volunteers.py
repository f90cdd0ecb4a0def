"""The demo's recall test counts the passes that are drawn, and says what it comes to."""

import io
import tempfile
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from appliance.demo import volunteers, walk
from appliance.demo.film import Timetable, timetable
from appliance.demo.screen import Screen
from appliance.demo.volunteers import RecallTest
from appliance.oversight.interim import Interim
from appliance.oversight.recall.book import utc_now

TABLE = Timetable("V-001", (0.0, 6.4, 13.6), 5.8, 20.0)


@pytest.fixture
def settings():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:
        yield SimpleNamespace(oversight=SimpleNamespace(interim=Path(memory)))


@pytest.fixture
def van():
    authority = SimpleNamespace(deployment_id="demo-1-1")
    return SimpleNamespace(law=SimpleNamespace(deployment=SimpleNamespace(authority=authority)))


def test_the_timetable_holds_every_moment_in_which_the_film_shows_the_face():
    table = timetable()
    seen = [
        number / walk.FPS
        for number in range(walk.FPS * walk.SECONDS)
        if table.reference in dict(walk.faces(number / walk.FPS))
    ]
    assert seen
    passes = [(start_s, start_s + table.lasts_s) for start_s in table.starts_s]
    assert all(any(start <= moment < end for start, end in passes) for moment in seen)
    assert all(any(start <= moment < end for moment in seen) for start, end in passes)


@pytest.fixture
def test(settings):
    """A test of a film that began three seconds ago."""
    return RecallTest(TABLE, settings, utc_now() - timedelta(seconds=3))


def test_each_drawn_pass_that_is_to_come_counts_in_every_round(test, van):
    test.begin(van)
    plan = test._book.require()
    assert plan.deployment_id == "demo-1-1"
    starts_s = [(one.at - test._began).total_seconds() for one in plan.schedule[:4]]
    assert starts_s == pytest.approx([6.4, 13.6, 20.0, 26.4])
    test._book.note("V-001")
    assert [one.code for one in test._book.sightings()] == [plan.volunteers[0].code]


def test_what_it_comes_to_is_said_with_its_interval(test, van, monkeypatch):
    test._began = utc_now() + timedelta(seconds=1)
    test.begin(van)
    test._book._clock = lambda: test._began + timedelta(seconds=3)
    test._book.note("V-001")
    monkeypatch.setattr(volunteers, "utc_now", lambda: test._began + timedelta(seconds=14))
    out = io.StringIO()
    test.tell(Screen(Console(file=out, width=200), headless=True))
    first, people = out.getvalue().splitlines()
    assert first.startswith("Recall    all  1 of 2 recognised, 50.0 % (95 %:")
    assert people.strip().startswith("1 volunteer passed 2 times: too few")


def test_under_another_authority_it_begins_anew(test, van, settings):
    test.begin(van)
    test.begin(van)
    first = test._book.require()
    assert [fact.what for fact in Interim(settings.oversight.interim).conclude("demo-1-1")] == [
        "recalled"
    ]
    van.law.deployment.authority.deployment_id = "demo-2-1"
    test.begin(van)
    assert test._book.require().deployment_id == "demo-2-1"
    assert test._book.require().volunteers[0].code != first.volunteers[0].code


def test_of_a_test_that_has_ended_nothing_is_said(test):
    out = io.StringIO()
    test.tell(Screen(Console(file=out), headless=True))
    assert out.getvalue() == ""


def test_where_nothing_is_looked_for_there_is_no_test(test):
    test.begin(SimpleNamespace(law=None))
    assert test._book.plan() is None


def test_a_computer_without_a_folder_in_memory_has_a_demo_all_the_same(van):
    nowhere = SimpleNamespace(oversight=SimpleNamespace(interim=Path("/proc")))
    test = RecallTest(TABLE, nowhere, utc_now())
    test.begin(van)
    assert test._book.plan() is None
