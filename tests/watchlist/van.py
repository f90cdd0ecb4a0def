"""A van's side over a folder: its store, its one-time keys, and what of it is in force."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

from appliance.errors import ApplianceError
from appliance.watchlist.ending import finish, supersede, sweep
from appliance.watchlist.store import Store
from appliance.watchlist.supply import open_supply
from appliance.watchlist.trust import believe
from appliance.watchlist.updater import Recipient, update
from tests.watchlist.repository import MODEL, MOMENT


class Van:
    """Holds what an update installs. Keys that were destroyed are in `destroyed`."""

    def __init__(self, folder, repository, name="van-1", model=MODEL):
        folder.mkdir(exist_ok=True)
        self.folder, self.now = folder, MOMENT
        self.store, self.destroyed = Store(folder), []
        self.recipient = Recipient(name, repository.pinned, lambda: model)

    def pass_by(self, **time):
        self.now += timedelta(**time)

    def update(self, place, **how):
        with open_supply(str(place), **how) as supply:
            return update(self.store, supply, self.recipient, self.now)

    def sweep(self):
        root, van = self.recipient.root, self.recipient.van
        return sweep(self.store, self.destroyed.append, root, van, self.now)

    def supersede(self):
        supersede(self.store, self.destroyed.append, self.store.current().name)

    def finish(self, end, deployment_id="d-1"):
        ends_at = MOMENT + timedelta(hours=6)
        finish(self.store, self.destroyed.append, deployment_id, ends_at, end)

    def held(self):
        """Say which list is in force: that of the newest generation that holds one, whole."""
        generations = self.store.generations()
        whole = [self.trusted(generation) for generation in generations]
        for generation, trusted in zip(generations, whole, strict=True):
            if not trusted or not trusted.promise or not generation.inode():
                continue
            bundle = generation.bundle.read_bytes()
            assert sha256(bundle).hexdigest() == trusted.bundle_sha256, "half a bundle"
            assert len(bundle) == trusted.bundle_bytes
            deployment_id = trusted.authority.deployment_id
            if self.store.closed(deployment_id) or trusted.end(self.now):
                continue
            if whole[0] and whole[0].withdrawals.revokes(deployment_id):
                continue
            return trusted.promise.watchlist_id
        return None

    def trusted(self, generation):
        root, van = self.recipient.root, self.recipient.van
        try:
            return believe(generation.files(), root, van, self.now)
        except ApplianceError:
            return None

    def withdrawn(self):
        """Say what is taken back, as far as this van knows."""
        return self.trusted(self.store.current()).withdrawals.commitments()

    def left(self):
        """Name all files, for what has to be gone."""
        return {str(f.relative_to(self.folder)) for f in self.folder.rglob("*") if f.is_file()}
