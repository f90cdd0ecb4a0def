"""What the desk keeps of each list until the list ends: its own key, its entries, its figures."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from pyrage import IdentityError, x25519

from appliance.domain.watchlist import MAX_LIFE, MAX_SUBJECTS, Line, Part, Reference
from appliance.errors import InputError
from appliance.watchlist.trust import VanName  # noqa: TC001 - pydantic needs it
from provisioning import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

RECORD_BYTES = 1 << 20
NAME: TypeAdapter[str] = TypeAdapter(Reference)
ENTRIES_BYTES = 256 * MAX_SUBJECTS


class Record(Part):
    """The figures of a list, with nobody in them."""

    watchlist_id: Reference
    model_id: Line
    made_at: AwareDatetime
    expires_at: AwareDatetime
    subjects: int
    templates: int
    vans: tuple[VanName, ...]
    refused: int = 0
    """Pictures and people that were left out."""


class Drafts:
    """The lists that this desk has made and that have not ended.

    Args:
        folder: Where each has a folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ids(self) -> list[str]:
        """Name them all."""
        return sorted(file.parent.name for file in self._folder.glob("*/record.json"))

    def folder(self, watchlist_id: str) -> Path:
        """Say where a list's papers lie.

        Raises:
            InputError: that is no name of a list, and might be a way out of the folder.
        """
        try:
            return self._folder / NAME.validate_python(watchlist_id)
        except ValidationError:
            raise InputError(
                "That is no name of a list.", mend="Take letters, digits, dots and hyphens."
            ) from None

    def begin(self, watchlist_id: str) -> str:
        """Make the desk's own one-time key for a list, in place of an earlier draft's.

        Returns:
            Its public half.
        """
        folder = self.folder(watchlist_id)
        disk.clear(folder)
        folder.mkdir(mode=0o700, parents=True)
        identity = x25519.Identity.generate()
        disk.write(folder / "desk.key", str(identity).encode())
        return str(identity.to_public())

    def identity(self, watchlist_id: str) -> x25519.Identity:
        """Give the desk's own key of a list.

        Raises:
            InputError: there is none: the list has ended, or was made at another desk.
        """
        try:
            text = disk.read(self.folder(watchlist_id) / "desk.key", RECORD_BYTES).decode()
            return x25519.Identity.from_str(text)
        except (InputError, IdentityError, ValueError):
            raise InputError(
                "This desk has no key of that list: it has ended, or was never begun here.",
                mend="`lfr desk status` names those that are; `lfr desk prepare` begins one.",
            ) from None

    def finish(self, record: Record, entries: Iterable[tuple[str, bytes, bytes]]) -> None:
        """Write down the figures of a list, and for each reference its commitment and mark."""
        folder = self.folder(record.watchlist_id)
        with disk.replacing(folder / "entries") as opened:
            for reference, commitment, mark in entries:
                opened.write(f"{reference} {commitment.hex()} {mark.hex()}\n".encode())
        disk.write(folder / "record.json", record.model_dump_json().encode())

    def record(self, watchlist_id: str) -> Record:
        """Give the figures of a list.

        Raises:
            InputError: there is no such list.
        """
        try:
            data = disk.read(self.folder(watchlist_id) / "record.json", RECORD_BYTES)
            return Record.model_validate_json(data)
        except (InputError, ValidationError):
            raise InputError(
                "This desk knows no such list.", mend="`lfr desk status` names those that it knows."
            ) from None

    def find(self, watchlist_id: str, reference: str) -> tuple[bytes, bytes] | None:
        """Give the commitment and the mark of an entry, if it is on the list."""
        for known, commitment, mark in self._entries(watchlist_id):
            if known == reference:
                return commitment, mark
        return None

    def references(self, watchlist_id: str) -> list[str]:
        """Name the entries, for the shell to complete."""
        return [reference for reference, _, _ in self._entries(watchlist_id)]

    def sweep(self, now: datetime) -> list[str]:
        """Destroy what is left of lists that have ended, and of drafts that were given up.

        Returns:
            Their names.
        """
        known = self.ids()
        ended = [self.folder(name) for name in known if self.record(name).expires_at <= now]
        for folder in self._folder.glob("*"):
            # A long list may be enrolled for days; its shards are then new ones.
            newest_s = max(place.stat().st_mtime for place in (folder, *folder.iterdir()))
            since = datetime.fromtimestamp(newest_s, timezone.utc)
            if folder.name not in known and since + MAX_LIFE <= now:
                ended.append(folder)
        for folder in ended:
            disk.clear(folder)
        return [folder.name for folder in ended]

    def _entries(self, watchlist_id: str) -> Iterator[tuple[str, bytes, bytes]]:
        data = disk.read(self.folder(watchlist_id) / "entries", ENTRIES_BYTES)
        for line in data.decode().splitlines():
            reference, commitment, mark = line.split(" ")
            yield reference, bytes.fromhex(commitment), bytes.fromhex(mark)
