"""One-time keys: each opens one list, and when it is gone nobody opens that list again."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from appliance.errors import InputError, MachineError, SettingsError, TrustError
from appliance.watchlist import secret
from appliance.watchlist.keyring import Keyring, KeysDocument, key_id


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keyring"


def test_the_document_names_every_key_that_is_left_and_no_secret(keyring):
    made = keyring.make(3)
    keyring.destroy(made[1].key_id)
    data = keyring.document("van-1")
    document = KeysDocument.model_validate_json(data)
    assert document.van == "van-1"
    assert set(document.recipients) == {made[0], made[2]}
    assert b"SECRET" not in data.upper()


def test_a_key_is_named_by_its_public_half(keyring):
    key = keyring.make(1)[0]
    assert keyring.ids() == [key.key_id] == [key_id(key.recipient)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda d: d.replace('"key_id": "', '"key_id": "0', 1),
        lambda d: d.replace("age1", "age2", 1),
        lambda d: d.replace("van-1", "../van"),
        lambda d: d.replace('"recipients": [', '"recipients": [' + d[d.index("{", 1) : -3] + ","),
    ],
)
def test_a_document_that_was_changed_is_refused(keyring, wrong):
    keyring.make(1)
    with pytest.raises(ValueError, match="KeysDocument"):
        KeysDocument.model_validate_json(wrong(keyring.document("van-1").decode()))


def test_a_recipient_under_another_keys_name_is_refused(keyring):
    one, two = keyring.make(2)
    text = keyring.document("van-1").decode().replace(one.key_id, "0" * 16)
    with pytest.raises(ValueError, match="key_id is not that"):
        KeysDocument.model_validate_json(text)
    text = keyring.document("van-1").decode().replace(one.key_id, two.key_id)
    text = text.replace(one.recipient, two.recipient)
    with pytest.raises(ValueError, match="stands twice"):
        KeysDocument.model_validate_json(text)


def test_files_and_folder_are_their_owners_alone(keyring, folder):
    key = keyring.make(1)[0]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / key.key_id).stat().st_mode) == 0o600


# -- The end


def test_a_destroyed_key_opens_nothing_any_more(keyring):
    key = keyring.make(1)[0]
    keyring.destroy(key.key_id)
    assert keyring.ids() == []
    with pytest.raises(TrustError, match="no longer"):
        keyring.identity(key.key_id)


def test_a_key_is_overwritten_before_its_name_goes(keyring, folder):
    key = keyring.make(1)[0]
    with (folder / key.key_id).open("rb") as still_open:
        keyring.destroy(key.key_id)
        assert not still_open.read().strip(b"\0")


def test_what_is_destroyed_already_may_be_destroyed_again(keyring):
    key = keyring.make(1)[0]
    keyring.destroy(key.key_id)
    keyring.destroy(key.key_id)


def test_a_key_that_lost_power_half_way_is_destroyed_the_next_time(keyring, folder):
    key = keyring.make(1)[0]
    (folder / key.key_id).write_bytes(bytes(40))
    with pytest.raises(TrustError, match="damaged"):
        keyring.identity(key.key_id)
    keyring.destroy(key.key_id)
    assert keyring.ids() == []


def test_all_keys_go_at_once_and_whatever_else_lies_there(keyring, folder):
    keyring.make(3)
    (folder / "left.new").write_bytes(b"AGE-SECRET-KEY-1")
    keyring.destroy_all()
    assert list(folder.iterdir()) == []


def test_a_folder_among_the_keys_stays_since_no_key_is_in_it(keyring, folder):
    keyring.make(0)
    (folder / ("0" * 16)).mkdir()
    keyring.destroy_all()
    keyring.destroy("0" * 16)
    assert (folder / ("0" * 16)).is_dir()


def test_nothing_is_written_into_a_pipe_that_somebody_reads(keyring, folder):
    keyring.make(0)
    os.mkfifo(folder / ("0" * 16))
    reader = os.open(folder / ("0" * 16), os.O_RDONLY | os.O_NONBLOCK)
    keyring.destroy("0" * 16)
    assert os.read(reader, 10) == b""
    assert keyring.ids() == []
    os.close(reader)


def test_a_link_is_removed_and_what_it_leads_to_is_left(keyring, folder, tmp_path):
    keyring.make(0)
    other = tmp_path / "other"
    other.write_bytes(b"somebody's")
    (folder / ("0" * 16)).symlink_to(other)
    keyring.destroy("0" * 16)
    assert other.read_bytes() == b"somebody's"
    assert keyring.ids() == []


def test_a_disk_that_refuses_to_overwrite_is_told_and_the_name_goes_all_the_same(
    keyring, folder, monkeypatch
):
    key = keyring.make(1)[0]

    def refuse(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(secret.os, "pwrite", refuse)
    with pytest.raises(MachineError, match="Input/output"):
        keyring.destroy(key.key_id)
    assert list(folder.iterdir()) == []


def test_an_error_that_is_not_about_its_kind_is_told(keyring, monkeypatch):
    key = keyring.make(1)[0]
    opened = os.open

    def refuse(name, flags, *rest, **more):
        if flags == secret.OVER:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opened(name, flags, *rest, **more)

    monkeypatch.setattr(secret.os, "open", refuse)
    with pytest.raises(MachineError, match="Read-only"):
        keyring.destroy(key.key_id)


def test_a_full_disk_is_told_and_no_half_key_counts(keyring, monkeypatch):
    def refuse(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    keyring.make(0)
    with monkeypatch.context() as full:
        full.setattr(secret.os, "fsync", refuse)
        with pytest.raises(MachineError, match="No space"):
            keyring.make(1)
    assert keyring.ids() == []


# -- Hostile files


def link(file, tmp_path):
    file.rename(tmp_path / "moved")
    file.symlink_to(tmp_path / "moved")


def name_twice(file, tmp_path):
    (tmp_path / "second").hardlink_to(file)


def pipe(file, _):
    file.unlink()
    os.mkfifo(file, 0o600)


def enclose(file, _):
    file.unlink()
    file.mkdir()


def swap(file, _):
    Keyring(file.parent).make(1)
    other = next(other for other in file.parent.iterdir() if other != file)
    file.write_bytes(other.read_bytes())


@pytest.mark.parametrize(
    "spoil",
    [
        link,
        name_twice,
        pipe,
        enclose,
        swap,
        lambda file, _: file.chmod(0o640),
        lambda file, _: file.write_bytes(b""),
        lambda file, _: file.write_bytes(b"\xff" * 5000),
        lambda file, _: file.write_bytes(b"AGE-SECRET-KEY-1" + b"Q" * 58),
    ],
)
def test_a_key_that_somebody_had_his_hands_on_is_not_used(keyring, folder, tmp_path, spoil):
    key = keyring.make(1)[0]
    spoil(folder / key.key_id, tmp_path)
    with pytest.raises(TrustError, match="damaged, or was left open"):
        keyring.identity(key.key_id)


def test_files_that_are_no_keys_are_not_named(keyring, folder):
    keyring.make(0)
    for name in ("notes.txt", "0" * 17, "G" * 16, ".hidden", "0" * 16 + ".new"):
        (folder / name).touch()
    assert keyring.ids() == []


@pytest.mark.parametrize("name", ["../" + "0" * 13, "", "0" * 15, "A" * 16, "0" * 16 + "\n"])
def test_a_name_with_a_path_in_it_is_refused(keyring, name):
    for use in (keyring.identity, keyring.destroy):
        with pytest.raises(InputError, match="no name of a key"):
            use(name)


def test_a_folder_that_others_can_open_is_refused(keyring, folder):
    keyring.make(1)
    folder.chmod(0o750)
    with pytest.raises(SettingsError, match="others can open"):
        keyring.ids()


@pytest.mark.parametrize("make", [lambda f: None, lambda f: f.touch(), lambda f: f.symlink_to("/")])
def test_a_folder_that_is_none_is_refused(folder, make):
    make(folder)
    with pytest.raises(SettingsError, match="cannot be opened"):
        Keyring(folder).ids()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(SettingsError, match="cannot be opened"):
        Keyring(tmp_path / "nowhere" / "keyring").make(1)
