"""`lfr check` tells how root, sources, list and keys stand, and what to do where they do not."""

import os
import threading
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from appliance.domain.deployment import Position
from appliance.domain.ending import End, EndedError
from appliance.errors import LapsedError, MachineError, SettingsError, TrustError
from appliance.settings import WatchlistSettings
from appliance.watchlist.chain import Chain
from appliance.watchlist.generation import Label
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.refusals import (
    ClockError,
    EncoderError,
    MissingError,
    PairError,
    StaleError,
    UnreachableError,
)
from appliance.watchlist.standing import Standing, sources
from appliance.watchlist.store import Store
from appliance.watchlist.trust import read
from tests.watchlist.repository import MODEL, MOMENT, Repository, a_repository

HERE = Position(latitude_deg=51.5, longitude_deg=-0.1)


class Van:
    """A van's folders, filled from a repository without a network."""

    def __init__(self, folder):
        self.settings = WatchlistSettings(
            folder=folder / "lists", keyring=folder / "keyring", root=folder / "root.json"
        )
        for place, mode in ((self.settings.folder, 0o2770), (self.settings.keyring, 0o700)):
            place.mkdir()
            place.chmod(mode)
        (made,) = Keyring(self.settings.keyring).make(1)
        self.key_id, self.store = made.key_id, Store(self.settings.folder)

    def take(self, repository, bundle=b"sealed"):
        self.settings.root.write_bytes(repository.pinned)
        chain = Chain(repository.pinned, repository.now, lambda w: repository.files.get(w.path))
        read(chain, "van-1", repository.now)
        file = self.settings.folder / "bundle"
        file.write_bytes(bundle)
        self.store.install(chain.files, file, Label())

    def at(self, wall=MOMENT):
        return Standing(self.settings, "van-1", wall)


@pytest.fixture
def van(tmp_path):
    return Van(tmp_path)


@pytest.fixture
def good(van):
    """One that has all that it needs."""
    repository = Repository()
    repository.put_list(key_id=van.key_id)
    repository.put_authority()
    van.take(repository.release())
    return van


# -- All is well


def test_a_van_that_has_all_that_it_needs_says_until_when(good):
    standing = good.at()
    assert "version 1, until 2027-05-04" in standing.root()
    assert standing.fresh() == "until 2026-05-05 10:00 UTC, 24.0 h without another word"
    assert standing.watchlist(MODEL) == "2 subjects, 3 pictures, until 2026-05-04 21:00 UTC"
    assert standing.authority(HERE) == "d-1, until 2026-05-04 16:00 UTC"
    assert "closed to others" in standing.folders()


def test_the_list_itself_is_not_read(good):
    bundle = good.store.current().bundle
    bundle.chmod(0)
    before = bundle.stat().st_atime_ns
    assert good.at().watchlist(MODEL)
    assert bundle.stat().st_atime_ns == before


# -- The root


def test_a_root_that_is_missing_names_its_setting(van):
    with pytest.raises(SettingsError, match=r"watchlist\.root"):
        van.at().root()


def test_a_root_of_somebody_else_is_not_believed(van):
    van.settings.root.write_text("{}")
    with pytest.raises(TrustError):
        van.at().root()


def test_a_van_that_holds_nothing_still_has_its_root(van):
    van.settings.root.write_bytes(Repository().pinned)
    assert "version 1" in van.at().root()


def test_the_newest_root_counts(van):
    repository = a_repository()
    repository.rotate()
    van.take(repository.release())
    assert "version 2, until 2027-05-04" in van.at().root()


def test_a_root_that_has_ended_is_bad(good):
    with pytest.raises(StaleError, match="root has ended"):
        good.at(MOMENT + timedelta(days=365)).root()


# -- What is held


def test_a_van_that_holds_nothing_has_no_list_no_authority_and_no_contact(van):
    van.settings.root.write_bytes(Repository().pinned)
    standing = van.at()
    for look in (
        standing.fresh,
        partial(standing.watchlist, MODEL),
        partial(standing.authority, HERE),
    ):
        with pytest.raises(LapsedError, match="on this van"):
            look()


def test_a_van_for_which_nothing_is_published_has_neither(van):
    van.take(Repository().release())
    with pytest.raises(LapsedError, match="no list"):
        van.at().watchlist(MODEL)
    with pytest.raises(LapsedError, match="no authority"):
        van.at().authority(HERE)


def test_a_van_that_was_not_told_for_a_day_has_lost_contact(good):
    with pytest.raises(StaleError):
        good.at(MOMENT + timedelta(hours=24)).fresh()


def test_a_clock_that_was_set_back_is_told(good):
    good.store.raise_floor(MOMENT + timedelta(hours=1))
    with pytest.raises(ClockError, match="set back"):
        good.at().fresh()


def test_a_list_without_an_authority_is_refused(van):
    repository = Repository()
    repository.put_list(key_id=van.key_id)
    van.take(repository.release())
    with pytest.raises(PairError):
        van.at().watchlist(MODEL)


def test_a_list_of_another_encoder_is_told(good):
    with pytest.raises(EncoderError):
        good.at().watchlist("f" * 64)


def test_a_list_whose_key_is_gone_is_told(good):
    Keyring(good.settings.keyring).destroy(good.key_id)
    with pytest.raises(TrustError, match="no key for its list"):
        good.at().watchlist(MODEL)


@pytest.mark.parametrize("spoil", [os.unlink, lambda file: file.write_bytes(b"seal")])
def test_a_bundle_that_is_gone_or_short_is_told(good, spoil):
    spoil(good.store.current().bundle)
    with pytest.raises(MissingError):
        good.at().watchlist(MODEL)


@pytest.mark.parametrize(
    ("end", "happen"),
    [
        (End.DEPLOYMENT_OVER, lambda van: van.at(MOMENT + timedelta(hours=6))),
        (End.COMMAND, lambda van: van.store.close("d-1", MOMENT, End.COMMAND) or van.at()),
    ],
)
def test_a_deployment_that_has_ended_is_told(good, end, happen):
    standing = happen(good)
    for look in (partial(standing.watchlist, MODEL), partial(standing.authority, HERE)):
        with pytest.raises(EndedError) as ended:
            look()
        assert ended.value.end is end


def test_an_authority_for_another_place_is_told(good):
    with pytest.raises(LapsedError, match="outside the signed place"):
        good.at().authority(Position(latitude_deg=0, longitude_deg=0))


# -- Keys and folders


def test_few_keys_are_told_in_time(van):
    with pytest.raises(MachineError, match="1 one-time keys are left"):
        van.at().spare_keys()
    Keyring(van.settings.keyring).make(2)
    assert "3 one-time keys left" in van.at().spare_keys()


@pytest.mark.parametrize("name", ["folder", "keyring"])
def test_a_folder_that_is_missing_or_open_is_told(van, name):
    folder = getattr(van.settings, name)
    folder.chmod(0o777)
    with pytest.raises(SettingsError, match=rf"watchlist\.{name} is open") as refused:
        van.at().folders()
    assert "systemd-tmpfiles" in refused.value.mend
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(SettingsError, match=rf"watchlist\.{name} names no folder"):
        van.at().folders()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away, as CI is")
def test_what_one_installs_another_must_be_able_to_clear(van):
    os.chown(van.settings.folder, 12_345, -1)
    assert van.at().folders()
    van.settings.folder.chmod(0o750)
    with pytest.raises(SettingsError, match="cannot be cleared"):
        van.at().folders()


# -- Sources


@pytest.fixture
def server(tmp_path):
    """A web server with a folder that a test may fill."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as opened:
        thread = threading.Thread(target=opened.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{opened.server_port}/lfr"
        opened.shutdown()
        thread.join()


def asks(*places):
    return WatchlistSettings(source=places)


def test_a_server_that_answers_is_named_by_its_host_alone(server):
    folder, place = server
    a_repository().publish(folder / "lfr")
    assert sources(asks(place)) == "127.0.0.1: answers"


def test_one_of_several_is_enough_and_a_stick_may_be_away(server, tmp_path):
    folder, place = server
    a_repository().publish(folder / "lfr")
    said = sources(asks(str(tmp_path / "stick"), place))
    assert "stick: The folder with the force's files cannot be opened" in said
    assert said.endswith("127.0.0.1: answers")


def test_a_stick_answers_too(tmp_path):
    assert sources(asks(str(a_repository().publish(tmp_path)))) == f"{tmp_path}: answers"


def test_a_server_that_holds_nothing_of_a_forces_is_told(server):
    with pytest.raises(UnreachableError, match="holds nothing"):
        sources(asks(server[1]))


def test_nobody_at_the_other_end_is_told_with_the_mend():
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1") as refused:
        sources(asks("http://127.0.0.1:9/lfr"))
    assert "IPAddressAllow" in refused.value.mend


def test_a_password_in_a_source_is_not_repeated():
    with pytest.raises(UnreachableError) as refused:
        sources(asks("https://jane:secret@lists.example.org/secret"))
    assert "secret" not in refused.value.advice()
    assert "lists.example.org" in refused.value.advice()


def test_no_source_at_all_names_its_setting():
    with pytest.raises(SettingsError, match=r"watchlist\.source"):
        sources(WatchlistSettings())
