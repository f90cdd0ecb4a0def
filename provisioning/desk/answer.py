"""A person's question: was I on a list on that day? Answered from the log, with nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from appliance.errors import InputError
from provisioning.desk import log, pages

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from provisioning.desk.log import Page
    from provisioning.desk.repository import Repository


@dataclass(frozen=True)
class Answer:
    """What one list of that day says."""

    watchlist_id: str
    made_at: datetime
    expires_at: datetime
    listed: bool
    opening: str = field(repr=False)
    """By which the person can check the page without the force; hexadecimal."""
    page_sha256: str

    def record(self) -> dict[str, object]:
        """Give it as JSON's own types."""
        return {
            "list": self.watchlist_id,
            "made_at": self.made_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "listed": self.listed,
            "opening": self.opening,
            "page_sha256": self.page_sha256,
        }


def answer(repository: Repository, key: bytes, reference: str, on: date) -> list[Answer]:
    """Look into every page of a day, and through the whole log for its links.

    Args:
        repository: The desk's.
        key: The force's answer key.
        reference: Whom it is about.
        on: The day, of this computer's time.

    Returns:
        One answer for each list that was alive on that day, the newest first.

    Raises:
        TrustError: a page is missing or was changed: then no answer can be given.
    """
    start = datetime.combine(on, time()).astimezone()
    end = start + timedelta(days=1)
    return [
        _answer(sha256, page, key, reference)
        for sha256, page in pages.walk(repository)
        if page.made_at < end and page.expires_at > start
    ]


def _answer(sha256: str, page: Page, key: bytes, reference: str) -> Answer:
    salt = bytes.fromhex(page.salt)
    opened = log.opening(key, salt, page.watchlist_id, reference)
    listed = holds(page, opened, reference)
    return Answer(page.watchlist_id, page.made_at, page.expires_at, listed, opened.hex(), sha256)


def holds(page: Page, opened: bytes, reference: str) -> bool:
    """Tell whether a page has the entry that an opening belongs to. Needs no key."""
    return log.commit(opened, reference).hex() in page.commitments


def find(repository: Repository, sha256: str) -> Path:
    """Find a page of the log by its sha256, or by its list's name.

    Raises:
        InputError: there is none.
    """
    folder = repository.targets / "log"
    for file in sorted(folder.glob("*.json")):
        if sha256 in (file.name.partition(".")[0], file.name.partition(".")[2][: -len(".json")]):
            return file
    raise InputError("No page of that name is in the log.", mend="Name its file.")


def digits(text: str) -> bytes:
    """Read an opening.

    Raises:
        InputError: it is none.
    """
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputError("The opening is no hexadecimal number.", mend="Copy all of it.") from None
