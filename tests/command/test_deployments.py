"""`lfr run` from one deployment to the next: a newer list, a withdrawal, and every way it ends."""

import threading

import pytest

from appliance.domain.ending import End, EndedError
from appliance.domain.lamp import Lamp
from appliance.duty import _await, _deploy
from appliance.errors import MachineError
from appliance.tablets.notice import notify
from appliance.van import Ears, look, open_station, open_van, state
from appliance.watch import Watch
from appliance.watchlist.store import Store
from tests.command.at_van import held, lfr

pytestmark = pytest.mark.timeout(300)

WAIT_S = 30


def until(van, met, tend=lambda: None):
    """Beat after each look of the van, until something has come to pass."""
    looked = threading.Event()

    def turn():
        Watch.turn(van.watch)
        looked.set()

    van.watch.turn = turn
    while not met():
        assert looked.wait(WAIT_S)
        looked.clear()
        tend()
        van.beat()


def end_of(van):
    """Beat until the deployment is over, and say why."""
    with pytest.raises(EndedError) as ended:
        until(van, lambda: False)
    return ended.value.end


def test_a_newer_list_is_taken_while_the_van_looks_and_nothing_is_left_of_the_old_one(born):
    with open_van(born.settings, Ears()) as van:
        old = van.law.watchlist
        used = van.station.custody._opened.key_id
        born.desk.publish()
        born.courier.fetch()
        until(van, lambda: van.law.watchlist.id == "demo-2")
        assert van.watch.pipeline.match.watchlist is van.law.watchlist
        until(van, lambda: not old.templates.any())
        keys, bundles = held(born)
        assert used not in keys
        assert van.station.custody._opened.key_id in keys
        assert len(bundles) == 1
        assert van.watch.looking
        van.beat()
        assert van.station.panel.state is Lamp.LOOKING


def test_what_is_damaged_on_the_way_takes_nothing_from_the_list_that_is_held(born):
    with open_van(born.settings, Ears()) as van:
        born.desk.publish()
        born.courier.fetch()
        newest = van.station.custody._store.current()
        newest.bundle.write_bytes(b"x" * newest.bundle.stat().st_size)
        until(van, lambda: van.station.custody.trouble is not None)
        van.beat()
        assert van.law.watchlist.id == "demo-1"
        assert van.watch.pipeline.match.watchlist.templates.any()
        assert van.station.panel.state is Lamp.DEGRADED


def test_whoever_is_withdrawn_is_a_candidate_no_more(born):
    with open_van(born.settings, Ears()) as van:
        match = van.watch.pipeline.match
        assert match.gallery._rows.any()
        born.desk.trial.withdraw(match.watchlist.subjects[0].reference, born.desk.place)
        born.courier.fetch()
        until(van, lambda: not match.gallery._rows.any())
        assert van.watch.looking


def test_a_van_that_starts_after_a_withdrawal_knows_it(born):
    born.desk.trial.withdraw("V-001", born.desk.place)
    born.courier.fetch()
    with open_van(born.settings, Ears()) as van:
        assert not van.watch.pipeline.match.gallery._rows.any()


@pytest.mark.parametrize("way", ["button", "command", "revoked"])
def test_however_it_ends_nothing_is_left_and_everybody_is_told(born, way):
    with open_station(born.settings, Ears()) as station:
        law = station.custody.find()
        key = station.custody._opened.key_id
        with look(station, law) as van:
            if way == "button":
                station.custody.ask(End.BUTTON)
            elif way == "command":
                assert "has not let go of it yet" in lfr(born, "deployment", "close").stdout
            else:
                born.desk.trial.revoke("demo-1-1", born.desk.place)
                born.courier.fetch()
            end = end_of(van)
        station.end(end)
        assert end is End(way)
        assert not law.watchlist.templates.any()
        keys, bundles = held(born)
        assert key not in keys
        assert bundles == []
        assert state(station.custody, Lamp.OFF).ended is end
        assert station.panel.state is Lamp.OFF
        assert station.custody.seek() is None


def test_a_deployment_that_was_closed_never_comes_back(born):
    assert "Closed: demo-1-1." in lfr(born, "deployment", "close").stdout
    born.courier.fetch()
    with pytest.raises(EndedError) as ended, open_van(born.settings, Ears()):
        pass
    assert ended.value.end is End.COMMAND
    assert lfr(born, "deployment", "close").returncode == 75


def test_between_two_deployments_the_van_waits_in_the_dark_for_the_next(born):
    stop = threading.Event()
    lfr(born, "deployment", "close")
    lamps = []
    with open_station(born.settings, Ears(lamp=lamps.append)) as station:
        waiting = threading.Thread(target=_next_list, args=[born])
        waiting.start()
        law = _await(station, stop)
        waiting.join()
        # It says that it takes a list, and is dark otherwise.
        assert {*lamps} <= {Lamp.UPDATING, Lamp.OFF}
        assert law.watchlist.id == "demo-2"
        station.custody.ask(End.BUTTON)
        assert _deploy(station, law, stop) is False
        assert Lamp.READY in lamps
        assert lamps[-1] is Lamp.OFF
        assert station.custody.ended is End.BUTTON
        assert held(born)[1] == []


@pytest.mark.parametrize("end", [End.BUTTON, End.COMMAND])
def test_an_end_holds_even_where_something_fails_on_the_way_out(born, monkeypatch, end):
    stop, store = Watch.stop, Store(born.settings.watchlist.folder)

    def fail(watch):
        stop(watch)
        raise MachineError("A camera does not let go.", mend="Start again.")

    monkeypatch.setattr(Watch, "stop", fail)
    with open_station(born.settings, Ears()) as station:
        law = station.custody.find()
        if end is End.BUTTON:
            station.custody.ask(end)
        else:
            store.close("demo-1-1", law.deployment.authority.ends_at, end)
        with pytest.raises(MachineError):
            _deploy(station, law, threading.Event())
        assert station.custody.ended is end
        assert station.panel.state is Lamp.OFF
    assert store.closed("demo-1-1") is end
    assert held(born)[1] == []


def test_a_button_that_was_held_counts_although_the_van_is_told_to_stop(born):
    stop = threading.Event()
    stop.set()
    with open_station(born.settings, Ears()) as station:
        law = station.custody.find()
        station.custody.ask(End.BUTTON)
        assert _deploy(station, law, stop) is True
    assert Store(born.settings.watchlist.folder).closed("demo-1-1") is End.BUTTON
    assert held(born)[1] == []


def test_a_disk_that_does_not_let_go_of_a_list_is_a_fault_and_nothing_looks(born, monkeypatch):
    def refuse(*_):
        raise MachineError("closed.json cannot be written.", mend="Check the disk.")

    stop, lamps = threading.Event(), []

    def shown(lamp):
        lamps.append(lamp)
        if lamp is Lamp.FAULT:
            stop.set()

    with open_station(born.settings, Ears(lamp=shown)) as station:
        station.custody.find()
        monkeypatch.setattr(Store, "close", refuse)
        station.end(End.BUTTON)
        assert _await(station, stop) is None
        assert lamps == [Lamp.FAULT]


def test_a_button_that_is_held_between_two_deployments_ends_neither(born):
    with open_station(born.settings, Ears()) as station:
        station.custody.ask(End.BUTTON)
        with look(station, station.custody.find()) as van:
            van.beat()
            assert van.watch.looking


def _next_list(born):
    born.desk.publish()
    born.courier.fetch()


def test_a_notice_of_the_force_reaches_the_van(born):
    with open_van(born.settings, Ears()) as van:
        notify(born.settings.tablets, born.settings.van)
        until(van, born.settings.watchlist.notice.exists)
        born.desk.publish()
        until(van, lambda: van.law.watchlist.id == "demo-2", born.courier.tend)
