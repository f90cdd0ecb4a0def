"""A desk with keys in memory, a van's keyring, and whoever believes what the desk publishes."""

from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from appliance.domain.watchlist import ListImage
from appliance.watchlist.chain import Chain
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.trust import read
from provisioning.desk.inspect import Sealed, opened
from provisioning.desk.trial import open_trial_desk, trial_authority

PEOPLE = ("R-1", "R-2", "R-3")


@pytest.fixture
def people(subject, listing, jpeg, clock):
    """Make a list of some people, one picture each."""

    def make(watchlist_id="list-1", references=PEOPLE, made_at=None, **changes):
        image = ListImage(jpeg=jpeg, source="custody suite")
        made_at = made_at or clock.now
        subjects = [
            subject(name, images=(image,), expires_at=made_at + timedelta(days=3), **changes)
            for name in references
        ]
        return listing(
            np.eye(len(references), 8),
            subjects=subjects,
            watchlist_id=watchlist_id,
            made_at=made_at,
            expires_at=made_at + timedelta(hours=12),
        )

    return make


@pytest.fixture
def keyring(tmp_path):
    keyring = Keyring(tmp_path / "keyring")
    keyring.make(6)
    return keyring


@pytest.fixture
def desk(tmp_path, clock, keyring):
    desk = open_trial_desk(tmp_path / "desk", clock)
    desk.register(keyring.document("van-1"))
    return desk


@pytest.fixture
def other(desk, tmp_path):
    """Give a second van's keys, which the desk knows."""
    keyring = Keyring(tmp_path / "other")
    keyring.make(2)
    desk.register(keyring.document("van-2"))
    return keyring


@pytest.fixture
def authority():
    """Make an authority for a list that is there."""

    def make(watchlist, **changes):
        made = trial_authority(watchlist.head, len(watchlist.subjects), "to try")
        return made.model_copy(update=changes)

    return make


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def ready(desk, people, authority):
    """Lay out a list and its authority; nobody has signed."""

    def make(watchlist_id="list-1", van="van-1", **changes):
        watchlist = people(watchlist_id, **changes)
        desk.enlist(watchlist, [van])
        desk.authorise(authority(watchlist), [van])
        return watchlist

    return make


@pytest.fixture
def van(desk, keyring, clock):
    """Believe what lies in a folder, as a van does, and open its list."""
    root = desk.root

    def believe(folder, name="van-1"):
        def fetch(want):
            file = folder / want.path
            return file.read_bytes() if file.exists() else None

        return read(Chain(root, clock.now, fetch), name, clock.now)

    def look(folder, name="van-1"):
        """Open the list as the van's own key can."""
        trusted = believe(folder, name)
        identity = keyring.identity(trusted.promise.key_id)
        return opened(Sealed(folder / trusted.bundle_path, identity, trusted.promise))

    return SimpleNamespace(believe=believe, look=look, keyring=keyring)
