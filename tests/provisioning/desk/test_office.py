"""The desk's folder: keys in files, vans and their keys, and what is kept of a list how long."""

import os
import stat
import threading

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from appliance.errors import InputError, MachineError
from provisioning import disk
from provisioning.desk import keys
from provisioning.desk.drafts import Drafts
from provisioning.desk.founding import found
from provisioning.desk.keys import KEEPING, load, make_key, save, signer_of
from provisioning.desk.office import BusyError, Office

WORDS = "four words said once"
pytestmark = pytest.mark.timeout(180)


# -- Keys


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Lock one key, once: it takes a second or two, on purpose."""
    file = tmp_path_factory.mktemp("keys") / "signer-1.key"
    key = make_key()
    save(key, file, WORDS)
    return file, key


def test_a_saved_key_comes_back_the_same(saved):
    file, key = saved
    back = load(file, WORDS)
    assert signer_of(back, "x").public_key.keyid == signer_of(key, "x").public_key.keyid


def test_a_saved_key_is_locked_and_for_its_owner_only(saved):
    file, key = saved
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    assert key.private_bytes_raw() not in file.read_bytes()


def test_any_age_program_opens_it(saved):
    file, _ = saved
    plain = pyrage.passphrase.decrypt(file.read_bytes(), WORDS)
    assert plain.startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(saved):
    with pytest.raises(InputError, match="not opened") as refusal:
        load(saved[0], "open sesame please")
    assert "sesame" not in refusal.value.advice()


def test_a_key_is_never_overwritten(tmp_path):
    file = tmp_path / "one.key"
    file.write_bytes(b"precious")
    with pytest.raises(InputError, match="there already"):
        save(make_key(), file, WORDS)
    assert file.read_bytes() == b"precious"


def test_a_short_passphrase_is_refused(tmp_path):
    with pytest.raises(InputError, match="12 letters"):
        save(make_key(), tmp_path / "one.key", "short")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("data", [b"", b"-----BEGIN AGE ENCRYPTED FILE-----\n", b"\xff" * 100])
def test_what_is_no_key_file_is_said(tmp_path, data):
    file = tmp_path / "one.key"
    file.write_bytes(data)
    with pytest.raises(InputError, match=r"one\.key"):
        load(file, WORDS)


def test_a_missing_key_is_named(tmp_path):
    with pytest.raises(InputError, match=r"one\.key"):
        load(tmp_path / "one.key", WORDS)


def test_another_kind_of_key_is_refused(tmp_path):
    plain = X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (tmp_path / "one.key").write_bytes(pyrage.passphrase.encrypt(plain, WORDS, armored=True))
    with pytest.raises(InputError, match="Ed25519"):
        load(tmp_path / "one.key", WORDS)


# -- The folder


def test_a_desk_is_founded_whole_with_every_key_in_its_own_file(tmp_path, monkeypatch):
    # Locking is tried above; eight of them take long.
    monkeypatch.setattr(keys.passphrase, "encrypt", lambda plain, words, armored: words.encode())
    told = []
    words = {name: f"{name} says this once" for name in KEEPING}
    office = found(tmp_path / "desk", "Essex Police", words, told.append)
    assert office.force == "Essex Police"
    assert told == list(KEEPING)
    for name in KEEPING:
        file = office.keys / f"{name}.key"
        assert file.read_text() == words[name]
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(office.folder.stat().st_mode) == 0o700
    assert [file.name for file in tmp_path.iterdir()] == ["desk"]


def test_a_desk_that_cannot_be_finished_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise MachineError("The disk is full.", mend="Make room.")

    monkeypatch.setattr(keys, "save", full)
    with pytest.raises(MachineError):
        found(tmp_path / "desk", "Essex Police", dict.fromkeys(KEEPING, WORDS), lambda _: None)
    assert not list(tmp_path.iterdir())


def test_a_desk_is_never_made_over_anything(tmp_path):
    (tmp_path / "letter").write_bytes(b"mine")
    with pytest.raises(InputError, match="not empty"):
        found(tmp_path, "Essex Police", dict.fromkeys(KEEPING, WORDS), lambda _: None)


def test_one_short_passphrase_makes_no_desk(tmp_path):
    words = {**dict.fromkeys(KEEPING, WORDS), "root-3": "short"}
    with pytest.raises(InputError, match="12 letters"):
        found(tmp_path / "desk", "Essex Police", words, lambda _: None)
    assert not list(tmp_path.iterdir())


def test_where_no_desk_is_one_is_advised(tmp_path):
    with pytest.raises(InputError) as refusal:
        Office(tmp_path)
    assert "lfr desk init" in refusal.value.advice()


def test_a_force_has_a_name(tmp_path, desk, clock):
    with pytest.raises(InputError, match="name"):
        Office.create(tmp_path / "other", " ", desk.ring, clock)


def test_two_commands_do_not_work_at_one_desk_at_once(desk):
    with desk.office.alone(), pytest.raises(BusyError), desk.office.alone():
        pass
    with desk.office.alone():
        pass


def test_the_last_places_are_remembered(desk, tmp_path):
    assert desk.office.places() == []
    assert desk.office.places([tmp_path / "a", tmp_path / "b"]) == [tmp_path / "a", tmp_path / "b"]
    assert desk.office.places() == [tmp_path / "a", tmp_path / "b"]
    assert desk.office.places([tmp_path / "c"]) == [tmp_path / "c"]


# -- What is kept of a list


def test_when_a_list_ends_nothing_of_it_is_left_at_the_desk(desk, ready, clock):
    ready("list-1")
    folder = desk.office.drafts.folder("list-1")
    (folder / "report.html").write_text("R-1")
    assert desk.office.sweep() == []
    assert (folder / "desk.key").exists()
    clock.pass_by(hours=12)
    assert desk.office.sweep() == ["list-1"]
    assert not folder.exists()
    for file in desk.office.folder.rglob("*"):
        assert not file.is_file() or b"R-1" not in file.read_bytes(), file


def test_a_secret_is_overwritten_before_it_is_removed(desk, ready, clock):
    """Whoever has a second name for the file is left with zeros."""
    ready("list-1")
    key = desk.office.drafts.folder("list-1") / "desk.key"
    os.link(key, desk.office.folder / "kept")
    clock.pass_by(hours=12)
    desk.office.sweep()
    assert set((desk.office.folder / "kept").read_bytes()) == {0}


def test_a_link_in_a_list_s_folder_is_not_followed(desk, ready, clock, tmp_path):
    ready("list-1")
    (tmp_path / "mine").write_bytes(b"mine")
    (desk.office.drafts.folder("list-1") / "link").symlink_to(tmp_path / "mine")
    clock.pass_by(hours=12)
    desk.office.sweep()
    assert (tmp_path / "mine").read_bytes() == b"mine"


def test_a_draft_that_was_never_finished_goes_after_a_day(desk, clock):
    desk.office.drafts.begin("list-7")
    folder = desk.office.drafts.folder("list-7")
    (folder / "shards").mkdir()
    old = clock.now.timestamp()
    for place in (*folder.iterdir(), folder):
        os.utime(place, (old, old))
    clock.pass_by(hours=23)
    desk.office.sweep()
    assert folder.exists()
    clock.pass_by(hours=2)
    os.utime(folder / "shards")
    desk.office.sweep()
    assert folder.exists()
    os.utime(folder / "shards", (old, old))
    assert desk.office.sweep() == ["list-7"]
    assert not folder.exists()


def test_a_record_that_is_damaged_is_said(desk, ready):
    ready("list-1")
    (desk.office.drafts.folder("list-1") / "record.json").write_bytes(b"[]")
    with pytest.raises(InputError, match="no such list"):
        desk.office.drafts.record("list-1")


def test_a_desk_without_lists_has_none(tmp_path):
    assert Drafts(tmp_path / "nothing").ids() == []


def test_a_file_too_large_or_missing_is_said(tmp_path):
    (tmp_path / "x").write_bytes(b"12345")
    with pytest.raises(InputError, match="larger"):
        disk.read(tmp_path / "x", 4)
    with pytest.raises(InputError, match="No such file"):
        disk.read(tmp_path / "y", 4)


def test_who_is_patient_gets_the_desk_when_the_other_is_done(desk):
    done = []
    with desk.office.alone():
        thread = threading.Thread(target=lambda: patient(desk, done))
        thread.start()
        done.append("mine")
    thread.join()
    assert done == ["mine", "theirs"]


def patient(desk, done):
    with desk.office.alone(patience_s=30):
        done.append("theirs")


def test_nothing_is_tidied_while_somebody_lays_something_out(desk, ready):
    ready("list-1")
    loose = desk.office.repository.targets / "vans" / "van-1" / f"{'0' * 64}.watchlist.age"
    loose.write_bytes(b"about to be named")
    with desk.office.alone():
        desk.office.tidy()
    assert loose.exists()
    desk.office.tidy()
    assert not loose.exists()


def test_a_large_file_is_overwritten_piece_by_piece(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "PIECE_BYTES", 4)
    (tmp_path / "x").write_bytes(b"secret words")
    os.link(tmp_path / "x", tmp_path / "kept")
    disk.remove(tmp_path / "x")
    assert (tmp_path / "kept").read_bytes() == bytes(12)
