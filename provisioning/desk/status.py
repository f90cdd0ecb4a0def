"""How things stand at the desk: what is published, what waits for whom, what runs out when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuf.api.metadata import Root

from appliance.watchlist.trust import AuthorityPromise, Promise
from provisioning.desk.keys import ROOTS
from provisioning.desk.repository import digest, names
from provisioning.desk.roles import LIVES
from provisioning.desk.rotation import missing
from provisioning.desk.stage import promised
from provisioning.desk.summary import ends_soon
from provisioning.desk.vans import FEW

if TYPE_CHECKING:
    from tuf.api.metadata import Targets

    from provisioning.desk.office import Office

    Record = dict[str, Any]


def status(office: Office) -> Record:
    """Say how things stand, as JSON's own types, with nobody in them."""
    repository = office.repository
    stamp = repository.shelf.timestamp()
    held = repository.withdrawals()
    return {
        "force": office.force,
        "published": _promises(repository.published()),
        "pending": _pending(office),
        "valid_until": stamp.expires.isoformat() if stamp else None,
        "withdrawn": len(held.entries),
        "revoked": [one.deployment_id for one in held.revoked],
        "vans": {van: len(office.vans.known(van).unspent) for van in office.vans.names()},
        "tablets": office.tablets.names(),
        "lists": [office.drafts.record(one).model_dump(mode="json") for one in office.drafts.ids()],
        "places": [str(one) for one in office.places()],
        "warnings": warnings(office),
    }


def warnings(office: Office) -> list[str]:
    """Name what somebody should see to before it hurts."""
    repository, now = office.repository, office.clock()
    root, stamp = repository.shelf.require(Root).signed, repository.shelf.timestamp()
    told = [
        f"{van} has keys for {left} more list{'s' if left != 1 else ''}: "
        f"run `lfr deployment keys` there, and `lfr desk van FILE` here."
        for van in office.vans.names()
        if (left := len(office.vans.known(van).unspent)) < FEW
    ]
    if stamp is None or stamp.expires - now < LIVES["timestamp"] / 4:
        told.append("Vans hear nothing new for long: run `lfr desk refresh`, or have cron do it.")
    if root.expires - now < LIVES[Root.type] / 12:
        told.append("The root ends within a month: `lfr desk root --renew`.")
    published = repository.published()
    if published and ends_soon(published, now):
        told.append("The metadata ends within ten days: two sign it anew with `lfr desk sign`.")
    if any((office.keys / f"{name}.key").exists() for name in ROOTS):
        told.append("Root's keys still lie on this computer: move them to three safes.")
    return [*told, *office.tablets.warnings()]


def _pending(office: Office) -> Record | None:
    draft, root = office.repository.draft(), office.repository.draft_root()
    if draft is None:
        return None
    standing = office.repository.standing(draft)
    return {
        "version": draft.signed.version,
        "digest": digest(draft),
        "promises": _promises(draft.signed),
        "signed": names(standing.signed.values()),
        "missing": standing.missing,
        "root": {"version": root.signed.version, "missing": missing(office.repository)}
        if root
        else None,
    }


def _promises(targets: Targets | None) -> list[Record]:
    if targets is None:
        return []
    lists = {one.van: one for one in promised(targets, Promise)}
    authorities = {one.van: one for one in promised(targets, AuthorityPromise)}
    return [
        {
            "van": van,
            "list": lists[van].model_dump(mode="json") if van in lists else None,
            "authority": authorities[van].model_dump(mode="json") if van in authorities else None,
        }
        for van in sorted({*lists, *authorities})
    ]
