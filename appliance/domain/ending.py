"""How a deployment ends for good: after that nothing of its list may be left."""

from __future__ import annotations

from enum import Enum

from appliance.errors import LapsedError


class End(str, Enum):
    """Why it ended."""

    DEPLOYMENT_OVER = "deployment_over"
    LIST_EXPIRED = "list_expired"
    REVOKED = "revoked"
    CONTACT_LOST = "contact_lost"
    """Nothing was heard from the force for longer than its metadata allows."""
    SUPERSEDED = "superseded"
    """A newer authority, with a list of its own, is in force instead."""
    BUTTON = "button"
    COMMAND = "command"


WORDS = {
    End.DEPLOYMENT_OVER: ("The authority has ended.", "Have a new one signed."),
    End.LIST_EXPIRED: ("The watchlist has ended.", "Have a new one signed and sent."),
    End.REVOKED: ("The force has withdrawn the deployment.", "Ask the force's desk."),
    End.CONTACT_LOST: (
        "Nothing was heard from the force for too long.",
        "Bring the van to a network or a stick to the van, and run `lfr update`.",
    ),
    End.SUPERSEDED: ("A newer authority is in force instead.", "Nothing is to do."),
    End.BUTTON: ("The deployment was closed with the panel's button.", "Have a new one signed."),
    End.COMMAND: ("The deployment was closed by command.", "Have a new one signed."),
}


class EndedError(LapsedError):
    """The deployment is over, and its list is to be destroyed.

    Args:
        end: Why.
    """

    def __init__(self, end: End) -> None:
        what, mend = WORDS[end]
        super().__init__(what, mend=mend)
        self.end = end
