"""A trial: everybody listed is a volunteer for a short while, and its tablets are throw-away."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from appliance.domain.watchlist import Ground
from provisioning import disk
from provisioning.desk.certificates import Authority, Revoked
from provisioning.enrol.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from provisioning.desk.certificates import Issued

HOST, ADDRESSES = "localhost", ("127.0.0.1", "::1")
"""Under what a trial's broker and page answer."""


def trial_terms(expires_at: datetime) -> Terms:
    """Say what holds for everybody in a trial."""
    return Terms(
        ground=Ground.VOLUNTEER,
        reason="A volunteer in a demonstration",
        power="None: speak to them, and thank them",
        source="The trial's own pictures",
        reviewer="Nobody: this is a trial",
        expires_at=expires_at,
    )


@dataclass(frozen=True)
class TrialTablet:
    """What a tablet connects with, in files, and what it signs with, in memory."""

    certificate: Path
    key: Path
    tls: Issued
    signing: Issued


@dataclass(frozen=True)
class TrialRoster:
    """The tablets of a trial, and the folder by which its van knows them."""

    folder: Path
    """As `/etc/lfr/tablets`: ca.pem, crl.pem, server.pem, server.key."""
    tablets: Mapping[str, TrialTablet]
    authority: Authority
    _revoked: list[Revoked] = field(default_factory=list[Revoked], repr=False)

    def revoke(self, name: str) -> None:
        """Put both certificates of a tablet on the van's `crl.pem`."""
        now, tablet = self.authority.clock(), self.tablets[name]
        self._revoked.extend(Revoked(one.serial, now) for one in (tablet.tls, tablet.signing))
        disk.write(self.folder / "crl.pem", self.authority.crl(self._revoked), disk.PUBLIC)


def make_roster(
    folder: Path, names: Iterable[str], authority: Authority | None = None
) -> TrialRoster:
    """Make tablets that nobody needs to keep, and the van's folder for them.

    Args:
        folder: Where each tablet's `NAME.pem` and `NAME.key` go, and the van's in `van`.
        names: The tablets.
        authority: Who issues them; else a new one.
    """
    issuer = authority or Authority.create()
    server = issuer.issue_server([HOST], [*map(ip_address, ADDRESSES)])
    van = folder / "van"
    for name, data in {"ca.pem": issuer.pem, "crl.pem": issuer.crl()}.items():
        disk.write(van / name, data, disk.PUBLIC)
    _lay_out(server, van / "server.pem", van / "server.key")
    return TrialRoster(van, {name: _tablet(issuer, folder, name) for name in names}, issuer)


def _tablet(issuer: Authority, folder: Path, name: str) -> TrialTablet:
    tls, certificate, key = issuer.issue_tls(name), folder / f"{name}.pem", folder / f"{name}.key"
    _lay_out(tls, certificate, key)
    return TrialTablet(certificate, key, tls, issuer.issue_signing(name))


def _lay_out(issued: Issued, certificate: Path, key: Path) -> None:
    disk.write(certificate, issued.pem, disk.PUBLIC)
    disk.write(key, issued.key_pem)
