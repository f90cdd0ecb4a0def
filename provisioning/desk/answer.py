"""A person's question: was I on a list on that day? Answered from the log, with nothing kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from appliance.errors import InputError
from provisioning import disk
from provisioning.desk import log, pages

if TYPE_CHECKING:
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
    """By which the person can check a yes without the force; hexadecimal. It proves no no."""
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


def require_both(page: Path | None, opening: str | None) -> None:
    """Refuse one without the other.

    Raises:
        InputError: only one is given.
    """
    if (page is None) != (opening is None):
        raise InputError(
            "A page is checked with an opening.", mend="Give --verify and --opening together."
        )


def check(file: Path, opening: str, reference: str) -> bool:
    """Check a published page as anybody can.

    Raises:
        InputError: the page or the opening cannot be read.
        TrustError: the file is no page of a log.
    """
    try:
        opened = bytes.fromhex(opening)
    except ValueError:
        raise InputError("The opening is no hexadecimal number.", mend="Copy all of it.") from None
    return holds(log.open_page(disk.read(file, log.PAGE_BYTES)), opened, reference)


def day(text: str) -> date:
    """Read a day.

    Raises:
        InputError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError("--on names no day.", mend="Write it as --on 2026-11-27.") from None
