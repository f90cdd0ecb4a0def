"""Who is on the roll of tablets and of vans' servers, and what of it runs out soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, IPvAnyAddress, StringConstraints, TypeAdapter, ValidationError

from appliance.domain.watchlist import Part
from appliance.errors import InputError
from appliance.watchlist.trust import VanName

TabletName = VanName
"""A tablet is named as vans are: the name stands in topics and in the broker's rules."""
Serial = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,40}$")]
SOON = timedelta(days=30)
AUTHORITY_SOON = timedelta(days=365)


class Tablet(Part):
    """A tablet's two certificates, made together and revoked together."""

    name: TabletName
    made_at: AwareDatetime
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    tls: Serial
    """Of the one that connects."""
    signing: Serial

    def holds(self, at: datetime) -> bool:
        """Tell whether vans take it then."""
        return self.revoked_at is None and at < self.expires_at


class Server(Part):
    """The certificate by which tablets know a van."""

    van: VanName
    hosts: tuple[str, ...]
    addresses: tuple[IPvAnyAddress, ...]
    made_at: AwareDatetime
    expires_at: AwareDatetime
    serial: Serial


class Roll(Part):
    """All that were ever made, the newest last."""

    tablets: tuple[Tablet, ...] = ()
    servers: tuple[Server, ...] = ()

    def ending(self, now: datetime) -> list[str]:
        """Name what ends soon, or has ended, and has nothing newer in its place."""
        tablets = {one.name: one.expires_at for one in self.tablets if one.revoked_at is None}
        servers = {one.van: one.expires_at for one in self.servers}
        return [
            *(
                f"{name}'s certificates end on {at:%d %b %Y}: make new ones with "
                f"`lfr desk tablet make {name}`, or revoke it."
                for name, at in sorted(tablets.items())
                if at - now < SOON
            ),
            *(
                f"The certificate of {van}'s broker ends on {at:%d %b %Y}: "
                f"`lfr desk tablet van {van}`, and copy the folder there."
                for van, at in sorted(servers.items())
                if at - now < SOON
            ),
        ]


def require_name(name: str, what: str) -> None:
    """Refuse a name that could not stand in a topic.

    Raises:
        InputError: it is so.
    """
    try:
        TypeAdapter(TabletName).validate_python(name)
    except ValidationError:
        raise InputError(
            f"The {what}'s name is not of a-z, 0-9 and hyphens, 32 at most.",
            mend=f"Name it like {what}-7.",
        ) from None
