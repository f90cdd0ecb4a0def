"""A desk for a trial: every key in memory, one person in all its roles, the real repository."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from appliance.domain.deployment import Authority, Place, Position
from appliance.watchlist import bundle
from appliance.watchlist.keyring import seal
from provisioning.desk import keys, log
from provisioning.desk.enlist import Order, begin, enlist
from provisioning.desk.office import Office
from provisioning.desk.publish import publish
from provisioning.desk.repository import utc_now
from provisioning.desk.roles import LIVES
from provisioning.desk.settle import settle
from provisioning.desk.stage import forget, stage_authority
from provisioning.desk.withdraw import revoke, withdraw
from provisioning.enrol.merge import Sealed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from tuf.api.metadata import Targets

    from appliance.domain.watchlist import Head, Watchlist
    from provisioning.desk.enlist import Source
    from provisioning.desk.publish import Copied
    from provisioning.enrol.sealing import Envelope

EYES_PX = 20.0
"""Pictures of a trial may be small; the desk asks for 64 px between the eyes."""
HERE = Position(latitude_deg=51.7343, longitude_deg=0.4691)
"""Chelmsford, Essex. Any point would do."""
DAY = LIVES["timestamp"]


@dataclass(frozen=True)
class Given:
    """A list that is in memory already, to be sealed as if it had just been enrolled."""

    watchlist: Watchlist = field(repr=False)

    @property
    def references(self) -> list[str]:
        """Whose entries they are."""
        return [subject.reference for subject in self.watchlist.subjects]

    def seal(self, envelope: Envelope) -> Sealed:
        """Write the bundle; nobody can be left out.

        Raises:
            ValueError: somebody is to be.
        """
        if envelope.leave_out:
            raise ValueError("a list that is given is sealed whole")
        rows = b"".join(envelope.commit(reference) for reference in self.references)
        commitments = np.frombuffer(rows, np.uint8).reshape(-1, log.COMMITMENT_BYTES)
        plain = bundle.pack(replace(self.watchlist, head=envelope.head, commitments=commitments))
        with envelope.file.open("xb") as opened:
            seal(io.BytesIO(plain), opened, envelope.recipients)
        cipher = envelope.file.read_bytes()
        return Sealed(
            sha256=hashlib.sha256(cipher).hexdigest(),
            bytes=len(cipher),
            plain_bytes=len(plain),
            subjects=len(self.watchlist.subjects),
            templates=len(self.watchlist.templates),
        )


class TrialDesk:
    """A desk without passphrases, for a demonstration, a bench or a test.

    Args:
        folder: An empty folder for the desk.
        clock: Gives the time.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        made = {name: keys.make_key() for name in keys.KEEPING}
        self.ring = {name: keys.signer_of(key, name) for name, key in made.items()}
        self.key = keys.answer_key(made[keys.ANSWER])
        self.office = Office.create(folder, "A trial", self.ring, clock)

    @property
    def root(self) -> bytes:
        """The root that a van is born with: its `/etc/lfr/root.json`."""
        return (self.office.repository.shelf.folder / "1.root.json").read_bytes()

    def register(self, document: bytes) -> None:
        """Take a van's public keys: what its keyring gives out.

        Raises:
            InputError: it is no such document.
        """
        self.office.vans.register(document)

    def enlist(self, watchlist: Watchlist, vans: Sequence[str]) -> list[str]:
        """Seal a list that is there for some vans, and lay it out; errors as of `enlist`."""
        return self.enrol(Given(watchlist), watchlist.head, vans)

    def enrol(self, source: Source, head: Head, vans: Sequence[str]) -> list[str]:
        """Seal those who were enrolled for some vans, and lay it out; errors as of `enlist`."""
        begin(self.office, head.watchlist_id)
        return enlist(self.office, source, Order(head, vans, self.key))

    def authorise(self, authority: Authority, vans: Sequence[str]) -> list[str]:
        """Lay out an authority for some vans."""
        return stage_authority(self.office.repository, authority, vans)

    def sign(self, *names: str) -> None:
        """Have what is laid out signed, by two unless others are named."""
        for name in names or keys.SIGNERS[:2]:
            self.office.repository.sign(self.ring[name])

    def forget(self, draft: Targets) -> None:
        """Take what has ended out of a draft: `repository.stage(desk.forget)`."""
        forget(draft, self.office.clock())

    def publish(self, place: Path, life: timedelta = DAY) -> Copied:
        """Have two sign what is laid out, if anything is, and copy all to a folder.

        Raises:
            TrustError: a list has no authority, or has ended.
        """
        if self.office.repository.draft():
            self.sign()
        settle(self.office.repository, self.ring[keys.ONLINE], life)
        return publish(self.office.repository, place)

    def refresh(self, place: Path, life: timedelta = DAY) -> Copied:
        """Say that this is still the newest, and nothing else."""
        settle(self.office.repository, self.ring[keys.ONLINE], life, drafts=False)
        return publish(self.office.repository, place)

    def withdraw(self, reference: str, place: Path, by: str = "signer-3") -> Copied:
        """Have one signer take a person off, at once."""
        withdraw(self.office, reference, self.ring[by])
        return self.refresh(place)

    def revoke(self, deployment_id: str, place: Path, by: str = "signer-3") -> Copied:
        """Have one signer take an authority back, at once."""
        revoke(self.office, deployment_id, self.ring[by])
        return self.refresh(place)


def open_trial_desk(folder: Path, clock: Callable[[], datetime] = utc_now) -> TrialDesk:
    """Set up a desk for a trial in an empty folder; see `TrialDesk`."""
    return TrialDesk(folder, clock)


def trial_authority(head: Head, subjects: int, purpose: str, place: Position = HERE) -> Authority:
    """Allow the whole list, here, for as long as it lives."""
    return Authority(
        deployment_id=f"{head.watchlist_id}-1",
        purpose=purpose,
        place=Place(name="Wherever this computer stands", centre=place, radius_m=100),
        starts_at=head.made_at,
        ends_at=head.expires_at,
        notice_published_at=head.made_at,
        authorising_officer="Nobody: this is a trial",
        authorised_at=head.made_at,
        watchlist_id=head.watchlist_id,
        maximum_subjects=subjects,
        threshold_floor=0.0,
    )
