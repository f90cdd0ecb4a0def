"""The repository under python-tuf's own client, over HTTP: an independent check of what we publish.

Nothing of the van's side is used here. The client keeps its own clock, so that this one does too.
"""

import http.server
import threading
from functools import partial
from pathlib import Path

import pytest
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadHTTPError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, Targets
from tuf.ngclient import Updater

from provisioning.desk import rotation
from provisioning.desk.keys import make_key, signer_of
from provisioning.desk.repository import utc_now
from provisioning.desk.trial import open_trial_desk


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def clock():
    return utc_now


@pytest.fixture
def people(people, clock):
    """The lists of these stories are made now."""
    return lambda *given, **changes: people(*given, made_at=clock(), **changes)


@pytest.fixture
def server(out):
    handler = partial(Quiet, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def client(desk, server, tmp_path):
    """Make a client that was born with the first root and remembers what it has seen."""

    def make(name="client"):
        folder = tmp_path / name
        (folder / "targets").mkdir(parents=True, exist_ok=True)
        updater = Updater(
            str(folder),
            f"{server}/metadata/",
            str(folder / "targets"),
            f"{server}/targets/",
            bootstrap=desk.root,
        )
        updater.refresh()
        return updater

    return make


def fetch(client, path):
    target = client.get_targetinfo(path)
    return Path(client.download_target(target)).read_bytes()


def test_everything_that_is_published_can_be_fetched_and_is_signed(desk, ready, client, out):
    ready()
    desk.publish(out)
    for path in ("vans/van-1/watchlist.age", "vans/van-1/authority.json", "log/list-1.json"):
        assert fetch(client(), path)
    custom = client().get_targetinfo("vans/van-1/watchlist.age").custom
    assert custom["subjects"] == 3


def test_what_is_taken_back_comes_through_the_delegated_role(desk, ready, client, out):
    ready()
    desk.publish(out)
    before = fetch(client(), "withdrawals.json")
    desk.withdraw("R-2", out)
    after = fetch(client(), "withdrawals.json")
    assert b'"commitment"' in after
    assert b'"commitment"' not in before


def test_the_delegated_role_can_put_nobody_on_a_list(desk, ready, client, out):
    ready()
    desk.publish(out)
    assert client().get_targetinfo("vans/van-2/watchlist.age") is None


def test_a_client_follows_list_after_list_and_key_after_key(desk, ready, client, out):
    for number, name in enumerate(("signer-2", "online", "root-1"), start=1):
        ready(f"list-{number}")
        desk.publish(out)
        assert client().get_targetinfo(f"log/list-{number}.json")
        new = signer_of(make_key(), name)
        rotation.renew(desk.office.repository, name, new)
        desk.ring[name] = new
        for holder in ("root-2", "root-3"):
            rotation.sign(desk.office.repository, desk.ring[holder])
    desk.publish(out)
    assert client().get_targetinfo("log/list-3.json")


def test_an_older_state_of_the_whole_place_is_refused(desk, ready, client, out):
    ready("list-1")
    desk.publish(out)
    old = {file: file.read_bytes() for file in out.rglob("*") if file.is_file()}
    client()
    desk.withdraw("R-1", out)
    client()
    for file, data in old.items():
        file.write_bytes(data)
    with pytest.raises(BadVersionNumberError):
        client()


def test_one_flipped_byte_in_any_file_is_refused(desk, ready, client, out):
    ready()
    desk.publish(out)
    first = desk.office.repository.shelf.version(Targets, "withdrawals", 1).signed
    old = out / "targets" / first.targets["withdrawals.json"].get_prefixed_paths()[0]
    files = [file for file in out.rglob("*") if file.is_file() and file != old]
    for number, file in enumerate(sorted(files)):
        held = file.read_bytes()
        if file.name.startswith("1."):
            continue  # the client was born with that root, and wants no older version
        at = held.index(b'"') + 1 if file.suffix == ".json" else len(held) // 2
        file.write_bytes(held[:at] + bytes([held[at] ^ 1]) + held[at + 1 :])
        with pytest.raises((RepositoryError, LengthOrHashMismatchError, DownloadHTTPError)):
            fetch_all(client(f"client-{number}"))
        file.write_bytes(held)


def fetch_all(client):
    paths = ("vans/van-1/watchlist.age", "vans/van-1/authority.json", "log/list-1.json")
    for path in (*paths, "withdrawals.json"):
        target = client.get_targetinfo(path)
        assert target is not None
        client.download_target(target)


def test_a_timestamp_by_a_signer_of_lists_is_refused(desk, ready, client, out):
    ready()
    desk.publish(out)
    stamp = desk.office.repository.shelf.folder / "timestamp.json"

    forged = Metadata.from_bytes(stamp.read_bytes())
    forged.signed.version += 1
    forged.sign(desk.ring["signer-1"])
    (out / "metadata/timestamp.json").write_bytes(forged.to_bytes())
    with pytest.raises(UnsignedMetadataError):
        client()


def test_the_desk_of_these_stories_is_a_new_one_each_time(tmp_path):
    one, two = open_trial_desk(tmp_path / "a"), open_trial_desk(tmp_path / "b")
    assert one.root != two.root
