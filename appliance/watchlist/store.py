"""What the van holds: generations of signed files, each whole, and what must never be forgotten.

    generations/000042/   metadata, documents, a label, and watchlist.age, which is encrypted
    incoming/             what is on its way in
    floor.json            a time that the van's clock may not fall behind
    closed.json           deployments that have ended for good
    spent.json            one-time keys that are to be destroyed

A generation appears and disappears by one rename. The newest guards against older files; it may be
without a bundle, and then the one before stays in force.
"""

from __future__ import annotations

import fcntl
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic import AwareDatetime, Field

from appliance.domain.ending import End  # noqa: TC001 (pydantic reads it)
from appliance.domain.watchlist import Part, Reference
from appliance.durable import sync
from appliance.errors import InputError, MachineError, TrustError
from appliance.watchlist import disk
from appliance.watchlist.generation import LABEL_FILE, Generation, Label
from appliance.watchlist.refusals import ClockError, parse
from appliance.watchlist.trust import BUNDLE_FILE, SLACK, KeyId

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from datetime import datetime
    from pathlib import Path

NUMBER: Final = re.compile(r"[0-9]{6,12}")
STATE_BYTES: Final = 1024 * 1024
MAX_SPENT: Final = 1_000
MAX_CLOSED: Final = 1_000
LOCK: Final = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
KEPT_BUNDLES: Final = 2
"""The newest, and the one that stays in force where the newest is refused."""


class Floor(Part):
    """The latest time that the van has known."""

    at: AwareDatetime


class Closing(Part):
    """A deployment that has ended for good."""

    deployment_id: Reference
    ends_at: AwareDatetime
    end: End


class Closed(Part):
    """All of them, the latest last."""

    closed: tuple[Closing, ...] = Field(max_length=MAX_CLOSED)


class Spent(Part):
    """Keys of bundles that are gone."""

    key_ids: tuple[KeyId, ...] = Field(max_length=MAX_SPENT)


NONE_CLOSED: Final = Closed(closed=())
NONE_SPENT: Final = Spent(key_ids=())
P = TypeVar("P", Floor, Closed, Spent)


class Store:
    """A folder that the update fills, and the appliance reads and clears.

    Args:
        folder: It must exist; what belongs into it is made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._generations = folder / "generations"

    @property
    def incoming(self) -> Path:
        """Where a bundle lies while it is fetched."""
        return self.folder / "incoming"

    def generations(self) -> list[Generation]:
        """List what is held, the newest first."""
        try:
            found = [f for f in self._generations.iterdir() if NUMBER.fullmatch(f.name)]
        except FileNotFoundError:
            return []
        return [Generation(f) for f in sorted(found, key=lambda f: int(f.name), reverse=True)]

    def current(self) -> Generation | None:
        """Give the newest generation."""
        return next(iter(self.generations()), None)

    def install(
        self, files: Mapping[str, bytes], bundle: Path | None, label: Label | None = None
    ) -> Generation:
        """Make a new generation of files that are believed, whole or not at all.

        Args:
            files: Metadata and documents by name.
            bundle: A file on the same disk that will not change any more; a second name is given
                to it. It is left out where the deployment has been closed meanwhile.
            label: What to write on the outside.

        Raises:
            SpaceError, MachineError: the disk refuses; what was held is still held.
        """
        label = label or Label()
        with self._locked(), disk.writing("The generation"):
            if label.deployment_id and self.closed(label.deployment_id):
                bundle = None
            new = disk.make(self._generations) / ".new"
            disk.sweep(new)
            try:
                self._fill(disk.make(new), {**files, LABEL_FILE: _dump(label)}, bundle)
            except OSError:
                disk.sweep(new)
                raise
            newest = self.current()
            number = int(newest.name) + 1 if newest else 1
            new = new.rename(self._generations / f"{number:06}")
            sync(self._generations)
            self._prune()
            return Generation(new)

    def retire(self, generation: Generation) -> None:
        """Take a generation away.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked(), disk.writing(generation.name):
            self._discard(generation)
            disk.clear(generation.folder)

    def strip(self, generation: Generation) -> None:
        """Take a generation's bundle away and leave what guards against older files.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked(), disk.writing(generation.name):
            self._discard(generation)
            generation.bundle.unlink(missing_ok=True)
            sync(generation.folder)

    def spend(self, generation: Generation, *, shared: bool = False) -> None:
        """Write down that a generation's key is to be destroyed.

        Args:
            generation: Whose.
            shared: Even where another generation has the same one.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked():
            self._spend(generation, shared=shared)

    def now(self, wall: datetime) -> datetime:
        """Give the van's time.

        Raises:
            ClockError: the clock has been set back.
        """
        floor = self._read(Floor, "floor.json")
        if floor is None:
            return wall
        if wall < floor.at - SLACK:
            raise ClockError("The clock was set back.", mend="Set the van's clock.")
        return max(wall, floor.at)

    def raise_floor(self, at: datetime) -> None:
        """Let the van's time never fall behind a moment.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked():
            floor = self._read(Floor, "floor.json")
            if floor is None or at > floor.at:
                disk.write(self.folder / "floor.json", _dump(Floor(at=at)))

    def close(self, deployment_id: str, ends_at: datetime, end: End) -> None:
        """Write down for good that a deployment has ended; the first reason stays.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked():
            held = self.endings()
            if all(c.deployment_id != deployment_id for c in held):
                closing = Closing(deployment_id=deployment_id, ends_at=ends_at, end=end)
                kept = (*held, closing)[-MAX_CLOSED:]
                disk.write(self.folder / "closed.json", _dump(Closed(closed=kept)))

    def closed(self, deployment_id: str) -> End | None:
        """Say how a deployment has ended, if it was ever closed here."""
        return next((c.end for c in self.endings() if c.deployment_id == deployment_id), None)

    def endings(self) -> tuple[Closing, ...]:
        """List the deployments that have ended for good, the latest last."""
        return (self._read(Closed, "closed.json") or NONE_CLOSED).closed

    def destroy_spent(self, destroy: Callable[[str], None]) -> None:
        """Have every key destroyed whose bundle is gone.

        Raises:
            MachineError: the disk refuses. What `destroy` raises is passed on.
        """
        with self._locked():
            spent = self._read(Spent, "spent.json") or NONE_SPENT
            for key_id in spent.key_ids:
                destroy(key_id)
            if spent.key_ids:
                disk.write(self.folder / "spent.json", _dump(NONE_SPENT))

    def tidy(self) -> None:
        """Clear away what a loss of power has left.

        Raises:
            MachineError: the disk refuses.
        """
        with self._locked(), disk.writing("generations"):
            for left in self._generations.glob(".*") if self._generations.exists() else ():
                disk.sweep(left)
            self._prune()

    @staticmethod
    def _fill(new: Path, files: Mapping[str, bytes], bundle: Path | None) -> None:
        for name, data in files.items():
            disk.fill(new / name, data)
        if bundle:
            os.link(bundle, new / BUNDLE_FILE)
        sync(new)

    def _prune(self) -> None:
        kept: set[int] = set()
        for place, generation in enumerate(self.generations()):
            held = generation.inode()
            if held and held not in kept and len(kept) < KEPT_BUNDLES:
                kept.add(held)
            elif place:
                self._spend(generation)
                disk.clear(generation.folder)

    def _discard(self, generation: Generation) -> None:
        """Remove what has come of its bundle so far."""
        part(self.incoming, generation.label().bundle_sha256).unlink(missing_ok=True)

    def _spend(self, generation: Generation, *, shared: bool = False) -> None:
        key_id = generation.label().key_id
        others = (g for g in self.generations() if g.name != generation.name)
        if key_id is None or (not shared and any(o.label().key_id == key_id for o in others)):
            return
        spent = self._read(Spent, "spent.json") or NONE_SPENT
        if key_id not in spent.key_ids:
            kept = (*spent.key_ids, key_id)[-MAX_SPENT:]
            disk.write(self.folder / "spent.json", _dump(Spent(key_ids=kept)))

    def _read(self, part: type[P], name: str) -> P | None:
        try:
            return parse(part, disk.read(str(self.folder / name), STATE_BYTES), name)
        except FileNotFoundError:
            return None
        except (InputError, TrustError):
            raise MachineError(
                f"{name} cannot be read.", mend="Look why; remove it if no list is held."
            ) from None

    @contextmanager
    def _locked(self) -> Generator[None]:
        with disk.writing("lock"):
            handle = os.open(self.folder / "lock", LOCK, disk.FILE_MODE)
        try:
            # Never for long: nothing is fetched, hashed or decrypted under it.
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def part(incoming: Path, sha256: str) -> Path:
    """Say where a bundle grows while it comes."""
    return incoming / f"{sha256}.part"


def _dump(part: Part) -> bytes:
    return part.model_dump_json().encode()
