"""A process that has seen a face leaves nothing of its memory: no core, no swap, no remains."""

import os
import subprocess
import sys

import pytest

from appliance import sealing
from tests.check.sealed import LITTLE, as_an_ordinary_user, bare, may_lock, python, told_of

SEAL = "from appliance import sealing; sealing.seal(); print(*(s.value for s in sealing.held()))"
ALL = sealing.environment({})


def test_a_process_seals_itself_as_far_as_it_is_allowed():
    done = subprocess.check_output(
        [sys.executable, "-m", "appliance.sealing"], text=True, env=bare()
    )
    locked = ["locked"] if may_lock() else []
    assert done.split() == ["no_core", *locked, "overwritten"]


def test_what_was_not_sealed_is_not_said_to_be():
    assert python("from appliance import sealing; print(len(sealing.held()))") == ["0"]


def test_whose_memory_cannot_be_locked_goes_on_and_says_so():
    code = f"{SEAL}; print(len(bytearray({4 * LITTLE})))"
    assert python(code, before=as_an_ordinary_user, **ALL) == [
        "no_core", "overwritten", str(4 * LITTLE),
    ]  # fmt: skip


def test_memory_that_is_taken_later_is_locked_too():
    code = (
        "from appliance import sealing; sealing.lock(); held = bytearray(10**8)\n"
        "print(sealing.is_locked(sealing.SELF))"
    )
    assert python(code) == [str(may_lock())]


# -- Cores


def test_who_crashes_leaves_nothing_however_much_its_user_allows(tmp_path):
    crash = f"import os; {SEAL}; os.abort()"
    ended = subprocess.Popen([sys.executable, "-c", crash], cwd=tmp_path, stdout=subprocess.PIPE)
    assert b"no_core" in ended.communicate()[0]
    assert ended.returncode < 0
    assert not list(tmp_path.iterdir())


def test_what_it_starts_leaves_nothing_either():
    code = (
        "import subprocess, sys; from appliance import sealing; sealing.leave_no_core()\n"
        "ask = 'from appliance import sealing; print(sealing.leaves_no_core(sealing.SELF))'\n"
        "subprocess.run([sys.executable, '-c', ask], check=True)"
    )
    assert python(code) == ["True"]


def test_who_is_sealed_may_be_sealed_again():
    assert python(f"{SEAL}; sealing.seal(); print(len(sealing.held()))", **ALL)[-1] in {"2", "3"}


def test_who_may_be_read_by_an_auditor_does_not_say_that_nobody_reads_it():
    code = (
        "import ctypes; from appliance import sealing; sealing.seal(readable=True)\n"
        "print(sealing.Seal.NO_CORE in sealing.held(), sealing.leaves_no_core(sealing.SELF))"
    )
    assert python(code) == ["False", "True"]


@pytest.mark.parametrize(
    ("found", "leaves_none"),
    [
        ({}, True),
        ({"core": "unlimited"}, False),
        ({"core": "1024"}, False),
        ({"filtered": "00000033"}, False),
    ],
)
def test_of_any_process_it_can_be_told_whether_it_leaves_a_core(tmp_path, found, leaves_none):
    assert sealing.leaves_no_core(told_of(tmp_path / "17", **found)) == leaves_none


@pytest.mark.parametrize(
    ("found", "locked"),
    [
        ({}, True),
        ({"locked_kb": 799}, False),
        ({"locked_kb": 0}, False),
        ({"swapped_kb": 4}, False),
    ],
)
def test_of_any_process_it_can_be_told_whether_it_is_locked(tmp_path, found, locked):
    assert sealing.is_locked(told_of(tmp_path / "17", **found)) == locked


# -- What is freed


@pytest.mark.parametrize("missing", [*ALL, None])
def test_each_of_the_three_settings_is_needed_and_they_suffice(missing):
    given = {name: value for name, value in ALL.items() if name != missing}
    told = python("from appliance import sealing; print(sealing.overwrites())", **given)
    assert told == [str(missing is None)]


def test_a_program_that_is_begun_anew_is_the_same_with_the_same_words():
    code = (
        "import os, sys; from appliance import sealing\n"
        "print(os.getpid(), len(sealing.environment(os.environ)) == len(os.environ), flush=True)\n"
        "sealing.begin_anew(); print(*sys.argv, sys.flags.utf8_mode)"
    )
    done = subprocess.check_output(
        [sys.executable, "-X", "utf8", "-c", code, "run", "--settings", "a b"],
        text=True, env=bare(),
    )  # fmt: skip
    first, second, last = done.splitlines()
    number = first.split()[0]
    assert (first, second) == (f"{number} False", f"{number} True")
    assert last == "-c run --settings a b 1"


def test_only_who_was_not_told_how_to_free_is_begun_anew(monkeypatch):
    begun = []
    monkeypatch.setattr(os, "execve", lambda *given: begun.append(given))
    monkeypatch.setattr(os, "environ", {"PATH": "/bin", **ALL})
    sealing.begin_anew()
    assert not begun
    monkeypatch.setattr(os, "environ", {"PATH": "/bin"})
    sealing.begin_anew()
    ((program, words, told),) = begun
    assert program == words[0] == sys.executable
    assert told == {"PATH": "/bin", **ALL}


def test_it_is_found_by_trying():
    told = sealing.environment(os.environ) == os.environ
    assert sealing.overwrites() == told
    assert (sealing.Seal.OVERWRITTEN in sealing.held()) == told


def test_who_cannot_be_begun_anew_goes_on_and_is_not_said_to_overwrite():
    code = (
        "import sys; from appliance import sealing; sys.executable = '/nowhere/python'\n"
        "sealing.begin_anew(); print(sealing.overwrites())"
    )
    assert python(code) == ["False"]


def test_what_somebody_has_tuned_stays_tuned():
    others = {"PATH": "/bin", "GLIBC_TUNABLES": "glibc.malloc.arena_max=2"}
    given = sealing.environment(others)
    assert given["PATH"] == "/bin"
    assert given["GLIBC_TUNABLES"] == "glibc.malloc.arena_max=2:glibc.malloc.tcache_count=0"
    assert sealing.environment(given) == given
