"""Whether a deployment is opened, and where the van stands: what nobody may look without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from appliance.domain.deployment import Deployment
from appliance.errors import LapsedError
from appliance.oversight.openings import Openings
from appliance.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from appliance.domain.deployment import Authority, Place
    from appliance.settings import Appliance
    from appliance.watchlist.generation import Generation


class Admission:
    """Asks for an opening where the settings do, and for the van's place.

    Args:
        settings: The tree.
        now: The van's time.
    """

    def __init__(self, settings: Appliance, now: Callable[[], datetime]) -> None:
        self._openings = Openings(settings.oversight.folder)
        self._opens = settings.deployment.opens
        self._whereabouts = Whereabouts(settings.deployment, now)
        self._here = settings.deployment.declared
        self._held: tuple[str, ...] = ()
        self._away: tuple[tuple[str, ...], Place] | None = None
        """What was held when it was found that the van is not in its place, and that place."""
        self.by: Literal["hand", "itself"] = "itself"
        """Whether somebody has opened what is in force..."""
        self.user: int | None = None
        """...and which account."""

    @property
    def position(self) -> Literal["declared", "gpsd"]:
        """Say who tells where the van stands."""
        return self._whereabouts.source

    def require_any(self, generations: Iterable[Generation]) -> None:
        """See that one of the deployments that are held may be opened already, without opening it.

        Where the van was not in the place of what is held, it must have come there: no list is
        opened on the way.

        Raises:
            LapsedError: none is, or it has not.
        """
        held = [*generations]
        names = [generation.label().deployment_id for generation in held]
        opened = any(self._openings.find(name) for name in names if name)
        if self._opens == "by-hand" and any(names) and not opened:
            raise _unopened()
        self._held = tuple(generation.name for generation in held)
        if self._away is not None and self._away[0] == self._held:
            self._arrive(self._away[1])

    def enter(self, authority: Authority) -> None:
        """See that a deployment is opened, and find out where the van stands.

        Raises:
            LapsedError: nobody has opened it, or the van is elsewhere, or nobody knows where.
        """
        self.require_opened(authority)
        self._away = self._held, authority.place
        self._arrive(authority.place)

    def _arrive(self, place: Place) -> None:
        self._here = self._whereabouts.locate()
        if not place.holds(self._here):
            raise LapsedError(
                "The van is outside the signed place.", mend="Drive to the place, or sign this one."
            )
        self._away = None

    def require_opened(self, authority: Authority) -> None:
        """See that a deployment is opened, also one that comes while another goes on.

        Raises:
            LapsedError: nobody has opened it.
        """
        opening = self._openings.find(authority.deployment_id)
        if opening is None and self._opens == "by-hand":
            raise _unopened()
        self.by = "hand" if opening else "itself"
        self.user = opening.user if opening else None

    def deployment(self, authority: Authority, valid_until: datetime) -> Deployment:
        """Put an authority and the van's place together."""
        return Deployment(authority, self._here, valid_until)

    def require_inside(self, authority: Authority) -> None:
        """See that the van has not been driven away; once a second while it looks.

        Raises:
            LapsedError: it has, or nobody knows where it is any more.
        """
        self._whereabouts.require_inside(authority.place)

    def leave(self) -> None:
        """Ask nobody any more where the van stands."""
        self._whereabouts.close()

    def close(self, authority: Authority) -> None:
        """Forget the opening of a deployment that has ended."""
        self._openings.clear(authority.deployment_id)


def _unopened() -> LapsedError:
    return LapsedError(
        "The deployment has not been opened.", mend="Say `lfr deployment open` at the van."
    )
