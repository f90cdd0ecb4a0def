"""The force's tablets at the desk: who has which certificates, until when, and what vans need."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from pydantic import ValidationError

from appliance.errors import InputError
from provisioning import disk
from provisioning.desk import keys, luggage
from provisioning.desk.certificates import Authority, Revoked
from provisioning.desk.roll import AUTHORITY_SOON, SOON, Roll, Server, Tablet, require_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from ipaddress import IPv4Address, IPv6Address
    from pathlib import Path

    from provisioning.desk.certificates import Issued

T = TypeVar("T")
LIMIT_BYTES = 4 << 20
AUTHORITY = "the tablets' authority"
"""Whose passphrase is asked for."""
RENEW = "run `lfr desk tablet refresh`, and copy it to each van."


@dataclass(frozen=True)
class Packed:
    """What goes to a tablet, and what is typed there."""

    tablet: Tablet
    p12: bytes = field(repr=False)
    key_file: bytes = field(repr=False)
    password: str = field(repr=False)


class Tablets:
    """The tablets that this desk has let in.

    Args:
        desk: The desk's folder.
        force: Whose.
        clock: Gives the time.
    """

    def __init__(self, desk: Path, force: str, clock: Callable[[], datetime]) -> None:
        self.folder = desk / "tablets"
        self._force, self._clock = force, clock
        self._file = self.folder / "roster.json"
        self._certificate, self._key = self.folder / "ca.pem", self.folder / "ca.key"
        self._crl = self.folder / "crl.pem"

    # -- What there is

    def roll(self) -> Roll:
        """Give all that were ever made.

        Raises:
            InputError: the file is damaged.
        """
        if not self._file.exists():
            return Roll()
        try:
            return Roll.model_validate_json(disk.read(self._file, LIMIT_BYTES))
        except ValidationError:
            raise _damaged(self._file) from None

    def names(self) -> list[str]:
        """Name the tablets that are not revoked."""
        return sorted({one.name for one in self.roll().tablets if one.revoked_at is None})

    def founded(self) -> bool:
        """Tell whether the authority is there, so that its passphrase is known."""
        return self._certificate.exists()

    def warnings(self) -> list[str]:
        """Name what somebody should see to before tablets are refused.

        Raises:
            InputError: a file is damaged.
        """
        if not self.founded():
            return []
        now, told = self._clock(), []
        if self._lacks_crl(now):
            told.append(f"crl.pem has ended, and vans refuse every tablet: {RENEW}")
        elif self._lacks_crl(now + SOON):
            told.append(f"Vans refuse every tablet once crl.pem has ended, which is soon: {RENEW}")
        own = self._read(self._certificate, x509.load_pem_x509_certificate)
        if own.not_valid_after_utc - now < AUTHORITY_SOON:
            told.append(
                f"The tablets' authority ends on {own.not_valid_after_utc:%d %b %Y}, and all "
                "certificates with it: move DESK/tablets away, and make them anew."
            )
        return [*told, *self.roll().ending(now)]

    def _lacks_crl(self, at: datetime) -> bool:
        if not self._crl.exists():
            return True
        ends_at = self._read(self._crl, x509.load_pem_x509_crl).next_update_utc
        return ends_at is not None and ends_at < at

    def _read(self, file: Path, load: Callable[[bytes], T]) -> T:
        try:
            return load(disk.read(file, LIMIT_BYTES))
        except ValueError:
            raise _damaged(file) from None

    # -- What is done

    def open(self, words: str) -> Authority:
        """Open the authority; the first time it is made.

        Raises:
            InputError: the passphrase is wrong or short, or a file is damaged.
        """
        if self.founded():
            pem = disk.read(self._certificate, LIMIT_BYTES)
            return Authority.open(pem, keys.unlock(self._key, words), self._clock)
        made = Authority.create(self._force, self._clock)
        # The certificate last: without it nothing was ever issued, and a key alone is replaced.
        disk.remove(self._key)
        keys.lock(made.own.key_pem, self._key, words)
        disk.write(self._certificate, made.pem, disk.PUBLIC)
        return made

    def require_free(self, name: str) -> None:
        """Refuse a name that is none, or whose tablet is still good for a while.

        Raises:
            InputError: it is so.
        """
        require_name(name, "tablet")
        later = self._clock() + SOON
        if any(one.holds(later) for one in self.roll().tablets if one.name == name):
            raise InputError(
                f"{name} has its certificates already.",
                mend=f"Take another name, or first `lfr desk tablet revoke {name}`.",
            )

    def make(self, authority: Authority, name: str, days: int) -> Packed:
        """Let a tablet in; errors as of `require_free`."""
        self.require_free(name)
        tls, signing = authority.issue_tls(name, days), authority.issue_signing(name, days)
        tablet = Tablet(
            name=name,
            made_at=self._clock(),
            expires_at=tls.certificate.not_valid_after_utc,
            tls=f"{tls.serial:x}",
            signing=f"{signing.serial:x}",
        )
        # First, so that nothing is ever handed out that cannot be revoked.
        roll = self.roll()
        self._save(roll.model_copy(update={"tablets": (*roll.tablets, tablet)}))
        self.refresh(authority)
        words = luggage.password()
        p12 = luggage.p12(tls, authority.own.certificate, words)
        return Packed(tablet, p12, luggage.key_file(signing, name, words), words)

    def known(self, name: str) -> list[Tablet]:
        """Give what was ever made for a tablet.

        Raises:
            InputError: nothing was.
        """
        found = [one for one in self.roll().tablets if one.name == name]
        if not found:
            raise InputError(f"This desk has no tablet {name}.", mend="See `lfr desk tablet list`.")
        return found

    def revoke(self, authority: Authority, name: str) -> list[Tablet]:
        """Shut a tablet out, with all that was ever made for it; errors as of `known`."""
        self.known(name)
        roll, now = self.roll(), self._clock()
        tablets = [
            one.model_copy(update={"revoked_at": one.revoked_at or now})
            if one.name == name
            else one
            for one in roll.tablets
        ]
        self._save(roll.model_copy(update={"tablets": tuple(tablets)}))
        self.refresh(authority)
        return self.known(name)

    def refresh(self, authority: Authority) -> list[Path]:
        """Write `crl.pem` anew, here and in each van's folder; returns where."""
        gone = [
            Revoked(int(serial, 16), one.revoked_at)
            for one in self.roll().tablets
            if one.revoked_at is not None
            for serial in (one.tls, one.signing)
        ]
        data = authority.crl(gone)
        vans = sorted(self.folder.glob("vans/*/server.pem"))
        written = [self._crl, *(file.with_name("crl.pem") for file in vans)]
        for file in written:
            disk.write(file, data, disk.PUBLIC)
        return written

    def last(self, van: str) -> Server:
        """Give a van's newest certificate.

        Raises:
            InputError: it has none.
        """
        for one in reversed(self.roll().servers):
            if one.van == van:
                return one
        raise InputError(f"Nothing says where {van} is.", mend="Say --name HOST or --address IP.")

    def place(self, van: str) -> Path:
        """Say where a van's folder is to be.

        Raises:
            InputError: the van's name is none.
        """
        require_name(van, "van")
        return self.folder / "vans" / van

    def equip(
        self,
        authority: Authority,
        van: str,
        hosts: Sequence[str],
        addresses: Sequence[IPv4Address | IPv6Address],
    ) -> Server:
        """Lay out what a van's `/etc/lfr/tablets` holds: whom it believes, and who it is.

        Raises:
            InputError: a name is none.
        """
        folder, issued = self.place(van), authority.issue_server(hosts, addresses)
        server = Server(
            van=van,
            hosts=tuple(hosts),
            addresses=tuple(addresses),
            made_at=self._clock(),
            expires_at=issued.certificate.not_valid_after_utc,
            serial=f"{issued.serial:x}",
        )
        roll = self.roll()
        self._save(roll.model_copy(update={"servers": (*roll.servers, server)}))
        _lay_out(folder, authority, issued)
        self.refresh(authority)
        return server

    def _save(self, roll: Roll) -> None:
        disk.write(self._file, roll.model_dump_json().encode())


def _lay_out(folder: Path, authority: Authority, issued: Issued) -> None:
    disk.make_room(folder)
    disk.write(folder / "ca.pem", authority.pem, disk.PUBLIC)
    disk.write(folder / "server.pem", issued.pem, disk.PUBLIC)
    disk.write(folder / "server.key", issued.key_pem)


def _damaged(file: Path) -> InputError:
    return InputError(f"{file.name} is damaged.", mend="Bring it back from a backup.")
