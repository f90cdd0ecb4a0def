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
from appliance.oversight.recall.book import Book

TABLE = Timetable("V-001", (0.0, 6.4, 13.6), 5.8)


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


def test_each_drawn_pass_counts_whether_it_was_recognised(van, settings):
    book = volunteers.begin(van, TABLE, settings)
    plan = book.require()
    began = plan.began_at
    starts_s = [(one.at - began).total_seconds() for one in plan.schedule]
    assert starts_s == pytest.approx(TABLE.starts_s)
    book.note("V-001")
    assert [one.code for one in book.sightings()] == [plan.volunteers[0].code]


def test_what_it_comes_to_is_said_with_its_interval(van, settings, monkeypatch):
    book = volunteers.begin(van, TABLE, settings)
    book.note("V-001")
    began = book.require().began_at
    monkeypatch.setattr(volunteers, "utc_now", lambda: began + timedelta(seconds=14))
    out = io.StringIO()
    volunteers.tell(book, Screen(Console(file=out, width=200), headless=True))
    first, people = out.getvalue().splitlines()
    assert first.startswith("Recall    all  1 of 2 recognised, 50.0 % (95 %:")
    assert people.strip().startswith("1 volunteer passed 2 times: too few")


def test_of_a_test_that_has_ended_nothing_is_said(settings):
    out = io.StringIO()
    volunteers.tell(Book(settings.oversight.interim), Screen(Console(file=out), headless=True))
    assert out.getvalue() == ""


def test_where_nothing_is_looked_for_there_is_no_test(settings):
    assert volunteers.begin(SimpleNamespace(law=None), TABLE, settings) is None


def test_a_computer_without_a_folder_in_memory_has_a_demo_all_the_same(van):
    nowhere = SimpleNamespace(oversight=SimpleNamespace(interim=Path("/proc")))
    assert volunteers.begin(van, TABLE, nowhere) is None
