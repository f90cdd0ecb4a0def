"""The law of a trial: everybody listed is a volunteer, here, for a short while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.domain.deployment import Authority, Place, Position
from appliance.domain.watchlist import Ground
from provisioning.enrol import Terms

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from appliance.domain.watchlist import Watchlist

EYES_PX = 20.0
"""Pictures of a trial may be small; the desk asks for 64 px between the eyes."""
HERE = Position(latitude_deg=51.7343, longitude_deg=0.4691)
"""Chelmsford, Essex. Any point would do."""


def trial_terms(name: str, model_id: str, made_at: datetime, life: timedelta) -> Terms:
    """Say what holds for the list of a trial."""
    return Terms(
        watchlist_id=name,
        model_id=model_id,
        made_at=made_at,
        expires_at=made_at + life,
        ground=Ground.VOLUNTEER,
        reason="A volunteer in a demonstration",
        power="None: speak to them, and thank them",
        source="The trial's own pictures",
    )


def trial_authority(watchlist: Watchlist, purpose: str) -> Authority:
    """Allow the whole list, here, for as long as it lives. Nobody has signed it yet."""
    head = watchlist.head
    return Authority(
        deployment_id=f"{head.watchlist_id}-1",
        purpose=purpose,
        place=Place(name="Wherever this computer stands", centre=HERE, radius_m=100),
        starts_at=head.made_at,
        ends_at=head.expires_at,
        notice_published_at=head.made_at,
        authorising_officer="Nobody: this is a trial",
        watchlist_id=head.watchlist_id,
        maximum_subjects=len(watchlist.subjects),
        threshold_floor=0.0,
    )
