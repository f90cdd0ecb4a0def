"""The force's repository: metadata and targets as they are published, and those about to be.

repository/metadata, repository/targets   what vans fetch
pending/root.json, targets.json, withdrawals.json   what still wants signatures or publishing
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError
from tuf.api.exceptions import LengthOrHashMismatchError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

from appliance.domain.withdrawal import Withdrawals
from appliance.errors import InputError, TrustError
from provisioning import disk
from provisioning.desk import roles
from provisioning.desk.keys import SIGNERS, name_of, require_known
from provisioning.desk.roles import LIVES, WITHDRAWALS, WITHDRAWALS_FILE
from provisioning.desk.shelf import Shelf, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from securesystemslib.signer import CryptoSigner, Key
    from tuf.api.metadata import VerificationResult

    from provisioning.desk.keys import Ring

WITHDRAWALS_BYTES = 64 << 20
FORGOTTEN_AFTER = timedelta(hours=48)
"""Twice the life of a list: nothing that was taken back then can still be in force."""


def utc_now() -> datetime:
    """Give the time."""
    return datetime.now(timezone.utc)


class Repository:
    """What the force has published, and what it is about to.

    Args:
        folder: The desk's.
        clock: Gives the time.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.shelf = Shelf(folder / "repository" / "metadata")
        self.targets = folder / "repository" / "targets"
        self.pending = folder / "pending"
        self.clock = clock

    @classmethod
    def create(
        cls, folder: Path, ring: Ring, clock: Callable[[], datetime] = utc_now
    ) -> Repository:
        """Make a repository that promises nothing yet; `settle` makes it complete.

        Raises:
            InputError: there is one.
        """
        repository = cls(folder, clock)
        if repository.shelf.folder.exists():
            raise InputError("A repository is there already.", mend="Choose another folder.")
        repository.shelf.put(roles.first_root(ring, clock()))
        repository.stage(lambda _: None)
        for name in SIGNERS[: roles.THRESHOLDS[Targets.type]]:
            repository.sign(ring[name])
        return repository

    def root(self) -> Root:
        """Give the root under which the next targets will be judged: the coming one, if any."""
        return (self.draft_root() or self.shelf.require(Root)).signed

    def draft_root(self) -> Metadata[Root] | None:
        """Give the root that wants signatures, if any does."""
        file = self.pending / "root.json"
        return load(Root, file) if file.exists() else None

    def draft(self) -> Metadata[Targets] | None:
        """Give the targets that want signatures, if any do."""
        file = self.pending / "targets.json"
        return load(Targets, file) if file.exists() else None

    def published(self) -> Targets | None:
        """Give the targets that are published."""
        found = self.shelf.newest(Targets)
        return found.signed if found else None

    def coming(self) -> Targets:
        """Give the targets that will be: the draft's, else those that are published."""
        found = self.draft() or self.shelf.newest(Targets)
        return found.signed if found else roles.first_targets(self.root(), self.clock())

    def stage(self, change: Callable[[Targets], None]) -> list[str]:
        """Change what will be published, and leave it to be signed.

        Returns:
            Whose signatures fell away, since what they had signed is no longer it.
        """
        before, published, targets = self.draft(), self.published(), self.coming()
        lost = names(self.standing(before).signed.values()) if before else []
        change(targets)
        targets.version = published.version + 1 if published else 1
        targets.expires = self.clock() + LIVES[Targets.type]
        targets.delegations = roles.delegations(self.root())
        disk.write(self.pending / "targets.json", Metadata(targets).to_bytes())
        return lost

    def standing(self, draft: Metadata[Targets]) -> VerificationResult:
        """Say who has signed the targets, and how many must."""
        return self.root().get_verification_result(
            Targets.type, draft.signed_bytes, draft.signatures
        )

    def sign(self, signer: CryptoSigner, seen: str = "") -> VerificationResult:
        """Add one person's signature; the same person counts once.

        Args:
            signer: The person's key.
            seen: Digest of the draft that the person was shown; empty: whichever is there.

        Raises:
            InputError: nothing wants to be signed.
            TrustError: the key is none of the signers', or something changed meanwhile.
        """
        draft = self.draft()
        if draft is None:
            raise InputError("Nothing wants to be signed.", mend="Enrol or authorise first.")
        require_known(signer, self.root().roles[Targets.type].keyids, "signer")
        if seen and seen != digest(draft):
            raise TrustError("The draft was changed while you read it.", mend="Read it again.")
        for target in draft.signed.targets.values():
            self.require_whole(target)
        draft.sign(signer, append=True)
        disk.write(self.pending / "targets.json", draft.to_bytes())
        # The same person renews what is taken back, so that it does not end by itself.
        self.take_back(self.withdrawals(), signer)
        return self.standing(draft)

    def withdrawals(self) -> Withdrawals:
        """Give what is taken back, published or about to be.

        Raises:
            TrustError: the file is not the one that was signed.
        """
        newest = self.withdrawing()
        if newest is None:
            return Withdrawals(made_at=self.clock())
        target = newest.signed.targets[WITHDRAWALS_FILE]
        data = disk.read(self.file_of(target), WITHDRAWALS_BYTES)
        try:
            target.verify_length_and_hashes(data)
            return Withdrawals.model_validate_json(data)
        except (LengthOrHashMismatchError, ValidationError):
            raise TrustError("The withdrawals were changed.", mend=roles.MEND) from None

    def withdrawing(self) -> Metadata[Targets] | None:
        """Give the newest metadata of what is taken back, published or not yet."""
        file = self.pending / WITHDRAWALS_FILE
        return load(Targets, file) if file.exists() else self.shelf.newest(Targets, WITHDRAWALS)

    def take_back(self, withdrawals: Withdrawals, signer: CryptoSigner) -> None:
        """Have one signer say what is taken back; in force when it is published."""
        now, published = self.clock(), self.shelf.newest(Targets, WITHDRAWALS)
        data = self._pruned(withdrawals, now).model_dump_json().encode()
        target = TargetFile.from_data(WITHDRAWALS_FILE, data)
        disk.write(self.file_of(target), data, disk.PUBLIC)
        version = published.signed.version + 1 if published else 1
        life = now + LIVES[WITHDRAWALS]
        made = Metadata(Targets(version, expires=life, targets={WITHDRAWALS_FILE: target}))
        made.sign(signer)
        disk.write(self.pending / WITHDRAWALS_FILE, made.to_bytes())

    def file_of(self, target: TargetFile) -> Path:
        """Say where a target's file lies."""
        return self.targets / target.get_prefixed_paths()[0]

    def require_whole(self, target: TargetFile) -> None:
        """Refuse a file that is not the one that the metadata names.

        Raises:
            TrustError: it is missing, or was changed.
        """
        try:
            with self.file_of(target).open("rb") as opened:
                target.verify_length_and_hashes(opened)
        except (OSError, LengthOrHashMismatchError):
            raise TrustError(
                "A file is not the one that the metadata names.", mend="Enrol or authorise again."
            ) from None

    def _pruned(self, withdrawals: Withdrawals, now: datetime) -> Withdrawals:
        since = now - FORGOTTEN_AFTER
        promised = promises(self.published(), "deployment_id") | promises(
            self.coming(), "deployment_id"
        )
        entries = tuple(entry for entry in withdrawals.entries if entry.at > since)
        revoked = tuple(
            one for one in withdrawals.revoked if one.at > since or one.deployment_id in promised
        )
        return Withdrawals(made_at=now, entries=entries, revoked=revoked)


def names(keys: Iterable[Key]) -> list[str]:
    """Say whose keys they are."""
    return sorted(name_of(key) for key in keys)


def digest(draft: Metadata[Targets]) -> str:
    """Name exactly what is signed."""
    return hashlib.sha256(draft.signed_bytes).hexdigest()


def promises(targets: Targets | None, field: str) -> set[str]:
    """Gather what the targets promise under one word: lists, deployments or vans."""
    customs = [target.custom for target in targets.targets.values()] if targets else []
    return {str(custom[field]) for custom in customs if custom and field in custom}


def require_signed(found: VerificationResult, what: str) -> None:
    """Refuse what too few have signed.

    Raises:
        TrustError: it says who is missing.
    """
    if not found.verified:
        missing = ", ".join(names(found.unsigned.values()))
        raise TrustError(
            f"{what} has {len(found.signed)} of {found.threshold} signatures.",
            mend=f"Have it signed by {found.missing} more of {missing}.",
        )
