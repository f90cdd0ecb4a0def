"""Every way in which a repository may be bad is refused by its own error; the held list stays."""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.metadata import version

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import Updater
from tuf.ngclient._internal import trusted_metadata_set
from tuf.ngclient.fetcher import FetcherInterface

from appliance.errors import ApplianceError, InputError
from appliance.watchlist import refusals as no
from appliance.watchlist.server import Pace
from appliance.watchlist.supply import PATIENT
from tests.watchlist.attacks import OURS, the_root_has_expired
from tests.watchlist.fleet import renew
from tests.watchlist.fourteen import FOURTEEN
from tests.watchlist.repository import MOMENT, a_repository

ALL = {**FOURTEEN, **OURS}
HASTE = Pace(gap_s=0.2, small_s=0.2)


@pytest.fixture
def repository():
    """Give a repository that has an older state of its own."""
    repository = a_repository(bundle=b"older")
    repository.old = dict(repository.files)
    repository.put_list(b"sealed")
    repository.put_authority()
    repository.withdraw(b"w" * 32)
    return repository.release()


def refused(van, place, error, **how):
    """See that an update is refused, with advice, and that the van holds what it held."""
    with pytest.raises(error) as found:
        van.update(place, **how)
    assert type(found.value) is error
    assert str(found.value).endswith(".")
    assert found.value.mend
    assert van.held() == "list-1"
    assert van.withdrawn()[:1] == (b"w" * 32,)
    return found.value


def test_there_are_fourteen_and_many_more():
    assert len(FOURTEEN) == 14
    assert len(OURS) >= 10


@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.__name__)
@pytest.mark.parametrize("by", ["server", "stick"])
def test_it_is_refused_and_what_is_held_stays(van, repository, served, tmp_path, attack, by):
    van.update(served.url)
    attack(repository)
    stick = repository.publish(tmp_path / "stick")
    place = served.url if by == "server" else stick
    error = ALL[attack]
    words = {str(refused(van, place, error)) for _ in range(2)}
    assert len(words) == 1


def test_at_a_wrong_place_the_advice_is_to_look_at_the_place(van, served):
    with pytest.raises(no.MissingError) as found:
        van.update(f"{served.url}/elsewhere")
    assert "right place" in found.value.mend


def test_a_root_past_its_time_is_named_with_its_own_mend(van, repository, served):
    van.update(served.url)
    the_root_has_expired(repository)
    error = refused(van, served.url, no.StaleError)
    assert "root" in str(error)
    assert "--renew" in error.mend


def test_where_the_desk_has_been_silent_for_a_day_it_is_the_timestamp_that_is_named(
    van, repository, served
):
    repository.life["snapshot"] = timedelta(days=30)
    repository.release()
    van.update(served.url)
    van.pass_by(hours=25)
    with pytest.raises(no.StaleError, match=r"timestamp\.json has expired"):
        van.update(served.url)


ROLLBACKS = {attack for attack, error in ALL.items() if error is no.RollbackError}
"""A van that has seen nothing cannot know what is old, while it has not expired."""


@pytest.mark.parametrize("attack", ALL.keys() - ROLLBACKS, ids=lambda attack: attack.__name__)
def test_a_van_that_holds_nothing_holds_nothing_after_it(van, repository, served, attack):
    attack(repository)
    with pytest.raises(ApplianceError):
        van.update(served.url)
    assert van.held() is None


# -- On the way


def test_the_clock_is_set_back(van, repository, served):
    """So that a list would live longer, or an old one again."""
    van.update(served.url)
    van.sweep()
    van.pass_by(hours=-2)
    with pytest.raises(no.ClockError, match="set back"):
        van.update(served.url)
    van.pass_by(hours=2, seconds=-59)
    assert not van.update(served.url).installed


def test_one_signer_alone_cannot_put_somebody_on(van, repository, served):
    """What the role for withdrawals says of lists is heard by nobody."""
    van.update(served.url)
    path = "vans/van-1/watchlist.age"
    custom = repository.targets.targets[path].custom
    repository.put(repository.withdrawals, path, b"alone", {**custom, "watchlist_id": "list-9"})
    repository.by["withdrawals"] = repository.signers[2:]
    repository.release_withdrawals()
    van.update(served.url)
    assert van.held() == "list-1"


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.is_set():
        handler.wfile.write(bytes(65536))


TRICKS = {
    "endless": (endless, no.OversizeError),
    "elsewhere": (lambda h: h.answer(301, b"", Location="https://192.0.2.1/"), no.PlaceError),
    "silent": (lambda handler: handler.server.over.wait(5), no.SlowError),
    "in trouble": (lambda handler: handler.answer(503, b""), no.UnreachableError),
    "nonsense": (lambda handler: handler.wfile.write(b"\x00\r\n\r\n"), no.UnreachableError),
}


@pytest.mark.parametrize("path", ["timestamp", "snapshot", "targets.json", "withdrawals", "age"])
@pytest.mark.parametrize("trick", TRICKS)
def test_a_hostile_server_is_refused(van, repository, served, trick, path):
    van.update(served.url)
    renew(repository)
    served.tricks[path], error = TRICKS[trick]
    refused(van, served.url, error, pace=HASTE if trick == "silent" else PATIENT)


TRAPS = {
    "a link": lambda place, data: place.symlink_to("/etc/hostname"),
    "a pipe": lambda place, data: os.mkfifo(place),
    "a folder": lambda place, data: place.mkdir(),
}


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "watchlist.age", "authority"])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_hostile_stick_is_refused(van, repository, served, tmp_path, trap, role):
    van.update(served.url)
    renew(repository)
    stick = repository.publish(tmp_path / "stick")
    for place in [place for place in stick.rglob("*") if role in place.name]:
        place.unlink()
        TRAPS[trap](place, b"")
    refused(van, stick, InputError)


# -- python-tuf's own client agrees


class Memory(FetcherInterface):
    """Fetches from a repository in memory."""

    def __init__(self, files):
        self.files = files

    def _fetch(self, url):
        path = url.removeprefix("http://force/")
        if path not in self.files:
            raise DownloadHTTPError("missing", 404)
        yield self.files[path]


def official(repository, folder):
    """Update with the library's public client, at our moment."""
    places = (str(folder), "http://force/metadata/", str(folder), "http://force/targets/")
    client = Updater(*places, fetcher=Memory(repository.files), bootstrap=repository.pinned)
    client._trusted_set.reference_time = MOMENT
    target = client.get_targetinfo("vans/van-1/watchlist.age")
    return target and client.download_target(target)


@pytest.mark.parametrize("attack", FOURTEEN, ids=lambda attack: attack.__name__)
def test_the_public_client_refuses_the_same(repository, tmp_path, attack):
    assert official(repository, tmp_path)
    pinned = repository.pinned
    attack(repository)
    repository.files.setdefault("metadata/1.root.json", pinned)
    with pytest.raises((RepositoryError, DownloadError)):
        official(repository, tmp_path)


def test_the_part_of_the_library_that_is_not_public_is_the_one_we_know():
    """The chain is built on it; a release that moves it is to be looked at."""
    known = trusted_metadata_set.TrustedMetadataSet
    steps = ("update_root", "update_timestamp", "update_snapshot", "update_delegated_targets")
    assert all(callable(getattr(known, step)) for step in steps)
    assert version("tuf").split(".")[0] == "7"
