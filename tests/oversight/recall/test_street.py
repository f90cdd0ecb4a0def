"""Volunteers pass, tap and are recognised or not; what is counted, and what is kept meanwhile."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.errors import InputError, LapsedError, MachineError
from appliance.oversight.recall.book import Book
from appliance.oversight.recall.plan import Pass
from tests.oversight.recall.conftest import NOON


def told(standing):
    return {
        one.group: (one.recognised, one.passes, one.volunteers) for one in standing.recalled.passes
    }


def test_a_pass_is_recognised_or_missed_and_each_group_has_its_own_count(street, plan):
    street.begin(plan("ann", "bob", ann=("sex/female",), bob=("sex/male",)))
    street.walk("ann", recognised=True)
    street.walk("ann", recognised=False)
    street.walk("bob", recognised=True)
    assert told(street.count()) == {
        "all": (2, 3, 2), "sex/female": (1, 2, 1), "sex/male": (1, 1, 1),
    }  # fmt: skip
    assert street.count().recalled.deployment_id == "d-1"


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-2.1, False), (-2, True), (0, True), (19.9, True), (20, False)]
)
def test_a_recognition_counts_within_the_time_of_the_pass_alone(street, plan, seconds, counts):
    street.begin(plan("ann"))
    street.clock.pass_by(100)
    tap = street.clock.now
    street.book.mark("CODE-ann")
    street.clock.now = tap + timedelta(seconds=seconds)
    street.book.note("ann")
    street.clock.now = tap + timedelta(seconds=60)
    standing = street.count()
    assert told(standing)["all"] == (int(counts), 1, 1)
    assert standing.beside == (not counts)


def test_several_recognitions_make_one_pass(street, plan):
    street.begin(plan("ann"))
    street.book.mark("CODE-ann")
    for _ in range(3):
        street.book.note("ann")
    street.clock.pass_by(60)
    assert told(street.count())["all"] == (1, 1, 1)


def test_one_volunteers_recognition_is_no_others(street, plan):
    street.begin(plan("ann", "bob"))
    street.book.mark("CODE-ann")
    street.book.note("bob")
    street.clock.pass_by(60)
    assert told(street.count())["all"] == (0, 1, 1)


def test_a_pass_whose_time_is_not_over_is_not_counted_yet(street, plan):
    street.begin(plan("ann"))
    street.book.mark("CODE-ann")
    street.clock.pass_by(19)
    assert (street.count().open, told(street.count())["all"]) == (1, (0, 0, 0))
    street.clock.pass_by(1)
    assert (street.count().open, told(street.count())["all"]) == (0, (0, 1, 1))


def test_a_second_tap_is_no_second_pass(street, plan):
    street.begin(plan("ann"))
    assert street.book.mark("CODE-ann")[1] == 1
    street.clock.pass_by(21)
    with pytest.raises(InputError, match="noted already") as refused:
        street.book.mark("CODE-ann")
    assert refused.value.mend == "Pass again in 1 seconds."
    street.clock.pass_by(1)
    assert street.book.mark("CODE-ann")[1] == 2


def test_a_schedule_says_who_passes_when_and_nobody_taps(street, plan):
    schedule = [Pass(code="CODE-ann", at=NOON + timedelta(seconds=s)) for s in (30, 60)]
    street.begin(plan("ann", schedule=schedule))
    with pytest.raises(InputError, match="has a schedule"):
        street.book.mark("CODE-ann")
    street.clock.pass_by(31)
    street.book.note("ann")
    assert street.count().open == 2
    street.clock.pass_by(60)
    assert told(street.count())["all"] == (1, 2, 1)


@pytest.mark.parametrize(
    ("seconds", "fault"), [((30, 51), "twice within 22 seconds"), ((1,), "has begun")]
)
def test_a_schedule_that_cannot_be_counted_is_refused(street, plan, seconds, fault):
    schedule = [Pass(code="CODE-ann", at=NOON + timedelta(seconds=s)) for s in seconds]
    with pytest.raises(InputError, match=fault):
        street.begin(plan("ann", schedule=schedule))
    assert street.book.plan() is None


def test_who_passes_often_and_is_never_recognised_may_not_be_on_the_list(street, plan):
    street.begin(plan("ann", "bob"))
    for _ in range(4):
        street.walk("ann", recognised=False)
    assert street.count().never == 0
    street.walk("ann", recognised=False)
    for _ in range(5):
        street.walk("bob", recognised=True)
    assert street.count().never == 1


def test_people_who_are_always_or_never_recognised_are_worth_few_passes(street, plan):
    street.begin(plan("ann", "bob"))
    for _ in range(10):
        street.walk("ann", recognised=True)
        street.walk("bob", recognised=False)
    assert street.count().recalled.passes[0].effect == pytest.approx(20)


def test_of_whoever_takes_no_part_nothing_is_written_down(street, plan):
    street.book.note("ann")  # no test runs
    street.begin(plan("ann"))
    street.book.note("eve")
    assert street.book.sightings() == []
    with pytest.raises(InputError, match="Nobody takes part"):
        street.book.mark("CODE-eve")


def test_without_a_test_nobody_taps(street):
    with pytest.raises(LapsedError, match="No recall test runs"):
        street.book.mark("CODE-ann")
    assert (street.book.marks(), street.book.sightings()) == ([], [])
    street.book.erase()


def test_one_test_at_a_time(street, plan):
    street.begin(plan("ann"))
    with pytest.raises(InputError, match="A recall test runs"):
        street.begin(plan("bob"))
    assert street.book.require().volunteers[0].reference == "ann"


def test_when_a_test_is_over_nothing_of_it_is_left(street, plan, memory):
    street.begin(plan("ann"))
    street.walk("ann", recognised=True)
    for file in memory.rglob("*"):
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077
    files = [*memory.rglob("recall/*")]
    assert {file.name for file in files} == {"plan", "marks", "sightings"}
    (memory / "kept").hardlink_to(memory / "recall" / "sightings")
    street.book.erase()
    assert [file.name for file in memory.rglob("*")] == ["kept"]
    assert not any((memory / "kept").read_bytes())


def test_a_test_outlives_the_process_that_began_it(street, plan, memory, clock):
    street.begin(plan("ann"))
    street.walk("ann", recognised=True)
    street.book = Book(memory, clock)
    assert told(street.count())["all"] == (1, 1, 1)


def test_a_line_that_was_not_written_whole_counts_for_nothing(street, plan, memory):
    street.begin(plan("ann"))
    street.walk("ann", recognised=True)
    with (memory / "recall" / "sightings").open("ab") as opened:
        opened.write(b'{"code":"CODE-ann","at":"20')
    assert told(street.count())["all"] == (1, 1, 1)


def test_volunteers_are_never_written_to_a_disk(plan, clock):
    with pytest.raises(MachineError, match="lies on a disk"):
        Book(Path("/proc"), clock).begin(plan("ann"))  # no memory of ours, on any Linux


def test_a_folder_that_is_not_there_is_said_and_stops_no_van(plan, clock, memory):
    book = Book(memory / "nothing", clock)
    with pytest.raises(MachineError, match="cannot be written down"):
        book.begin(plan("ann"))
    book.note("ann")


def test_a_van_looks_on_where_a_sighting_cannot_be_written(street, plan, memory):
    street.begin(plan("ann"))
    (memory / "recall" / "sightings").mkdir()
    street.book.note("ann")
    assert street.book.sightings() == []


def test_what_another_user_would_write_the_van_could_not_read(street, plan, memory, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(MachineError, match="another user's") as refused:
        street.begin(plan("ann"))
    assert "sudo -u lfr" in refused.value.mend
    assert not any(memory.iterdir())
    monkeypatch.undo()
    street.begin(plan("ann"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(MachineError, match="another user's"):
        street.book.mark("CODE-ann")
    assert street.book.marks() == []


def test_a_van_that_looks_on_hears_of_the_next_test(street, plan, memory, clock):
    van = Book(memory, clock)
    van.note("ann")
    street.begin(plan("ann"))
    van.note("ann")
    assert van.plan() is van.plan()  # read once
    street.book.erase()
    van.note("ann")
    street.begin(plan("bob"))
    van.note("ann")
    van.note("bob")
    assert [one.code for one in van.sightings()] == ["CODE-bob"]
