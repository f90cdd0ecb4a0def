"""The Update Framework's roles as this force has them: who must sign what, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    T,
    Targets,
    Timestamp,
)

from appliance.errors import TrustError
from provisioning.desk.keys import ONLINE, ROOTS, SIGNERS

if TYPE_CHECKING:
    from datetime import datetime

    from provisioning.desk.keys import Ring

WITHDRAWALS: Final = "withdrawals"
WITHDRAWALS_FILE: Final = "withdrawals.json"
THRESHOLDS: Final = {Root.type: 2, Targets.type: 2, Snapshot.type: 1, Timestamp.type: 1}
"""Nobody alone may put somebody on a list..."""
WITHDRAWAL_THRESHOLD: Final = 1
"""...and anybody of the three may take somebody off."""
LIVES: Final = {
    Root.type: timedelta(days=365),
    Targets.type: timedelta(days=30),
    WITHDRAWALS: timedelta(days=30),
    Snapshot.type: timedelta(days=7),
    Timestamp.type: timedelta(hours=24),
}
"""A timestamp's life is how long a van may run without hearing from the force."""
MEND = "Restore the desk's folder."


def first_root(ring: Ring, now: datetime) -> Metadata[Root]:
    """Name the force's keys, signed by all of root's."""
    root = Root(expires=now + LIVES[Root.type], consistent_snapshot=True)
    for role, names in roles().items():
        for name in names:
            root.add_key(ring[name].public_key, role)
        root.roles[role].threshold = THRESHOLDS[role]
    made = Metadata(root)
    for name in ROOTS:
        made.sign(ring[name], append=True)
    return made


def roles() -> dict[str, tuple[str, ...]]:
    """Say which keys sign as which role."""
    return {
        Root.type: ROOTS,
        Targets.type: SIGNERS,
        Snapshot.type: (ONLINE,),
        Timestamp.type: (ONLINE,),
    }


def delegations(root: Root) -> Delegations:
    """Let each signer of lists take back alone."""
    keyids = list(root.roles[Targets.type].keyids)
    role = DelegatedRole(
        WITHDRAWALS, keyids, WITHDRAWAL_THRESHOLD, terminating=True, paths=[WITHDRAWALS_FILE]
    )
    return Delegations({keyid: root.keys[keyid] for keyid in keyids}, {WITHDRAWALS: role})


def first_targets(root: Root, now: datetime) -> Targets:
    """Promise nothing yet."""
    return Targets(expires=now + LIVES[Targets.type], delegations=delegations(root))


def snapshot(before: Snapshot | None, meta: dict[str, MetaFile], now: datetime) -> Snapshot:
    """Say which versions belong together."""
    version = before.version + 1 if before else 1
    return Snapshot(version, expires=now + LIVES[Snapshot.type], meta=meta)


def timestamp(before: Timestamp | None, snapshot: MetaFile, until: datetime) -> Timestamp:
    """Say which snapshot is the newest, until when."""
    version = before.version + 1 if before else 1
    return Timestamp(version, expires=until, snapshot_meta=snapshot)


def read(kind: type[T], data: bytes) -> Metadata[T]:
    """Read metadata of the desk's own folder.

    Raises:
        TrustError: it is none.
    """
    try:
        found = Metadata[T].from_bytes(data)
    except RepositoryError:
        raise TrustError(f"The {kind.type} metadata cannot be read.", mend=MEND) from None
    if found.signed.type != kind.type:
        raise TrustError(f"Metadata of another kind stands for {kind.type}.", mend=MEND)
    return found
