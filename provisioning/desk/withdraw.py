"""Taking back, at once and over one signature: an entry of a list, or an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuf.api.metadata import Root, Targets

from appliance.domain.withdrawal import Revoked, Withdrawn
from appliance.errors import InputError
from appliance.watchlist.trust import AuthorityPromise
from provisioning.desk.keys import require_known
from provisioning.desk.stage import promised

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

    from provisioning.desk.office import Office


def withdraw(
    office: Office, reference: str, signer: CryptoSigner, watchlist_id: str | None = None
) -> list[str]:
    """Take one person off every list that has not ended, or off one; also off later ones.

    Returns:
        Which lists.

    Raises:
        InputError: the person is on none.
        TrustError: the key is none of the signers'.
    """
    require_signer(office, signer)
    entries = find(office, reference, watchlist_id)
    now, held = office.clock(), office.repository.withdrawals()
    known = {entry.commitment for entry in held.entries}
    more = [commitment.hex() for commitment, _ in entries.values()]
    new = tuple(Withdrawn(commitment=one, at=now) for one in more if one not in known)
    together = held.model_copy(update={"entries": (*held.entries, *new)})
    office.repository.take_back(together, signer)
    for _, mark in entries.values():
        office.marks.withdraw(mark, now)
    return list(entries)


def find(
    office: Office, reference: str, watchlist_id: str | None = None
) -> dict[str, tuple[bytes, bytes]]:
    """Find a person on the lists that have not ended: commitment and mark, by list.

    Raises:
        InputError: the person is on none.
    """
    lists = [watchlist_id] if watchlist_id else office.drafts.ids()
    found = {name: office.drafts.find(name, reference) for name in lists}
    entries = {name: entry for name, entry in found.items() if entry}
    if not entries:
        raise InputError(
            "This reference is on no list that has not ended.", mend="Check how it is spelt."
        )
    return entries


def revoke(office: Office, deployment_id: str, signer: CryptoSigner) -> None:
    """Take back an authority: every van under it ends its deployment.

    Raises:
        InputError: nothing that is published or pending has that name.
        TrustError: the key is none of the signers'.
    """
    repository = office.repository
    require_signer(office, signer)
    if deployment_id not in deployments(office):
        raise InputError(
            "No deployment of that name is published or pending.",
            mend="`lfr desk status` names those that are.",
        )
    held = repository.withdrawals()
    if not held.revokes(deployment_id):
        revoked = Revoked(deployment_id=deployment_id, at=office.clock())
        held = held.model_copy(update={"revoked": (*held.revoked, revoked)})
    repository.take_back(held, signer)


def require_signer(office: Office, signer: CryptoSigner) -> None:
    """Refuse a key that vans would not hear today, whatever root is to come.

    Raises:
        TrustError: it is none of the signers'.
    """
    root = office.repository.shelf.require(Root).signed
    require_known(signer, root.roles[Targets.type].keyids, "signer")


def deployments(office: Office) -> list[str]:
    """Name the deployments that are published or pending."""
    repository = office.repository
    both = [targets for targets in (repository.published(), repository.coming()) if targets]
    return sorted({p.deployment_id for one in both for p in promised(one, AuthorityPromise)})
