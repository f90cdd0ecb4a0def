"""The public log: a commitment to each entry of each list, which only the force's key opens.

k = HMAC-SHA256(K, frame("lfr-entry-1", salt, list, reference)); the log holds
SHA256(frame("lfr-commitment-1", k, reference)). Whoever is shown k can check one page for one
reference; without k a page says how many were listed and nothing else. No file, no clock.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Annotated

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from appliance.domain.watchlist import MAX_SUBJECTS, Part, Reference
from appliance.domain.withdrawal import Commitment  # noqa: TC001 - pydantic needs it at run time
from appliance.errors import TrustError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Salt = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
SALT_BYTES, COMMITMENT_BYTES = 16, 32
PAGE_BYTES = 80 * MAX_SUBJECTS
"""The longest page there can be; more is refused unread."""
MEND = "Stop, and compare the desk's repository with what was published."


class Page(Part):
    """One list in the log."""

    watchlist_id: Reference
    made_at: AwareDatetime
    expires_at: AwareDatetime
    salt: Salt
    previous: Commitment | None
    """Sha256 of the page before, so that no page can be changed or left out later."""
    commitments: tuple[Commitment, ...] = Field(repr=False, max_length=MAX_SUBJECTS)

    @model_validator(mode="after")
    def _sorted(self) -> Page:
        pairs = zip(self.commitments, self.commitments[1:], strict=False)
        if not all(one < other for one, other in pairs):
            raise ValueError("commitments are not in order")
        return self

    def pack(self) -> bytes:
        """Write it as it is published."""
        return self.model_dump_json().encode()


def open_page(data: bytes) -> Page:
    """Read a page.

    Raises:
        TrustError: it is none.
    """
    if len(data) <= PAGE_BYTES:
        try:
            return Page.model_validate_json(data)
        except ValidationError:
            pass
    raise TrustError("A page of the log cannot be read.", mend=MEND)


def frame(*parts: bytes) -> bytes:
    """Put parts together so that no two sets of parts give the same bytes."""
    return b"".join(len(part).to_bytes(8, "big") + part for part in parts)


def opening(key: bytes, salt: bytes, watchlist_id: str, reference: str) -> bytes:
    """Give what opens one entry, and no other."""
    said = frame(b"lfr-entry-1", salt, watchlist_id.encode(), reference.encode())
    return hmac.digest(key, said, "sha256")


def commit(opened: bytes, reference: str) -> bytes:
    """Give the commitment that an opening belongs to."""
    return hashlib.sha256(frame(b"lfr-commitment-1", opened, reference.encode())).digest()


def commitment(key: bytes, salt: bytes, watchlist_id: str, reference: str) -> bytes:
    """Name an entry so that the log can hold it; 32 bytes."""
    return commit(opening(key, salt, watchlist_id, reference), reference)


def mark(key: bytes, reference: str) -> bytes:
    """Name a reference for the desk's own memory of withdrawals; 32 bytes."""
    return hmac.digest(key, frame(b"lfr-withdrawn-1", reference.encode()), "sha256")


def walk(newest: str | None, fetch: Callable[[str], bytes]) -> Iterator[tuple[str, Page]]:
    """Go back from the newest page, checking each link.

    Args:
        newest: Its sha256; None where nothing was ever logged.
        fetch: Gives the page of a sha256.

    Raises:
        TrustError: a page is missing, or is not the one that the next page names.
    """
    sha256 = newest
    while sha256 is not None:
        data = fetch(sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise TrustError("A page of the log was changed.", mend=MEND)
        page = open_page(data)
        yield sha256, page
        sha256 = page.previous
