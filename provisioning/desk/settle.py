"""What has its signatures becomes the newest of the repository; the online key says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from appliance.errors import TrustError
from appliance.watchlist.chain import TARGETS_BYTES
from provisioning.desk import roles
from provisioning.desk.keys import require_known
from provisioning.desk.repository import require_signed
from provisioning.desk.roles import LIVES, WITHDRAWALS, WITHDRAWALS_FILE
from provisioning.desk.stage import require_fit

if TYPE_CHECKING:
    from datetime import timedelta

    from securesystemslib.signer import CryptoSigner

    from provisioning.desk.repository import Repository


def settle(
    repository: Repository,
    online: CryptoSigner,
    life: timedelta = LIVES[Timestamp.type],
    *,
    drafts: bool = True,
) -> None:
    """Make what is signed the newest.

    Args:
        repository: The desk's.
        online: The online key.
        life: How long vans may go without hearing again.
        drafts: Whether root and targets that wait are meant too, or withdrawals only.

    Raises:
        TrustError: too few have signed.
    """
    shelf = repository.shelf
    root = repository.root() if drafts else shelf.require(Root).signed
    require_known(online, root.roles[Timestamp.type].keyids, "online")
    if drafts:
        # Both are asked first: a root without its targets would leave vans with nothing to believe.
        _require_root(repository)
        _require_targets(repository)
        require_fit(repository.coming(), repository.published(), repository.clock())
        _require_small(repository)
        _promote(repository)
    _promote_withdrawals(repository)
    made = Metadata(
        roles.timestamp(shelf.timestamp(), _snapshot(repository, online), repository.clock() + life)
    )
    made.sign(online)
    shelf.put(made)


def _require_root(repository: Repository) -> None:
    draft = repository.draft_root()
    if draft:
        before = repository.shelf.require(Root).signed
        found = draft.signed.get_root_verification_result(
            before, draft.signed_bytes, draft.signatures
        )
        require_signed(found.first, "The new root")
        require_signed(found.second, "The new root")


def _require_targets(repository: Repository) -> None:
    targets = repository.draft() or repository.shelf.require(Targets)
    require_signed(repository.standing(targets), "What is pending")


def _require_small(repository: Repository) -> None:
    draft = repository.draft()
    if draft and len(draft.to_bytes()) > TARGETS_BYTES:
        raise TrustError(
            "There are more vans than one repository can serve.",
            mend="Found a desk for each region: vans refuse metadata that long.",
        )


def _promote(repository: Repository) -> None:
    root, targets = repository.draft_root(), repository.draft()
    if root:
        repository.shelf.put(root)
    if targets:
        repository.shelf.put(targets)
    for name in ("root.json", "targets.json"):
        (repository.pending / name).unlink(missing_ok=True)


def _promote_withdrawals(repository: Repository) -> None:
    newest, targets = repository.withdrawing(), repository.shelf.require(Targets).signed
    if newest is None:
        raise TrustError("There are no withdrawals.", mend=roles.MEND)
    found = targets.get_verification_result(WITHDRAWALS, newest.signed_bytes, newest.signatures)
    require_signed(found, "The list of withdrawals")
    repository.shelf.put(newest, WITHDRAWALS)
    (repository.pending / WITHDRAWALS_FILE).unlink(missing_ok=True)


def _snapshot(repository: Repository, online: CryptoSigner) -> MetaFile:
    shelf, now = repository.shelf, repository.clock()
    held = shelf.newest(Snapshot)
    meta = {f"{role}.json": shelf.meta(role) for role in (Targets.type, WITHDRAWALS)}
    fresh = held and held.signed.expires - now > LIVES[Snapshot.type] / 2
    if not held or not fresh or held.signed.meta != meta:
        made = Metadata(roles.snapshot(held.signed if held else None, meta, now))
        made.sign(online)
        shelf.put(made)
    return shelf.meta(Snapshot.type)
