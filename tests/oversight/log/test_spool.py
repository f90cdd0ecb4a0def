"""What others leave for the log comes into it once, as theirs, and nothing else does."""

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.errors import MachineError
from appliance.oversight import entries, shelf, spool
from appliance.oversight.entries import Disclosed, Forgotten, Refused, entry
from appliance.oversight.log import open_log
from appliance.oversight.scribe import open_scribe
from appliance.oversight.spool import MOST, MOST_OF_OTHERS, Spool
from tests.oversight.log.conftest import look, make_pen

ROOT = Path(__file__).parents[3]
KILLS, SEED = 60, "3"
LIST = Refused(of="list")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "audit"


@pytest.fixture
def take(place):
    """Take over as the van does, believing itself, or as if what lies there were another's."""

    def take(believed=None):
        with open_log(place / "log", make_pen()) as log:
            Spool(place / "spool", believed).take(log)
        return [entries.read(line) for line in look(place / "log")]

    return take


def leave(place, fact=LIST, **changes):
    said = entry("tablet/tablet-7", fact).model_copy(update=changes)
    Spool(place / "spool").drop(said)
    return said


def lying(place):
    return sorted(file.name for file in (place / "spool").iterdir())


def facts(told):
    return [one.fact for one in told]


def test_what_is_left_comes_into_the_log_in_its_order_and_lies_there_no_more(place, take):
    left = [leave(place, Forgotten(of="faces", count=number)) for number in range(5)]
    told = take()
    assert [(one.id, one.at, one.fact) for one in told] == [
        (one.id, one.at, one.fact) for one in left
    ]
    assert lying(place) == []


def test_who_said_it_is_the_file_s_owner_whatever_stands_in_it(place, take):
    leave(place)
    (told,) = take()
    assert told.who == f"user/{'root' if os.geteuid() == 0 else os.geteuid()}"


def test_a_person_s_account_is_a_number_and_a_service_s_has_its_name():
    assert spool._who(0) == "user/root"
    assert spool._who(1000) == "user/1000"
    assert spool._who(987) == "user/987"


def test_whoever_is_half_believed_may_say_that_something_was_refused_and_nothing_else(place, take):
    leave(place, Disclosed(alert_id="alert-1"))
    leave(place, Refused(of="spool"))
    leave(place, Refused(of="list"), why="A list is older than the one that is held.")
    told = take(believed=())
    assert facts(told) == [Refused(of="list"), Refused(of="spool", count=2)]
    assert told[0].why == "A list is older than the one that is held."
    assert lying(place) == []


def test_a_flood_of_another_s_is_counted_and_kept_short(place, take):
    for _ in range(MOST_OF_OTHERS + 5):
        leave(place)
    told = take(believed=())
    assert len(told) == MOST_OF_OTHERS + 1
    assert told[-1].fact == Refused(of="spool", count=5)


def test_however_much_lies_there_it_is_taken_in_pieces(place, take):
    for _ in range(MOST + 3):
        leave(place)
    assert len(take()) == MOST
    assert len(take()) == MOST + 3


def test_nothing_was_said_in_the_future(place, take):
    leave(place, at=datetime.now(timezone.utc) + timedelta(days=3))
    (told,) = take()
    assert told.at <= datetime.now(timezone.utc)


@pytest.mark.parametrize(
    "make",
    [
        lambda file: file.write_bytes(b"{" * 20_000),
        lambda file: file.write_bytes(b"x" * (shelf.MOST_BYTES + 1)),
        lambda file: file.symlink_to("/etc/passwd"),
        os.mkfifo,
        lambda file: file.mkdir(),
        lambda file: file.write_bytes(entry("van", LIST).line),
        lambda file: file.touch(),
    ],
    ids=["deep", "long", "link", "pipe", "folder", "other-name", "empty"],
)
def test_what_is_no_entry_is_counted_and_removed(place, take, make):
    leave(place)
    make(place / "spool" / "a.json")
    assert [*facts(take())][-1] == Refused(of="spool", count=1)
    assert lying(place) == []


@pytest.mark.parametrize("spoil", ["open", "second-name"])
def test_a_file_that_others_could_have_written_is_not_its_owner_s_word(place, take, spoil):
    file = place / "spool" / f"{leave(place).id}.json"
    if spoil == "open":
        file.chmod(0o666)
    else:
        os.link(file, place / "second")
    assert facts(take()) == [Refused(of="spool", count=1)]


def test_what_cannot_be_removed_is_counted_once(place):
    (place / "spool" / "a.json" / "full").mkdir(parents=True)
    held = Spool(place / "spool")
    with open_log(place / "log", make_pen()) as log:
        for _ in range(3):
            held.take(log)
        assert log.checkpoint.size == 1


def test_what_somebody_has_begun_is_left_to_them_for_an_hour(place, take):
    leave(place)
    for name, age_s in ((".new.new", 0), (".old.new", spool.LEFT_S + 1)):
        file = place / "spool" / name
        file.touch()
        written_s = datetime.now(timezone.utc).timestamp() - age_s
        os.utime(file, (written_s, written_s))
    take()
    assert lying(place) == [".new.new"]


@given(data=st.binary(max_size=300))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_lie_there_the_log_goes_on(place, take, data):
    (place / "spool").mkdir(parents=True, exist_ok=True)
    (place / "spool" / "a.json").write_bytes(data)
    assert facts(take())[-1] == Refused(of="spool", count=1)


def test_a_disk_that_refuses_is_said_to_whoever_leaves_something(tmp_path):
    (tmp_path / "spool").touch()
    with pytest.raises(MachineError, match="cannot be left in spool"):
        Spool(tmp_path / "spool").drop(entry("van", LIST))


def test_a_log_that_is_being_written_takes_it_over_within_its_next_second(place):
    left = leave(place)
    with open_scribe(place / "log", make_pen(), Spool(place / "spool").take):
        while lying(place):
            pass
        later = leave(place)
        while lying(place):
            pass
    assert [entries.read(line).id for line in look(place / "log")] == [left.id, later.id]


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_said_twice_however_often_both_are_killed(place):
    command = [sys.executable, "-m", "tests.oversight.log.dropper", str(place), str(KILLS), SEED]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    ids = Counter(entries.read(line).id for line in look(place / "log"))
    assert set(told.split()) <= set(ids)
    assert len(told.split()) >= KILLS
    assert max(ids.values()) == 1


def test_a_log_whose_disk_refuses_the_mark_takes_nothing_and_loses_nothing(place, take):
    left = leave(place)
    (place / ".taken.new").mkdir()
    with pytest.raises(MachineError, match="cannot be written"):
        take()
    (place / ".taken.new").rmdir()
    assert [one.id for one in take()] == [left.id]
