"""The demo's force: a desk with two signers, and a folder that it publishes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from provisioning.desk.trial import open_trial_desk, trial_authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from appliance.domain.watchlist import Watchlist

LIFE = timedelta(hours=1)
PURPOSE = "To show the appliance to somebody who wants to see it"


class Force:
    """Whoever enrols, signs and publishes. Both signatures are made here, so it is only a demo.

    Args:
        folder: For the desk and what it publishes.
        van: The van's name.
        watchlist: Those who were enrolled.
        clock: Gives the time.
    """

    def __init__(
        self, folder: Path, van: str, watchlist: Watchlist, clock: Callable[[], datetime]
    ) -> None:
        self._desk = open_trial_desk(folder / "desk", clock)
        self._van, self._watchlist, self._clock = van, watchlist, clock
        self.place = folder / "published"
        """What a web server would serve, or a stick would carry."""
        self.place.mkdir()
        self.root = self._desk.root
        """The force's keys, with which the van is born."""
        self._lists = 0

    def know(self, keys: bytes) -> None:
        """Take the public halves of the van's one-time keys."""
        self._desk.register(keys)

    def publish(self) -> str:
        """Seal a list for the van, have two sign it and its authority, and publish both.

        Returns:
            The list's name.
        """
        self._lists += 1
        made_at = self._clock()
        head = self._watchlist.head.model_copy(
            update={
                "watchlist_id": f"demo-{self._lists}",
                "made_at": made_at,
                "expires_at": made_at + LIFE,
            }
        )
        subjects = len(self._watchlist.subjects)
        self._desk.enlist(replace(self._watchlist, head=head), [self._van])
        self._desk.authorise(trial_authority(head, subjects, PURPOSE), [self._van])
        self._desk.publish(self.place)
        return head.watchlist_id
