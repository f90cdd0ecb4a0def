"""The terms of a trial: everybody listed is a volunteer, for a short while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.watchlist import Ground
from provisioning.enrol.terms import Terms

if TYPE_CHECKING:
    from datetime import datetime


def trial_terms(expires_at: datetime) -> Terms:
    """Say what holds for everybody in a trial."""
    return Terms(
        ground=Ground.VOLUNTEER,
        reason="A volunteer in a demonstration",
        power="None: speak to them, and thank them",
        source="The trial's own pictures",
        reviewer="Nobody: this is a trial",
        expires_at=expires_at,
    )
