"""What of lists that have ended still lies on the disk, and has to go from there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from appliance.domain.ending import End
from appliance.watchlist import disk, ending
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.origin import read_root

if TYPE_CHECKING:
    from datetime import datetime

    from appliance.domain.deployment import Authority
    from appliance.settings import WatchlistSettings
    from appliance.watchlist.store import Store

SWEEP_S: Final = 60.0


class Remains:
    """Destroys what has ended; what the disk refuses is kept in mind until it is done.

    Args:
        settings: Where keys and root lie.
        van: The van's own name.
        store: What the van holds.
    """

    def __init__(self, settings: WatchlistSettings, van: str, store: Store) -> None:
        self._settings, self._van, self._store = settings, van, store
        self._destroy = Keyring(settings.keyring).destroy
        self._over: list[tuple[Authority, End]] = []
        self._swept_s = time.monotonic() - SWEEP_S
        self.kept = ""
        """The generation whose list is searched: what is older is to go. Empty: nothing is."""

    @property
    def unfinished(self) -> bool:
        """Whether something has ended and is not destroyed yet."""
        return bool(self._over)

    def end(self, authority: Authority, end: End) -> None:
        """Note that a deployment is over; `finish` is to follow."""
        self._over.append((authority, end))

    def finish(self, now: datetime) -> None:
        """Destroy what is over.

        Raises:
            MachineError, SettingsError: the disk refuses; it may be tried again.
        """
        while self._over:
            with disk.writing("What has ended"):
                self._destroy_list(*self._over[0], now)
            del self._over[0]

    def _destroy_list(self, authority: Authority, end: End, now: datetime) -> None:
        if end is End.LIST_EXPIRED:
            # A list that ends does not end a deployment which has a newer one.
            self.sweep(now)
        else:
            name, ends_at = authority.deployment_id, authority.ends_at
            ending.finish(self._store, self._destroy, name, ends_at, end)

    def clear_older(self) -> None:
        """Destroy what the list that is searched has taken the place of; errors as for `finish`."""
        if self.kept:
            ending.supersede(self._store, self._destroy, self.kept)
            self.kept = ""

    def tidy(self, now: datetime) -> End | None:
        """Sweep, at most once a minute.

        Returns:
            How the deployment that was held last has ended, by whomever; None where it has not.
        """
        if time.monotonic() - self._swept_s < SWEEP_S:
            return None
        end = self.sweep(now) or self._last()
        self._swept_s = time.monotonic()
        return end

    def sweep(self, now: datetime) -> End | None:
        """Destroy whatever is past its end; errors as for `finish`.

        Returns:
            How the newest of it had ended.
        """
        root = read_root(self._settings.root)
        return ending.sweep(self._store, self._destroy, root, self._van, now)

    def _last(self) -> End | None:
        newest = self._store.current()
        name = newest.label().deployment_id if newest else None
        return self._store.closed(name) if name else None
