"""Desk and van together: what is published is fetched, held and followed, or refused."""

import http.server
import threading
from functools import partial
from types import SimpleNamespace

import pytest

from appliance.errors import TrustError
from appliance.watchlist.refusals import RollbackError
from appliance.watchlist.store import Store
from appliance.watchlist.supply import open_supply
from appliance.watchlist.trust import believe
from appliance.watchlist.updater import Recipient, update
from provisioning.desk import rotation
from provisioning.desk.keys import make_key, signer_of


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(params=["server", "stick"])
def source(request, out):
    """Give what is published by HTTP, or as a folder."""
    if request.param == "stick":
        yield str(out)
        return
    handler = partial(Quiet, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def van(desk, source, tmp_path, clock):
    """A van with a store, born with the desk's first root."""
    folder = tmp_path / "van-1"
    folder.mkdir()
    store = Store(folder)
    recipient = Recipient("van-1", desk.root, lambda: "an-encoder")

    def fetch():
        with open_supply(source) as supply:
            return update(store, supply, recipient, clock.now)

    def held():
        return believe(store.current().files(), desk.root, "van-1", clock.now)

    return SimpleNamespace(fetch=fetch, held=held, store=store)


def test_a_list_comes_to_the_van_and_lies_there_sealed(desk, ready, van, out):
    ready()
    desk.publish(out)
    assert van.fetch().installed
    assert van.held().promise.watchlist_id == "list-1"
    assert van.store.current().bundle.read_bytes().startswith(b"age-encryption.org/v1")


def test_a_van_without_a_list_yet_waits_and_takes_its_first(desk, ready, van, out):
    desk.publish(out)
    van.fetch()
    ready()
    desk.publish(out)
    assert van.fetch().installed
    assert van.held().promise.watchlist_id == "list-1"


def test_what_is_taken_back_and_refreshed_comes_too(desk, ready, van, clock, out):
    ready()
    desk.publish(out)
    van.fetch()
    desk.withdraw("R-2", out)
    van.fetch()
    assert len(van.held().withdrawals.entries) == 1
    clock.pass_by(hours=6)
    desk.refresh(out)
    until = van.held().valid_until
    van.fetch()
    assert van.held().valid_until > until


@pytest.mark.parametrize("name", ["signer-1", "signer-2", "online", "root-1"])
def test_a_van_that_holds_a_list_follows_a_new_key(desk, ready, van, out, name):
    ready("list-1")
    desk.publish(out)
    van.fetch()
    new = signer_of(make_key(), name)
    rotation.renew(desk.office.repository, name, new)
    desk.ring[name] = new
    for holder in ("root-2", "root-3"):
        rotation.sign(desk.office.repository, desk.ring[holder])
    ready("list-2")
    desk.publish(out)
    assert van.fetch().installed
    assert van.held().promise.watchlist_id == "list-2"
    desk.withdraw("R-1", out, by="signer-2")
    van.fetch()
    assert len(van.held().withdrawals.entries) == 2


def test_an_older_state_is_refused_and_the_newer_one_stays(desk, ready, van, out):
    ready("list-1")
    desk.publish(out)
    old = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    ready("list-2")
    desk.publish(out)
    van.fetch()
    for file, data in old.items():
        file.write_bytes(data)
    with pytest.raises(RollbackError):
        van.fetch()
    assert van.held().promise.watchlist_id == "list-2"


def test_a_desk_that_was_restored_from_an_older_copy_is_refused_by_vans(
    desk, ready, van, out, tmp_path
):
    """Which is why `publish` refuses it first, wherever it sees what was published."""
    ready("list-1")
    desk.publish(out)
    kept = (desk.office.repository.shelf.folder / "timestamp.json").read_bytes()
    for _ in range(2):
        desk.refresh(out)
    van.fetch()
    (out / "metadata" / "timestamp.json").write_bytes(kept)
    with pytest.raises(TrustError):
        van.fetch()
