"""A list that comes is opened: at once where it is new, and anew where it could not be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from appliance.watchlist.opening import Opening

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.settings import WatchlistSettings
    from appliance.watchlist.opening import Opened
    from appliance.watchlist.store import Store

AGAIN_S: Final = 10.0
"""A list that could not be opened is tried anew after this, or when there is a newer one."""


class Arrivals:
    """Opens what the update has brought; never waits but in `wait`.

    Args:
        settings: Where lists, keys and root lie.
        van: The van's own name.
        model_id: Sha256 of the encoder in force.
        store: What the van holds.
        now: The van's time.
        clock_s: Seconds that only go on.
    """

    def __init__(
        self,
        settings: WatchlistSettings,
        van: str,
        model_id: str,
        store: Store,
        now: Callable[[], datetime],
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._van, self._model_id = settings, van, model_id
        self._store, self._now, self._clock_s = store, now, clock_s
        self._opening: Opening | None = None
        self._seen, self._tried_s, self._fresh = "", 0.0, False
        self.withdrawn: tuple[bytes, ...] = ()
        """Who is taken back, by the newest word; also where no list is good."""

    @property
    def waiting(self) -> bool:
        """Whether something is on its way, or has come."""
        return self._opening is not None or self._newest() != self._seen

    @property
    def taking(self) -> bool:
        """Whether something new is being opened; what is tried anew is not new."""
        return self._opening is not None and self._fresh

    def poll(self, held_sha256: str, *, wanting: bool) -> Opened | None:
        """Look whether a newer list is open.

        Args:
            held_sha256: Which bundle is held, and is not opened again.
            wanting: Whether to try again what could not be opened.

        Raises:
            ApplianceError: as for `Opening.poll`.
        """
        if self._opening is not None and self._newest() != self._seen:
            # Whoever is taken back by now must not wait for a long list.
            self._give_up()
        if self._opening is None:
            again = wanting and self._clock_s() - self._tried_s >= AGAIN_S
            if not again and self._newest() == self._seen:
                return None
            self._opening = self._start(held_sha256)
        return self._ask(self._opening)

    def wait(self) -> Opened:
        """Open what there is; errors as for `Opening.poll`."""
        self._give_up()
        opening = self._start("")
        try:
            return opening.wait()
        finally:
            opening.close()

    def close(self) -> None:
        """Stop opening; whatever is there counts as new again."""
        self._give_up()
        self._seen = ""

    def _ask(self, opening: Opening) -> Opened | None:
        opened, done = None, True
        try:
            opened = opening.poll()
            done = opened is not None
        finally:
            self.withdrawn, self._tried_s = opening.withdrawn, self._clock_s()
            if done:
                self._opening = None
        return opened

    def _give_up(self) -> None:
        if self._opening is not None:
            self._opening.close()
            self._opening = None

    def _start(self, held_sha256: str) -> Opening:
        newest = self._newest()
        self._fresh, self._seen = newest != self._seen, newest
        return Opening(self._settings, self._van, self._model_id, held_sha256, wall=self._now())

    def _newest(self) -> str:
        generation = self._store.current()
        return generation.name if generation else ""
