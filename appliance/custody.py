"""Who has the list: opens it, hands it to whoever matches, and destroys it when its time is over.

The main thread asks once a second. What is large or not yet believed is read by a child.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from appliance.clock import Steady
from appliance.domain.deployment import Deployment, Position
from appliance.domain.ending import End, EndedError
from appliance.errors import ApplianceError, LapsedError, TrustError
from appliance.log import fields
from appliance.watchlist.ending import finish, supersede, sweep
from appliance.watchlist.keyring import Keyring
from appliance.watchlist.opening import Opening
from appliance.watchlist.origin import read_root
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.domain.watchlist import Watchlist
    from appliance.matching.handover import Answer, Handover
    from appliance.settings import Appliance
    from appliance.tablets.broker import Link
    from appliance.watchlist.opening import Opened

AGAIN_S = 10.0
"""A list that could not be opened is tried anew after this, or when there is a newer one."""
SWEEP_S = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Law:
    """What must be in force before anything is looked at."""

    watchlist: Watchlist
    deployment: Deployment
    withdrawn: tuple[bytes, ...] = field(default=(), repr=False)
    """Commitments of those who are taken off again."""


class Custody:
    """The list that is held, from its opening to its end.

    Args:
        settings: The tree.
        model_id: Sha256 of the encoder in force.
        wall: Gives the computer's time, UTC.

    Raises:
        TrustError: the clock was set back.
    """

    def __init__(self, settings: Appliance, model_id: str, wall: Callable[[], datetime]) -> None:
        self._settings, self._model_id = settings, model_id
        self._store = Store(settings.watchlist.folder)
        self._keyring = Keyring(settings.watchlist.keyring)
        self.now = Steady(wall, self._store.now(wall()))
        """The van's time."""
        here = settings.deployment
        self._here = Position(latitude_deg=here.latitude_deg, longitude_deg=here.longitude_deg)
        self._opening: Opening | None = None
        self._opened: Opened | None = None
        self._next: Opened | None = None
        self._asked: End | None = None
        self._taken_back: tuple[bytes, ...] = ()
        self._seen, self._tried_s, self._swept_s = "", 0.0, 0.0
        self.law: Law | None = None
        """What is in force."""
        self.ended: End | None = None
        """Why the last deployment ended."""
        self.trouble: ApplianceError | None = None
        """Why there is no list, or no newer one."""
        self.taken_off = 0
        """How many people were withdrawn while the van looked."""

    @property
    def urgent(self) -> bool:
        """Whether something is to be done before the next beat."""
        return self._asked is not None or self._opening is not None or self._newest() != self._seen

    def ask(self, end: End) -> None:
        """Have the deployment ended at the next beat, if there is one; any thread may."""
        if self.law is not None:
            self._asked = end

    def seek(self) -> Law | None:
        """Look for a list that may be used here and now; never waits.

        Returns:
            None while there is none; `trouble` says why.
        """
        self._sweep()
        try:
            opened = self._poll("")
            if opened is not None:
                self.law = self._admit(opened)
        except ApplianceError as error:
            self._note(error)
        return self.law

    def find(self) -> Law:
        """Open the list that may be used here and now, and wait for it.

        Raises:
            ApplianceError: there is none.
        """
        opening = self._start("")
        try:
            opened = opening.wait()
        finally:
            self._opening = None
        self.law = self._admit(opened)
        return self.law

    def tend(self, handover: Handover, link: Link) -> None:
        """Take what is new to whoever matches; once a second while the van looks.

        Raises:
            EndedError: the deployment is over.
        """
        law, held = self.law, self._opened
        if law is None or held is None:
            return
        end = self._asked or self._store.closed(law.deployment.authority.deployment_id)
        if end is not None:
            raise EndedError(end)
        for answer in handover.settle():
            self._answered(answer)
        opened = self._newer(held) if self._next is None else None
        # Whoever is taken off comes first, and goes also where no newer list is good.
        references = handover.withdraw(self._taken_back)
        if references:
            link.withdraw(references)
            self.taken_off += len(references)
            _log.info("taken off the list", extra=fields(subjects=len(references)))
        if opened is not None:
            self._pass_on(opened, law, handover)

    def end(self, end: End) -> None:
        """Destroy the list: its key, its files, and that it ever comes back."""
        law = self.law
        self.drop()
        self.ended = end
        if law is not None:
            authority = law.deployment.authority
            if end is End.LIST_EXPIRED:
                # A list that ends does not end a deployment which has a newer one.
                self._destroy_ended()
            else:
                destroy = self._keyring.destroy
                finish(self._store, destroy, authority.deployment_id, authority.ends_at, end)
            told = fields(deployment_id=authority.deployment_id, reason=end.value)
            _log.info("the deployment has ended", extra=told)

    def drop(self) -> None:
        """Forget the list that is open; what lies on the disk stays."""
        for opened in (self._opened, self._next):
            # What has been matched with is erased already, and its memory given back.
            if opened is not None and opened.watchlist and opened.watchlist.templates[:1].any():
                opened.watchlist.erase()
        self.law = self._opened = self._next = self._asked = None
        self._seen = ""

    def close(self) -> None:
        """Stop opening, and forget the list."""
        if self._opening is not None:
            self._opening.close()
            self._opening = None
        self.drop()

    def _newer(self, held: Opened) -> Opened | None:
        try:
            return self._poll(held.bundle_sha256)
        except EndedError:
            raise
        except ApplianceError as error:
            self._note(error)
            return None

    def _poll(self, held_sha256: str) -> Opened | None:
        if self._opening is None:
            if not self._due():
                return None
            self._opening = self._start(held_sha256)
        opening = self._opening
        try:
            opened = opening.poll()
        except ApplianceError:
            self._opening, self._taken_back = None, opening.withdrawn
            raise
        if opened is not None:
            self._opening, self._taken_back = None, opened.withdrawn
            self._note(TrustError(opened.refused, mend="") if opened.refused else None)
        return opened

    def _start(self, held_sha256: str) -> Opening:
        self._seen, self._tried_s = self._newest(), time.monotonic()
        settings = self._settings
        lists, van = settings.watchlist, settings.van
        return Opening(lists, van, self._model_id, held_sha256, wall=self.now())

    def _due(self) -> bool:
        waiting = self.law is None or self.trouble is not None
        again = waiting and time.monotonic() - self._tried_s >= AGAIN_S
        return again or self._newest() != self._seen

    def _newest(self) -> str:
        generation = self._store.current()
        return generation.name if generation else ""

    def _admit(self, opened: Opened) -> Law:
        deployment = Deployment(opened.authority, self._here, opened.valid_until)
        watchlist = opened.watchlist
        if watchlist is None:
            raise EndedError(End.REVOKED)
        try:
            deployment.require_open(self.now())
        except LapsedError:
            watchlist.erase()
            raise
        self._opened, self.ended = opened, None
        return Law(watchlist, deployment, opened.withdrawn)

    def _pass_on(self, opened: Opened, law: Law, handover: Handover) -> None:
        deployment = Deployment(opened.authority, self._here, opened.valid_until)
        try:
            if opened.watchlist is None:
                handover.extend(deployment)
                self.law = replace(law, deployment=deployment)
            else:
                handover.offer(opened.watchlist, deployment)
                self._next = opened
        except ApplianceError as error:
            if opened.watchlist is not None:
                opened.watchlist.erase()
            self._note(error)

    def _answered(self, answer: Answer) -> None:
        coming = self._next
        if coming is None or answer.watchlist is not coming.watchlist:
            return
        self._next = None
        if answer.error is not None:
            self._note(answer.error)
            return
        self._opened, self.law = coming, Law(answer.watchlist, answer.deployment)
        # Only now that the newer list is searched: until then the older one could have gone on.
        supersede(self._store, self._keyring.destroy, coming.generation)
        told = fields(watchlist_id=answer.watchlist.id, subjects=len(answer.watchlist.subjects))
        _log.info("a newer list is in force", extra=told)

    def _note(self, trouble: ApplianceError | None) -> None:
        if trouble is not None and str(trouble) != str(self.trouble):
            _log.warning("no newer list can be taken", exc_info=trouble)
        self.trouble = trouble

    def _sweep(self) -> None:
        if time.monotonic() - self._swept_s < SWEEP_S and self._swept_s:
            return
        self._swept_s = time.monotonic()
        self._destroy_ended()

    def _destroy_ended(self) -> None:
        root = read_root(self._settings.watchlist.root)
        end = sweep(self._store, self._keyring.destroy, root, self._settings.van, self.now())
        self.ended = end or self.ended
