"""The way from the root that a van was born with to the files that count today.

root names whose signatures count, and a newer root counts when the old and the new one have signed
it; timestamp names the newest snapshot, snapshot the newest targets and withdrawals. None of them
may be older than what is held, nor past its time (The Update Framework, sections 5.3 to 5.6).

No file, no network and no clock: the time is given, and so is whoever gives the next file.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tuf.api.exceptions import EqualVersionNumberError, ExpiredMetadataError
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from appliance.errors import TrustError
from appliance.watchlist.refusals import (
    DamagedError,
    MissingError,
    OversizeError,
    RootError,
    StaleError,
    missing,
    refusing,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tuf.api.metadata import MetaFile, Root, TargetFile, Targets

ROOT_BYTES: Final = 64 * 1024
TIMESTAMP_BYTES: Final = 16 * 1024
SNAPSHOT_BYTES: Final = 64 * 1024
TARGETS_BYTES: Final = 4 * 1024 * 1024
"""Some thousands of vans; more are better served by a repository for each region."""
MAX_ROTATIONS: Final = 64
"""Roots that may follow one after the other in one go."""
LEAST_SIGNATURES: Final = 2
"""Nobody alone may name the keys or put somebody on a list."""
WITHDRAWALS: Final = "withdrawals"
"""The role by which any one signer takes somebody off."""
WITHDRAWALS_PATH: Final = "withdrawals.json"
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Want:
    """A file that is needed next."""

    path: str
    """Where it lies in the repository."""
    name: str
    """What it is called in a generation."""
    most_bytes: int
    optional: bool = False
    """It may be missing: nobody knows whether there is a newer root."""


if TYPE_CHECKING:
    Fetch = Callable[[Want], bytes | None]


class Chain:
    """The metadata of one state of the repository, believed step by step.

    Built on python-tuf's own core without input and output; its `Updater` writes files one by one
    and keeps its own clock.

    Args:
        root: The root that the van was born with.
        now: The van's time.
        fetch: Gives the file that is wanted, or None where there is none.
        held: The files of the generation in force; they guard against older ones, and what has not
            changed is not fetched again.

    Raises:
        TrustError: the root is not to be believed.
    """

    def __init__(
        self, root: bytes, now: datetime, fetch: Fetch, held: Mapping[str, bytes] | None = None
    ) -> None:
        self.files: dict[str, bytes] = {}
        """What was believed, by name."""
        self._fetch, self._held = fetch, held or {}
        with refusing("The van's root"):
            self._set = TrustedMetadataSet(root, EnvelopeType.METADATA)
            self._set.reference_time = now
        _require_sound(self._set.root)

    def follow(self) -> tuple[Targets, Targets]:
        """Go from the root to the newest targets and withdrawals.

        Raises:
            StaleError: nothing newer was heard for too long.
            TrustError: it is not to be believed.
            Exception: whatever `fetch` raises.
        """
        while len(self.files) < MAX_ROTATIONS and self._rotated():
            pass
        self._timestamp()
        self._snapshot()
        return self._targets("targets", "root"), self._targets(WITHDRAWALS, "targets")

    def valid_until(self) -> datetime:
        """Say when the first of the metadata expires."""
        # This mapping of python-tuf's gives values where others give keys.
        until: datetime = min(signed.expires for signed in self._set)
        return until

    def document(self, role: Targets, path: str, name: str, most_bytes: int) -> bytes:
        """Give a file that a role promises.

        Raises:
            TrustError: it is not promised, not there, or not what was promised.
        """
        target = promised(role, path)
        if target.length > most_bytes:
            raise OversizeError(f"{name} is longer than it may be.", mend="Publish a shorter one.")
        held = self._held.get(name)
        if held is None or not _matches(target, held):
            want = Want(place(target), name, target.length)
            held = self._given(want)
            with refusing(name):
                target.verify_length_and_hashes(held)
        self.files[name] = held
        return held

    def _given(self, want: Want) -> bytes:
        data = self._fetch(want)
        if data is None:
            raise missing(want.name)
        return data

    def _rotated(self) -> bool:
        name = f"{self._set.root.version + 1}.root.json"
        want = Want(f"metadata/{name}", name, ROOT_BYTES, optional=True)
        held = self._held.get(name)
        if held is not None:
            with suppress(TrustError), refusing(name):
                self._add_root(name, held)
                return True
        data = self._fetch(want)
        if data is None:
            return False
        with refusing(name):
            self._add_root(name, data)
        return True

    def _add_root(self, name: str, data: bytes) -> None:
        self._set.update_root(data)
        _require_sound(self._set.root)
        self.files[name] = data

    def _timestamp(self) -> None:
        if self._set.root.is_expired(self._set.reference_time):
            raise StaleError(
                "The root has expired.",
                mend="Have the desk renew it, `lfr desk root --renew`, and publish.",
            )
        name = "timestamp.json"
        held = self._held.get(name)
        if held is not None:
            # Expired, it still guards against older ones; of other keys, it is no guard any more.
            with suppress(TrustError), refusing(name):
                self._set.update_timestamp(held)
        data = self._fetch(Want(f"metadata/{name}", name, TIMESTAMP_BYTES))
        if data is None:
            raise MissingError(
                "The source has no timestamp.json.",
                mend="See whether it is the right place; if so, have the desk publish again.",
            )
        with refusing(name):
            try:
                self._set.update_timestamp(data)
            except EqualVersionNumberError:
                data = held or data
                if self._set.timestamp.is_expired(self._set.reference_time):
                    raise ExpiredMetadataError from None
        self.files[name] = data

    def _snapshot(self) -> None:
        name = "snapshot.json"
        held = self._held.get(name)
        if held is not None:
            with suppress(TrustError), refusing(name):
                self._set.update_snapshot(held, trusted=True)
                self.files[name] = held
                return
        data = self._given(_versioned(self._set.timestamp.snapshot_meta, name, SNAPSHOT_BYTES))
        with refusing(name):
            self._set.update_snapshot(data)
        self.files[name] = data

    def _targets(self, role: str, delegator: str) -> Targets:
        name = f"{role}.json"
        meta = self._set.snapshot.meta.get(name)
        # With its hash, what is long is known to be the signers' own before it is parsed.
        if meta is None or not meta.hashes:
            what = f"snapshot.json does not name {name} and its hash."
            raise DamagedError(what, mend="Publish it again.")
        held = self._held.get(name)
        if held is None or not _matches(meta, held):
            held = self._given(_versioned(meta, name, TARGETS_BYTES))
        with refusing(name):
            targets = self._set.update_delegated_targets(held, role, delegator)
        self.files[name] = held
        return targets


def _versioned(meta: MetaFile, name: str, most_bytes: int) -> Want:
    return Want(f"metadata/{meta.version}.{name}", name, most_bytes)


def _matches(promise: MetaFile | TargetFile, data: bytes) -> bool:
    with suppress(TrustError), refusing("what is held"):
        promise.verify_length_and_hashes(data)
        return True
    return False


def promised(role: Targets, path: str) -> TargetFile:
    """Find what a role says of a file.

    Raises:
        TrustError: nothing.
    """
    target = role.targets.get(path)
    if target is None:
        raise MissingError(f"{path} is not promised.", mend="Publish it.")
    return target


def sha256_of(target: TargetFile) -> str:
    """Give a promised file's hash, which is part of a path.

    Raises:
        DamagedError: it is none.
    """
    found = target.hashes.get("sha256", "")
    if not SHA256.fullmatch(found):
        raise DamagedError(f"{target.path} has no SHA-256.", mend="Publish it again.")
    return found


def place(target: TargetFile) -> str:
    """Say where a promised file lies in the repository."""
    folder, _, name = target.path.rpartition("/")
    return "/".join(part for part in ("targets", folder, f"{sha256_of(target)}.{name}") if part)


def _require_sound(root: Root) -> None:
    """Refuse a root by which one person alone could decide."""
    for name in ("root", "targets"):
        role = root.roles[name]
        held = {str(root.keys[key].keyval) for key in role.keyids if key in root.keys}
        if role.threshold < LEAST_SIGNATURES or len(held) < len(role.keyids):
            raise RootError(
                f"The root lets one person alone decide on {name}.",
                mend="Make a root that needs two different keys.",
            )
    if not root.consistent_snapshot:
        raise RootError("The root has no consistent snapshots.", mend="Make one that has.")
