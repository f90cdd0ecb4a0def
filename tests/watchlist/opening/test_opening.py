"""A list is opened in a child, examined there, and taken over into memory that is never on disk."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from appliance.domain.ending import End, EndedError
from appliance.errors import InputError, LapsedError, MachineError, TrustError
from appliance.watchlist import locked, opening
from appliance.watchlist.bundle import pack
from appliance.watchlist.opening import Opening
from tests.watchlist.bundles import VAN, a_list, a_subject
from tests.watchlist.repository import MODEL, MOMENT

WAIT_S = 30


@pytest.fixture
def begin(van):
    """Start an opening, and end it with the test."""
    begun = []

    def start(held="", model_id=MODEL, wall=MOMENT, **more):
        begun.append(Opening(van.settings, VAN, model_id, held, wall=wall, **more))
        return begun[-1]

    yield start
    for each in begun:
        each.close()


def test_the_list_in_force_is_opened_and_lies_in_this_process(van, begin):
    sent = a_list()
    van.send(sent)
    opened = begin().wait()
    assert opened.watchlist.head == sent.head
    assert list(opened.watchlist.subjects) == list(sent.subjects)
    assert opened.watchlist.commitments.tobytes() == sent.commitments.tobytes()
    assert opened.authority.watchlist_id == "list-1"
    assert opened.generation == "000001"
    assert opened.valid_until == MOMENT + timedelta(hours=24)
    assert opened.key_id in van.keyring.ids()
    assert (opened.withdrawn, opened.refused) == ((), "")
    opened.watchlist.erase()


def test_nobody_waits_for_a_child_that_is_at_work(van, begin):
    van.send()
    one = begin()
    assert one.poll() is None
    opened = one.wait()
    assert one.poll() is opened
    opened.watchlist.erase()


def test_an_erased_list_is_zeros_for_whoever_still_looks_at_it(van, begin):
    van.send()
    watchlist = begin().wait().watchlist
    watchlist.erase()
    watchlist.erase()
    assert not watchlist.templates.any()
    assert not watchlist.subjects.records.any()
    assert not watchlist.subjects.thumbnails.any()
    with pytest.raises(InputError):
        watchlist.subjects[0]


def test_the_bundle_that_is_held_is_not_opened_again(van, begin):
    van.send()
    first = begin().wait()
    first.watchlist.erase()
    van.keyring.destroy_all()
    again = begin(held=first.bundle_sha256).wait()
    assert again.watchlist is None
    assert again.bundle_sha256 == first.bundle_sha256


def test_what_is_taken_back_comes_with_it(van, begin):
    gone = bytes(range(32))
    van.repository.withdraw(gone, bytes(32))
    van.send()
    opened = begin().wait()
    assert opened.withdrawn == (gone, bytes(32))
    opened.watchlist.erase()


def test_what_is_taken_back_is_known_even_where_no_list_is_good(van, begin):
    van.repository.withdraw(bytes(32))
    van.repository.revoke("d-9")
    van.send()
    one = begin(model_id="another")
    with pytest.raises(TrustError, match="another encoder"):
        one.wait()
    assert one.withdrawn == (bytes(32),)
    assert one.revoked == ("d-9",)


def test_a_refusal_of_the_child_is_an_error_of_its_family_here(van, begin):
    van.send()
    with pytest.raises(EndedError) as ended:
        begin(wall=MOMENT + timedelta(hours=7)).wait()
    assert ended.value.end is End.DEPLOYMENT_OVER
    van.store.retire(van.store.current())
    with pytest.raises(LapsedError, match="no watchlist"):
        begin().wait()


def test_a_list_that_is_larger_than_a_pipe_holds_comes_through(van, begin):
    van.repository.withdraw(*(bytes([n % 256, n // 256]) * 16 for n in range(5_000)))
    van.send()
    opened = begin().wait()
    assert len(opened.withdrawn) == len(set(opened.withdrawn)) == 5_000
    opened.watchlist.erase()


# -- The child


def hear(one):
    """Wait until the child has said something."""
    heard, _, _ = select.select([one._pipe], [], [], WAIT_S)
    assert heard


def test_the_child_is_polite_small_silent_and_on_its_cores(van, begin):
    van.send()
    one = begin(cpus=(0,))
    hear(one)
    child = one._child
    limits = Path(f"/proc/{child.pid}/limits").read_text()
    assert "Max core file size        0 " in limits
    assert "Max data size             1073741824 " in limits
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= 10
    assert os.sched_getaffinity(child.pid) == {0}
    one.wait().watchlist.erase()


def test_a_child_dies_with_whoever_started_it(van):
    van.send()
    # A parent that is killed at once, with no time to tidy up.
    script = (
        "import os, select, signal, sys\n"
        "from pathlib import Path\n"
        "from types import SimpleNamespace\n"
        "from datetime import datetime\n"
        "from appliance.watchlist.opening import Opening\n"
        "f = Path(sys.argv[1])\n"
        "s = SimpleNamespace(folder=f / 'store', keyring=f / 'keyring', root=f / 'root.json')\n"
        "o = Opening(s, 'van-1', 'e' * 64, wall=datetime.fromisoformat(sys.argv[2]))\n"
        "select.select([o._pipe], [], [])\n"
        "print(o._child.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, van.root.parent, MOMENT.isoformat()],
        stdout=subprocess.PIPE,
        check=False,
    )
    child = int(done.stdout)
    with suppress(ProcessLookupError):  # gone, and taken notice of
        process = os.pidfd_open(child)
        dead, _, _ = select.select([process], [], [], WAIT_S)
        os.close(process)
        assert dead


def test_giving_up_leaves_neither_process_nor_memory(van, begin):
    van.send()
    one = begin()
    memory, child = one._memory, one._child
    one.close()
    one.close()
    assert child.returncode is not None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(memory)


def test_what_a_killed_child_had_written_is_erased(van, begin, monkeypatch):
    erased = []
    erase = locked.Room.erase
    monkeypatch.setattr(locked.Room, "erase", lambda room: (erased.append(room.size), erase(room)))
    van.send()
    one = begin()
    hear(one)
    one.close()
    assert erased == [len(pack(a_list()))]


FAKES = {
    "says nothing": "import sys; sys.stdin.readline()",
    "ended before": "import os; os.kill(os.getpid(), 9)",
    "nobody understands": "print('{}{'); input()",
    "before it was done": "print('{\"withdrawn\": 2}')",
    "more than it may": "import sys; sys.stdout.write('x' * 10**6)",
    "its process says nothing": "print('{}'); input(); input()",
    "took more than": "import sys; sys.stdin.read()",
}


@pytest.mark.parametrize("told", FAKES)
def test_a_child_that_breaks_down_is_told_and_nothing_is_left(told, van, begin, monkeypatch):
    monkeypatch.setattr(opening, "OPENER", ("-c", FAKES[told]))
    monkeypatch.setattr(opening, "MOST_BYTES", 10**5)
    if told == "took more than":
        monkeypatch.setattr(opening, "LIMIT_S", 0.0)
    expected = "ended before" if told == "says nothing" else told
    one = begin()
    with pytest.raises(MachineError, match=expected):
        one.wait()
    assert one._child.returncode is not None


def test_a_child_that_cannot_be_started_is_told(begin, monkeypatch):
    made = []
    make = locked.make
    monkeypatch.setattr(locked, "make", lambda: made.append(make()) or made[-1])
    monkeypatch.setattr(opening.sys, "executable", "/nowhere/python")
    with pytest.raises(MachineError, match="cannot be started"):
        begin()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made[0])


def test_a_child_that_promises_what_it_did_not_write_is_found_out(van, begin, monkeypatch):
    van.send()
    opened = begin().wait()
    opened.watchlist.erase()
    answer = (
        f'{{"found": {{"generation": "1", "authority": {opened.authority.model_dump_json()}, '
        f'"bundle_sha256": "", "key_id": "", "valid_until": "2026-05-05T00:00:00Z", '
        f'"opened": true}}}}'
    )
    grown = "import os, sys, json; m = json.loads(sys.stdin.readline())['memory'];"
    for fill, error in (("", MachineError), ("os.write(m, b'x' * 5000);", InputError)):
        monkeypatch.setattr(
            opening, "OPENER", ("-c", f"{grown} {fill} print({answer!r}, flush=True); input()")
        )
        with pytest.raises(error):
            begin().wait()


def test_a_long_list_keeps_its_order(van, begin):
    subjects = [a_subject(f"V-{n:04}", images=1 + n % 3) for n in range(300)]
    van.send(a_list(subjects), authority={"maximum_subjects": 300})
    watchlist = begin().wait().watchlist
    assert [len(subject.images) for subject in watchlist.subjects[:4]] == [1, 2, 3, 1]
    assert watchlist.subjects[299].reference == "V-0299"
    watchlist.erase()
