"""Takes what the force publishes into the store: verified before it replaces, and one at a time.

What is taken back is installed before a list is fetched, which may take long. A list that is
refused does not keep the van from it, and the list that was held stays in force.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

from appliance.errors import InputError, SettingsError, TrustError
from appliance.watchlist import disk
from appliance.watchlist.chain import Chain
from appliance.watchlist.generation import Label
from appliance.watchlist.lookout import NewerError, lookout
from appliance.watchlist.refusals import (
    BusyError,
    EncoderError,
    MismatchError,
    SlowError,
    SpaceError,
)
from appliance.watchlist.store import part
from appliance.watchlist.trust import read

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from pathlib import Path

    from appliance.watchlist.landing import Progress
    from appliance.watchlist.store import Store
    from appliance.watchlist.supply import Supply
    from appliance.watchlist.trust import Trusted

SPARE_BYTES: Final = 16 * 1024 * 1024
"""Stays free on the disk for all the small files."""
PIECE_BYTES: Final = 1024 * 1024
MAX_TURNS: Final = 50
"""So often may there be something newer while one list is coming in."""


@dataclass(frozen=True)
class Recipient:
    """Which van takes the files, and what it was born with."""

    van: str
    root: bytes
    model_id: Callable[[], str]
    """Says which encoder is in force; asked only where there is a list."""


@dataclass(frozen=True)
class Outcome:
    """What became of an update."""

    installed: bool
    what: str
    mend: str = ""
    exit_code: int = 0


def _silent(_: int, __: int) -> None:
    """Show nobody how far it is."""


def update(
    store: Store, supply: Supply, recipient: Recipient, wall: datetime, progress: Progress = _silent
) -> Outcome:
    """Bring the store to the newest state of a repository.

    Args:
        store: What the van holds.
        supply: Where the files come from.
        recipient: The van.
        wall: What the clock says.
        progress: Is told how many bytes of a list have come.

    Raises:
        BusyError: another update is running.
        TrustError, InputError: something is not to be believed.
        UnreachableError, MachineError: it cannot be had, or not be written.
            In every case the list that was held stays.
    """
    with alone(store.folder):
        store.tidy()
        for _ in range(MAX_TURNS):
            # What has come of a list stays, and the next turn goes on from there.
            with suppress(NewerError):
                return _Update(store, supply, recipient, store.now(wall)).run(progress)
    raise SlowError("The source says something new without end.", mend="Find out who does that.")


class _Update:
    def __init__(self, store: Store, supply: Supply, recipient: Recipient, now: datetime) -> None:
        self._store, self._supply, self._recipient, self._now = store, supply, recipient, now
        self._held = _files(store)

    def run(self, progress: Progress) -> Outcome:
        chain = Chain(
            self._recipient.root,
            self._now,
            lambda want: self._supply.fetch(want.path, want.most_bytes),
            self._held,
        )
        trusted = read(chain, self._recipient.van, self._now)
        self._store.raise_floor(min(trusted.made_at, self._now))
        fault = trusted.fault or self._encoder_fault(trusted)
        if fault:
            self._install(chain.files, None, Label())
            raise fault
        label = _label(trusted)
        if not self._in_force(trusted):
            installed = self._install(chain.files, None, label)
            _forget(self._store.incoming, but=None)
            return Outcome(installed, self._why_not(trusted))
        return self._with_bundle(chain.files, trusted, label, progress)

    def _with_bundle(
        self, files: Mapping[str, bytes], trusted: Trusted, label: Label, progress: Progress
    ) -> Outcome:
        newest = self._store.current()
        if files == self._held and newest and newest.inode():
            _forget(self._store.incoming, but=None)
            return Outcome(installed=False, what=_said(trusted, "Nothing is newer"))
        bundle = self._bundle_held(trusted)
        if bundle is None:
            # What is taken back must not wait for a list that may be long in coming.
            self._install(files, None, label)
            watch = lookout(self._supply, files["timestamp.json"], progress)
            bundle = self._download(trusted, watch)
        self._store.install(files, bundle, label)
        _forget(self._store.incoming, but=None)
        return Outcome(installed=True, what=_said(trusted, "Installed"))

    def _install(self, files: Mapping[str, bytes], bundle: Path | None, label: Label) -> bool:
        newer = files != self._held
        if newer:
            self._store.install(files, bundle, label)
        return newer

    def _why_not(self, trusted: Trusted) -> str:
        """Say why nothing is fetched, without naming a list as if it could be used."""
        what, authority = "Nothing is in force for this van", trusted.authority
        if authority is not None:
            name = authority.deployment_id
            end = self._store.closed(name) or trusted.end(self._now)
            if end is not None:
                until = _utc(trusted.valid_until)
                return f"{what}: {name} has ended ({end.value}); valid until {until}."
        return _said(trusted, what)

    def _in_force(self, trusted: Trusted) -> bool:
        authority = trusted.authority
        if trusted.promise is None or authority is None or trusted.end(self._now):
            return False
        return self._store.closed(authority.deployment_id) is None

    def _encoder_fault(self, trusted: Trusted) -> EncoderError | None:
        if not self._in_force(trusted) or trusted.promise is None:
            return None
        if trusted.promise.model_id == self._recipient.model_id():
            return None
        return EncoderError(
            "The watchlist is for another encoder.", mend="Have it made for this van's encoder."
        )

    def _bundle_held(self, trusted: Trusted) -> Path | None:
        for generation in self._store.generations():
            if generation.label().bundle_sha256 != trusted.bundle_sha256:
                continue
            # The disk may have lost a bit of it since it came, or a deployment's end all of it.
            with suppress(FileNotFoundError, InputError):
                if _sha256(generation.bundle) == trusted.bundle_sha256:
                    return generation.bundle
        return None

    def _download(self, trusted: Trusted, progress: Progress) -> Path:
        with disk.writing("incoming"):
            file = part(disk.make(self._store.incoming), trusted.bundle_sha256)
        _forget(self._store.incoming, but=file)
        _require_space(file, trusted.bundle_bytes)
        try:
            resumed = file.exists()
            self._supply.download(trusted.bundle_path, trusted.bundle_bytes, file, progress)
            if resumed and _sha256(file) != trusted.bundle_sha256:
                # A loss of power may have spoilt its beginning here; nobody is accused for that.
                file.unlink()
                self._supply.download(trusted.bundle_path, trusted.bundle_bytes, file, progress)
            if _sha256(file) != trusted.bundle_sha256:
                raise MismatchError(
                    "The bundle is not the file that was signed.",
                    mend="Publish it again; if it is whole there, find out who changes it.",
                )
        except (TrustError, InputError, SpaceError):
            # What is wrong is not taken up again, and a full disk gets its room back.
            file.unlink(missing_ok=True)
            raise
        return file


def _files(store: Store) -> Mapping[str, bytes]:
    """Read the newest generation that can be read; it guards against older files."""
    for generation in store.generations():
        with suppress(InputError, TrustError):
            return generation.files()
    return {}


def _label(trusted: Trusted) -> Label:
    authority, promise = trusted.authority, trusted.promise
    return Label(
        deployment_id=authority.deployment_id if authority else None,
        ends_at=authority.ends_at if authority else None,
        expires_at=promise.expires_at if promise else None,
        key_id=promise.key_id if promise else None,
        bundle_sha256=trusted.bundle_sha256,
    )


def _said(trusted: Trusted, what: str) -> str:
    until = f"valid until {_utc(trusted.valid_until)}"
    if trusted.promise and trusted.authority:
        people = f"{trusted.promise.subjects} subjects"
        ends_at = min(trusted.authority.ends_at, trusted.promise.expires_at)
        return f"{what}: {trusted.authority.deployment_id}, {people}, to {_utc(ends_at)}; {until}."
    return f"{what}; {until}."


def _utc(at: datetime) -> str:
    return f"{at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with disk.opened(str(file), 1 << 40) as handle:
        while piece := os.read(handle, PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _require_space(part: Path, length: int) -> None:
    there = part.stat().st_size if part.exists() else 0
    lacking = length - there + SPARE_BYTES - shutil.disk_usage(part.parent).free
    if lacking > 0:
        raise SpaceError(
            f"The disk lacks {lacking // 1_000_000 + 1} MB for the watchlist.",
            mend="Make room on it.",
        )


def _forget(folder: Path, but: Path | None) -> None:
    with disk.writing("incoming"):
        for file in folder.iterdir() if folder.exists() else ():
            if file != but:
                file.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path) -> Generator[None]:
    """Keep every other update out.

    Raises:
        BusyError: one is running.
        SettingsError: the folder cannot be opened.
    """
    try:
        handle = os.open(folder, disk.FOLDER)
    except OSError as error:
        raise SettingsError(
            f"watchlist.folder names a folder that cannot be opened: {error.strerror}.",
            mend="Make it, for the update's user, or name another.",
        ) from None
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(folder: int) -> None:
    try:
        # On the folder itself, so that nothing is left behind, however this process ends.
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError("Another update is running.", mend="Wait until it is over.") from None
