"""Copying: what is new, in the right order, whole; and what is old goes."""

import os
from contextlib import suppress

import pytest

from appliance.errors import InputError, MachineError, TrustError
from provisioning import disk
from provisioning.desk import publish
from provisioning.desk.trial import TrialDesk


def files(folder):
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


def test_targets_come_first_and_the_timestamp_last(desk, ready, out, monkeypatch):
    ready()
    copied = []
    copy = disk.copy
    monkeypatch.setattr(
        disk,
        "copy",
        lambda source, file, tell: copied.append(file.name) or copy(source, file, tell),
    )
    desk.publish(out)
    order = [name.split(".", 1)[1] for name in copied if name[0] != "t"]
    assert copied[-1] == "timestamp.json"
    last_target = max(i for i, name in enumerate(copied) if len(name.split(".")[0]) == 64)
    first_metadata = min(i for i, name in enumerate(copied) if len(name.split(".")[0]) < 64)
    assert last_target < first_metadata
    assert order.index("root.json") < order.index("targets.json") < order.index("snapshot.json")


def test_again_copies_the_timestamp_only(desk, ready, out):
    ready()
    desk.publish(out)
    assert desk.publish(out).files == 1


def test_cut_off_anywhere_the_place_holds_the_old_state_or_the_new_one_whole(
    desk, ready, van, out, monkeypatch
):
    ready("list-1")
    desk.publish(out)
    ready("list-2")
    desk.sign()
    copy, left, seen = disk.copy, [0], set()

    def tired(source, file, tell):
        if not left[0]:
            raise MachineError("The stick was pulled.", mend="Try again.")
        left[0] -= 1
        copy(source, file, tell)

    monkeypatch.setattr(disk, "copy", tired)
    for allowed in range(12):
        left[0] = allowed
        with suppress(MachineError):
            desk.publish(out)
        seen.add(van.believe(out).promise.watchlist_id)
    assert seen == {"list-1", "list-2"}


def test_an_old_list_is_gone_from_the_place_and_from_the_desk(desk, ready, out):
    ready("list-1")
    desk.publish(out)
    (old,) = [name for name in files(out) if name.endswith(".watchlist.age")]
    ready("list-2")
    desk.publish(out)
    desk.office.sweep()
    assert old not in files(out)
    assert old not in files(desk.office.folder / "repository")


def test_a_list_that_has_ended_is_gone_with_the_next_publication(desk, ready, clock, out):
    ready()
    desk.publish(out)
    clock.pass_by(hours=13)
    desk.office.repository.stage(desk.forget)
    desk.publish(out)
    assert not [name for name in files(out) if name.endswith(".watchlist.age")]


def test_the_log_s_pages_stay_for_ever(desk, ready, clock, out):
    for number in range(4):
        ready(f"list-{number}")
        desk.publish(out)
        clock.pass_by(days=20)
    pages = [name for name in files(out) if name.startswith("targets/log/")]
    assert len(pages) == 4
    named = desk.office.repository.coming().targets
    assert [name for name in named if name.startswith("log/")] == [
        "log/list-2.json",
        "log/list-3.json",
    ]


def test_a_page_of_a_draft_that_was_never_published_does_not_stay(desk, ready, out):
    ready("list-1")
    ready("list-1")
    desk.publish(out)
    for place in (out, desk.office.folder / "repository"):
        assert len([name for name in files(place) if name.startswith("targets/log/")]) == 1


def test_who_fetches_while_it_changes_still_finds_what_the_old_timestamp_named(
    desk, ready, out, van
):
    ready("list-1")
    desk.publish(out)
    old = (out / "metadata/timestamp.json").read_bytes()
    desk.withdraw("R-1", out)
    (out / "metadata/timestamp.json").write_bytes(old)
    assert van.believe(out).withdrawals.entries == ()


def test_what_is_not_ours_stays_where_it_is(desk, ready, out):
    (out / "metadata").mkdir()
    strange = [out / "holiday.jpg", out / "metadata" / "notes.txt", out / "targets" / "letter.pdf"]
    for file in strange:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"mine")
    ready()
    desk.publish(out)
    assert all(file.read_bytes() == b"mine" for file in strange)


def test_what_was_cut_off_while_it_was_written_is_removed(desk, ready, out):
    ready()
    desk.publish(out)
    rest = out / "targets" / "vans" / "van-1" / ".abc.watchlist.age.0123abcd"
    rest.write_bytes(b"half")
    assert desk.publish(out).removed == 1
    assert not rest.exists()


def test_a_place_of_another_force_is_refused(desk, ready, out, tmp_path, clock):
    TrialDesk(tmp_path / "other", clock).publish(out)
    ready()
    with pytest.raises(InputError, match="Another force"):
        desk.publish(out)


def test_a_place_that_is_newer_than_the_desk_is_refused(desk, ready, out, tmp_path):
    """The desk's folder was restored from an older copy: vans would see a rollback."""
    desk.publish(out)
    old = desk.office.repository.shelf.folder / "timestamp.json"
    kept = old.read_bytes()
    for _ in range(3):
        desk.refresh(out)
    old.write_bytes(kept)
    with pytest.raises(TrustError, match="newer than this desk"):
        desk.publish(out)


def test_a_timestamp_that_is_nobody_s_hinders_nothing(desk, ready, out, van):
    ready()
    desk.publish(out)
    stamp = out / "metadata" / "timestamp.json"
    for data in (b"", b"{" * 10_000, stamp.read_bytes().replace(b'"version": 2', b'"version": 99')):
        stamp.write_bytes(data)
        desk.publish(out)
        assert van.believe(out).promise.watchlist_id == "list-1"


def test_a_link_out_of_the_place_is_not_followed(desk, ready, out, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "targets").symlink_to(elsewhere)
    ready()
    with pytest.raises(InputError, match="link to elsewhere"):
        desk.publish(out)
    assert not list(elsewhere.iterdir())


def test_a_place_that_is_not_there_is_named(desk, tmp_path):
    with pytest.raises(InputError, match="stick is no folder"):
        desk.publish(tmp_path / "stick")


def test_a_disk_that_is_full_is_said_and_leaves_no_half_file(desk, ready, out, monkeypatch):
    ready()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MachineError, match="No space left"):
        publish.publish(desk.office.repository, out)
    assert files(out) == set()


def test_a_stick_that_may_not_be_written_to_is_said(desk, ready, out, monkeypatch):
    ready()

    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(MachineError, match="Read-only file system"):
        publish.publish(desk.office.repository, out)


def test_progress_tells_every_byte_once(desk, ready, out):
    ready()
    desk.publish(out)
    told = []
    other = out.parent / "stick"
    other.mkdir()
    copied = publish.publish(desk.office.repository, other, lambda *now: told.append(now))
    assert told[-1] == (copied.sent_bytes, copied.sent_bytes)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.fixture
def tired(monkeypatch):
    """Let so many files be written and no more, as a power cut does."""
    replacing = disk.replacing

    def after(count):
        left = [count]

        def write(file, mode=disk.PRIVATE):
            if not left[0]:
                raise MachineError("The power is gone.", mend="Wait.")
            left[0] -= 1
            return replacing(file, mode)

        monkeypatch.setattr(disk, "replacing", write)

    yield after
    monkeypatch.setattr(disk, "replacing", replacing)


@pytest.mark.parametrize("count", range(14))
def test_cut_off_anywhere_the_desk_goes_on_where_it_was(desk, ready, van, tired, out, count):
    ready("list-1")
    desk.publish(out)
    ready("list-2")
    desk.sign()
    tired(count)
    with suppress(MachineError):
        desk.publish(out)
    tired(1_000)
    desk.publish(out)
    assert van.believe(out).promise.watchlist_id == "list-2"
    desk.withdraw("R-1", out)
    assert len(van.believe(out).withdrawals.entries) == 2
    versions = desk.office.repository.shelf.versions("targets")
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("count", range(6))
def test_a_withdrawal_that_was_cut_off_is_not_lost_or_is_done_again(
    desk, ready, van, tired, out, count
):
    ready()
    desk.publish(out)
    tired(count)
    with suppress(MachineError):
        desk.withdraw("R-1", out)
    tired(1_000)
    desk.withdraw("R-1", out)
    assert len(van.believe(out).withdrawals.entries) == 1
