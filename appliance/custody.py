"""Who has the list: opens it, hands it to whoever matches, and destroys it when its time is over.

The main thread asks once a second. What is large or not yet believed is read by a child.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from appliance.admission import Admission
from appliance.clock import Steady
from appliance.domain.ending import End, EndedError
from appliance.errors import ApplianceError, TrustError
from appliance.log import fields
from appliance.watchlist.arrivals import Arrivals
from appliance.watchlist.remains import Remains
from appliance.watchlist.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from appliance.domain.deployment import Deployment
    from appliance.domain.watchlist import Watchlist
    from appliance.matching.handover import Answer, Handover
    from appliance.settings import Appliance
    from appliance.tablets.broker import Link
    from appliance.watchlist.opening import Opened

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Law:
    """What must be in force before anything is looked at."""

    watchlist: Watchlist
    deployment: Deployment
    withdrawn: tuple[bytes, ...] = field(default=(), repr=False)
    """Commitments of those who are taken off again."""
    bundle_sha256: str = ""
    """Of the list as it came."""
    position: Literal["declared", "gpsd"] = "declared"
    """Who said where the van stands."""
    by: Literal["hand", "itself"] = "itself"
    """Whether somebody has opened it..."""
    user: int | None = None
    """...and which account."""


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
        lists, van = settings.watchlist, settings.van
        self._store = Store(lists.folder)
        self.now = Steady(wall, self._store.now(wall()))
        """The van's time."""
        self._arrivals = Arrivals(lists, van, model_id, self._store, self.now)
        self._remains = Remains(lists, van, self._store)
        self._admission = Admission(settings, self.now)
        self._opened: Opened | None = None
        self._coming: list[Opened] = []
        self._asked: End | None = None
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
        return self._asked is not None or self._arrivals.waiting

    @property
    def updating(self) -> bool:
        """Whether a list that is new is on its way to be searched."""
        return self._arrivals.taking or bool(self._coming)

    @property
    def unfinished(self) -> bool:
        """Whether the disk has refused to destroy what has ended; until it does, nothing looks."""
        return self._remains.unfinished

    @property
    def asked(self) -> End | None:
        """The end that was asked for and has not come yet."""
        return self._asked

    def ask(self, end: End) -> None:
        """Have the deployment ended at the next beat, if there is one; any thread may."""
        if self.law is not None:
            self._asked = end

    def seek(self) -> Law | None:
        """Look for a list that may be used here and now; never waits.

        Returns:
            None while there is none; `trouble` says why.
        """
        if not self._finished():
            return None
        self.ended = self._remains.tidy(self.now()) or self.ended
        try:
            # No list is opened for a deployment that nobody has opened.
            self._admission.require_any(self._store.generations())
            opened = self._arrivals.poll("", wanting=self.law is None)
            if opened is not None:
                self._admit(opened)
        except ApplianceError as error:
            self._note(error)
        return self.law

    def find(self) -> Law:
        """Open the list that may be used here and now, and wait for it.

        Raises:
            ApplianceError: there is none.
        """
        return self._admit(self._arrivals.wait())

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
        self._admission.require_inside(law.deployment.authority)
        for answer in handover.settle():
            self._answered(answer)
        self._clear_older()
        opened = self._newer([held, *self._coming][-1].bundle_sha256)
        # Whoever is taken off comes first, and goes also where no newer list is good.
        references = handover.withdraw(self._arrivals.withdrawn)
        if references:
            link.withdraw(references)
            self.taken_off += len(references)
            _log.info("taken off the list", extra=fields(subjects=len(references)))
        if opened is not None:
            self._pass_on(opened, handover)

    def end(self, end: End) -> None:
        """Destroy the list: its key, its files, and that it ever comes back.

        What the disk refuses is `trouble`, and `seek` tries it again before it looks for a list.
        """
        law = self.law
        self.drop()
        self.ended = end
        if law is not None:
            authority = law.deployment.authority
            self._remains.end(authority, end)
            self._admission.close(authority)
            told = fields(deployment_id=authority.deployment_id, reason=end.value)
            _log.info("the deployment has ended", extra=told)
            self._finished()

    def drop(self) -> None:
        """Stop opening, and forget the list that is open; what lies on the disk stays."""
        self._arrivals.close()
        self._admission.leave()
        for opened in (self._opened, *self._coming):
            # No entry ends in 1970: where all say so, it was erased, and its memory given back.
            if opened is not None and opened.watchlist and opened.watchlist.expires.any():
                opened.watchlist.erase()
        self.law = self._opened = self._asked = None
        self._coming, self._remains.kept = [], ""

    def _finished(self) -> bool:
        """Destroy what has ended; where the disk refuses, the next call tries again."""
        if self._remains.unfinished:
            try:
                self._remains.finish(self.now())
            except ApplianceError as error:
                self._note(error, "what has ended is not destroyed")
                return False
            self._note(None)
        return True

    def _newer(self, held_sha256: str) -> Opened | None:
        opened = None
        try:
            opened = self._arrivals.poll(held_sha256, wanting=self.trouble is not None)
        except EndedError:
            raise
        except ApplianceError as error:
            self._note(error)
        if opened is not None:
            self._note(_refusal(opened))
        return opened

    def _admit(self, opened: Opened) -> Law:
        try:
            # Whatever has happened while it was opened counts, too.
            end = self._store.closed(opened.authority.deployment_id)
            if end is not None:
                raise EndedError(end)
            self._admission.enter(opened.authority)
            law = self._law(opened)
            law.deployment.require_open(self.now())
        except ApplianceError:
            if opened.watchlist is not None:
                opened.watchlist.erase()
            raise
        self._take(opened)
        self._note(_refusal(opened))
        self.ended = None
        return law

    def _law(self, opened: Opened) -> Law:
        admission, watchlist = self._admission, opened.watchlist
        if watchlist is None:
            raise TrustError("There is no list to begin with.", mend="Run `lfr update` again.")
        deployment = admission.deployment(opened.authority, opened.valid_until)
        return Law(
            watchlist,
            deployment,
            opened.withdrawn,
            opened.bundle_sha256,
            admission.position,
            admission.by,
            admission.user,
        )

    def _pass_on(self, opened: Opened, handover: Handover) -> None:
        deployment = self._admission.deployment(opened.authority, opened.valid_until)
        try:
            self._admission.require_opened(opened.authority)
            if opened.watchlist is None:
                handover.extend(deployment)
                self._extend(opened)
            else:
                handover.offer(opened.watchlist, deployment)
                self._coming.append(opened)
        except ApplianceError as error:
            if opened.watchlist is not None:
                opened.watchlist.erase()
            self._note(error)

    def _extend(self, word: Opened) -> None:
        """Go on with what is on its way, or else with what is held, under a newer word."""
        if self._coming:
            self._coming[-1] = replace(word, watchlist=self._coming[-1].watchlist)
        elif self._opened is not None:
            self._take(replace(word, watchlist=self._opened.watchlist))

    def _answered(self, answer: Answer) -> None:
        told = [opened for opened in self._coming if opened.watchlist is answer.watchlist]
        self._coming = [each for each in self._coming if each.watchlist is not answer.watchlist]
        if answer.error is None:
            self._take(told[0])
            head = fields(watchlist_id=answer.watchlist.id, subjects=len(answer.watchlist.subjects))
            _log.info("a newer list is in force", extra=head)
        elif not self._coming:
            self._note(answer.error)

    def _take(self, opened: Opened) -> None:
        # What is older goes only now, when this is searched: until then it could have gone on.
        self._opened, self._remains.kept, self.law = opened, opened.generation, self._law(opened)

    def _clear_older(self) -> None:
        try:
            self._remains.clear_older()
        except ApplianceError as error:
            self._note(error, "an older list is not destroyed")

    def _note(
        self, trouble: ApplianceError | None, what: str = "no newer list can be taken"
    ) -> None:
        if trouble is not None and str(trouble) != str(self.trouble):
            _log.warning(what, exc_info=trouble)
        self.trouble = trouble


def _refusal(opened: Opened) -> ApplianceError | None:
    return TrustError(opened.refused, mend="") if opened.refused else None
