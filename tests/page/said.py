"""What the van says to its tablets, as it stands on the wire."""

from __future__ import annotations

import base64
import io
from datetime import datetime, timedelta, timezone
from uuid import uuid4

from PIL import Image, ImageDraw

VAN = "van-1"


def portrait(shade):
    picture = Image.new("RGB", (160, 200), (70, 90, 110))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 40, 120, 150), fill=(shade, shade - 30, shade - 50))
    draw.ellipse((60, 80, 70, 88), fill="black")
    draw.ellipse((90, 80, 100, 88), fill="black")
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG")
    return base64.b64encode(jpeg.getvalue()).decode()


def iso(moment):
    return moment.isoformat().replace("+00:00", "Z")


def make_alert(alert_id=None, life_s=60.0, age_s=0.0, **changes):
    """Make an alert as the van sends it."""
    taken_at = datetime.now(timezone.utc) - timedelta(seconds=age_s)
    data = {
        "subject": "V-001",
        "ground": "volunteer",
        "reason": "Takes part in today's recall test",
        "power": "None: a volunteer is thanked, not stopped",
        "images": [{"jpeg": portrait(200), "taken_on": "2024-01-31"}],
        "crop": portrait(180),
        "band": "likely",
        "maybe_picture": False,
        "threshold": 0.506,
        "camera": "mast-1",
        "place": {"left": 0.1, "top": 0.1, "width": 0.1, "height": 0.2},
        "taken_at": iso(taken_at),
        "expires_at": iso(taken_at + timedelta(seconds=life_s)),
        "watchlist_id": "demo",
        "model_id": "sha256-0",
        "deployment_id": "demo-1",
        "code": "7K3QF-2MXNP",
    }
    return make_event("alert.v1", data | changes, alert_id)


def make_event(kind, data, event_id=None):
    return {
        "specversion": "1.0",
        "id": event_id or str(uuid4()),
        "source": f"lfr/{VAN}",
        "type": f"uk.police.lfr.{kind}",
        "time": iso(datetime.now(timezone.utc)),
        "datacontenttype": "application/json",
        "data": data,
    }


def make_state(**changes):
    """Make the van's state as it stands while it looks."""
    later = datetime.now(timezone.utc) + timedelta(hours=1)
    data = {
        "lamp": "looking",
        "watchlist_id": "demo",
        "subjects": 3,
        "list_expires_at": iso(later),
        "deployment_id": "demo-1",
        "authority_ends_at": iso(later),
        "ended": None,
    }
    return make_event("state.v1", data | changes)


def make_withdrawal(alert_id, **changes):
    """Make the van's word that another tablet has decided."""
    data = {
        "alert_id": alert_id,
        "reason": "decided",
        "tablet": "tablet-9",
        "decision_id": str(uuid4()),
        "answer": "not_viable",
    }
    return data | changes
