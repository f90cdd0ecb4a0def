"""An answer that the van never takes, however often it is said, and why: its tablet is told.

For good is only what nothing on the van's side can change any more. A full disk, an authority that
is not here or out of date, the van's own clock, an engagement that has yet to arrive: of these the
tablet hears nothing, and says its answer again.
"""

from __future__ import annotations

from enum import Enum

from appliance.errors import InputError


class Flaw(str, Enum):
    """Why an answer is refused for good. It tells a tablet no more than to stop."""

    UNPROVEN = "unproven"
    """Not signed with this tablet's key, or with one that is revoked."""
    UNKNOWN_ALERT = "unknown_alert"
    """The van writes an alert down before it sends it, and keeps it a day longer than its
    deployment: what it does not know then, it will never know."""
    DOES_NOT_FIT = "does_not_fit"
    """It takes back what stands, or is one of too many."""
    OTHER_ANSWER = "other_answer"
    """Its tablet has said something else under the same id, and the van holds that."""


class RefusedError(InputError):
    """An answer is refused for good."""

    def __init__(self, what: str, flaw: Flaw, *, mend: str) -> None:
        super().__init__(what, mend=mend)
        self.flaw = flaw
