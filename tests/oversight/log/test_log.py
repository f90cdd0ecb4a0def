"""What was appended once is there for good, and a log that is not whole is not continued."""

import shutil
import threading

import pytest

from appliance.errors import InputError, MachineError, TrustError
from appliance.oversight import log as logs
from appliance.oversight import shelf
from appliance.oversight.log import open_log
from tests.oversight.log.conftest import keep, look, make_entries, make_pen


def test_entries_come_out_as_they_went_in(folder):
    entries = make_entries(600)
    done = keep(folder, entries[:1], entries[1:255], entries[255:256], entries[256:], [])
    assert look(folder) == entries
    assert done.size == 600
    found = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert found == {"checkpoint", *shelf.names(600)}


def test_a_log_goes_on_where_it_ended(folder):
    entries = make_entries(520)
    for begin in range(0, 520, 40):
        keep(folder, entries[begin : begin + 40])
    assert look(folder) == entries


def test_a_log_without_entries_is_one(folder):
    assert keep(folder).size == 0
    assert look(folder) == []


def test_however_it_is_cut_the_log_is_the_same(tmp_path):
    entries = make_entries(300)
    one = keep(tmp_path / "one", entries)
    assert keep(tmp_path / "many", *([each] for each in entries)) == one


def test_an_entry_that_is_too_long_changes_nothing(folder):
    keep(folder, make_entries(3))
    with open_log(folder, make_pen()) as log, pytest.raises(InputError, match="too long"):
        log.append([b"fits", b"x" * 65_536])
    assert look(folder) == make_entries(3)


def test_nobody_else_writes_meanwhile(folder):
    with (
        open_log(folder, make_pen()),
        pytest.raises(MachineError, match="Another process"),
        open_log(folder, make_pen()),
    ):
        pass
    assert keep(folder, make_entries(1)).size == 1


def test_what_a_loss_of_power_has_left_is_cleared_away(folder):
    keep(folder, make_entries(5))
    for left in ("tile/0/000.p/9", "tile/entries/000", "tile/3/x001/000", "checkpoint.new"):
        (folder / left).parent.mkdir(parents=True, exist_ok=True)
        (folder / left).write_bytes(b"half")
    keep(folder, make_entries(6, begin=5))
    assert look(folder) == make_entries(6)


def test_a_full_disk_is_said_and_leaves_the_log_as_it_was(folder, monkeypatch):
    keep(folder, make_entries(3))
    real = logs._write

    def full(file, data):
        if file.name == "checkpoint.new":
            raise OSError(28, "No space left on device")
        real(file, data)

    with open_log(folder, make_pen()) as log:
        monkeypatch.setattr(logs, "_write", full)
        with pytest.raises(MachineError, match="No space left"):
            log.append(make_entries(600))
        monkeypatch.undo()
        assert log.checkpoint.size == 3
        log.append(make_entries(5, begin=3))
    keep(folder)
    assert look(folder) == make_entries(5)


@pytest.mark.parametrize(
    "piece", ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44", "checkpoint"]
)
@pytest.mark.parametrize("what", ["edited", "gone", "short"])
def test_a_log_that_is_not_whole_at_its_end_is_not_continued(folder, piece, what):
    keep(folder, make_entries(300))
    file = folder / piece
    data = file.read_bytes()
    if what == "gone":
        file.unlink()
    else:
        file.write_bytes(data[:-1] if what == "short" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises((TrustError, InputError)), open_log(folder, make_pen()):
        pass


def test_a_log_is_continued_by_its_own_key_alone(folder):
    keep(folder, make_entries(3))
    for stranger in (make_pen(number=2), make_pen("lfr.example/van-2")):
        with pytest.raises(TrustError, match="has not signed"), open_log(folder, stranger):
            pass


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        keep(tmp_path / "file")
    folder = tmp_path / "log"
    keep(folder, make_entries(3))
    shutil.rmtree(folder / "tile" / "0")
    (folder / "tile" / "0").symlink_to("/nowhere")
    with pytest.raises((MachineError, TrustError)):
        keep(folder, make_entries(4))


def test_whoever_waits_for_a_log_gets_it_once_it_is_given_back(folder):
    first = open_log(folder, make_pen())
    first.__enter__().append([b"one"])
    with pytest.raises(MachineError, match="Another process"), open_log(folder, make_pen(), 0.05):
        pass
    later = threading.Timer(0.1, first.__exit__, (None, None, None))
    later.start()
    with open_log(folder, make_pen(), patience_s=30) as log:
        log.append([b"two"])
    assert look(folder) == [b"one", b"two"]
