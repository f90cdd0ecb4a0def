"""The desk's folder: the force's keys, the vans, the lists that have not ended, the repository."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from tuf.api.metadata import Root

from appliance.domain.watchlist import Line, Part
from appliance.errors import InputError, MachineError, TrustError
from provisioning import disk
from provisioning.desk import keys
from provisioning.desk.drafts import Drafts
from provisioning.desk.marks import Marks
from provisioning.desk.publish import named, tidy, waiting
from provisioning.desk.repository import Repository, utc_now
from provisioning.desk.settle import settle
from provisioning.desk.tablets import Tablets
from provisioning.desk.vans import Vans

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import CryptoSigner

    from provisioning.desk.keys import Ring

SMALL_BYTES = 1 << 16
AGAIN_S = 0.1


class Force(Part):
    """Whose desk it is."""

    force: Line


class Places(Part):
    """Where it was published last, so that whoever takes somebody off need not remember."""

    folders: tuple[str, ...]


class Brokers(Part):
    """Over which brokers notice was given last."""

    hosts: tuple[str, ...] = ()
    ca_file: str | None = None


class BusyError(MachineError):
    """Another command works at this desk: exit 75, EX_TEMPFAIL."""

    exit_code = 75


class Office:
    """A desk that is there.

    Args:
        folder: The desk's.
        clock: Gives the time.

    Raises:
        InputError: no desk is there.
    """

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        self.folder, self.clock = folder, clock
        self.keys = folder / "keys"
        self.repository = Repository(folder, clock)
        self.vans = Vans(folder / "vans")
        self.drafts = Drafts(folder / "lists")
        self.marks = Marks(folder / "withdrawn.json")
        try:
            data = disk.read(folder / "office.json", SMALL_BYTES)
            self.force = Force.model_validate_json(data).force
        except (InputError, ValidationError):
            raise InputError(
                f"No desk is in {folder.name}.",
                mend="Make one with `lfr desk init`, or say --desk.",
            ) from None
        self.tablets = Tablets(folder, self.force, clock)

    @classmethod
    def create(
        cls, folder: Path, force: str, ring: Ring, clock: Callable[[], datetime] = utc_now
    ) -> Office:
        """Set up a desk whose keys are given; where those are kept is up to the caller.

        Raises:
            InputError: a desk is there already, or the force's name is no line of text.
        """
        try:
            named = Force(force=force)
        except ValidationError:
            raise InputError("The force's name is no line of text.", mend="Name it.") from None
        require_free(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        settle(Repository.create(folder, ring, clock), ring[keys.ONLINE])
        # Last, so that a desk that was cut off while it was made is none.
        disk.write(folder / "office.json", named.model_dump_json().encode())
        return cls(folder, clock)

    def signer(self, key: Ed25519PrivateKey) -> CryptoSigner:
        """Let a key sign, if the root that is or the one to come names it.

        Raises:
            TrustError: it does not.
        """
        known = {**self.repository.shelf.require(Root).signed.keys, **self.repository.root().keys}
        signer = keys.signer_of(key, "")
        if signer.public_key.keyid not in known:
            raise TrustError("The root names this key no more, or never did.", mend=keys.NEWEST_KEY)
        return keys.signer_of(key, keys.name_of(known[signer.public_key.keyid]))

    def places(self, named: Sequence[Path] | None = None) -> list[Path]:
        """Give the folders to publish to: those named, which are remembered, else the last."""
        file = self.folder / "places.json"
        if named:
            places = Places(folders=tuple(str(one.resolve()) for one in named))
            disk.write(file, places.model_dump_json().encode())
        try:
            data = disk.read(file, SMALL_BYTES)
            return [Path(one) for one in Places.model_validate_json(data).folders]
        except (InputError, ValidationError):
            return []

    def brokers(self, hosts: Sequence[str] = (), ca_file: Path | None = None) -> Brokers:
        """Give the brokers: those named, which are remembered, else the last."""
        file = self.folder / "brokers.json"
        if hosts:
            authority = str(ca_file.resolve()) if ca_file else None
            named = Brokers(hosts=tuple(hosts), ca_file=authority)
            disk.write(file, named.model_dump_json().encode())
        try:
            return Brokers.model_validate_json(disk.read(file, SMALL_BYTES))
        except (InputError, ValidationError):
            return Brokers()

    @contextmanager
    def alone(self, patience_s: float = 0.0) -> Generator[None]:
        """Keep every other command away from this desk meanwhile.

        Args:
            patience_s: How long to wait for another one to end.

        Raises:
            BusyError: another one is at work.
        """
        # On the folder itself, so that nothing is left behind, however this process ends.
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            _lock(handle, time.monotonic() + patience_s)
            yield
        finally:
            os.close(handle)

    def tidy(self) -> None:
        """Sweep, unless somebody else is at work, who may just be laying something out."""
        with suppress(BusyError), self.alone():
            self.sweep()

    def sweep(self) -> list[str]:
        """Destroy what is left of lists that have ended, while alone; returns their names."""
        ended = self.drafts.sweep(self.clock())
        tidy(self.folder / "repository", {*named(self.repository), *waiting(self.repository)})
        return ended


def _lock(handle: int, until_s: float) -> None:
    while not _locked(handle):
        if time.monotonic() >= until_s:
            raise BusyError("Another command works at this desk.", mend="Wait until it is over.")
        time.sleep(AGAIN_S)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def require_free(folder: Path) -> None:
    """Refuse a folder that has a desk in it, or anything else.

    Raises:
        InputError: it has.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InputError(
            f"{folder.name} is not empty; a desk is never overwritten.", mend="Choose another."
        )
