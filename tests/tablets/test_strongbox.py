"""What is sealed outlives the process, says nothing without its key, and goes when told to."""

import fcntl
import os
import shutil
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.tablets.strongbox import KEY_FILE, MOST_BYTES, Strongbox
from tests.tablets.sealed import files, full

SECRET = b"\xff\xd8\xff\xe0 a face"


def test_what_was_put_is_there_for_the_next_process(box, reopen):
    box.put("alert-1", SECRET)
    box.put("alert-2", b"")
    assert sorted(reopen().load()) == [b"", SECRET]


def test_the_next_process_goes_on_under_the_same_key(box, reopen):
    box.put("alert-1", SECRET)
    box = reopen()
    box.put("alert-2", b"second")
    assert sorted(reopen().load()) == [b"second", SECRET]


def test_a_piece_replaces_the_one_before(box, reopen):
    box.put("alert-1", b"old")
    box.put("alert-1", b"new")
    assert reopen().load() == [b"new"]


def test_neither_the_files_nor_their_names_say_what_is_kept(box, memory):
    box.put("alert-1", SECRET)
    (name,) = set(files(memory)) - {KEY_FILE}
    assert len(name) == 32
    assert "alert" not in name
    assert all(SECRET[:4] not in data and b"face" not in data for data in files(memory).values())


def test_the_same_piece_is_sealed_differently_each_time(box, memory):
    box.put("alert-1", SECRET)
    first = files(memory)
    box.put("alert-1", SECRET)
    second = files(memory)
    assert first.keys() == second.keys()
    assert sum(first[name] != second[name] for name in first) == 1


def test_folder_and_files_are_for_nobody_else(box, memory):
    box.put("alert-1", SECRET)
    assert stat.S_IMODE(memory.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in memory.iterdir()} == {0o600}


def test_a_dropped_piece_is_gone_and_the_others_stay(box, reopen, memory):
    box.put("alert-1", SECRET)
    box.put("alert-2", b"second")
    box.drop("alert-1")
    box.drop("alert-1")
    assert len(files(memory)) == 2
    assert reopen().load() == [b"second"]


def test_at_the_end_files_and_key_are_overwritten_and_removed(box, memory):
    box.put("alert-1", SECRET)
    held = [file.open("rb") for file in memory.iterdir()]
    box.destroy()
    assert files(memory) == {}
    for file in held:
        assert not any(file.read())
        file.close()


def test_what_is_put_after_the_end_has_a_key_of_its_own(box, memory, reopen):
    box.put("alert-1", SECRET)
    first = (memory / KEY_FILE).read_bytes()
    box.destroy()
    box.put("alert-1", b"next")
    assert (memory / KEY_FILE).read_bytes() != first
    assert reopen().load() == [b"next"]


def test_a_piece_that_was_spoilt_or_exchanged_is_destroyed(box, reopen, memory):
    for number in range(4):
        box.put(f"alert-{number}", SECRET)
    names = sorted(set(files(memory)) - {KEY_FILE})
    (memory / names[0]).write_bytes(b"")
    shutil.copy(memory / names[1], memory / names[2])
    (memory / "stray.new").write_bytes(b"half")
    assert len(reopen().load()) == 2
    assert len(files(memory)) == 3


def test_without_their_key_pieces_are_destroyed(box, reopen, memory):
    box.put("alert-1", SECRET)
    (memory / KEY_FILE).write_bytes(b"torn")
    box = reopen()
    assert box.load() == []
    box.put("alert-2", b"second")
    assert reopen().load() == [b"second"]


def test_a_key_that_others_could_have_read_counts_for_nothing(box, reopen, memory):
    box.put("alert-1", SECRET)
    (memory / KEY_FILE).chmod(0o640)
    assert reopen().load() == []


def test_more_than_any_alert_has_is_not_read_whole(box, reopen, memory):
    box.put("alert-1", bytes(MOST_BYTES))
    assert reopen().load() == []
    assert set(files(memory)) == {KEY_FILE}


def test_a_process_that_was_killed_while_it_wrote_leaves_no_stumbling_block(box, reopen, memory):
    box.put("alert-1", b"old")
    (name,) = set(files(memory)) - {KEY_FILE}
    (memory / f"{name}.new").write_bytes(b"half")
    box.put("alert-1", SECRET)
    assert reopen().load() == [SECRET]
    assert len(files(memory)) == 2


def test_where_the_memory_is_full_the_piece_is_lost_and_nothing_else(box, reopen, memory, caplog):
    box.put("alert-1", SECRET)
    with full():
        box.put("alert-2", bytes(1000))
    assert len(files(memory)) == 2
    assert reopen().load() == [SECRET]
    assert caplog.messages == ["Something could not be kept for the next process."]


def test_what_cannot_be_removed_is_lost_with_its_key(box, reopen, memory, caplog):
    box.put("alert-1", SECRET)
    box.put("alert-2", SECRET)
    stubborn = memory / box._name("alert-1")
    stubborn.unlink()
    stubborn.mkdir()
    box.drop("alert-1")
    assert set(memory.iterdir()) == {stubborn}
    assert "destroyed" in caplog.text
    assert reopen().load() == []


def test_what_is_no_piece_and_cannot_be_removed_is_left_alone(box, reopen, memory):
    box.put("alert-1", SECRET)
    (memory / "folder").mkdir()
    assert reopen().load() == [SECRET]
    assert (memory / "folder").is_dir()


def test_a_folder_that_has_gone_keeps_nothing_and_raises_nothing(box, memory, caplog):
    box.put("alert-1", SECRET)
    shutil.rmtree(memory)
    box.put("alert-2", SECRET)
    box.drop("alert-1")
    assert box.load() == []
    assert len(caplog.messages) == 1


def test_a_handle_that_has_gone_loads_and_destroys_nothing(memory):
    box = Strongbox.open(memory)
    box.close()
    assert box.load() == []
    box.destroy()


def test_a_folder_on_a_disk_is_not_taken(memory, tmp_path, caplog):
    device = Path("/dev/shm").stat().st_dev
    mounts = tmp_path / "mountinfo"
    where = f"36 35 {os.major(device)}:{os.minor(device)} / /dev/shm rw"
    others = "25 30 0:0 / /sys rw - sysfs sysfs rw\n"
    mounts.write_text(f"{others}{where} shared:2 - ext4 /dev/sda1 rw\n")
    assert Strongbox.open(memory, mounts) is None
    mounts.write_text(others)
    assert Strongbox.open(memory, mounts) is None
    assert files(memory) == {}
    assert caplog.messages == ["What waits for the tablets will not outlive this process."] * 2


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_others_can_look_into_is_not_taken(memory, mode):
    memory.mkdir()
    memory.chmod(mode)
    assert Strongbox.open(memory) is None


def test_a_link_or_a_file_in_place_of_the_folder_is_not_taken(memory):
    target = memory.with_name("elsewhere")
    target.mkdir(0o700)
    memory.symlink_to(target)
    assert Strongbox.open(memory) is None
    memory.unlink()
    memory.write_bytes(b"")
    assert Strongbox.open(memory) is None


def test_a_folder_whose_parent_is_missing_is_not_taken(memory):
    assert Strongbox.open(memory / "deeper") is None


def test_a_folder_that_another_process_has_is_not_taken(memory):
    memory.mkdir(0o700)
    handle = os.open(memory, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert Strongbox.open(memory) is None
    os.close(handle)
    box = Strongbox.open(memory)
    assert box is not None
    box.close()


def test_the_seal_is_aes_256_gcm_over_the_piece_and_its_name(box, memory):
    box.put("alert-1", SECRET)
    (name,) = set(files(memory)) - {KEY_FILE}
    length, sealed = files(memory)[name][:4], files(memory)[name][4:]
    key = files(memory)[KEY_FILE]
    assert len(key) == 32
    assert int.from_bytes(length, "big") == len(sealed)
    assert AESGCM(key).decrypt(sealed[:12], sealed[12:], name.encode()) == SECRET
