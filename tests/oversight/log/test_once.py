"""A fact of a deployment is said once: it is looked for in the spool, then in the log."""

import pytest

from appliance.errors import MachineError
from appliance.oversight import entries, keys, shelf
from appliance.oversight.entries import Finished, Forgotten
from appliance.oversight.log import open_log
from appliance.oversight.once import Once
from appliance.oversight.spool import Spool
from tests.oversight.log.conftest import make_pen
from tests.oversight.record.facts import opened

DONE = Finished(deployment_id="d-1")


@pytest.fixture
def once(tmp_path):
    return Once(tmp_path, "d-1")


def take(folder):
    with open_log(folder / keys.LOG, make_pen()) as log:
        Spool(folder / "spool").take(log)
        return log.checkpoint.size


def test_it_is_said_once_whether_it_waits_or_stands_in_the_log(once, tmp_path):
    for _ in range(3):
        once.say("finished", DONE)
        assert take(tmp_path) == 1
    once.say("finished", DONE)
    assert not any((tmp_path / "spool").iterdir())
    assert once.said("finished")
    assert not once.said("forgotten")
    assert not Once(tmp_path, "d-2").said("finished")


def test_it_is_found_behind_whatever_has_come_since(once, tmp_path):
    once.say("finished", DONE)
    take(tmp_path)
    with open_log(tmp_path / keys.LOG, make_pen()) as log:
        log.append([entries.entry("van", Forgotten(of="faces", count=1)).line] * 700)
    assert once.said("finished")


def test_the_list_that_was_taken_last_is_found_behind_whatever_has_come_since(once, tmp_path):
    assert once.searched() is None
    stray = entries.entry("van", Forgotten(of="faces", count=1)).line
    listed = entries.Listed(watchlist_id="l-1", bundle="ab" * 32, subjects=1, grounds={})
    with open_log(tmp_path / keys.LOG, make_pen()) as log:
        log.append([entries.entry("van", listed).line, *[stray] * 700])
        assert once.searched() == "l-1"
        log.append([entries.entry("van", opened("d-1")).line, *[stray] * 300])
    assert once.searched() is None
    assert Once(tmp_path, "d-2").searched() == "l-1"


def test_a_log_that_cannot_be_read_is_said(once, tmp_path):
    (tmp_path / keys.LOG).mkdir()
    (tmp_path / keys.LOG / "checkpoint").mkdir()
    with pytest.raises(MachineError, match="cannot be read"):
        once.said("finished")


def test_a_log_that_always_grows_away_is_given_up(once, tmp_path, monkeypatch):
    def gone(*_):
        raise FileNotFoundError

    monkeypatch.setattr(shelf, "last", gone)
    with pytest.raises(MachineError, match="grows too fast"):
        once.said("finished")
