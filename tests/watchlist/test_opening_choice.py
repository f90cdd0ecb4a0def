"""Which list is in force: the newest that is good, and never one that its force has taken back."""

from __future__ import annotations

import runpy
import sys
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace

import numpy as np
import pytest

from appliance.domain.ending import End, EndedError
from appliance.errors import InputError, LapsedError, MachineError, SettingsError, TrustError
from appliance.watchlist import locked, opener
from appliance.watchlist.asking import Answer, Refusal, Request
from appliance.watchlist.bundle import pack, view
from appliance.watchlist.refusals import EncoderError
from tests.watchlist.bundles import VAN, Van, a_list, a_subject, forged
from tests.watchlist.repository import MODEL, MOMENT


@pytest.fixture
def van(tmp_path):
    return Van(tmp_path)


@pytest.fixture
def memory():
    return locked.make()


@pytest.fixture
def request_of(van, memory):
    def make(held="", model_id=MODEL, wall=MOMENT, **changes):
        fields = {
            "parent": 1,
            "memory": memory,
            **vars(van.settings),
            "van": VAN,
            "model_id": model_id,
            "held_sha256": held,
            "wall": wall,
        }
        return Request(**{**fields, **changes})

    return make


@pytest.fixture
def ask(request_of, memory):
    """Do what the child does, here; give its answer."""

    def serve(*args, **more):
        told = BytesIO()
        opener.serve(request_of(*args, **more), told)
        line, _, rest = told.getvalue().partition(b"\n")
        answer = Answer.model_validate_json(line)
        assert len(rest) == 32 * answer.withdrawn
        if answer.refusal:
            raise answer.refusal.error()
        return answer.found

    yield serve
    room = locked.take(memory) if locked.os.fstat(memory).st_size else None
    if room:
        room.erase()


@pytest.fixture
def lies(memory):
    """Read what lies in the memory now."""

    def read():
        size = locked.os.fstat(memory).st_size
        return locked.os.pread(memory, size, 0)

    return read


def another(**changes):
    return a_list((a_subject("V-9"),), seed=9, **changes)


def test_a_deployment_that_is_still_to_come_does_not_end_the_one_before_it(van, ask):
    van.send()
    soon = MOMENT + timedelta(minutes=5)
    later = {"watchlist_id": "list-2", "starts_at": soon.isoformat()}
    van.send(another(watchlist_id="list-2"), authority=later)
    found = ask()
    assert found.generation == "000001"
    assert "not begun" in found.refused
    assert ask(wall=soon).generation == "000002"


def test_the_newest_list_is_opened(van, ask, lies):
    van.send()
    van.send(another(watchlist_id="list-2"), authority={"watchlist_id": "list-2"})
    found = ask()
    assert (found.generation, found.opened, found.refused) == ("000002", True, "")
    assert view(lies()).id == "list-2"


def test_a_list_that_is_made_for_another_encoder_leaves_the_one_before_in_force(van, ask, lies):
    van.send()
    van.send(another(model_id="another"))
    found = ask()
    assert found.generation == "000001"
    assert "another encoder" in found.refused
    assert view(lies()).subjects[0].reference == "V-001"


SPOILT = {
    "the length 1": {"data": forged(templates=np.zeros((3, 16), np.float16))},
    "not that of a list": {"data": b"x" * 100},
    "shorter than": {"custom": {"plain_bytes": len(pack(a_list())) + 50}},
    "longer than": {"data": bytes(10**6), "custom": {"plain_bytes": 10}},
    "signed for": {"custom": {"subjects": 1}},
    "damaged, or not for this van": {"cipher": b"no age file" * 999},
    "no longer, on this van": {"custom": {"key_id": "f" * 16}},
    "longer than the authority allows": {"authority": {"maximum_subjects": 1}},
    "another watchlist": {"authority": {"watchlist_id": "list-7"}},
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_list_that_is_refused_leaves_the_one_before_in_force(fault, van, ask, lies):
    van.send(a_list())
    van.send(a_list(seed=8), **SPOILT[fault])
    found = ask()
    assert found.generation == "000001"
    assert fault in found.refused
    assert lies() == pack(a_list())


@pytest.mark.parametrize("fault", SPOILT)
def test_a_list_that_is_refused_with_none_before_is_told_and_leaves_nothing(fault, van, ask, lies):
    van.send(a_list(), **SPOILT[fault])
    with pytest.raises((TrustError, InputError), match=fault):
        ask()
    assert not lies().strip(b"\0")


def change_a_byte(file):
    data = bytearray(file.read_bytes())
    data[-20] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (change_a_byte, "not the file that was signed"),
        (lambda f: f.write_bytes(f.read_bytes()[:-1]), "not the file that was signed"),
        (lambda f: f.write_bytes(f.read_bytes() + b"x"), "longer than"),
        (lambda f: f.write_bytes(b""), "not the file that was signed"),
        (lambda f: f.unlink(), "not there"),
        (lambda f: (f.unlink(), f.symlink_to("/dev/zero")), "ordinary file"),
    ],
)
def test_a_bundle_that_was_changed_on_the_disk_is_refused(van, ask, spoil, fault):
    generation = van.send()
    spoil(generation.bundle)
    with pytest.raises((TrustError, InputError), match=fault):
        ask()


def test_both_lists_spoilt_tell_of_the_newest(van, ask):
    change_a_byte(van.send().bundle)
    van.send(another(model_id="another"))
    with pytest.raises(TrustError, match="another encoder"):
        ask()


# -- What has ended


def test_what_was_taken_back_since_counts_for_the_list_before(van, ask):
    van.send()
    van.repository.revoke("d-1")
    van.send(another(model_id="another"), authority={"deployment_id": "d-2"})
    with pytest.raises(TrustError, match="another encoder"):
        ask()


def test_the_list_that_is_held_ends_although_a_newer_one_is_refused(van, ask):
    held = van.send().label().bundle_sha256
    van.repository.revoke("d-1")
    van.send(another(model_id="another"), authority={"deployment_id": "d-2"})
    with pytest.raises(EndedError) as ended:
        ask(held)
    assert ended.value.end is End.REVOKED


def test_a_list_that_is_held_goes_on_where_the_newer_one_is_refused(van, ask, lies):
    held = van.send().label().bundle_sha256
    van.send(another(model_id="another"))
    found = ask(held)
    assert (found.bundle_sha256, found.opened) == (held, False)
    assert found.refused
    assert not lies()


@pytest.mark.parametrize(
    ("spoil", "end"),
    [
        (lambda van: van.repository.revoke("d-1"), End.REVOKED),
        (lambda van: van.store.close("d-1", MOMENT, End.BUTTON), End.BUTTON),
    ],
)
def test_an_end_is_told_and_nothing_is_opened(van, ask, lies, spoil, end):
    spoil(van)
    van.send()
    with pytest.raises(EndedError) as ended:
        ask()
    assert ended.value.end is end
    assert not lies()


@pytest.mark.parametrize(
    ("hours", "authority", "end"),
    [
        (6, {}, End.DEPLOYMENT_OVER),
        (11, {"ends_at": (MOMENT + timedelta(hours=20)).isoformat()}, End.LIST_EXPIRED),
        (24, {}, End.CONTACT_LOST),
    ],
)
def test_time_ends_it(van, ask, hours, authority, end):
    van.send(authority=authority)
    with pytest.raises(EndedError) as ended:
        ask(wall=MOMENT + timedelta(hours=hours))
    assert ended.value.end is end


def test_a_list_that_the_force_no_longer_names_ends(van, ask):
    held = van.send().label().bundle_sha256
    van.repository.targets.targets.clear()
    van.repository.release()
    van.install()
    with pytest.raises(EndedError) as ended:
        ask(held)
    assert ended.value.end is End.REVOKED
    with pytest.raises(LapsedError, match="no watchlist for this van"):
        ask()


def test_a_van_without_a_list_says_so(ask):
    with pytest.raises(LapsedError, match="no watchlist on this van"):
        ask()


def test_contact_counts_as_long_as_the_shorter_of_two_words(van, ask):
    van.send()
    van.repository.life["timestamp"] = timedelta(hours=3)
    van.send(another(model_id="another"))
    assert ask().valid_until == MOMENT + timedelta(hours=3)


def test_an_older_list_whose_word_has_run_out_is_not_in_force_again(van, ask):
    van.repository.life["timestamp"] = timedelta(hours=1)
    van.send()
    van.repository.life["timestamp"] = timedelta(hours=24)
    van.send(another(model_id="another"))
    with pytest.raises(TrustError, match="another encoder"):
        ask(wall=MOMENT + timedelta(hours=2))


def test_a_generation_that_was_spoilt_is_no_way_back_behind_what_was_taken_back(van, ask):
    van.send()
    newest = van.send(another())
    (newest.folder / "snapshot.json").write_bytes(b"{}")
    with pytest.raises(TrustError):
        ask()


# -- The computer


def test_a_clock_that_was_set_back_opens_nothing(van, ask):
    van.send()
    van.store.raise_floor(MOMENT + timedelta(hours=1))
    with pytest.raises(TrustError, match="set back"):
        ask()


@pytest.mark.parametrize("spoil", [lambda f: f.unlink(), lambda f: f.write_bytes(b"x" * 10**5)])
def test_a_root_that_cannot_be_read_is_a_matter_of_settings(van, ask, spoil):
    van.send()
    spoil(van.root)
    with pytest.raises(SettingsError, match=r"watchlist\.root"):
        ask()


def test_a_list_that_does_not_fit_into_the_memory_is_told(van, ask, monkeypatch):
    van.send()
    monkeypatch.setattr(locked, "free_mb", lambda: 0.001)
    with pytest.raises(MachineError, match="free memory"):
        ask()


def test_an_error_of_a_library_is_told_without_its_words(van, ask, monkeypatch):
    van.send()

    def fail(_):
        raise RuntimeError("Jane Roe")

    monkeypatch.setattr(opener, "view", fail)
    with pytest.raises(MachineError, match=r"RuntimeError at appliance\.watchlist") as told:
        ask()
    assert "Roe" not in told.value.advice()


def test_every_family_comes_over_as_itself():
    errors = [
        family("What.", mend="Do.")
        for family in (SettingsError, MachineError, TrustError, LapsedError, InputError)
    ]
    for error in errors:
        got = Refusal.of(error).error()
        assert (type(got), got.advice()) == (type(error), "What. Do.")
    assert type(Refusal.of(EncoderError("What.", mend="Do.")).error()) is TrustError
    assert Refusal.of(EndedError(End.BUTTON)).error().end is End.BUTTON


@pytest.mark.parametrize("cpus", [(), (0,)])
def test_the_child_hardens_itself_before_it_reads_anything(van, request_of, monkeypatch, cpus):
    van.send()
    done = []
    request = request_of(cpus=cpus)
    line = request.model_dump_json().encode() + b"\n"
    told = BytesIO()
    monkeypatch.setattr(locked, "harden", lambda parent: done.append(("harden", parent)))
    monkeypatch.setattr(opener.os, "nice", lambda by: done.append(("nice", by)))
    monkeypatch.setattr(opener.os, "sched_setaffinity", lambda *to: done.append(("cpus", *to)))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(line)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=told))
    monkeypatch.delitem(sys.modules, "appliance.watchlist.opener")
    runpy.run_module("appliance.watchlist.opener", run_name="__main__")
    assert done == [("harden", 1), *([("cpus", 0, cpus)] if cpus else []), ("nice", 10)]
    assert Answer.model_validate_json(told.getvalue()).found.opened
