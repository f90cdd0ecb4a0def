"""From people who were enrolled to a list that is laid out to be signed, a bundle for each van."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from appliance.errors import InputError
from appliance.watchlist.trust import Promise
from provisioning.desk import log
from provisioning.desk.drafts import Record
from provisioning.desk.stage import Bundle, stage_list
from provisioning.enrol.sealing import Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from appliance.domain.watchlist import Head
    from appliance.watchlist.keyring import Recipient
    from provisioning.desk.office import Office
    from provisioning.enrol.merge import Sealed


PATIENCE_S = 600.0


class Source(Protocol):
    """People who were enrolled: `merge.Enrolled`, or a list that is there already."""

    @property
    def references(self) -> Sequence[str]:
        """Whose entries they are."""
        ...

    def seal(self, envelope: Envelope) -> Sealed:
        """Write the bundle; see `merge.Enrolled`."""
        ...


@dataclass(frozen=True)
class Order:
    """What is to become of them."""

    head: Head
    vans: Sequence[str]
    key: bytes = field(repr=False)
    """The force's answer key."""
    leave_out: frozenset[int] = field(default=frozenset(), repr=False)
    """Numbers of those who are quarantined."""
    refused: int = 0
    """How many were left out before."""


def begin(office: Office, watchlist_id: str) -> str:
    """Make the desk's own one-time key for a new list, to which its parts are encrypted.

    Returns:
        Its public half.

    Raises:
        InputError: a list of that name was published: the log knows each once.
    """
    require_new(office, watchlist_id)
    return office.drafts.begin(watchlist_id)


def enlist(office: Office, source: Source, order: Order) -> list[str]:
    """Seal a list for each van, log it and lay it out to be signed.

    The desk is not kept from other commands while it is sealed, which may take long: somebody may
    have to be taken off meanwhile.

    Returns:
        Whose signatures of what was pending fell away.

    Raises:
        InputError: the list was not begun, a van has no keys left, nobody is left, or an entry is
            not lawful.
    """
    if len(order.leave_out) == len(source.references):
        # Before any van's key is spent on it.
        raise InputError("Nobody is left on the list.", mend="Look at the report.")
    name = order.head.watchlist_id
    desk = str(office.drafts.identity(name).to_public())
    spent = _spend(office, order)
    salt = secrets.token_bytes(log.SALT_BYTES)

    def commit(reference: str) -> bytes:
        return log.commitment(order.key, salt, name, reference)

    bundles: list[Bundle] = []
    for van, one in spent.items():
        file = office.drafts.folder(name) / f"{van}.age"
        to = [one.recipient, desk]
        sealed = source.seal(Envelope(order.head, to, file, commit, order.leave_out))
        bundles.append(Bundle(_promise(order.head, van, one.key_id, sealed), file))
    entries = [
        (reference, commit(reference), log.mark(order.key, reference))
        for number, reference in enumerate(source.references)
        if number not in order.leave_out
    ]
    with office.alone(PATIENCE_S):
        office.drafts.finish(_record(order, bundles[0].promise), entries)
        return stage_list(office.repository, bundles, _page(order.head, salt, entries))


def _spend(office: Office, order: Order) -> dict[str, Recipient]:
    with office.alone(PATIENCE_S):
        known = [office.vans.known(van) for van in order.vans]
        if not known or not all(van.unspent for van in known):
            raise InputError("A van has no keys left.", mend="Register its newest: `lfr desk van`.")
        return {van: office.vans.spend(van, order.head.watchlist_id) for van in order.vans}


def barred(office: Office, source: Source, key: bytes) -> list[int]:
    """Find those who were taken off a list before and not reinstated; gives their numbers."""
    marks = office.marks.barred()
    if not marks:
        return []
    names = enumerate(source.references)
    return [number for number, reference in names if log.mark(key, reference) in marks]


def require_new(office: Office, watchlist_id: str) -> None:
    """Refuse the name of a list that was published: the log knows each once.

    Raises:
        InputError: there was one.
    """
    repository = office.repository
    drafted = repository.coming().targets.get(f"log/{watchlist_id}.json")
    own = set(drafted.get_prefixed_paths()) if drafted else set[str]()
    published = repository.published()
    names = published.targets if published else {}
    files = {f"log/{file.name}" for file in (repository.targets / "log").glob("*.json")}
    old = {file for file in files if file.partition(".")[2] == f"{watchlist_id}.json"}
    if f"log/{watchlist_id}.json" in names or old - own:
        raise InputError(
            f"A list {watchlist_id} was published already.", mend="Give this one another name."
        )


def _promise(head: Head, van: str, key_id: str, sealed: Sealed) -> Promise:
    return Promise(
        van=van,
        key_id=key_id,
        **head.public,
        subjects=sealed.subjects,
        templates=sealed.templates,
        plain_bytes=sealed.plain_bytes,
    )


def _record(order: Order, promise: Promise) -> Record:
    return Record(
        **order.head.public,
        subjects=promise.subjects,
        templates=promise.templates,
        vans=tuple(order.vans),
        refused=order.refused + len(order.leave_out),
    )


def _page(head: Head, salt: bytes, entries: Sequence[tuple[str, bytes, bytes]]) -> log.Page:
    return log.Page(
        watchlist_id=head.watchlist_id,
        made_at=head.made_at,
        expires_at=head.expires_at,
        salt=salt.hex(),
        previous=None,
        commitments=tuple(sorted(commitment.hex() for _, commitment, _ in entries)),
    )
