"""A store holds whole generations, and does not forget what must not be forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.domain.ending import End
from appliance.errors import ApplianceError, InputError, MachineError
from appliance.watchlist import disk
from appliance.watchlist.generation import Label
from appliance.watchlist.refusals import ClockError, OversizeError, SpaceError
from appliance.watchlist.store import Store
from tests.watchlist.repository import MOMENT

FILES = {"timestamp.json": b"{}", "2.root.json": b"[]"}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "held"
    folder.mkdir()
    return folder


@pytest.fixture
def store(folder):
    return Store(folder)


@pytest.fixture
def bundle(tmp_path):
    def make(data=b"sealed"):
        file = tmp_path / data.decode()
        file.write_bytes(data)
        return file

    return make


def label(key_id="a" * 16, **changes):
    return Label(deployment_id="d-1", key_id=key_id, **changes)


def test_a_generation_is_what_was_installed(store, bundle):
    generation = store.install(FILES, bundle(), label())
    assert store.current().name == generation.name == "000001"
    assert generation.files() == FILES
    assert generation.label() == label()
    assert generation.bundle.read_bytes() == b"sealed"


def test_an_empty_store_holds_nothing(store):
    assert store.generations() == []
    assert store.current() is None
    assert store.closed("d-1") is None
    assert store.now(MOMENT) == MOMENT
    store.tidy()
    store.destroy_spent(pytest.fail)


def test_two_bundles_stay_and_a_generation_without_one_goes_with_the_next(store, bundle):
    for files in ({"timestamp.json": bytes([n])} for n in range(3)):
        store.install(files, None)
    assert len(store.generations()) == 1
    for name in (b"one", b"two", b"three"):
        store.install(FILES, bundle(name))
    assert [g.bundle.read_bytes() for g in store.generations()] == [b"three", b"two"]
    store.install(FILES, None)
    assert [g.inode() > 0 for g in store.generations()] == [False, True, True]


def test_one_bundle_in_two_generations_is_kept_once(store, bundle):
    first = store.install(FILES, bundle(b"one"))
    store.install(FILES, bundle(b"two"))
    store.install(FILES, store.current().bundle)
    assert [g.bundle.read_bytes() for g in store.generations()] == [b"two", b"one"]
    assert first.name == store.generations()[1].name


def test_a_generation_that_gives_way_gives_its_key_to_be_destroyed_once(store, bundle):
    destroyed = []
    for name in (b"one", b"two", b"three"):
        store.install(FILES, bundle(name), label(f"{name[0]:016x}"))
    store.destroy_spent(destroyed.append)
    store.destroy_spent(destroyed.append)
    assert destroyed == [f"{ord('o'):016x}"]


def test_a_key_that_another_generation_needs_is_not_destroyed(store, bundle):
    store.install(FILES, None, label())
    store.install(FILES, bundle(), label())
    other = store.install(FILES, bundle(b"other"), label())
    store.spend(other)
    store.destroy_spent(pytest.fail)
    store.spend(other, shared=True)
    destroyed = []
    store.destroy_spent(destroyed.append)
    assert destroyed == ["a" * 16]


def test_a_key_whose_destruction_fails_is_destroyed_the_next_time(store, bundle):
    def fail(_):
        raise MachineError("The disk refuses.", mend="Check it.")

    store.spend(store.install(FILES, bundle(), label()))
    with pytest.raises(MachineError):
        store.destroy_spent(fail)
    destroyed = []
    store.destroy_spent(destroyed.append)
    assert destroyed == ["a" * 16]


def test_a_generation_that_is_gone_says_so(store, bundle):
    generation = store.install(FILES, bundle(), label())
    store.retire(generation)
    store.retire(generation)
    with pytest.raises(InputError, match="gone"):
        generation.files()
    assert (generation.label(), generation.inode()) == (Label(), 0)


def test_what_a_loss_of_power_left_is_cleared_away(store, bundle, folder):
    generation = store.install(FILES, bundle())
    generation.folder.rename(generation.folder.with_name(".gone-000001"))
    (folder / "generations" / ".new").mkdir()
    (folder / "generations" / ".new" / "timestamp.json").touch()
    store.tidy()
    assert list((folder / "generations").iterdir()) == []


def test_strangers_among_the_generations_are_passed_over(store, bundle, folder):
    store.install(FILES, bundle())
    (folder / "generations" / "notes").mkdir()
    (store.current().folder / "notes.txt").touch()
    assert len(store.generations()) == 1
    assert store.current().files() == FILES


def test_a_generation_that_is_a_link_or_too_long_is_refused(store, bundle, folder, tmp_path):
    store.install(FILES, bundle())
    (store.current().folder / "targets.json").write_bytes(bytes(9_000_000))
    with pytest.raises(OversizeError):
        store.current().files()
    store.current().folder.rename(tmp_path / "elsewhere")
    (folder / "generations" / "000001").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        store.current().files()
    assert store.current().label() == Label()


def test_a_store_that_cannot_be_written_says_so(store, bundle, folder):
    (folder / "generations").touch()
    with pytest.raises(MachineError, match="cannot be written"):
        store.install(FILES, bundle())


def test_a_bundle_that_vanishes_leaves_nothing_half(store, bundle, folder):
    with pytest.raises(MachineError, match="cannot be written"):
        store.install(FILES, folder / "nothing.part")
    assert list((folder / "generations").iterdir()) == []


@pytest.mark.parametrize("error", [28, 122])
def test_a_full_disk_leaves_nothing_half(store, bundle, folder, monkeypatch, error):
    def full(*_):
        raise OSError(error, "full")

    monkeypatch.setattr(disk.os, "fsync", full)
    with pytest.raises(SpaceError, match="full"):
        store.install(FILES, bundle())
    with pytest.raises(SpaceError, match="full"):
        store.raise_floor(MOMENT)
    monkeypatch.undo()
    assert {f.name for f in folder.rglob("*")} == {"generations", "lock"}


# -- Time


def test_the_van_s_time_never_falls_behind_the_floor(store):
    store.raise_floor(MOMENT)
    store.raise_floor(MOMENT - timedelta(hours=1))
    assert store.now(MOMENT + timedelta(seconds=1)) == MOMENT + timedelta(seconds=1)
    assert store.now(MOMENT - timedelta(seconds=60)) == MOMENT
    with pytest.raises(ClockError, match="set back") as refused:
        store.now(MOMENT - timedelta(seconds=61))
    assert "Set the van's clock" in refused.value.mend


# -- The end


def test_the_first_reason_of_an_end_stays(store, folder):
    store.close("d-1", MOMENT, End.BUTTON)
    store.close("d-1", MOMENT, End.COMMAND)
    store.close("d-2", MOMENT, End.REVOKED)
    again = Store(folder)
    assert again.closed("d-1") is End.BUTTON
    assert again.closed("d-2") is End.REVOKED
    assert again.closed("d-3") is None


def test_a_deployment_that_ended_meanwhile_gets_no_bundle(store, bundle):
    store.close("d-1", MOMENT, End.BUTTON)
    generation = store.install(FILES, bundle(), label())
    assert generation.inode() == 0


def test_only_the_last_thousand_ends_are_kept(store, monkeypatch):
    monkeypatch.setattr("appliance.watchlist.store.MAX_CLOSED", 2)
    for number in range(3):
        store.close(f"d-{number}", MOMENT, End.BUTTON)
    assert [store.closed(f"d-{number}") for number in range(3)] == [None, End.BUTTON, End.BUTTON]


@pytest.mark.parametrize("damage", [b"", b"{}", b"\xff", b'{"closed": [1]}', bytes(2_000_000)])
@pytest.mark.parametrize("name", ["floor.json", "closed.json"])
def test_a_damaged_memory_is_never_taken_for_an_empty_one(store, folder, name, damage):
    (folder / name).write_bytes(damage)
    with pytest.raises(MachineError, match=name):
        store.now(MOMENT) if name == "floor.json" else store.closed("d-1")


def test_a_label_is_only_ever_a_label(store, bundle):
    generation = store.install(FILES, bundle(), label(bundle_sha256="0" * 64))
    (generation.folder / "label.json").write_text('{"bundle_sha256": "../../x"}')
    assert generation.label() == Label()


def test_every_error_has_advice(store, folder):
    (folder / "floor.json").mkdir()
    with pytest.raises(ApplianceError) as refused:
        store.raise_floor(MOMENT)
    assert refused.value.mend
