"""What a force takes back at once, over one signature: an entry of a list, or an authority.

An entry is named by its commitment, so that whoever reads this learns nobody's reference.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from appliance.domain.watchlist import MAX_SUBJECTS, Part, Reference

Commitment = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Why(str, Enum):
    """Why an alert is no longer open on the tablets, or is open again."""

    NO_LONGER_LISTED = "no_longer_listed"
    """Nobody may be stopped on it."""
    DECIDED = "decided"
    """An officer has answered it on one of the tablets."""
    UNDONE = "undone"
    """That answer was taken back."""


class Withdrawn(Part):
    """An entry that nobody may be stopped on any more."""

    commitment: Commitment = Field(repr=False)
    at: AwareDatetime


class Revoked(Part):
    """An authority that no longer allows anything."""

    deployment_id: Reference
    at: AwareDatetime


class Withdrawals(Part):
    """All that is taken back and has not yet ended by itself."""

    made_at: AwareDatetime
    entries: tuple[Withdrawn, ...] = Field(default=(), repr=False, max_length=MAX_SUBJECTS)
    revoked: tuple[Revoked, ...] = Field(default=(), max_length=10_000)

    def commitments(self) -> tuple[bytes, ...]:
        """Give the entries as 32 bytes each."""
        return tuple(bytes.fromhex(entry.commitment) for entry in self.entries)

    def revokes(self, deployment_id: str) -> bool:
        """Tell whether an authority is taken back."""
        return any(revoked.deployment_id == deployment_id for revoked in self.revoked)
