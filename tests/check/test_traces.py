"""`lfr check` tells of the process on duty whether it keeps its memory to itself."""

import os

import pytest

from appliance import traces
from appliance.errors import InputError, MachineError, TrustError
from appliance.oversight import entries, keys
from appliance.oversight.log import open_log
from appliance.sealing import Seal
from appliance.traces import Traces
from tests.check.sealed import may_lock, told_of

PID = "4711"
EVERY = tuple(Seal)


@pytest.fixture
def folder(tmp_path):
    """Where a van's log and key lie."""
    return tmp_path / "audit"


@pytest.fixture
def proc(tmp_path):
    """What Linux tells of a computer on which nothing runs."""
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "locks").write_text("")
    (tmp_path / "proc" / "self").mkdir()
    return tmp_path / "proc"


@pytest.fixture
def begin(folder):
    """Have the program begin, and say in its log which seals it has."""
    pen = keys.own(folder, "lfr/van-1")

    def do(*starts):
        with open_log(folder / keys.LOG, pen) as log:
            facts = [entries.Started(version="1", sealed=sealed) for sealed in starts]
            log.append([entries.entry("van", fact).line for fact in facts])

    return do


@pytest.fixture
def on_duty(folder, proc, begin):
    """A process that has the log, and what Linux tells of it."""

    def do(sealed=EVERY, command="run", **found):
        begin(None, sealed)
        told_of(proc / PID, **found)
        (proc / PID / "cmdline").write_text(f"python\0/opt/lfr/bin/lfr\0{command}\0")
        place = (folder / keys.LOG).stat()
        device = f"{os.major(place.st_dev):02x}:{os.minor(place.st_dev):02x}"
        (proc / "locks").write_text(
            f"1: POSIX  ADVISORY  WRITE 99 {device}:{place.st_ino} 0 EOF\n"
            f"2: FLOCK  ADVISORY  WRITE 98 {device}:{place.st_ino + 1} 0 EOF\n"
            f"3: FLOCK  ADVISORY  WRITE {PID} {device}:{place.st_ino} 0 EOF\n"
            f"3: -> FLOCK  ADVISORY  WRITE 97 {device}:{place.st_ino} 0 EOF\n"
        )
        return Traces(folder, proc)

    return do


# -- On duty


def test_a_sealed_process_is_green_and_named(on_duty):
    probes = on_duty().probes
    for name in ("cores", "locked", "freed"):
        assert probes[name]().startswith(f"{PID}, on duty, "), name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("cores", {"core": "unlimited"}),
        ("cores", {"filtered": "00000033"}),
        ("cores", {"sealed": (Seal.LOCKED, Seal.OVERWRITTEN)}),
        ("locked", {"locked_kb": 64}),
        ("locked", {"swapped_kb": 64}),
        ("freed", {"sealed": (Seal.NO_CORE, Seal.LOCKED)}),
        ("freed", {"sealed": None}),
    ],
)
def test_what_is_not_sealed_is_red_with_its_mend_and_nothing_else_is(on_duty, name, found):
    probes = on_duty(**found).probes
    with pytest.raises(MachineError, match="The process on duty") as bad:
        probes[name]()
    assert "systemctl restart lfr-appliance" in bad.value.mend
    for other in {"locked", "log", "carriers"} - {name}:
        assert probes[other]()


def test_a_process_that_ends_while_it_is_looked_at_is_no_riddle(on_duty, proc):
    asked = on_duty()
    (proc / PID / "limits").unlink()
    with pytest.raises(MachineError, match="has ended") as bad:
        asked.cores()
    assert bad.value.mend == "Check again."


def test_who_has_the_log_for_a_moment_is_not_on_duty(on_duty):
    asked = on_duty(command="deployment", core="unlimited", locked_kb=0)
    assert asked.cores().startswith("nothing is on duty")
    assert asked.locked().startswith("nothing is on duty")


# -- Nothing is on duty


@pytest.mark.parametrize("begun", [False, True])
def test_where_nothing_is_on_duty_one_is_begun_and_asked(folder, proc, begin, begun):
    if begun:
        begin(EVERY)
    asked = Traces(folder, proc)
    assert asked.cores() == "nothing is on duty; a process that is begun here leaves no core"
    assert "overwrites what it frees" in asked.freed()
    assert asked._trial == ["no_core", *(["locked"] if may_lock() else []), "overwritten"]


@pytest.mark.parametrize(
    ("name", "held"),
    [("cores", "locked overwritten"), ("locked", "no_core"), ("freed", "no_core locked")],
)
def test_what_such_a_process_lacks_is_red(folder, proc, monkeypatch, name, held):
    monkeypatch.setattr(traces, "TRIAL", ("echo", *held.split()))
    monkeypatch.setattr(traces, "swaps", lambda: True)
    with pytest.raises(MachineError, match="A process that is begun here"):
        Traces(folder, proc).probes[name]()


@pytest.mark.parametrize(("held", "said"), [("", "nothing is swapped"), ("locked", "locks its")])
def test_begun_by_hand_it_need_not_be_locked_where_nothing_is_swapped(
    folder, proc, monkeypatch, held, said
):
    monkeypatch.setattr(traces, "TRIAL", ("echo", held))
    monkeypatch.setattr(traces, "swaps", lambda: False)
    assert said in Traces(folder, proc).locked()


# -- Who carries alerts


def serve(proc, number, unit, **found):
    folder = told_of(proc / number, **found)
    (folder / "cgroup").write_text(f"0::/system.slice/{unit}.service\n")


def test_servers_that_leave_no_core_are_named(folder, proc):
    assert Traces(folder, proc).carriers() == "no server of alerts runs here"
    serve(proc, "20", "mosquitto")
    serve(proc, "21", "nginx")
    serve(proc, "22", "nginx")
    serve(proc, "23", "sshd", core="unlimited")
    assert Traces(folder, proc).carriers() == "mosquitto, nginx leave none"


def test_a_server_that_would_leave_a_core_is_red(folder, proc):
    serve(proc, "20", "nginx")
    serve(proc, "21", "nginx", filtered="00000033")
    with pytest.raises(MachineError, match="nginx would leave alerts") as bad:
        Traces(folder, proc).carriers()
    assert "CoredumpFilter=0" in bad.value.mend


# -- The log


def test_a_whole_log_is_told_with_its_root(folder, proc, begin):
    assert Traces(folder, proc).log() == "none yet; lfr run begins it"
    begin(EVERY, EVERY)
    told = Traces(folder, proc).log()
    assert told.startswith("whole, 2 entries, root ")


def test_a_log_that_is_not_whole_is_red(folder, proc, begin):
    begin(EVERY)
    (tile,) = (folder / keys.LOG).glob("tile/entries/000.p/1")
    tile.write_bytes(tile.read_bytes()[:-1] + b"!")
    with pytest.raises(TrustError, match="of the log is not what it was"):
        Traces(folder, proc).log()


def test_a_log_that_grows_meanwhile_is_told_as_it_was(folder, proc, begin, monkeypatch):
    begin(EVERY)
    read = traces._last_start
    monkeypatch.setattr(traces, "_last_start", lambda proof: begin(EVERY) or read(proof))
    assert "whole, 1 entries" in Traces(folder, proc).log()
    assert "whole, 2 entries" in Traces(folder, proc).log()


def test_a_log_whose_key_is_gone_is_said(folder, proc, begin):
    begin(EVERY)
    (folder / keys.PUBLIC_FILE).unlink()
    with pytest.raises(InputError, match=r"key\.pub"):
        Traces(folder, proc).log()
